import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny
from phantom_folders import write_phantoms

from core.errors import TrainingError
from training.embedded.datasets import LESION, PhantomSet, open_phantoms
from training.embedded.linear_start import DEVIATION, start_from_components
from training.embedded.reconstruction import psnr
from training.train_autoencoder import to_pixels


def new_autoencoder(channels: int = 16, latent_channels: int = 8) -> AutoencoderTiny:
    torch.manual_seed(0)
    return AutoencoderTiny(
        encoder_block_out_channels=(channels,) * 3,
        decoder_block_out_channels=(channels,) * 3,
        num_encoder_blocks=(0, 0, 0),
        num_decoder_blocks=(1, 1, 0),
        latent_channels=latent_channels,
    )


@pytest.fixture
def phantoms(tmp_path) -> PhantomSet:
    return open_phantoms(write_phantoms(tmp_path / "phantoms", 24, 64))


@pytest.fixture
def pixels(phantoms) -> torch.Tensor:
    return to_pixels(phantoms.images, torch.device("cpu"))


@pytest.fixture
def lesions(phantoms) -> torch.Tensor:
    return torch.from_numpy(phantoms.masks == LESION)


def test_an_untrained_autoencoder_already_shows_pictures_it_has_not_seen(pixels, lesions):
    vae = new_autoencoder()
    with torch.no_grad():
        before = psnr(vae.decode(vae.encode(pixels[16:]).latents).sample, pixels[16:])
        start_from_components(vae, pixels[:16], lesions[:16])
        after = psnr(vae.decode(vae.encode(pixels[16:]).latents).sample, pixels[16:])
    assert after > 17 and after > before + 8


def test_latents_start_at_mean_0_and_the_deviation_at_which_the_decoder_is_linear(pixels, lesions):
    vae = new_autoencoder()
    start_from_components(vae, pixels, lesions)
    with torch.no_grad():
        rows = vae.encode(pixels).latents.transpose(0, 1).flatten(1)
    assert torch.allclose(rows.mean(1), torch.zeros(8), atol=1e-3)
    assert torch.allclose(rows.std(1), torch.full((8,), DEVIATION), rtol=1e-3)


def test_without_lesions_the_latents_are_uncorrelated(pixels, lesions):
    vae = new_autoencoder()
    start_from_components(vae, pixels, torch.zeros_like(lesions))
    with torch.no_grad():
        rows = vae.encode(pixels).latents.transpose(0, 1).flatten(1)
    assert torch.allclose(torch.corrcoef(rows), torch.eye(8), atol=1e-2)


def test_lesions_are_kept_better_than_by_components_that_know_of_none(pixels, lesions):
    errors = []
    for known in (lesions, torch.zeros_like(lesions)):
        vae = new_autoencoder(latent_channels=4)
        start_from_components(vae, pixels, known)
        with torch.no_grad():
            shown = vae.decode(vae.encode(pixels).latents).sample
        errors.append(float((shown - pixels).square().mean(1)[lesions].mean()))
    assert errors[0] < errors[1]


def test_an_encoder_with_residual_blocks_is_refused(pixels, lesions):
    vae = AutoencoderTiny(
        encoder_block_out_channels=(16, 16),
        decoder_block_out_channels=(16, 16),
        num_encoder_blocks=(0, 1),
        num_decoder_blocks=(1, 0),
    )
    with pytest.raises(TrainingError, match="no blocks"):
        start_from_components(vae, pixels, lesions)


def test_the_first_level_holds_the_principal_components_of_2x2_patches(pixels, lesions):
    vae = new_autoencoder()
    start_from_components(vae, pixels, torch.zeros_like(lesions))
    pictures = pixels.add(1).div(2).double().numpy()
    patches = np.array(
        [
            picture[:, y : y + 2, x : x + 2].reshape(-1)
            for picture in pictures
            for y in range(0, 64, 2)
            for x in range(0, 64, 2)
        ]
    )
    slow = np.linalg.eigvalsh(np.cov(patches.T))[::-1]
    with torch.no_grad():
        components = vae.encoder.layers[1](vae.encoder.layers[0](pixels.add(1).div(2)))[:, :12]
    assert components.double().transpose(0, 1).flatten(1).var(1).numpy() == pytest.approx(slow, abs=1e-5)


def test_residual_blocks_start_as_the_identity_and_still_learn(pixels, lesions):
    vae = new_autoencoder()
    start_from_components(vae, pixels, lesions)
    block = vae.decoder.layers[2]
    features = torch.rand(1, 16, 4, 4)
    assert torch.equal(block(features), features)
    loss = (vae.decode(vae.encode(pixels[:4]).latents).sample - pixels[:4]).square().mean()
    loss.backward()
    assert float(block.conv[-1].weight.grad.norm()) > 0
