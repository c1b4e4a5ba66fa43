"""A model's card decides before a device is taken, and says which limit was passed."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from domain.generation.brief import Line
from gpu_workers import registry as samplers
from gpu_workers.animatic import sampler as animatic
from gpu_workers.cards import refusals, registry
from gpu_workers.cards.card import Limits, ModelCard
from gpu_workers.cards.operation import Operation
from gpu_workers.cards.require import require, require_direction
from gpu_workers.sampler import Reference, RequestOutOfRange
from tests.gpu_workers.orders import order

AT_HOME = Operation(regions=("CH",), revenue_usd=0, marks=True)


def reference(kind: str, use: str) -> Reference:
    return Reference.model_validate({"kind": kind, "use": use, "sha256": "0" * 64})


def with_licence(**changes: object) -> ModelCard:
    licence = registry.card("wan-vace").licence.model_copy(update=changes)
    return registry.card("wan-vace").model_copy(update={"licence": licence})


@pytest.mark.parametrize("name", registry.names())
def test_every_card_reads_back_and_takes_an_ordinary_request(name: str) -> None:
    card = registry.card(name)
    assert card.name == name
    assert card.summary.endswith(".")
    require(card, order("a dog"), AT_HOME)


def test_every_sampler_with_weights_of_its_own_has_a_card() -> None:
    assert {"animatic", "ltx2", "ltx2-condition", "wan-vace"} <= set(registry.names())
    assert {"animatic", "ltx2", "ltx2-condition", "wan-vace"} <= set(samplers.names())


def test_the_animatics_card_and_its_sampler_name_the_same_limits() -> None:
    limits = registry.card("animatic").limits
    assert (limits.side_min, limits.side_max, limits.pixels_max, limits.shots_max) == (
        animatic.SIDE_PIXELS_MIN,
        animatic.SIDE_PIXELS_MAX,
        animatic.AREA_PIXELS_MAX,
        animatic.SHOTS_MAX,
    )
    assert (limits.fps_min, limits.fps_max, limits.seconds_max) == (
        animatic.FPS_MIN,
        animatic.FPS_MAX,
        animatic.SECONDS_MAX,
    )


def test_a_model_without_a_card_is_refused() -> None:
    with pytest.raises(registry.CardMissing, match="wan-vace"):
        registry.card("model-of-unknown-terms")


def test_a_card_with_a_misspelt_limit_is_an_error() -> None:
    with pytest.raises(ValidationError, match="sides_max"):
        Limits.model_validate(registry.card("ltx2").limits.model_dump() | {"sides_max": 3})


@pytest.mark.parametrize(
    ("excluded", "works_in"),
    [(("US", "KR"), ("CH", "KR")), (("EU",), ("DE",)), (("EU",), ())],
)
def test_a_licence_that_excludes_the_region_is_refused(
    excluded: tuple[str, ...], works_in: tuple[str, ...]
) -> None:
    with pytest.raises(refusals.LicenceExcludesRegion, match=excluded[0]):
        require(
            with_licence(regions_excluded=excluded), order("a dog"), Operation(regions=works_in)
        )


def test_a_licence_that_excludes_other_regions_holds() -> None:
    card = with_licence(regions_excluded=("EU", "GB"))
    require(card, order("a dog"), Operation(regions=("CH", "JP")))


@pytest.mark.parametrize("revenue", [None, 10_000_000, 2_000_000_000])
def test_a_revenue_at_the_cap_or_not_stated_is_refused_with_the_cap(revenue: int | None) -> None:
    with pytest.raises(refusals.LicenceCapsRevenue, match="10,000,000"):
        require(registry.card("ltx2"), order("a dog"), Operation(revenue_usd=revenue, marks=True))


def test_a_duty_to_mark_is_refused_where_nothing_is_marked() -> None:
    with pytest.raises(refusals.LicenceAsksForMark, match="LTX-2"):
        require(registry.card("ltx2"), order("a dog"), Operation(revenue_usd=9_999_999))


@pytest.mark.parametrize(
    ("model", "kind", "use"),
    [
        ("ltx2", "picture", "first-frame"),
        ("ltx2-condition", "picture", "likeness"),
        ("animatic", "clip", "remix"),
    ],
)
def test_what_a_model_cannot_do_is_refused_with_what_it_can(
    model: str, kind: str, use: str
) -> None:
    request = order("a dog").model_copy(update={"references": (reference(kind, use),)})
    with pytest.raises(refusals.AbilityMissing, match=rf"{use}; {model} can do: text"):
        require(registry.card(model), request, AT_HOME)


@pytest.mark.parametrize(
    ("references", "said"),
    [
        ([("picture", "likeness")] * 4, "at most 3 of kind picture; given were 4"),
        ([("voice", "likeness")], "at most 0 of kind voice"),
        ([("picture", "remix")], "a clip that is needed"),
        ([("picture", "first-frame"), *[("picture", "likeness")] * 4], "at most 3 .* were 4"),
        ([("clip", "remix"), ("picture", "first-frame")], "begins from one thing"),
    ],
)
def test_references_that_a_model_does_not_take_are_refused(
    references: list[tuple[str, str]], said: str
) -> None:
    given = tuple(reference(kind, use) for kind, use in references)
    with pytest.raises(refusals.ReferencesNotTaken, match=said):
        require(
            registry.card("wan-vace"),
            order("a dog").model_copy(update={"references": given}),
            AT_HOME,
        )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"width": 48}, "64 to 1280 pixels"),
        ({"width": 4096}, "64 to 1280 pixels"),
        ({"width": 1280, "height": 1280}, "at most 921600 pixels"),
        ({"fps": 120}, "8 to 60 pictures a second"),
        ({"seconds": 5.5}, "at most 5 seconds"),
    ],
)
def test_a_request_beyond_the_limits_is_refused_with_the_limit(
    changes: dict[str, int], said: str
) -> None:
    with pytest.raises(RequestOutOfRange, match=said):
        require(registry.card("wan-vace"), order("a dog", **changes), AT_HOME)


def test_too_many_shots_are_refused_with_the_limit() -> None:
    with pytest.raises(RequestOutOfRange, match="at most 8 shots"):
        require(registry.card("wan-vace"), order(*["a dog"] * 9), AT_HOME)


def test_a_prompt_longer_than_the_encoder_reads_is_refused_and_not_repeated() -> None:
    with pytest.raises(refusals.PromptTooLong, match="512 tokens; there are 513") as refused:
        require(registry.card("wan-vace"), order("the secret"), AT_HOME, prompt_tokens=513)
    assert "secret" not in str(refused.value)
    with pytest.raises(refusals.PromptTooLong, match="4000 characters; shot 1 has 4001"):
        require(registry.card("ltx2"), order("x" * 4001), AT_HOME)


@pytest.mark.parametrize(
    ("direction", "said"),
    [
        ({"continues": True}, "cannot go on from a picture; shot 2"),
        ({"cast": ("@ada", "@b", "@c", "@d", "@e")}, "at most 4 members of a cast; shot 2 has 5"),
        ({"lines": (Line(text="the secret", language="fr"),)}, "speaks en; shot 2 has lines in fr"),
    ],
)
def test_direction_that_a_card_does_not_name_is_refused_and_not_repeated(
    direction: dict[str, object], said: str
) -> None:
    request = order("a dog", "a cat")
    directed = request.shots[1].model_copy(update=direction)
    request = request.model_copy(update={"shots": (request.shots[0], directed)})
    with pytest.raises(refusals.DirectionNotTaken, match=said) as refused:
        animatic.AnimaticSampler().plan(request)
    assert "secret" not in str(refused.value)
    assert "@ada" not in str(refused.value)


def test_a_camera_that_a_model_cannot_be_told_is_refused() -> None:
    shot = order("a dog").shots[0].model_copy(update={"camera": "pan-left"})
    with pytest.raises(refusals.DirectionNotTaken, match="shot 1 asks for pan-left"):
        require(registry.card("ltx2"), order("a").model_copy(update={"shots": (shot,)}), AT_HOME)


def test_a_language_covers_its_regions() -> None:
    shot = order("a").shots[0].model_copy(update={"lines": (Line(text="hi", language="en-GB"),)})
    require_direction("animatic", registry.card("animatic").direction, [(1, shot)])
