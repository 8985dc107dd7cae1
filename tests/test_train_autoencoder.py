import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny
from phantom_folders import write_phantoms

from core.errors import TrainingError
from training.embedded.datasets import LESION, Crops, open_phantoms
from training.embedded.reconstruction import (
    colour_loss,
    lesion_weights,
    psnr,
    reconstruction_loss,
    weighted_mean,
)
from training.loop.metric_lines import read_metrics
from training.loop.runs import Pace, Rhythm
from training.train_autoencoder import AutoencoderConfig, AutoencoderSize, Learner, main, make_learner, train

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path):
    return write_phantoms(tmp_path / "phantoms", 8, 32)


def tiny(folder, **changes) -> AutoencoderConfig:
    size = AutoencoderSize(8, (0, 1), latent_channels=4)
    values = {"size": size, "crop": 16, "batch": 4, "half": False}
    return AutoencoderConfig(
        str(folder), Pace(steps=6, warmup_steps=1, learning_rate=1e-2), **{**values, **changes}
    )


def test_six_steps_lower_the_loss_and_move_every_weight_of_the_decoder_alone(folder):
    learner = make_learner(tiny(folder), open_phantoms(folder), CPU)
    for group in learner.optimizer.param_groups:
        group["lr"] = 2e-5
    before = {name: p.detach().clone() for name, p in learner.vae.named_parameters()}
    losses = [learner.take_step(0) for _ in range(6)]
    assert losses[-1]["loss"] < losses[0]["loss"]
    assert all(line["gradient_norm"] > 0 for line in losses)
    moved = {name: not torch.equal(before[name], p) for name, p in learner.vae.named_parameters()}
    assert all(moves == name.startswith("decoder") for name, moves in moved.items())


def test_gradients_are_clipped_to_the_limit(folder):
    learner = make_learner(tiny(folder, clip=0.01), open_phantoms(folder), CPU)
    norm = learner.take_step(0)["gradient_norm"]
    left = torch.stack([p.grad.norm() for p in learner.vae.parameters() if p.grad is not None]).norm()
    assert norm > 0.01
    assert float(left) == pytest.approx(0.01, rel=1e-3)


def test_the_command_writes_an_autoencoder_that_diffusers_loads_with_latents_of_unit_variance(
    folder, tmp_path
):
    command = ["--phantoms", str(folder), "--output", str(tmp_path / "run"), "--steps", "6", "--batch", "4"]
    assert main([*command, "--size", "tiny", "--device", "cpu"]) == 0
    vae = AutoencoderTiny.from_pretrained(tmp_path / "run" / "model")
    pixels = torch.from_numpy(np.array(open_phantoms(folder).images)).permute(0, 3, 1, 2) / 127.5 - 1
    latents = vae.encode(pixels).latents * vae.config.scaling_factor
    assert float(latents.detach().std()) == pytest.approx(1.0, rel=0.05)
    assert read_metrics(tmp_path / "run")[-1]["psnr"] > 0


def test_a_killed_autoencoder_ends_with_the_weights_of_one_that_was_not(folder, tmp_path, monkeypatch):
    every_step = Rhythm(log_steps=1, checkpoint_minutes=0)
    train(tmp_path / "whole", tiny(folder), CPU, every_step)
    take_step = Learner.take_step
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Learner, "take_step", lambda self, step: take_step(self, step) if step < 3 else _die())
        train(tmp_path / "killed", tiny(folder), CPU, every_step)
    train(tmp_path / "killed", tiny(folder), CPU, every_step)
    curves = [
        [x["loss"] for x in read_metrics(tmp_path / name) if "loss" in x] for name in ("whole", "killed")
    ]
    assert curves[0] == curves[1] and len(curves[0]) == 6
    weights = [
        AutoencoderTiny.from_pretrained(tmp_path / name / "model").state_dict()
        for name in ("whole", "killed")
    ]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())


def _die() -> None:
    raise KeyboardInterrupt


def test_a_training_can_start_from_released_weights(folder, tmp_path):
    train(tmp_path / "first", tiny(folder), CPU)
    model = tmp_path / "first" / "model"
    learner = make_learner(tiny(folder, init=str(model)), open_phantoms(folder), CPU)
    released = AutoencoderTiny.from_pretrained(model).state_dict()
    assert all(torch.equal(value, released[name]) for name, value in learner.vae.state_dict().items())


def test_training_a_decoder_further_leaves_every_latent_as_it_was(folder, tmp_path):
    train(tmp_path / "first", tiny(folder), CPU)
    model = tmp_path / "first" / "model"
    train(tmp_path / "second", tiny(folder, init=str(model)), CPU)
    vaes = [AutoencoderTiny.from_pretrained(tmp_path / name / "model") for name in ("first", "second")]
    pairs = zip(vaes[0].named_parameters(), vaes[1].parameters(), strict=True)
    same = {name: torch.equal(a, b) for (name, a), b in pairs}
    assert all(equal == name.startswith("encoder") for name, equal in same.items())
    assert vaes[0].config.scaling_factor == pytest.approx(vaes[1].config.scaling_factor)


def test_the_weighted_mean_equals_the_slow_loop():
    values, lesions = torch.rand(2, 3, 4, 4), torch.rand(2, 4, 4) > 0.5
    total = weight = 0.0
    for b in range(2):
        for y in range(4):
            for x in range(4):
                w = 7.0 if lesions[b, y, x] else 1.0
                for c in range(3):
                    total, weight = total + w * float(values[b, c, y, x]), weight + w
    assert float(weighted_mean(values, lesion_weights(lesions, 7.0))) == pytest.approx(
        total / weight, rel=1e-5
    )


def test_the_colour_loss_is_blind_to_brightness_and_equals_the_slow_loop():
    difference = torch.randn(2, 3, 8, 8)
    assert float(colour_loss(difference[:, :1].expand(2, 3, 8, 8))) == pytest.approx(0.0, abs=1e-6)
    terms = []
    for picture in difference.numpy():
        for y in range(0, 8, 4):
            for x in range(0, 8, 4):
                red, green, blue = picture[:, y : y + 4, x : x + 4].mean(axis=(1, 2))
                terms += [abs(d) + 8 / 3 * d**2 for d in (red - green, green - blue)]
    assert float(colour_loss(difference)) == pytest.approx(float(np.mean(terms)), rel=1e-5)


def test_an_error_on_a_lesion_costs_seven_times_as_much_as_beside_it():
    original, lesions = torch.zeros(1, 3, 16, 16), torch.zeros(1, 16, 16, dtype=torch.bool)
    lesions[:, 4:12, 4:12] = True
    weights = lesion_weights(lesions, 7.0)
    inside, outside = original.clone(), original.clone()
    inside[..., 8, 8], outside[..., 1, 1] = 1.0, 1.0
    costs = [float(reconstruction_loss(p, original, weights, edges=0.0)) for p in (inside, outside)]
    assert costs[0] == pytest.approx(7 * costs[1])
    assert float(reconstruction_loss(inside, original, weights, edges=1.0)) > costs[0]


def test_psnr_has_its_known_value():
    original = torch.zeros(1, 3, 2, 2)
    assert psnr(original + 0.2, original) == pytest.approx(20.0, abs=1e-3)


def test_half_of_the_crops_lie_on_lesions(folder):
    phantoms = open_phantoms(folder)
    rows, rng = np.arange(len(phantoms)).repeat(30), np.random.default_rng(0)
    assert Crops(phantoms, 8, on_lesion=1.0).draw(np.array([0] * 40), rng)[1].any(axis=(1, 2)).mean() > 0.9
    pictures, lesions = Crops(phantoms, 8).draw(rows, rng)
    assert pictures.shape == (240, 8, 8, 3) and lesions.shape == (240, 8, 8)
    assert 0.3 < lesions.any(axis=(1, 2)).mean() < 0.9


def test_packed_phantoms_equal_their_files_and_are_packed_again_when_the_folder_changes(folder):
    from PIL import Image

    phantoms = open_phantoms(folder)
    assert np.array_equal(phantoms.images[3], np.asarray(Image.open(folder / "00003.png")))
    assert (phantoms.masks[0] == LESION).any() and not (phantoms.masks[3] == LESION).any()
    assert phantoms.phantoms[2].attributes.rash == "tinea"
    lines = (folder / "metadata.jsonl").read_text().splitlines()
    (folder / "metadata.jsonl").write_text("\n".join(lines[:5]))
    assert len(open_phantoms(folder).images) == 5


def test_a_folder_without_phantoms_is_refused_with_the_way_out(tmp_path):
    with pytest.raises(TrainingError, match="render_phantoms"):
        open_phantoms(tmp_path)
