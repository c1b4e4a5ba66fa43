"""What follows from what was found."""

from __future__ import annotations

from domain.provenance.verdict import (
    Conclusion,
    Layer,
    Manifest,
    ManifestState,
    Sign,
    Window,
    conclude,
    joined,
    judge,
)

UNSIGNED = Manifest(state=ManifestState.MISSING)
TRUSTED = Manifest(state=ManifestState.TRUSTED, artefact_id="art_1")
FOREIGN = Manifest(state=ManifestState.FOREIGN, issuer="Somebody")


def sign(layer: Layer, artefact: str = "art_1", false_match: float = 1e-7) -> Sign:
    return Sign(layer=layer, artefact_id=artefact, false_match=false_match)


def window(start: float, *signs: Sign, unlike: str | None = None) -> Window:
    without = frozenset({unlike} if unlike else ())
    return Window(start=start, end=start + 2.5, signs=signs, unlike=without)


def test_layers_that_agree_are_surer_than_each() -> None:
    both = judge(window(0, sign(Layer.PICTURE_MARK), sign(Layer.SOUND_MARK)))
    assert both.artefact_id == "art_1"
    assert both.layers == (Layer.PICTURE_MARK, Layer.SOUND_MARK)
    assert both.false_match < 1e-13


def test_what_chance_may_have_said_is_not_said() -> None:
    assert judge(window(0, sign(Layer.SOUND_MARK, false_match=1e-5))).artefact_id is None


def test_where_layers_disagree_the_surest_artefact_is_named() -> None:
    segment = judge(
        window(
            0,
            sign(Layer.PICTURE_MARK, "art_1", 1e-7),
            sign(Layer.SOUND_MARK, "art_2", 1e-8),
            sign(Layer.PICTURE_PRINT, "art_1", 1e-9),
        )
    )
    assert segment.artefact_id == "art_1"


def test_neighbours_that_say_the_same_are_one_segment() -> None:
    mark = sign(Layer.PICTURE_MARK)
    segments = joined([judge(each) for each in (window(0, mark), window(2.5, mark), window(5.0))])
    assert [(each.start, each.end, each.artefact_id) for each in segments] == [
        (0.0, 5.0, "art_1"),
        (5.0, 7.5, None),
    ]


def test_a_film_of_ours_in_part_is_partly_ours() -> None:
    verdict = conclude(UNSIGNED, [window(0, sign(Layer.PICTURE_MARK)), window(2.5)])
    assert verdict.conclusion is Conclusion.PARTLY_OURS
    assert verdict.artefact_ids == ("art_1",)
    assert "manifest is missing" in verdict.says


def test_a_mark_on_pictures_that_are_not_ours_is_pasted_and_names_nothing() -> None:
    pasted = window(0, sign(Layer.PICTURE_MARK), unlike="art_1")
    verdict = conclude(FOREIGN, [pasted])
    assert verdict.conclusion is Conclusion.MARK_PASTED
    assert verdict.artefact_ids == ()
    assert "signed by somebody else" in verdict.says


def test_somebody_elses_manifest_over_our_marks_is_still_ours() -> None:
    verdict = conclude(FOREIGN, [window(0, sign(Layer.PICTURE_MARK))])
    assert verdict.conclusion is Conclusion.OURS
    assert "signed by somebody else" in verdict.says


def test_the_bytes_that_we_serve_need_no_other_sign() -> None:
    verdict = conclude(UNSIGNED, [window(0)], exact_copy_of="art_1")
    assert verdict.conclusion is Conclusion.GENUINE
    assert verdict.artefact_ids == ("art_1",)


def test_a_manifest_that_holds_over_bytes_that_are_not_on_record_is_signed_and_not_genuine() -> (
    None
):
    verdict = conclude(TRUSTED, [window(0, sign(Layer.PICTURE_MARK))])
    assert verdict.conclusion is Conclusion.SIGNED
    assert verdict.artefact_ids == ("art_1",)
    assert "Its bytes are not those on record" in verdict.says
    recorded = conclude(TRUSTED, [window(0)], exact_copy_of="art_1")
    assert recorded.conclusion is Conclusion.GENUINE


def test_a_trusted_manifest_over_pasted_marks_is_no_sign_of_ours() -> None:
    pasted = window(0, sign(Layer.PICTURE_MARK), unlike="art_1")
    assert conclude(TRUSTED, [pasted]).conclusion is Conclusion.MARK_PASTED


def test_nothing_found_is_not_ours() -> None:
    verdict = conclude(UNSIGNED, [window(0), window(2.5)])
    assert verdict.conclusion is Conclusion.NOT_OURS
    assert len(verdict.segments) == 1
