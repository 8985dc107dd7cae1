"""Loading and drawing with microscopic real models."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from tiny_models import (
    EMBEDDED_SCHEDULER,
    SD_SCHEDULER,
    edit_json,
    make_encoder,
    make_tiny_pipeline,
    make_whole_clip,
    rename_tensors,
)
from transformers import CLIPModel, CLIPTextModel

from core.drawing import loading, pipeline
from core.drawing.pipeline import Pipeline, Step, draw, load_pipeline
from core.drawing.precision import fast_dtype
from core.drawing.previews import fit_projection
from core.drawing.schedulers import make_scheduler, predicted_image_latents
from core.drawing.starts import StartPicture, prepare_start, with_start
from core.errors import (
    Cancelled,
    EncoderMismatchError,
    GenerationError,
    InputError,
    ModelError,
    ModelMissingError,
    PromptError,
    RecipeError,
    UnsafeWeightsError,
)
from core.images import pixel_sha256
from core.recipes import SCHEDULERS, Recipe
from training.loop.devices import computes_in_bf16

RECIPE = Recipe("acne", 7, "tiny", 4, 2.0, "ddim", 32, 32)
TOKENS = torch.tensor([[0, 2, 9, 30, 1]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Pipeline:
    return load_pipeline(folder, device="cpu")


def states(encoder: torch.nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        return encoder.eval()(TOKENS).last_hidden_state


# Loading


def test_a_folder_draws_what_plain_diffusers_draws_from_it(folder: Path, loaded: Pipeline) -> None:
    plain = diffusers.StableDiffusionPipeline.from_pretrained(folder)
    plain.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(7)
    expected = plain(
        "acne", negative_prompt="", num_inference_steps=4, guidance_scale=2.0, height=32, width=32,
        generator=generator,
    ).images[0]  # fmt: skip
    difference = np.abs(np.asarray(expected, int) - np.asarray(draw(loaded, RECIPE), int))
    assert difference.max() <= 1


@pytest.mark.parametrize("prefix", ["", "text_model."])
def test_text_encoder_weights_arrive_with_and_without_the_old_prefix(
    folder: Path, tmp_path: Path, prefix: str
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    rename_tensors(copy / "text_encoder" / "model.safetensors", prefix)
    names = list(load_file(copy / "text_encoder" / "model.safetensors"))
    assert all(name.startswith(prefix) for name in names)
    expected = states(CLIPTextModel.from_pretrained(folder / "text_encoder"))
    assert torch.equal(states(load_pipeline(copy, device="cpu").parts.text_encoder), expected)


def test_a_tuned_encoder_replaces_the_models_own(folder: Path, loaded: Pipeline, tmp_path: Path) -> None:
    tuned = make_encoder(tmp_path / "tuned")
    swapped = load_pipeline(folder, tuned, device="cpu")
    assert torch.equal(states(swapped.parts.text_encoder), states(CLIPTextModel.from_pretrained(tuned)))
    assert swapped.text_encoder_hash != loaded.text_encoder_hash
    assert pixel_sha256(draw(swapped, RECIPE)) != pixel_sha256(draw(loaded, RECIPE))


def test_the_text_part_of_a_whole_clip_can_be_the_encoder(folder: Path, tmp_path: Path) -> None:
    clip = make_whole_clip(tmp_path / "clip")
    swapped = load_pipeline(folder, clip, device="cpu")
    assert torch.equal(states(swapped.parts.text_encoder), states(CLIPModel.from_pretrained(clip).text_model))


def test_an_encoder_that_does_not_fit_is_refused_before_loading(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_load_parts", lambda *_: pytest.fail("weights were loaded"))
    with pytest.raises(EncoderMismatchError, match="hidden size"):
        load_pipeline(folder, make_encoder(tmp_path / "narrow", hidden_size=16))


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder"])
def test_missing_weights_are_an_error_and_never_chance(folder: Path, tmp_path: Path, part: str) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    path = next((copy / part).glob("*.safetensors"))
    tensors = load_file(path)
    removed = sorted(tensors)[0]
    del tensors[removed]
    save_file(tensors, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=f"{part} lack '.*{removed}'"):
        load_pipeline(copy, device="cpu")


@pytest.mark.parametrize("part", ["unet", "text_encoder"])
def test_weights_left_over_are_an_error(folder: Path, tmp_path: Path, part: str) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    path = next((copy / part).glob("*.safetensors"))
    save_file({**load_file(path), "stray.weight": torch.ones(2)}, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"does not describe: 'stray\.weight'"):
        load_pipeline(copy, device="cpu")


def test_an_encoder_whose_configuration_belongs_to_another_is_an_error(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    edit_json(copy / "text_encoder" / "config.json", num_hidden_layers=3)
    with pytest.raises(ModelError, match=r"lack 'encoder\.layers\.2|lack 'text_model\.encoder\.layers\.2"):
        load_pipeline(copy, device="cpu")


def test_weights_that_hold_nan_are_an_error(folder: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "broken")
    tensors = load_file(encoder / "model.safetensors")
    tensors["final_layer_norm.bias"][3] = float("nan")
    save_file(tensors, encoder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="NaN"):
        load_pipeline(folder, encoder, device="cpu")


def test_half_precision_files_load_with_and_without_the_variant_name(folder: Path, tmp_path: Path) -> None:
    plain = diffusers.StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float16)
    plain.save_pretrained(tmp_path / "plain")
    plain.save_pretrained(tmp_path / "variant", variant="fp16")
    one = load_pipeline(tmp_path / "plain", device="cpu")
    other = load_pipeline(tmp_path / "variant", device="cpu")
    assert one.parts.unet.dtype is one.parts.vae.dtype is torch.float32
    assert pixel_sha256(draw(one, RECIPE)) == pixel_sha256(draw(other, RECIPE))


def test_two_threads_can_load_at_once(folder: Path, loaded: Pipeline) -> None:
    """Building a network changes torch's defaults for the whole process; unguarded, weights get lost."""
    found: list[Pipeline] = []
    threads = [
        threading.Thread(target=lambda: found.append(load_pipeline(folder, device="cpu"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = draw(loaded, RECIPE).tobytes()
    assert [draw(other, RECIPE).tobytes() for other in found] == [expected] * 4


def test_a_missing_folder_and_pickled_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError):
        load_pipeline(tmp_path / "nowhere")
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    weights = copy / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(UnsafeWeightsError):
        load_pipeline(copy)


def test_running_out_of_memory_while_loading_says_the_way_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(loading, "_load_parts", full)
    with pytest.raises(GenerationError, match=r"not enough memory.*smaller"):
        load_pipeline(folder)


def test_bfloat16_is_for_unets_of_some_size_on_processors_that_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cpu = torch.device("cpu")
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert fast_dtype(cpu, 2_000_000) is torch.float32
    assert fast_dtype(cpu, 20_000_000) is fast_dtype(cpu, 860_000_000) is torch.bfloat16
    assert fast_dtype(cpu, 20_000_000, least=300_000_000) is torch.float32
    assert not computes_in_bf16("auto", cpu, 20_000_000) and computes_in_bf16("auto", cpu, 860_000_000)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert fast_dtype(cpu, 860_000_000) is torch.float32


def test_a_bfloat16_unet_keeps_float32_around_it_and_draws_nearly_the_same(
    folder: Path, loaded: Pipeline
) -> None:
    low = load_pipeline(folder, device="cpu", unet_dtype=torch.bfloat16)
    assert (low.parts.unet.dtype, low.parts.vae.dtype) == (torch.bfloat16, torch.float32)
    first, second = draw(low, RECIPE), draw(low, RECIPE)
    assert first.tobytes() == second.tobytes()
    difference = np.abs(np.asarray(first, int) - np.asarray(draw(loaded, RECIPE), int))
    assert 0 < difference.mean() < 4


# Drawing


def test_the_same_recipe_gives_the_same_bytes(loaded: Pipeline, folder: Path) -> None:
    first = draw(loaded, RECIPE)
    draw(loaded, RECIPE.with_seed(8))
    assert draw(loaded, RECIPE).tobytes() == first.tobytes()
    assert draw(load_pipeline(folder, device="cpu"), RECIPE).tobytes() == first.tobytes()


def test_a_picture_does_not_depend_on_watching_it(loaded: Pipeline) -> None:
    steps: list[Step] = []
    watched = draw(loaded, RECIPE, steps.append, lambda: False, preview_seconds=0)
    assert watched.tobytes() == draw(loaded, RECIPE).tobytes()
    assert len(steps) == 4


def test_another_seed_prompt_or_guidance_gives_another_picture(loaded: Pipeline) -> None:
    changes = ({}, {"seed": 8}, {"prompt": "tinea"}, {"guidance_scale": 9.0}, {"negative_prompt": "hair"})
    drawn = {draw(loaded, replace(RECIPE, **change)).tobytes() for change in changes}
    assert len(drawn) == 5


@pytest.mark.parametrize("settings", [EMBEDDED_SCHEDULER, SD_SCHEDULER], ids=["velocity", "noise"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_scheduler_draws_with_either_kind_of_model(
    name: str, settings: dict[str, object], loaded: Pipeline
) -> None:
    other = replace(loaded, parts=_with_scheduler_settings(loaded, settings))
    drawn = [draw(other, replace(RECIPE, scheduler=name, num_inference_steps=n)) for n in (1, 2, 10, 10)]
    assert drawn[2].tobytes() == drawn[3].tobytes()
    assert all(np.asarray(image).std() > 5 for image in drawn)


def _with_scheduler_settings(
    loaded: Pipeline, settings: dict[str, object]
) -> diffusers.StableDiffusionPipeline:
    parts = {**loaded.parts.components, "scheduler": diffusers.DDIMScheduler(**settings)}
    return diffusers.StableDiffusionPipeline(**parts, requires_safety_checker=False)


def test_schedulers_end_close_together_when_they_take_many_steps(loaded: Pipeline) -> None:
    def pixels(name: str) -> np.ndarray:
        return np.asarray(draw(loaded, replace(RECIPE, scheduler=name, num_inference_steps=40)), float)

    reference = pixels("ddim")
    for name in ("dpmsolver++", "euler", "unipc"):
        assert np.abs(pixels(name) - reference).mean() < 2, name


def test_drawing_leaves_no_trace_in_the_pipeline(loaded: Pipeline) -> None:
    before = loaded.parts.scheduler
    draw(loaded, replace(RECIPE, scheduler="unipc"))
    assert loaded.parts.scheduler is before
    assert before.num_inference_steps is None


def test_a_size_of_two_shapes_is_drawn_exactly(loaded: Pipeline) -> None:
    assert draw(loaded, replace(RECIPE, height=24, width=40)).size == (40, 24)


def test_long_and_empty_prompts_are_refused_before_drawing(loaded: Pipeline) -> None:
    for recipe in (
        replace(RECIPE, prompt="tinea " * 2000),
        replace(RECIPE, prompt=" "),
        replace(RECIPE, negative_prompt="x" * 100),
    ):
        with pytest.raises(PromptError):
            draw(loaded, recipe, lambda _: pytest.fail("a step was drawn"))


def test_a_size_the_autoencoder_cannot_make_is_refused(
    folder: Path, tmp_path: Path, loaded: Pipeline
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    edit_json(copy / "vae" / "config.json", block_out_channels=[8] * 5)
    with pytest.raises(RecipeError, match="multiples of 16"):
        draw(replace(loaded, folder=copy), replace(RECIPE, width=40))


def test_steps_are_counted_and_timed(loaded: Pipeline) -> None:
    steps: list[Step] = []
    draw(loaded, replace(RECIPE, scheduler="pndm"), steps.append)
    assert [s.number for s in steps] == [1, 2, 3, 4, 5]
    assert {s.total for s in steps} == {5}
    assert all(s.seconds_per_step > 0 for s in steps)


def test_previews_come_no_oftener_than_asked(loaded: Pipeline) -> None:
    steps: list[Step] = []
    draw(loaded, RECIPE, steps.append, preview_seconds=3600)
    assert [s.preview is not None for s in steps] == [True, False, False, False]
    draw(loaded, RECIPE, steps.append, preview_seconds=0)
    assert all(isinstance(s.preview, Image.Image) for s in steps[4:])


def test_cancelling_stops_within_one_step(loaded: Pipeline) -> None:
    steps: list[Step] = []
    with pytest.raises(Cancelled):
        draw(loaded, RECIPE, steps.append, lambda: len(steps) == 2)
    assert len(steps) == 2
    assert draw(loaded, RECIPE).size == (32, 32)


def test_a_watcher_that_fails_frees_the_pipeline(loaded: Pipeline) -> None:
    def fail(_: Step) -> None:
        raise ZeroDivisionError("watcher")

    with pytest.raises(GenerationError, match="watcher"):
        draw(loaded, RECIPE, fail)
    assert not loaded.lock.locked()


def test_two_threads_draw_what_one_draws(loaded: Pipeline) -> None:
    recipes = [replace(RECIPE, seed=seed, scheduler="unipc") for seed in range(6)]
    alone = [draw(loaded, recipe).tobytes() for recipe in recipes]
    together: dict[int, bytes] = {}

    def run(numbers: range) -> None:
        for number in numbers:
            together[number] = draw(loaded, recipes[number]).tobytes()

    threads = [threading.Thread(target=run, args=(range(start, 6, 2),)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[i] for i in range(6)] == alone


@pytest.fixture
def broken(folder: Path) -> Iterator[Pipeline]:
    yield load_pipeline(folder, device="cpu")


def test_nan_in_the_arithmetic_is_an_error_at_the_first_step(broken: Pipeline) -> None:
    next(broken.parts.unet.parameters()).fill_(float("nan"))
    steps: list[Step] = []
    with pytest.raises(GenerationError, match="NaN"):
        draw(broken, RECIPE, steps.append)
    assert steps == []


def test_nan_in_the_decoder_is_an_error(broken: Pipeline) -> None:
    broken.parts.vae.decoder.conv_out.bias.fill_(float("nan"))
    with pytest.raises(GenerationError, match="NaN"):
        draw(broken, RECIPE)


def test_a_black_picture_is_an_error(broken: Pipeline) -> None:
    broken.parts.vae.decoder.conv_out.bias.fill_(-100.0)
    with pytest.raises(GenerationError, match="black"):
        draw(broken, RECIPE)


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("CUDA out of memory. Tried"), torch.OutOfMemoryError("full")]
)
def test_running_out_of_memory_says_the_way_out(
    loaded: Pipeline, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(pipeline, "_with_scheduler", full)
    with pytest.raises(GenerationError, match=r"not enough memory.*smaller width"):
        draw(loaded, RECIPE)


# From a start picture


def photograph(seed: int = 0) -> StartPicture:
    """Coarse coloured noise: a picture that an autoencoder can hold on to."""
    cells = np.random.default_rng(seed).integers(0, 255, (4, 4, 3)).astype(np.uint8)
    return prepare_start(Image.fromarray(cells).resize((32, 32), Image.Resampling.BICUBIC), 32, 32)


START = photograph()
STARTED = with_start(replace(RECIPE, num_inference_steps=10), START, 0.5)


def test_from_a_start_picture_a_folder_draws_what_plain_diffusers_draws(
    folder: Path, loaded: Pipeline
) -> None:
    plain = diffusers.StableDiffusionImg2ImgPipeline.from_pretrained(folder)
    plain.set_progress_bar_config(disable=True)
    expected = plain(
        "acne", image=START.image(), strength=0.5, negative_prompt="", num_inference_steps=10,
        guidance_scale=2.0, generator=torch.Generator().manual_seed(7),
    ).images[0]  # fmt: skip
    drawn = draw(loaded, STARTED, start=START.image())
    assert np.abs(np.asarray(expected, int) - np.asarray(drawn, int)).max() <= 1


def test_from_the_same_start_the_same_recipe_gives_the_same_bytes(loaded: Pipeline, folder: Path) -> None:
    first = draw(loaded, STARTED, start=START.image()).tobytes()
    draw(loaded, RECIPE)
    assert draw(load_pipeline(folder, device="cpu"), STARTED, start=START.image()).tobytes() == first
    others = {
        draw(loaded, STARTED.with_seed(8), start=START.image()).tobytes(),
        draw(loaded, replace(STARTED, strength=0.6), start=START.image()).tobytes(),
        draw(loaded, with_start(STARTED, photograph(1), 0.5), start=photograph(1).image()).tobytes(),
        draw(loaded, replace(STARTED, strength=None, start_hash=None)).tobytes(),
    }
    assert len(others - {first}) == 4


KNOWN = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
"""Scaled latents of an imagined start picture."""


def ended_at(
    pipe: Pipeline, network: Callable[..., object], recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> torch.Tensor:
    """Scaled latents at which a drawing from KNOWN ends with another network in the place of the UNet."""
    vae, ended = pipe.parts.vae, []

    def decode(latents: torch.Tensor, **_: object) -> tuple[torch.Tensor]:
        ended.append(latents * vae.config.scaling_factor)
        return (torch.zeros(1, 3, 32, 32),)

    encoded = type("Encoded", (), {"latents": KNOWN / vae.config.scaling_factor})
    with monkeypatch.context() as patches:
        patches.setattr(pipe.parts.unet, "forward", network)
        patches.setattr(vae, "encode", lambda _: encoded)
        patches.setattr(vae, "decode", decode)
        draw(pipe, replace(recipe, guidance_scale=1.0), start=START.image())
    return ended[0]


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_low_strength_stays_nearer_to_the_start_than_a_high_one(
    name: str, loaded: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the network to which every picture is equally likely: its velocity is 0 everywhere."""

    def network(sample: torch.Tensor, *_: object, **__: object) -> tuple[torch.Tensor]:
        return (torch.zeros_like(sample),)

    low, middle, high = (
        ended_at(loaded, network, replace(STARTED, scheduler=name, strength=strength), monkeypatch)
        for strength in (0.3, 0.6, 0.9)
    )
    distances = [float((latents - KNOWN).abs().mean()) for latents in (low, middle, high)]
    assert distances == sorted(distances)
    assert distances[0] < 0.75 * distances[2]


NAMED = [(name, settings) for name in SCHEDULERS for settings in ("velocity", "noise") if name != "euler_a"]


@pytest.mark.parametrize("strength", [0.1, 0.2, 0.5, 0.9])
@pytest.mark.parametrize(("name", "kind"), [pair for pair in NAMED if pair != ("pndm", "velocity")])
def test_a_network_that_names_the_noise_leads_every_scheduler_back_to_the_start(
    name: str, kind: str, strength: float, loaded: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would not, were a step in the middle taken for another one. (euler_a adds noise of its own, and PNDM
    averages velocities of several steps.)"""
    settings = EMBEDDED_SCHEDULER if kind == "velocity" else SD_SCHEDULER
    alphas = diffusers.DDIMScheduler(**settings).alphas_cumprod
    noise: list[torch.Tensor] = []

    def network(sample: torch.Tensor, timestep: torch.Tensor, **_: object) -> tuple[torch.Tensor]:
        alpha = alphas[round(float(timestep))]
        if not noise:
            noise.append((sample - alpha.sqrt() * KNOWN) / (1 - alpha).sqrt())
        clean = (sample - (1 - alpha).sqrt() * noise[0]) / alpha.sqrt()
        velocity = alpha.sqrt() * noise[0] - (1 - alpha).sqrt() * clean
        return (velocity if kind == "velocity" else noise[0],)

    other = replace(loaded, parts=_with_scheduler_settings(loaded, settings))
    ended = ended_at(other, network, replace(STARTED, scheduler=name, strength=strength), monkeypatch)
    assert (ended - KNOWN).abs().mean() < 0.03


def test_only_the_last_steps_are_drawn_counted_and_previewed(loaded: Pipeline) -> None:
    steps: list[Step] = []
    draw(loaded, STARTED, steps.append, preview_seconds=0, start=START.image())
    assert [(s.number, s.total) for s in steps] == [(n, 5) for n in range(1, 6)]
    assert STARTED.steps_drawn == 5
    assert all(s.preview is not None for s in steps)


def test_cancelling_and_lack_of_memory_are_the_same_from_a_start(
    loaded: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[Step] = []
    with pytest.raises(Cancelled):
        draw(loaded, STARTED, steps.append, lambda: len(steps) == 2, start=START.image())
    assert len(steps) == 2

    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(pipeline, "_with_scheduler", full)
    with pytest.raises(GenerationError, match="not enough memory"):
        draw(loaded, STARTED, start=START.image())


def test_another_picture_than_the_recipe_names_is_refused(loaded: Pipeline) -> None:
    for recipe, start in ((STARTED, None), (STARTED, photograph(1).image()), (RECIPE, START.image())):
        with pytest.raises(InputError, match="start picture"):
            draw(loaded, recipe, start=start)


def test_an_autoencoder_without_a_distribution_starts_too(loaded: Pipeline) -> None:
    """AutoencoderTiny, the embedded model's kind, hands out latents themselves."""
    torch.manual_seed(0)
    tiny = diffusers.AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8), decoder_block_out_channels=(8, 8, 8), latent_channels=4,
        num_encoder_blocks=(1, 1, 1), num_decoder_blocks=(1, 1, 1), scaling_factor=2.5,
    ).eval()  # fmt: skip
    parts = diffusers.StableDiffusionPipeline(
        **{**loaded.parts.components, "vae": tiny}, requires_safety_checker=False
    )
    other = replace(loaded, parts=parts, projection=fit_projection(tiny))
    first, second = (draw(other, STARTED, start=START.image()).tobytes() for _ in range(2))
    assert first == second


# Previews


@pytest.mark.parametrize("settings", [EMBEDDED_SCHEDULER, SD_SCHEDULER], ids=["velocity", "noise"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_predicted_picture_is_exact_where_the_answer_is_known(
    name: str, settings: dict[str, object]
) -> None:
    """Noises known latents as the schedule says and gives the true output: the latents must come back."""
    scheduler = make_scheduler(name, diffusers.DDIMScheduler(**settings).config)
    scheduler.set_timesteps(10)
    timestep = scheduler.timesteps[4]
    alpha = scheduler.alphas_cumprod[int(timestep)]
    latents, noise = torch.randn(2, 1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    sample = alpha.sqrt() * latents + (1 - alpha).sqrt() * noise
    velocity = alpha.sqrt() * noise - (1 - alpha).sqrt() * latents
    output = velocity if settings["prediction_type"] == "v_prediction" else noise
    if name.startswith("euler"):
        sample = sample / alpha.sqrt()
        scheduler.scale_model_input(sample, timestep)
    assert torch.allclose(predicted_image_latents(scheduler, output, timestep, sample), latents, atol=1e-3)


def test_the_projection_finds_a_linear_decoder() -> None:
    """A decoder that is truly linear must be found exactly, offset included."""
    truth = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))

    class LinearVae:
        config = type("Config", (), {"block_out_channels": (1, 1, 1), "scaling_factor": 0.5})
        device, dtype = torch.device("cpu"), torch.float32

        def encode(self, picture: torch.Tensor) -> object:
            small = torch.nn.functional.avg_pool2d(picture, 4)
            latents = torch.cat([small, small[:, :1] * small[:, 1:2]], dim=1)
            return type("Encoded", (), {"latent_dist": type("Distribution", (), {"mode": lambda: latents})})

        def decode(self, latents: torch.Tensor) -> object:
            rgb = torch.einsum("oc,nchw->nohw", truth, latents) + 0.25
            return type("Decoded", (), {"sample": rgb.repeat_interleave(4, 2).repeat_interleave(4, 3)})

    weights = fit_projection(LinearVae()).weights
    assert np.allclose(weights[:-1], truth.T.numpy() / 0.5, atol=1e-4)
    assert np.allclose(weights[-1], 0.25, atol=1e-4)


def test_a_preview_keeps_the_shape_of_the_picture(loaded: Pipeline) -> None:
    preview = loaded.projection.image(torch.randn(1, 4, 6, 10, generator=torch.Generator().manual_seed(0)))
    assert preview.size == (128, 77)
