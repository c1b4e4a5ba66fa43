"""How the built-in model learns: what is counted, what is kept, and how it goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from gpu_workers.sketch import finishing, layers, learning, tokens, wayfaring, weights
from gpu_workers.sketch.clips import draw_clip
from gpu_workers.sketch.dataset import gather
from gpu_workers.sketch.finisher import Finisher
from gpu_workers.sketch.model import Size, Sketch
from gpu_workers.sketch.train import Course, Training
from gpu_workers.sketch.wayfinder import Wayfinder


def test_the_loss_counts_what_is_to_be_guessed_and_nothing_that_is_given() -> None:
    clips = [draw_clip(seed).layers for seed in range(3)]
    batch = {
        name: torch.from_numpy(np.stack([getattr(clip, name) for clip in clips]))
        for name in layers.Layers.__dataclass_fields__
    } | {
        "words": torch.ones(3, 24, 8, dtype=torch.long),
        "references": torch.zeros(3, 2, 12, 12, 4),
        "is_cameo": torch.ones(3, 2),
    }
    torch.manual_seed(0)
    loss = learning.losses(
        Sketch(), tokens.to_tokens(batch), batch, torch.Generator().manual_seed(4)
    )
    assert loss.parts["plates"] == 0  # every actor is a cameo, whose plate nobody sees
    assert all(value > 0 for name, value in loss.parts.items() if name != "plates")


def test_training_goes_on_from_where_it_was_stopped(tmp_path: Path) -> None:
    clips = gather(tmp_path / "clips", 0, 4, processes=1)
    small = Size(width=40, depth=1)
    begun = Training(Course(tmp_path, steps=1, batch=2), small)
    begun.run(clips)
    again = Training(Course(tmp_path, steps=2, batch=2), small)
    again.go_on()
    assert again.step == 1
    own, held = again.model.state_dict(), begun.model.state_dict()
    assert all(torch.equal(own[name], held[name]) for name in own)
    again.run(clips)
    assert again.step == 2
    assert weights.load(tmp_path / "sketch.safetensors").size == small


def some_ways(count: int = 6) -> wayfaring.Ways:
    return wayfaring.draw(count, processes=1)


def test_ways_are_drawn_several_times_for_a_caption_and_always_the_same() -> None:
    one, same = some_ways(), some_ways()
    assert torch.equal(one.tracks, same.tracks)
    assert one.tracks.shape[1] == wayfaring.WAYS
    assert not torch.equal(one.tracks[:, 0], one.tracks[:, 1])


def test_a_wayfinder_learns_and_a_file_of_weights_keeps_it_beside_the_rest(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sketch.safetensors"
    path.write_bytes(weights.PATH.read_bytes())
    before, points = load_file(path), []

    def note(point: wayfaring.Point, average: dict[str, torch.Tensor]) -> None:
        points.append(point)
        weights.put_into(path, wayfaring.PREFIX, average)

    torch.manual_seed(0)
    network, drawn = Wayfinder(), some_ways()
    first = wayfaring.loss(network, drawn, torch.Generator().manual_seed(7))
    wayfaring.train(network, drawn, wayfaring.Course(steps=12, rate=3e-3), note)
    last = wayfaring.loss(network, drawn, torch.Generator().manual_seed(7))
    assert float(last.detach()) < 0.95 * float(first.detach())
    assert points[-1].step == 12
    after = load_file(path)
    assert after.keys() == before.keys()
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert changed
    assert all(name.startswith(wayfaring.PREFIX) for name in changed)
    held = weights.part_of(path, wayfaring.PREFIX)["read.weight"]
    assert torch.equal(held, weights.read(path)[wayfaring.PREFIX + "read.weight"])


def test_weights_are_kept_in_eight_bits_and_come_back_within_half_a_level(tmp_path: Path) -> None:
    torch.manual_seed(2)
    values = {"matrix": torch.randn(80, 64) * torch.logspace(-3, 1, 80)[:, None]}
    values |= {"row of zeros": torch.zeros(64, 64), "few": torch.randn(7)}
    weights.write(tmp_path / "a.safetensors", values, {"data": "none"})
    assert load_file(tmp_path / "a.safetensors")["matrix"].dtype == torch.int8
    read = weights.read(tmp_path / "a.safetensors")
    assert read.keys() == values.keys()
    level = values["matrix"].abs().amax(1, keepdim=True) / 127
    assert bool(((read["matrix"] - values["matrix"]).abs() <= 0.501 * level).all())
    assert torch.equal(read["row of zeros"], values["row of zeros"])
    assert torch.equal(read["few"], values["few"].half().float())


def test_a_clean_way_stays_as_it_is() -> None:
    torch.manual_seed(0)
    network, clip = Wayfinder(), draw_clip(3).layers
    torch.nn.init.normal_(network.write.weight)
    ways, beats = tokens.ways_and_beats(torch.from_numpy(clip.tracks)[None])
    told = network.told(torch.zeros(1, 24, 8, dtype=torch.long))
    ways = ways * tokens.SIGNAL["tracks"]
    guess = network(ways, beats, torch.ones(1), torch.zeros(1), told)
    assert torch.allclose(guess, ways, atol=1e-5)


def test_a_finisher_changes_nothing_until_it_has_learnt_and_then_a_guess_for_the_better() -> None:
    chance = torch.Generator().manual_seed(1)
    clips = [draw_clip(seed).layers.backdrop for seed in range(4)]
    pictures = torch.from_numpy(np.stack(clips)).permute(0, 3, 1, 2)
    clean = tokens.backdrop_tokens(pictures) * tokens.SIGNAL["backdrop"]
    level = torch.full((4,), 0.7)
    noisy = 0.7 * clean + 0.3 * torch.randn(clean.shape, generator=chance)
    patchy = clean + 0.1 * torch.randn(4, clean.shape[1], 1, generator=chance)
    network = Finisher()
    assert torch.allclose(network(noisy, patchy, level), patchy, atol=1e-6)
    guesses = finishing.Guesses(noisy.half(), patchy.half(), clean.half(), level)
    before = finishing.loss(network, guesses, mirrored=False)
    network.load_state_dict(
        finishing.train(network, guesses, finishing.Course(guesses=4, steps=20))
    )
    after = finishing.loss(network, guesses, mirrored=False).detach()
    assert float(after) < 0.9 * float(before.detach())


def test_a_backdrop_becomes_a_picture_and_comes_back_unchanged() -> None:
    part = torch.randn(2, *tokens.SHAPES["backdrop"], generator=torch.Generator().manual_seed(1))
    assert torch.equal(tokens.backdrop_tokens(tokens.backdrop_picture(part)), part)
