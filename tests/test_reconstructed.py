import numpy as np
import pytest
import torch
from phantom_folders import write_phantoms
from tiny_models import tiny_autoencoder

from core.weights.autoencoders import encode
from training.embedded import reconstructed
from training.embedded.datasets import PhantomSet, open_phantoms
from training.embedded.reconstructed import reconstruct_phantoms
from training.train_autoencoder import to_pixels
from training.train_judge import JudgeRunConfig, JudgeStepper, main


@pytest.fixture
def phantoms(tmp_path) -> PhantomSet:
    return open_phantoms(write_phantoms(tmp_path / "phantoms", 20, 32))


@pytest.fixture
def vae():
    torch.manual_seed(0)
    return tiny_autoencoder().eval()


def test_each_phantom_is_encoded_and_decoded(phantoms, vae, tmp_path, monkeypatch):
    monkeypatch.setattr(reconstructed, "LATENT_NOISE", 0.0)
    monkeypatch.setattr(reconstructed, "half_pays", lambda: False)
    made = reconstruct_phantoms(vae, phantoms, tmp_path / "made", 1)
    with torch.inference_mode():
        pixels = vae.decode(encode(vae, to_pixels(phantoms.images[:], torch.device("cpu")))).sample
    wanted = ((pixels.clamp(-1, 1) + 1) * 127.5).permute(0, 2, 3, 1).numpy()
    assert made.shape == phantoms.images.shape and made.dtype == np.uint8
    assert np.abs(made - wanted).max() <= 0.51


def test_noise_moves_them_and_the_seed_decides_it(phantoms, vae, tmp_path):
    first = reconstruct_phantoms(vae, phantoms, tmp_path / "a", 1)
    again = reconstruct_phantoms(vae, phantoms, tmp_path / "b", 1)
    other = reconstruct_phantoms(vae, phantoms, tmp_path / "c", 2)
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_what_is_done_is_not_done_again_and_a_killed_pass_goes_on(phantoms, vae, tmp_path, monkeypatch):
    whole = np.array(reconstruct_phantoms(vae, phantoms, tmp_path / "whole", 1))
    hand_on, seen = reconstructed._handed_on, []

    def counted(vae, phantoms, rows, seed):
        if len(seen) == 2:
            seen.append("killed")
            raise KeyboardInterrupt
        seen.append(rows[0])
        return hand_on(vae, phantoms, rows, seed)

    monkeypatch.setattr(reconstructed, "_handed_on", counted)
    with pytest.raises(KeyboardInterrupt):
        reconstruct_phantoms(vae, phantoms, tmp_path / "killed", 1)
    assert np.array_equal(reconstruct_phantoms(vae, phantoms, tmp_path / "killed", 1), whole)
    assert seen == [0, 8, "killed", 16]
    reconstruct_phantoms(vae, phantoms, tmp_path / "killed", 1)
    assert len(seen) == 4


def test_the_judge_sees_a_share_of_them_handed_on(phantoms):
    handed_on = np.full_like(np.asarray(phantoms.images), 7)
    rows = np.arange(20)
    for share in (0.0, 0.5, 1.0):
        config = JudgeRunConfig(phantoms.folder, handed_on=share)
        stepper = JudgeStepper(None, None, phantoms, rows, config, torch.device("cpu"), handed_on)
        through = (stepper._seen(rows, np.random.default_rng(1)) == 7).all(axis=(1, 2, 3))
        assert through.mean() == pytest.approx(share, abs=0.2)
        kept = stepper._seen(rows, np.random.default_rng(1))[~through]
        assert np.array_equal(kept, phantoms.images[:][~through])


def test_the_command_takes_an_autoencoder_and_learns_otherwise_with_it(phantoms, vae, tmp_path):
    vae.save_pretrained(tmp_path / "vae")
    curves = []
    for name, more in (("without", []), ("with", ["--vae", str(tmp_path / "vae")])):
        places = ["--phantoms", str(phantoms.folder), "--output", str(tmp_path / name)]
        assert main([*places, "--steps", "2", "--batch", "4", "--device", "cpu", *more]) == 0
        curves.append((tmp_path / name / "model" / "model.safetensors").read_bytes())
        assert (tmp_path / name / "handed_on" / "pictures.npy").is_file() == bool(more)
    assert curves[0] != curves[1]
