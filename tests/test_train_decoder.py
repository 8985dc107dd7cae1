import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny
from phantom_folders import write_phantoms

from core.errors import TrainingError
from training import redraw_latents, train_decoder
from training.embedded.adversary import CELL, Adversary, ask, cell_weights, telling_loss
from training.embedded.autoencoder_layout import AutoencoderSize, build_autoencoder
from training.embedded.datasets import LESION, open_phantoms
from training.embedded.noise_schedule import make_scheduler
from training.embedded.reconstruction import lesion_weights
from training.embedded.redrawn import RedrawnSet, crop_redrawn, open_redrawn
from training.loop.metric_lines import read_metrics
from training.loop.pace import Pace, Rhythm
from training.redraw_latents import Redrawing
from training.train_decoder import DecoderConfig, Learner, make_learner, train
from training.words.text_states import TextStates

CPU = torch.device("cpu")


@pytest.fixture
def phantoms(tmp_path):
    return open_phantoms(write_phantoms(tmp_path / "phantoms", 8, 64))


@pytest.fixture
def init(tmp_path):
    """An autoencoder that halves twice: cells of 4 pixels, latents of 16 x 16."""
    torch.manual_seed(0)
    vae = build_autoencoder(AutoencoderSize(8, (0, 1, 1), latent_channels=4))
    vae.register_to_config(scaling_factor=2.0)
    vae.save_pretrained(tmp_path / "vae")
    return tmp_path / "vae"


@pytest.fixture
def redrawn(tmp_path, phantoms):
    """Latents on record: every cell holds its own row, column and phantom."""
    folder = tmp_path / "redrawn"
    folder.mkdir()
    rows = [6, 1, 2, 3]
    y, x = np.mgrid[:16, :16]
    latents = np.stack([np.stack([y, x, np.full_like(y, row), y + x]) for row in rows])
    np.save(folder / "latents.npy", latents.astype(np.float16))
    record = {"phantoms": phantoms.digest, "unet": "u", "seed": 0, "rows": rows, "done": 4}
    (folder / "redrawn.json").write_text(json.dumps(record))
    return folder


def config(phantoms, redrawn, init, **changes) -> DecoderConfig:
    values = {"crop": 32, "batch": 4, "alone": 1}
    pace = Pace(steps=6, warmup_steps=1, learning_rate=1e-3)
    return DecoderConfig(str(phantoms.folder), str(redrawn), str(init), pace, **{**values, **changes})


def test_a_crop_of_redrawn_latents_shows_the_same_part_of_the_same_phantom(phantoms, redrawn):
    crops = crop_redrawn(open_redrawn(redrawn, phantoms), phantoms, 20, 32, np.random.default_rng(0))
    assert crops.latents.shape == (20, 4, 8, 8)
    for picture, lesion, latents in zip(crops.pictures, crops.lesions, crops.latents, strict=True):
        top, left, row = (int(latents[channel, 0, 0]) for channel in range(3))
        window = np.s_[4 * top : 4 * top + 32, 4 * left : 4 * left + 32]
        assert np.array_equal(picture, phantoms.images[row][window])
        assert np.array_equal(lesion, phantoms.masks[row][window] == LESION)


def test_half_of_the_crops_at_least_hold_a_lesion_where_there_is_one(phantoms, redrawn):
    crops = crop_redrawn(open_redrawn(redrawn, phantoms), phantoms, 60, 16, np.random.default_rng(0))
    ill = [i for i in range(60) if int(crops.latents[i, 2, 0, 0]) % 4 != 3]  # every fourth phantom is clear
    assert np.mean([crops.lesions[i].any() for i in ill]) > 0.5


def test_the_adversary_learns_to_tell_real_from_made_and_its_lesson_makes_pictures_more_alike():
    torch.manual_seed(0)
    real, weights = torch.rand(4, 3, 32, 32).round() * 2 - 1, torch.ones(4, 1, 32, 32)
    made = torch.zeros(4, 3, 32, 32, requires_grad=True)
    adversary = Adversary((8, 8, 8, 8))
    optimizer = torch.optim.Adam(adversary.parameters(), 1e-2)
    losses = []
    for _ in range(30):
        loss = telling_loss(adversary, real, made, weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert made.grad is None, "the adversary's own loss must not move the picture"
    assert losses[-1] < 0.5 < losses[0]
    before = ask(adversary, real, made, weights)
    (before.realism + before.features).backward()
    after = ask(adversary, real, made - 0.5 * made.grad / made.grad.abs().max(), weights)
    assert after.realism.item() < before.realism.item()


def test_a_verdict_stands_for_a_cell_and_lesions_weigh_more():
    verdicts, features = Adversary()(torch.zeros(2, 3, 96, 96))
    assert verdicts.shape == (2, 1, 96 // CELL, 96 // CELL) and len(features) == 4
    lesions = torch.zeros(1, 32, 32, dtype=torch.bool)
    lesions[:, :16, :16] = True
    assert cell_weights(lesion_weights(lesions, 5.0)).tolist() == [[[[5.0, 1.0], [1.0, 1.0]]]]


def test_training_moves_every_weight_of_the_decoder_and_none_of_the_encoder(
    phantoms, redrawn, init, tmp_path
):
    train(tmp_path / "run", config(phantoms, redrawn, init), CPU)
    before = AutoencoderTiny.from_pretrained(init)
    after = AutoencoderTiny.from_pretrained(tmp_path / "run" / "model")
    pairs = zip(before.named_parameters(), after.parameters(), strict=True)
    moved = {name: not torch.equal(a, b) for (name, a), b in pairs}
    assert all(moves == name.startswith("decoder") for name, moves in moved.items())
    assert after.config.scaling_factor == 2.0
    assert read_metrics(tmp_path / "run")[-1]["psnr"] > 0
    assert list((tmp_path / "run" / "previews").glob("*.png"))


def test_half_of_a_batch_is_redrawn_and_its_latents_come_back_to_the_decoders_scale(phantoms, redrawn, init):
    opened = open_redrawn(redrawn, phantoms)
    lesson = make_learner(config(phantoms, redrawn, init), phantoms, opened, CPU).lesson(3)
    assert lesson.fidelity.flatten().tolist() == pytest.approx([1, 1, 0.6, 0.6])
    rows = 2.0 * lesson.latents[2:, 0]  # a UNet's latents are scaling_factor times the decoder's
    assert torch.allclose(rows[:, 1:] - rows[:, :-1], torch.ones(1), atol=1e-3)


def test_the_decoder_hears_nothing_of_the_adversary_while_that_learns_alone(phantoms, redrawn, init):
    opened = open_redrawn(redrawn, phantoms)

    def after_two_steps(**changes: float) -> list[torch.Tensor]:
        learner = make_learner(config(phantoms, redrawn, init, **changes), phantoms, opened, CPU)
        for step in range(2):
            learner.take_step(step)
        return list(learner.vae.decoder.parameters())

    alone, unheard = after_two_steps(alone=2), after_two_steps(alone=2, realism=9.0)
    heard = after_two_steps(alone=0, realism=9.0)
    assert all(torch.equal(a, b) for a, b in zip(alone, unheard, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(alone, heard, strict=True))


def test_a_killed_decoder_ends_with_the_weights_of_one_that_was_not(
    phantoms, redrawn, init, tmp_path, monkeypatch
):
    every_step, asked = Rhythm(log_steps=1, checkpoint_minutes=0), config(phantoms, redrawn, init)
    train(tmp_path / "whole", asked, CPU, every_step)
    take_step = Learner.take_step
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Learner, "take_step", lambda self, step: take_step(self, step) if step < 3 else _die())
        train(tmp_path / "killed", asked, CPU, every_step)
    train(tmp_path / "killed", asked, CPU, every_step)
    whole, killed = (
        AutoencoderTiny.from_pretrained(tmp_path / name / "model").state_dict()
        for name in ("whole", "killed")
    )
    assert all(torch.equal(value, killed[name]) for name, value in whole.items())


def _die() -> None:
    raise KeyboardInterrupt


class Velocities(torch.nn.Module):
    """Says the velocity 0 to the empty prompt and ``led`` to a caption."""

    def __init__(self, led: float) -> None:
        super().__init__()
        self.led, self.asked = led, []

    def forward(self, latents, timestep, states):
        self.asked.append(int(timestep))
        return type(
            "Output",
            (),
            {"sample": torch.ones_like(latents) * self.led * states.mean((1, 2))[:, None, None, None]},
        )


def test_redrawing_takes_the_last_steps_and_guides_as_the_pipeline_does():
    scheduler, latents = make_scheduler(), torch.randn(2, 4, 8, 8)
    unet = Velocities(0.5)
    redrawing = Redrawing(unet, scheduler, CPU, half=False, steps=10, guidance=3.0)
    drawn = redrawing.redraw(latents, torch.ones(2, 77, 8), torch.zeros(77, 8), 4, seed=5)
    scheduler.set_timesteps(10)
    last = scheduler.timesteps[-4:]
    assert unet.asked == last.tolist()
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(5))
    expected = scheduler.add_noise(latents, noise, last[:1].expand(2))
    for timestep in last:
        expected = scheduler.step(torch.full_like(expected, 1.5), timestep, expected).prev_sample
    assert torch.allclose(drawn, expected, atol=1e-5)


def test_a_half_redrawn_folder_is_not_learned_from_and_other_phantoms_are_refused(
    redrawn, phantoms, tmp_path
):
    with pytest.raises(TrainingError, match="other phantoms"):
        open_redrawn(redrawn, replace(phantoms, digest="another"))
    (redrawn / "redrawn.json").rename(redrawn / "progress.json")
    with pytest.raises(TrainingError, match="goes on"):
        open_redrawn(redrawn, phantoms)
    with pytest.raises(TrainingError, match=r"training\.redraw_latents"):
        open_redrawn(tmp_path / "nothing", phantoms)


def test_the_command_says_what_is_missing(tmp_path, capsys, init, phantoms):
    arguments = ["--phantoms", str(phantoms.folder), "--init", str(init), "--output", str(tmp_path / "run")]
    assert train_decoder.main([*arguments, "--redrawn", str(tmp_path / "no"), "--steps", "1"]) == 1
    assert "training.redraw_latents" in capsys.readouterr().err


def test_redrawing_goes_on_where_it_was_killed_with_the_same_latents(phantoms, tmp_path, monkeypatch):
    encoded = type(
        "Encoded", (), {"latents": np.random.default_rng(0).normal(size=(8, 2, 4, 8, 8)).astype(np.float16)}
    )
    said = TextStates((), None, None, torch.ones(2, 77, 8))
    captions = redraw_latents.Captions(said, np.ones(8, np.int64))

    def redraw(folder, stop_after: int | None = None) -> None:
        folder.mkdir(exist_ok=True)
        asked = type("Asked", (), {"seed": 3, "count": 6, "unet": "u"})
        record = redraw_latents.open_record(folder, phantoms, asked)
        redrawing = Redrawing(Velocities(0.5), make_scheduler(), CPU, half=False)
        with monkeypatch.context() as patch:
            if stop_after is not None:
                patch.setattr(Redrawing, "redraw", _dying(Redrawing.redraw, stop_after))
            redraw_latents.redraw_all(redrawing, encoded, captions, record, folder, batch=2)

    redraw(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        redraw(tmp_path / "killed", stop_after=2)
    redraw(tmp_path / "killed")
    whole, killed = (open_redrawn(tmp_path / name, phantoms) for name in ("whole", "killed"))
    assert isinstance(whole, RedrawnSet) and len(whole.latents) == 6
    assert np.array_equal(whole.latents, killed.latents) and np.array_equal(whole.rows, killed.rows)


def _dying(redraw, calls: int):
    left = iter(range(calls))

    def once_less(self, *arguments):
        if next(left, None) is None:
            _die()
        return redraw(self, *arguments)

    return once_less


def test_redrawing_with_other_values_into_the_same_folder_is_refused(phantoms, tmp_path):
    asked = type("Asked", (), {"seed": 3, "count": 6, "unet": "u"})
    redraw_latents.open_record(tmp_path / "r", phantoms, asked).write(tmp_path / "r")
    with pytest.raises(TrainingError, match="another folder"):
        redraw_latents.open_record(
            tmp_path / "r", phantoms, type("Asked", (), {"seed": 4, "count": 6, "unet": "u"})
        )
