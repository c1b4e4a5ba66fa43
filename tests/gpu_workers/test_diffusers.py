"""Pipelines of diffusers as samplers, on tiny weights that the production loader reads."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from activities.orders import SamplingOrder
from domain.generation.brief import Brief, Shot
from domain.generation.reference import ReferenceFile
from gpu_workers import registry
from gpu_workers.cards.refusals import (
    DirectionNotTaken,
    LicenceCapsRevenue,
    PromptTooLong,
    ReferencesNotTaken,
)
from gpu_workers.clip import Clip, Pictures
from gpu_workers.diffusion import refusals, weights
from gpu_workers.diffusion.family import Family, Sources, canvas_for
from gpu_workers.diffusion.ltx2 import Ltx2, Ltx2Condition, Ltx2InContext
from gpu_workers.diffusion.sampler import DiffusionSampler
from gpu_workers.diffusion.sources import Fitted
from gpu_workers.diffusion.wan import WanVace
from gpu_workers.diffusion.workshop import AddedSoundUnknown, Workshop
from gpu_workers.mezzanine import write_mezzanine
from gpu_workers.opening import write_last_moments
from gpu_workers.references import ReferenceUnreadable
from gpu_workers.requests import require_all_shots
from gpu_workers.sampler import Plan, Reference, RequestOutOfRange, SamplingRequest, State, begun
from tests import words
from tests.gpu_workers.clips import grey, write
from tests.gpu_workers.orders import fingerprint, ignore, order, sampled

ROOT = Path(__file__).parents[2]
FAMILIES: dict[str, Family] = {
    "ltx2": Ltx2(),
    "ltx2-condition": Ltx2Condition(),
    "ltx2-in-context": Ltx2InContext(),
    "wan-vace": WanVace(),
}
BEGINNINGS = [
    ("ltx2-condition", "picture", "first-frame"),
    ("ltx2-condition", "clip", "extend"),
    ("ltx2-condition", "clip", "remix"),
    ("ltx2-in-context", "picture", "first-frame"),
    ("ltx2-in-context", "picture", "likeness"),
    ("ltx2-in-context", "clip", "likeness"),
    ("ltx2-in-context", "clip", "extend"),
    ("ltx2-in-context", "clip", "remix"),
    ("wan-vace", "picture", "first-frame"),
    ("wan-vace", "picture", "likeness"),
    ("wan-vace", "clip", "extend"),
    ("wan-vace", "clip", "remix"),
]


@pytest.fixture(scope="module")
def workshop(tiny_weights: Path) -> Workshop:
    return replace(Workshop.from_environment(), sound="silent")


@pytest.fixture(scope="module")
def made(workshop: Workshop) -> dict[str, DiffusionSampler]:
    """One sampler of each kind, loaded once."""
    samplers = {name: DiffusionSampler(name, family, workshop) for name, family in FAMILIES.items()}
    for each in samplers.values():
        each.load()
    return samplers


@pytest.fixture
def own_weights(workshop: Workshop, tmp_path: Path) -> Workshop:
    """A copy of the weights that a test may spoil."""
    shutil.copytree(workshop.weights, tmp_path / "weights")
    return replace(workshop, weights=tmp_path / "weights")


def small(*prompts: str, **changes: Any) -> SamplingRequest:
    """A clip of a few pictures, on a side that no model's grid has."""
    return order(*prompts or ("a dog",), **{"width": 80, "height": 64, "seconds": 0.4, **changes})


def pipeline_of(each: DiffusionSampler) -> Any:
    assert each._loaded is not None
    return each._loaded[0]


def laid_down(workshop: Workshop, raw: bytes) -> str:
    sha256 = hashlib.sha256(raw).hexdigest()
    (workshop.references / sha256).write_bytes(raw)
    return sha256


def a_picture(seed: int = 0) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (6, 9, 3), np.uint8)
    return cv2.imencode(".png", cv2.resize(noise, (90, 60)))[1].tobytes()


def a_clip(folder: Path, moments: Sequence[int] = tuple(range(0, 1000, 40))) -> bytes:
    """A clip whose picture at each of ``moments`` (in ms) is as bright as ten times its number."""
    levels = [grey(10 * number % 256, 96, 64) for number in range(len(moments))]
    return write(folder / "clip.mkv", levels, times_ms=moments).read_bytes()


def reference(workshop: Workshop, kind: str, use: str, folder: Path) -> Reference:
    raw = a_picture() if kind == "picture" else a_clip(folder)
    return Reference.model_validate({"kind": kind, "use": use, "sha256": laid_down(workshop, raw)})


@pytest.mark.parametrize("name", ["ltx2", "wan-vace"])
def test_a_clip_is_what_the_pipeline_itself_would_have_made(
    made: dict[str, DiffusionSampler], name: str
) -> None:
    each = made[name]
    plan = each.plan(small(width=64, height=64, fps=16, seconds=1.0))
    pipeline = pipeline_of(each)
    canvas = canvas_for(FAMILIES[name], pipeline, plan, 0)
    result = pipeline(**each._inputs(pipeline, plan, 0, canvas), output_type="np")
    clip = sampled(each, plan)
    whole: Pictures = np.rint(result.frames[0] * 255).astype(np.uint8)
    # On CUDA the pipeline halves and shifts its pictures in bfloat16, of 8 bits; here in float32.
    levels = 0 if each._device.type == "cpu" else 2
    assert np.abs(clip.frames.astype(int) - whole[: plan.frames]).max() <= levels
    if name == "ltx2":
        heard = result.audio[0].float().cpu().numpy()
        assert (clip.audio[:, : heard.shape[1]] == heard[:, : clip.audio.shape[1]]).all()
        assert clip.audio.std() > 0


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_going_on_from_any_step_gives_the_same_bytes(
    made: dict[str, DiffusionSampler], name: str
) -> None:
    plan = made[name].plan(small("a dog", "a cat"))
    states: list[State] = []
    whole = made[name].advance(plan, made[name].start(plan), states.append)
    for state in states:
        # On CUDA how a tensor lies in memory decides how products are summed.
        assert all(tensor.is_contiguous() for tensor in state.tensors.values())
        again = made[name].advance(plan, State.load(state.dump()), ignore)
        assert again.dump() == whole.dump()


@pytest.mark.parametrize(("name", "kind", "use"), BEGINNINGS)
def test_a_reference_changes_the_clip_and_survives_a_checkpoint(
    made: dict[str, DiffusionSampler], workshop: Workshop, tmp_path: Path, name: str, kind: str,
    use: str,
) -> None:  # fmt: skip
    each, plain = made[name], small("a dog", "a cat")
    given = plain.model_copy(update={"references": (reference(workshop, kind, use, tmp_path),)})
    plan = each.plan(given)
    assert plan.key != each.plan(plain).key
    half = each.advance(plan, each.start(plan), ignore, upto=1)
    clip = each.decode(plan, each.advance(plan, State.load(half.dump()), ignore))
    assert fingerprint(clip) == fingerprint(sampled(each, plan))
    bare = sampled(each, each.plan(plain))
    assert clip.frames.shape == bare.frames.shape
    assert clip.audio.shape == bare.audio.shape
    assert (clip.frames[0] != bare.frames[0]).any()


@pytest.mark.parametrize("step", [0, 1])
def test_references_are_read_before_the_device_is_held_and_read_again_elsewhere(
    made: dict[str, DiffusionSampler], workshop: Workshop, tmp_path: Path, step: int
) -> None:
    each = made["ltx2-condition"]
    source = reference(workshop, "clip", "remix", tmp_path)
    plan = each.plan(small().model_copy(update={"references": (source,)}))
    whole = each.advance(plan, each.start(plan), ignore)
    half = each.advance(plan, each.start(plan), ignore, upto=step) if step else None
    state = begun(each, plan, half)
    there = workshop.references / source.sha256
    there.rename(tmp_path / "away")
    assert each.advance(plan, state, ignore).dump() == whole.dump()
    with pytest.raises(ReferenceUnreadable, match="not in the studio"):
        each.advance(plan, state, ignore)  # they were taken, and nothing is kept
    (tmp_path / "away").rename(there)
    assert each.advance(plan, state, ignore).dump() == whole.dump()


def test_what_was_fitted_for_jobs_that_never_came_makes_room(
    made: dict[str, DiffusionSampler],
) -> None:
    one, two, three = (made["ltx2"].plan(small(seed=seed)) for seed in (1, 2, 3))
    fitted, sources = Fitted(most=2), Sources()
    for plan in (one, two, three):
        fitted.keep(plan, 0, sources)
    assert [fitted.has(plan, 0) for plan in (one, two, three)] == [False, True, True]
    assert fitted.take(three, 0) is sources
    assert fitted.take(three, 0) is None
    assert fitted.take(two, 1) is None
    fitted.forget(two)
    assert not fitted.has(two, 0)


def test_how_much_a_remix_keeps_matters(
    made: dict[str, DiffusionSampler], workshop: Workshop, tmp_path: Path
) -> None:
    source = reference(workshop, "clip", "remix", tmp_path)

    def clip(keep: float) -> Clip:
        references = (source.model_copy(update={"keep": keep}),)
        each = made["ltx2-condition"]
        return sampled(each, each.plan(small().model_copy(update={"references": references})))

    assert fingerprint(clip(0.2)) != fingerprint(clip(0.8))


def test_changing_one_shot_leaves_the_others_as_they_were(
    made: dict[str, DiffusionSampler],
) -> None:
    one, other = (made["ltx2"].plan(small("a dog", second)) for second in ("a cat", "a car"))
    before, after = sampled(made["ltx2"], one), sampled(made["ltx2"], other)
    cut = one.shot_frames[0]
    assert (before.frames[:cut] == after.frames[:cut]).all()
    assert (before.frames[cut:] != after.frames[cut:]).any()


def test_a_checkpoint_holds_both_latents_and_no_embeddings(
    made: dict[str, DiffusionSampler],
) -> None:
    plan = made["ltx2"].plan(small())
    half = made["ltx2"].advance(plan, made["ltx2"].start(plan), ignore, upto=1)
    assert set(half.tensors) == {"shot.000.latents", "shot.000.audio_latents"}
    assert {each.device.type for each in half.tensors.values()} == {"cpu"}
    assert {"diffusers", "device", "torch"} <= set(half.environment)


def test_a_stop_leaves_the_pipeline_as_it_was(made: dict[str, DiffusionSampler]) -> None:
    class Fence(Exception):
        pass

    def fence(state: State) -> None:
        if state.step == 2:
            raise Fence

    each, pipeline = made["ltx2"], pipeline_of(made["ltx2"])
    plan = each.plan(small())
    half = each.advance(plan, each.start(plan), ignore, upto=1)
    kept = dict(vars(pipeline))
    with pytest.raises(Fence):
        each.advance(plan, half, fence)
    assert "prepare_latents" not in vars(pipeline)
    assert set(vars(pipeline)) == set(kept)
    assert pipeline.scheduler.steps_done == 0


def test_numbers_beyond_all_bounds_are_an_explained_failure(own_weights: Workshop) -> None:
    each = DiffusionSampler("ltx2", Ltx2(), own_weights)
    plan = each.plan(small())
    each.load()
    with torch.no_grad():
        pipeline_of(each).transformer.proj_out.weight.fill_(float("inf"))
    seen: list[State] = []
    with pytest.raises(refusals.LatentsNotFinite, match="in latents at step 1"):
        each.advance(plan, each.start(plan), seen.append)
    assert seen == []


SPOILED = [
    ("ltx2", "vae.decoder.conv_out", "picture"),
    ("ltx2", "vae.decoder.conv_in", "picture"),
    ("ltx2", "audio_vae.decoder.conv_out", "sound"),
    ("ltx2", "vocoder.conv_out", "sound"),
    ("wan-vace", "vae.decoder.conv_out", "picture"),
    ("wan-vace", "vae.post_quant_conv", "picture"),
]


@pytest.mark.parametrize(("name", "part", "lost"), SPOILED)
def test_numbers_lost_while_decoding_are_no_black_or_silent_film(
    workshop: Workshop, name: str, part: str, lost: str
) -> None:
    each = DiffusionSampler(name, FAMILIES[name], workshop)
    plan = each.plan(small())
    done = each.advance(plan, each.start(plan), ignore)
    module, _, inside = part.partition(".")
    layer = getattr(pipeline_of(each), module).get_submodule(inside)
    with torch.no_grad():
        next(layer.parameters()).fill_(float("inf"))
    with pytest.raises(refusals.LatentsNotFinite, match=f"in the {lost} while decoding"):
        each.decode(plan, done)


def test_sound_is_added_to_a_model_without_any_or_left_out_by_choice(workshop: Workshop) -> None:
    drawn = DiffusionSampler("wan-vace", WanVace(), replace(workshop, sound="drawn"))
    silent = DiffusionSampler("wan-vace", WanVace(), workshop)
    assert drawn.plan(small()).key != silent.plan(small()).key
    assert sampled(drawn, drawn.plan(small())).audio.std() > 0
    assert not sampled(silent, silent.plan(small())).audio.any()


@pytest.mark.parametrize(("said", "heard"), [(None, "drawn"), ("silent", "silent"), ("", "drawn")])
def test_the_environment_chooses_which_sound_is_added(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, heard: str
) -> None:
    monkeypatch.delenv("CALLSHEET_ADDED_SOUND", raising=False)
    if said is not None:
        monkeypatch.setenv("CALLSHEET_ADDED_SOUND", said)
    assert dict(registry.make("wan-vace").plan(small()).settings)["sound"] == heard
    monkeypatch.setenv("CALLSHEET_ADDED_SOUND", "loud")
    with pytest.raises(AddedSoundUnknown, match="none of: drawn, silent"):
        registry.make("wan-vace")


def test_a_model_of_one_rate_shows_the_picture_nearest_in_time(
    made: dict[str, DiffusionSampler],
) -> None:
    plan = made["wan-vace"].plan(small(fps=32, seconds=0.5))
    clip = sampled(made["wan-vace"], plan)
    assert len(clip.frames) == 16
    assert (clip.frames[0::2] == clip.frames[1::2]).all()
    assert (clip.frames[0] != clip.frames[2]).any()


def test_the_weights_own_recipe_is_in_the_plan(own_weights: Workshop) -> None:
    each = DiffusionSampler("ltx2", Ltx2(), own_weights)
    before = each.plan(small())
    assert (before.steps, dict(before.settings)["guidance"]) == (2, "3.0")
    recipe = own_weights.weights / "ltx-2" / "recipe.json"
    recipe.write_text(json.dumps({"steps": 8, "guidance": 1.0, "stg": 0.0, "modality": 1.0}))
    distilled = each.plan(small())
    assert (distilled.steps, dict(distilled.settings)["guidance"]) == (8, "1.0")
    assert distilled.weights_sha256 != before.weights_sha256
    recipe.write_text('{"stepz": 8}')
    with pytest.raises(refusals.WeightsUnreadable, match="stepz"):
        each.plan(small())


@pytest.mark.parametrize(
    "missing", ["model_index.json", "vae/diffusion_pytorch_model.safetensors", "tokenizer"]
)
def test_a_missing_file_of_weights_is_refused_by_its_name(
    own_weights: Workshop, missing: str
) -> None:
    path = own_weights.weights / "ltx-2" / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    each = DiffusionSampler("ltx2", Ltx2(), own_weights)
    for attempt in (lambda: each.plan(small()), each.load):
        with pytest.raises(refusals.WeightsMissing, match=f"ltx-2/{missing.split('/')[0]}"):
            attempt()


def test_without_its_adapter_the_model_in_context_is_refused_by_name(
    own_weights: Workshop,
) -> None:
    shutil.rmtree(own_weights.weights / "ltx-2-in-context")
    each = DiffusionSampler("ltx2-in-context", Ltx2InContext(), own_weights)
    for attempt in (lambda: each.plan(small()), each.load):
        with pytest.raises(refusals.WeightsMissing, match=r"ltx-2-in-context/ic-lora\.safetensors"):
            attempt()
    DiffusionSampler("ltx2", Ltx2(), own_weights).plan(small())


def test_an_adapter_cut_short_or_of_another_model_is_an_explained_failure(
    own_weights: Workshop,
) -> None:
    from gpu_workers.diffusion.tiny import save_tiny_adapter  # it brings the libraries along

    folder = own_weights.weights / "ltx-2-in-context"
    save_tiny_adapter(folder, "some_other_model")
    with pytest.raises(refusals.WeightsUnreadable, match="ltx-2-in-context/ic-lora"):
        DiffusionSampler("ltx2-in-context", Ltx2InContext(), own_weights).load()
    path = folder / "ic-lora.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(refusals.WeightsUnreadable, match="ltx-2-in-context/ic-lora"):
        DiffusionSampler("ltx2-in-context", Ltx2InContext(), own_weights).plan(small())


def test_an_adapter_changes_the_clip_and_the_plan(
    made: dict[str, DiffusionSampler], own_weights: Workshop
) -> None:
    from gpu_workers.diffusion.tiny import save_tiny_adapter

    torch.manual_seed(5)
    save_tiny_adapter(own_weights.weights / "ltx-2-in-context")
    other = DiffusionSampler("ltx2-in-context", Ltx2InContext(), own_weights)
    first = made["ltx2-in-context"].plan(small())
    assert other.plan(small()).weights_sha256 != first.weights_sha256
    one, two = sampled(made["ltx2-in-context"], first), sampled(other, other.plan(small()))
    assert (one.frames != two.frames).any()


def test_tokens_of_a_likeness_are_in_the_state_and_never_shown(
    made: dict[str, DiffusionSampler], workshop: Workshop, tmp_path: Path
) -> None:
    each, plain = made["ltx2-in-context"], small()
    shown = plain.model_copy(
        update={"references": (reference(workshop, "picture", "likeness", tmp_path),)}
    )
    bare, given = each.plan(plain), each.plan(shown)
    own = each.advance(bare, each.start(bare), ignore, upto=1).tensors["shot.000.latents"]
    more = each.advance(given, each.start(given), ignore, upto=1).tensors["shot.000.latents"]
    assert more.shape[1] > own.shape[1]
    assert sampled(each, given).frames.shape == sampled(each, bare).frames.shape


def test_a_missing_shard_is_refused_by_its_name(own_weights: Workshop) -> None:
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    part = own_weights.weights / "wan-vace" / "text_encoder"
    (part / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(refusals.WeightsMissing, match="00001-of-00002"):
        DiffusionSampler("wan-vace", WanVace(), own_weights).plan(small())


def test_weights_cut_short_are_an_explained_failure(own_weights: Workshop) -> None:
    path = own_weights.weights / "wan-vace/transformer/diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(refusals.WeightsUnreadable, match="wan-vace"):
        DiffusionSampler("wan-vace", WanVace(), own_weights).load()


def test_the_weights_hash_follows_every_byte_and_is_computed_once(
    own_weights: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, hashed = own_weights.weights / "ltx-2", list[str]()
    real = weights._sha256

    def counted(path: Path) -> str:
        hashed.append(path.name)
        return real(path)

    monkeypatch.setattr(weights, "_sha256", counted)
    before = weights.weights_sha256(folder)
    hashed.clear()
    assert weights.weights_sha256(folder) == before
    assert hashed == []
    changed = folder / "vae" / "diffusion_pytorch_model.safetensors"
    raw = changed.read_bytes()
    changed.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert weights.weights_sha256(folder) != before
    assert hashed == [changed.name]


def test_a_plan_of_other_weights_is_not_sampled(made: dict[str, DiffusionSampler]) -> None:
    plan = made["ltx2"].plan(small()).model_copy(update={"weights_sha256": "1" * 64})
    with pytest.raises(refusals.WeightsChanged, match="111111111111"):
        made["ltx2"].advance(plan, made["ltx2"].start(plan), ignore)


def test_a_prompt_that_the_encoder_would_cut_is_refused(made: dict[str, DiffusionSampler]) -> None:
    with pytest.raises(PromptTooLong, match="reads 192 tokens; shot 1 has 193"):
        made["ltx2"].plan(small("x" * 193))


@pytest.mark.parametrize("name", ["ltx2", "wan-vace"])
def test_what_somebody_never_wants_is_read_first_and_never_cut(
    made: dict[str, DiffusionSampler], name: str
) -> None:
    each, plain = made[name], small()

    def avoiding(*things: str) -> SamplingRequest:
        shot = plain.shots[0].model_copy(update={"avoid": things})
        return plain.model_copy(update={"shots": (shot,)})

    plan = each.plan(avoiding("a gold chain", "snakes"))
    canvas = canvas_for(FAMILIES[name], pipeline_of(each), plan, 0)
    told = each._inputs(pipeline_of(each), plan, 0, canvas)["negative_prompt"]
    assert told.startswith("a gold chain, snakes, ")
    with pytest.raises(PromptTooLong, match="192 tokens of what is to be avoided; shot 1 has"):
        each.plan(avoiding(*["y" * 30] * 6))


def test_what_nobody_stated_satisfies_no_licence(workshop: Workshop) -> None:
    unstated = Workshop(workshop.weights, workshop.references)
    with pytest.raises(LicenceCapsRevenue, match="not stated"):
        DiffusionSampler("ltx2", Ltx2(), unstated).plan(small())


def test_without_the_libraries_planning_says_what_to_install(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    each = DiffusionSampler("ltx2", Ltx2(), workshop)
    with pytest.raises(refusals.LibraryMissing, match="diffusers, transformers, accelerate, peft"):
        each.plan(small())
    assert "extra" in refusals.LibraryMissing.next_step


def test_making_a_sampler_imports_no_library_of_pipelines() -> None:
    program = (
        "import sys; from gpu_workers import registry; "
        f"[registry.make(name) for name in {sorted(FAMILIES)}]; "
        "sys.exit(bool({'diffusers', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT)
    assert done.returncode == 0


def test_a_clip_can_be_a_likeness_too(
    made: dict[str, DiffusionSampler], workshop: Workshop, tmp_path: Path
) -> None:
    each, plain = made["wan-vace"], small()
    given = plain.model_copy(
        update={"references": (reference(workshop, "clip", "likeness", tmp_path),)}
    )
    assert fingerprint(sampled(each, each.plan(given))) != fingerprint(
        sampled(each, each.plan(plain))
    )


HANDLES = ("@ada", "@bob", "@cyd", "@dan")


def with_cast(count: int, *references: Reference, continues: bool = False) -> SamplingRequest:
    """One shot with so many people in it, given these references."""
    plain = small("@ada waves")
    told = {"cast": HANDLES[:count], "continues": continues}
    shot = plain.shots[0].model_copy(update=told)
    return plain.model_copy(update={"shots": (shot,), "references": references})


def shown_by(workshop: Workshop, seed: int, use: str = "likeness") -> Reference:
    sha256 = laid_down(workshop, a_picture(seed))
    return Reference.model_validate({"kind": "picture", "use": use, "sha256": sha256})


CASTING = ("ltx2-in-context", "wan-vace")


@pytest.mark.parametrize("name", CASTING)
def test_a_cast_of_one_looks_as_its_own_likeness_says(
    made: dict[str, DiffusionSampler], workshop: Workshop, name: str
) -> None:
    each = made[name]
    one, same, other = (
        sampled(each, each.plan(with_cast(1, shown_by(workshop, seed)))) for seed in (1, 1, 2)
    )
    assert fingerprint(one) == fingerprint(same)
    assert (one.frames != other.frames).any()


@pytest.mark.parametrize("name", CASTING)
def test_a_whole_cast_goes_on_from_the_last_picture_in_its_own_order(
    made: dict[str, DiffusionSampler], workshop: Workshop, name: str
) -> None:
    each, cast = made[name], [shown_by(workshop, seed) for seed in (1, 2, 3)]

    def clip(first: int, *likenesses: Reference) -> str:
        opening = shown_by(workshop, first, "first-frame")
        request = with_cast(3, opening, *likenesses, continues=True)
        return fingerprint(sampled(each, each.plan(request)))

    assert len({clip(7, *cast), clip(8, *cast), clip(7, *reversed(cast))}) == 3


@pytest.mark.parametrize("name", ["ltx2-condition", "ltx2-in-context", "wan-vace"])
def test_the_first_pictures_after_a_cut_go_on_from_how_the_shot_before_moved(
    made: dict[str, DiffusionSampler], workshop: Workshop, tmp_path: Path, name: str
) -> None:
    each, rate = made[name], 24

    def ended(levels: list[int]) -> Reference:
        frames = np.stack([grey(level, 64, 64) for level in levels])
        sound = np.zeros((2, len(levels) * 2_000), np.float32)
        write_mezzanine(Clip(frames, sound, rate, 48_000), tmp_path / "take.mkv")
        write_last_moments(tmp_path / "take.mkv", tmp_path / "tail.mp4")
        sha256 = laid_down(workshop, (tmp_path / "tail.mp4").read_bytes())
        return Reference(kind="clip", use="extend", sha256=sha256)

    rising = list(range(100, 220, 10))
    before = {
        "moved": ended([0, 0, *rising]),
        "began otherwise": ended([90, 30, *rising]),
        "stood still": ended([rising[-1]] * 14),
    }
    plans = {key: each.plan(with_cast(0, it, continues=True)) for key, it in before.items()}
    assert plans["moved"].key == plans["began otherwise"].key, "only the end of a take matters"
    moved, still = (sampled(each, plans[key]).frames for key in ("moved", "stood still"))
    assert (moved[0] != still[0]).any(), "the last picture was the same: its motion goes on"


@pytest.mark.parametrize("name", CASTING)
def test_a_cast_of_four_or_without_a_likeness_is_refused_with_the_limit(
    made: dict[str, DiffusionSampler], workshop: Workshop, name: str
) -> None:
    with pytest.raises(DirectionNotTaken, match="at most 3 members of a cast; shot 1 has 4"):
        made[name].plan(with_cast(4, *[shown_by(workshop, 1)] * 3))
    with pytest.raises(ReferencesNotTaken, match="cast of 2 and there are likenesses of 1"):
        made[name].plan(with_cast(2, shown_by(workshop, 1)))


def story(*shots: Shot) -> SamplingOrder:
    """The order of the first shot, which is given the likeness of its cast as a studio would."""
    likeness = ReferenceFile(kind="picture", use="likeness", key="nowhere", sha256="0" * 64)
    return SamplingOrder(
        generation_id=words.GENERATION_ID,
        account_id=words.ACCOUNT_ID,
        command_id="sample-1",
        at=words.moment(),
        actor="client/test",
        brief=Brief(
            prompt="a story", sampler="wan-vace", shots=shots, width=128, height=64, fps=16
        ),
        seed=1,
        shot=1,
        references=(likeness,) * len(shots[0].cast),
    )


def test_with_a_cast_too_a_later_shot_is_refused_before_the_first_takes_a_device(
    made: dict[str, DiffusionSampler],
) -> None:
    first = Shot(prompt="@ada waves", seconds=3, cast=("@ada",))
    plain, two = Shot(prompt="a dog", seconds=3), Shot(prompt="a", seconds=3, cast=HANDLES[:2])
    on = plain.model_copy(update={"continues": True})
    each = made["wan-vace"]
    require_all_shots(each, story(first, plain, two, on))
    long = Shot(prompt="@bob sleeps", seconds=8, cast=("@bob",))
    with pytest.raises(RequestOutOfRange, match="at most 5 seconds; shot 3 asks for 8"):
        require_all_shots(each, story(first, plain, long))
    wordy = Shot(prompt="x" * 600, seconds=3, cast=("@bob",))
    with pytest.raises(PromptTooLong, match="shot 2 has"):
        require_all_shots(each, story(first, wordy))


@pytest.mark.parametrize("name", ["ltx2", "ltx2-condition"])
def test_a_model_that_knows_no_likenesses_shows_no_cast(
    made: dict[str, DiffusionSampler], name: str
) -> None:
    with pytest.raises(DirectionNotTaken, match="at most 0 members"):
        made[name].plan(with_cast(1))


def test_a_plan_without_references_keeps_the_key_it_had() -> None:
    plan = Plan(
        model="animatic",
        weights_sha256="0" * 64,
        shots=order("a dog").shots,
        width=64,
        height=64,
        fps=24,
        sample_rate=48_000,
        seed=1,
        steps=3,
    )
    assert "references" not in plan.model_dump(exclude_defaults=True)
    assert "settings" not in plan.model_dump(exclude_defaults=True)
