"""One step of a LoRA: what it learns from, what moves, and that nothing else does."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_models import SD_SCHEDULER, make_encoder, make_tiny_pipeline, tiny_autoencoder
from tuning_scenes import lora_config_for, lora_stepper_for, write_captioned

from core.errors import TrainingError
from core.language.reading import read_prompt
from core.language.vocabulary import load_vocabulary
from core.weights.model_cards import load_card, write_card
from core.weights.text_encoders import load_text_encoder
from training.clip_tuning.captioned import open_captioned
from training.loop.micro_batches import growth
from training.loop.processes import Processes
from training.lora.lessons import Lessons, Pictures, batch_of_step, measured_batch, rows_of_step
from training.lora.min_snr import min_snr_weights
from training.lora.picture_latents import encode_pictures
from training.lora.pictures import class_captions
from training.lora.run import fitted
from training.lora.step import LoraStepper

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_captioned(tmp_path_factory.mktemp("data") / "data")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture(scope="module")
def prior_run(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder in which the prior and the previews are drawn already."""
    folder = tmp_path_factory.mktemp("prior") / "run"
    lora_stepper_for(lora_config_for(data, model, prior=3), folder)
    return folder


def stepper_in(run: Path, place: Path, data: Path, model: Path, **changes: object) -> LoraStepper:
    """A stepper that finds the drawn pictures of ``run``."""
    (place / "new").mkdir()
    for name in ("prior", "previews", "cache"):
        shutil.copytree(run / name, place / "new" / name)
    return lora_stepper_for(lora_config_for(data, model, **{"prior": 3, **changes}), place / "new")


def own_weights(stepper: LoraStepper) -> dict[str, torch.Tensor]:
    named = stepper.unet.state_dict().items()
    return {name: weight.detach().clone() for name, weight in named if ".lora_" not in name}


@pytest.mark.parametrize("kind", ["embedded", "sd15"])
def test_steps_on_one_batch_lower_a_positive_loss_and_move_the_added_layers_alone(
    kind: str, data: Path, model: Path, tmp_path: Path
) -> None:
    model = model if kind == "embedded" else make_tiny_pipeline(tmp_path / "sd", SD_SCHEDULER)
    stepper = lora_stepper_for(lora_config_for(data, model, previews=0), tmp_path / "run")
    before, added = own_weights(stepper), [weight.detach().clone() for weight in stepper.weights]
    encoder = [id(p) for p in stepper.weights]
    lines = [stepper(0) for _ in range(5)]
    losses = [line["loss"] for line in lines]
    assert min(losses) > 0 and losses == sorted(losses, reverse=True)
    assert lines[0]["gradient_norm"] > 0
    assert all(torch.equal(weight, before[name]) for name, weight in own_weights(stepper).items())
    moved = [not torch.equal(a, b) for a, b in zip(added, stepper.weights, strict=True)]
    assert all(moved) and encoder == [id(p) for p in stepper.weights]
    assert {p.requires_grad for n, p in stepper.unet.named_parameters() if ".lora_" not in n} == {False}


def test_the_loss_equals_a_slow_obvious_version(
    prior_run: Path, data: Path, model: Path, tmp_path: Path
) -> None:
    stepper = stepper_in(prior_run, tmp_path, data, model, prior_weight=0.5)
    batch = batch_of_step(stepper.lessons, stepper.config, 2, 1000)
    line = stepper(2)
    parts = []
    fresh = lora_stepper_for(stepper.config, tmp_path / "new")
    for i in range(len(batch)):
        t = batch.timesteps[i : i + 1]
        alpha = fresh.scheduler.alphas_cumprod[t].view(-1, 1, 1, 1)
        latent, noise = batch.latents[i : i + 1], batch.noise[i : i + 1]
        noisy = alpha.sqrt() * latent + (1 - alpha).sqrt() * noise
        with torch.no_grad():
            said = fresh.unet(noisy, t, encoder_hidden_states=batch.states[i : i + 1]).sample
        error = float(((said - (alpha.sqrt() * noise - (1 - alpha).sqrt() * latent)) ** 2).mean())
        parts.append(error * float(min_snr_weights(fresh.scheduler, t, 5.0)))
    assert len(parts) == 8
    assert line["picture_loss"] == pytest.approx(sum(parts[:4]) / 4, rel=1e-4)
    assert line["prior_loss"] == pytest.approx(0.5 * sum(parts[4:]) / 4, rel=1e-4)
    assert line["loss"] == pytest.approx(line["picture_loss"] + line["prior_loss"])


def test_micro_batches_and_recomputed_activations_change_no_gradient(
    prior_run: Path, data: Path, model: Path, tmp_path: Path
) -> None:
    stepper = stepper_in(prior_run, tmp_path, data, model)
    for weight in stepper.weights:
        weight.data.normal_(0, 0.1)
    found = []
    for micro, again in ((64, False), (3, False), (64, True)):
        stepper.micro = micro
        if again:
            stepper.unet.enable_gradient_checkpointing()
        stepper.gradients(1)
        found.append(torch.cat([weight.grad.flatten() for weight in stepper.weights]))
    assert found[0].norm() > 0
    assert torch.allclose(found[0], found[1], rtol=1e-3, atol=1e-7)
    assert torch.allclose(found[0], found[2], rtol=1e-3, atol=1e-7)


def test_the_memory_of_a_picture_is_at_least_what_a_second_one_adds(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stepper = lora_stepper_for(lora_config_for(data, model, previews=0), tmp_path / "run")
    batch = measured_batch(stepper.lessons, stepper.config, 1000)
    exact = growth(lambda count: stepper.losses(batch.part(slice(count))).sum())
    assert exact <= stepper.graph_bytes() <= 1.5 * exact
    monkeypatch.setattr("training.loop.micro_batches.free_bytes", lambda *_: 6 * stepper.graph_bytes())
    assert fitted(stepper) == 3
    monkeypatch.setattr(stepper.unet, "forward", lambda *_, **__: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(TrainingError, match="not enough memory"):
        fitted(stepper)


def test_the_prior_keeps_the_model_nearer_to_its_own_pictures(
    prior_run: Path, data: Path, model: Path, tmp_path: Path
) -> None:
    after = []
    for name, weight in (("without", 0.0), ("with", 20.0)):
        (tmp_path / name).mkdir()
        stepper = stepper_in(prior_run, tmp_path / name, data, model, prior_weight=weight)
        for _ in range(6):
            stepper(0)
        batch = batch_of_step(stepper.lessons, stepper.config, 0, 1000)
        losses = stepper.losses(replace(batch, shares=torch.ones(8))).detach()
        after.append((float(losses[:4].sum()), float(losses[4:].sum())))
    assert after[1][1] < after[0][1] and after[0][0] < after[1][0]


def test_bf16_computes_the_network_and_leaves_the_added_layers_in_float32(
    data: Path, model: Path, tmp_path: Path
) -> None:
    config = lora_config_for(data, model, previews=0, precision="bf16", checkpointing=True)
    stepper = lora_stepper_for(config, tmp_path / "run")
    assert stepper.bf16 and stepper.unet.conv_in.weight.dtype is torch.bfloat16
    losses = [stepper(0)["loss"] for _ in range(4)]
    assert {weight.dtype for weight in stepper.weights} == {torch.float32}
    assert losses[-1] < losses[0]


def test_the_average_follows_as_the_obvious_version_says(data: Path, model: Path, tmp_path: Path) -> None:
    stepper = lora_stepper_for(lora_config_for(data, model, previews=0, average=0.5), tmp_path / "run")
    expected = [weight.detach().clone() for weight in stepper.weights]
    for step in range(3):
        stepper(step)
        keep = min(0.5, (1 + step) / (10 + step))
        for mean, weight in zip(expected, stepper.weights, strict=True):
            mean.copy_(keep * mean + (1 - keep) * weight.detach())
    for mean, found in zip(expected, stepper.average.weights, strict=True):
        assert torch.allclose(mean, found, atol=1e-7)
    own = [weight.detach().clone() for weight in stepper.weights]
    assert stepper.held_out_loss() == stepper.held_out_loss() > 0
    assert all(torch.equal(a, b) for a, b in zip(own, stepper.weights, strict=True))


def test_states_are_the_chosen_encoders_and_the_empty_prompts_stand_last(
    data: Path, model: Path, tmp_path: Path
) -> None:
    encoder = make_encoder(tmp_path / "encoder")
    config = lora_config_for(data, model, text_encoder=str(encoder), previews=0)
    stepper = lora_stepper_for(config, tmp_path / "run")
    captions = sorted({row.caption for row in open_captioned(data).rows})
    from transformers import CLIPTokenizer

    tokens = CLIPTokenizer.from_pretrained(model / "tokenizer")(
        [*captions, ""], padding="max_length", max_length=77, return_tensors="pt"
    ).input_ids
    with torch.no_grad():
        expected = load_text_encoder(encoder)(tokens).last_hidden_state
    assert stepper.lessons.states.shape == (13, 77, 32)
    assert torch.allclose(stepper.lessons.states.float(), expected, atol=1e-2)


def test_latents_are_the_autoencoders_own_scaled_and_mirrored(
    data: Path, model: Path, tmp_path: Path
) -> None:
    from diffusers import AutoencoderKL

    tiny = tiny_autoencoder()
    path = data / "3.png"
    for name, vae in (("tiny", tiny), ("kl", AutoencoderKL.from_pretrained(model / "vae").eval())):
        found = encode_pictures(vae, [data / "0.png", path], 16, tmp_path / name, Processes())
        with Image.open(path) as image:
            middle = image.resize((19, 16), Image.Resampling.BICUBIC).crop((1, 0, 17, 16))
        pixels = torch.from_numpy(np.array(middle)).permute(2, 0, 1)[None].float() / 127.5 - 1
        with torch.no_grad():
            sides = [vae.encode(p) for p in (pixels, pixels.flip(-1))]
        plain = [s.latents if name == "tiny" else s.latent_dist.mean for s in sides]
        expected = torch.cat(plain).numpy() * vae.config.scaling_factor
        assert np.allclose(found[1].astype(float), expected, atol=0.02 * np.abs(expected).max())


def test_an_interrupted_encoding_goes_on_where_it_stopped(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diffusers import AutoencoderKL

    import training.lora.picture_latents as module

    vae = AutoencoderKL.from_pretrained(model / "vae").eval()
    paths = [row.image for row in open_captioned(data).rows]
    whole = np.array(encode_pictures(vae, paths, 16, tmp_path / "whole", Processes()))
    seen: list[int] = []
    plain = module.encode_both_ways

    def once(vae: object, pixels: np.ndarray) -> np.ndarray:
        if seen:
            raise KeyboardInterrupt
        seen.append(len(pixels))
        return plain(vae, pixels)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(module, "encode_both_ways", once)
        encode_pictures(vae, paths, 16, tmp_path / "cut", Processes())
    later: list[int] = []
    monkeypatch.setattr(module, "encode_both_ways", lambda v, p: (later.append(len(p)), plain(v, p))[1])
    assert np.array_equal(encode_pictures(vae, paths, 16, tmp_path / "cut", Processes()), whole)
    assert (seen, later) == ([16], [8])


def lessons_for(captions: int, mirrors: bool) -> Lessons:
    """Latents that hold their own number and, as the second of two, whether they are mirrored."""
    latents = np.zeros((captions, 2, 1, 1, 2), np.float16)
    latents[:, :, 0, 0, 0] = np.arange(captions)[:, None]
    latents[:, 1, 0, 0, 1] = 1
    rows = np.arange(captions)
    pictures = Pictures(latents, rows, np.full(captions, mirrors))
    none = Pictures(latents[:0], rows[:0], np.zeros(0, bool))
    states = torch.arange(captions + 1.0).view(-1, 1, 1)
    return Lessons(pictures, none, rows, rows[:2], states)


def test_captions_give_way_to_the_empty_prompt_as_often_as_asked_and_pictures_are_mirrored_as_they_may(
    data: Path, model: Path
) -> None:
    config = lora_config_for(data, model, batch=2000, empty_share=0.25)
    for mirrors in (True, False):
        batch = batch_of_step(lessons_for(10, mirrors), config, 0, 1000)
        emptied = batch.states.flatten() == 10
        assert float(emptied.float().mean()) == pytest.approx(0.25, abs=0.04)
        assert torch.equal(batch.states.flatten()[~emptied], batch.latents[:, 0, 0, 0][~emptied])
        assert float(batch.latents[:, 0, 0, 1].mean()) == pytest.approx(0.5 if mirrors else 0, abs=0.05)
        assert 0 <= int(batch.timesteps.min()) < 10 and 990 < int(batch.timesteps.max()) < 1000
    again = batch_of_step(lessons_for(10, False), config, 0, 1000)
    other = batch_of_step(lessons_for(10, False), config, 1, 1000)
    assert torch.equal(again.noise, batch.noise) and not torch.equal(other.noise, batch.noise)


def test_each_round_shows_every_picture_once_whatever_the_batch() -> None:
    rows = np.array([3, 5, 6, 8, 9, 11, 12])
    seen = np.concatenate([rows_of_step(rows, step, 3, 4) for step in range(14)])
    rounds = seen.reshape(6, 7)
    assert all(sorted(one) == rows.tolist() for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1
    assert sorted(rows_of_step(rows, 0, 14, 4)) == sorted([*rows, *rows])


def test_captions_that_say_left_or_right_are_not_mirrored(model: Path, tmp_path: Path) -> None:
    data = write_captioned(tmp_path / "data", 12)
    text = (data / "captions.jsonl").read_text().replace("acne type", "left-sided acne type")
    (data / "captions.jsonl").write_text(text)
    stepper = lora_stepper_for(lora_config_for(data, model, previews=0), tmp_path / "run")
    rows = open_captioned(data).rows
    assert stepper.lessons.data.mirrors.tolist() == ["left" not in row.caption for row in rows]
    none = lora_stepper_for(lora_config_for(data, model, previews=0, mirror=False), tmp_path / "other")
    assert not none.lessons.data.mirrors.any()


def test_held_out_pictures_are_measured_over_the_whole_schedule(data: Path, model: Path) -> None:
    config = lora_config_for(data, model)
    batch = measured_batch(lessons_for(10, True), config, 1000)
    assert len(batch) == 16 and sorted(batch.timesteps.tolist()) == [
        31 + round(62.5 * i - 0.01) for i in range(16)
    ]
    assert set(batch.latents[:, 0, 0, 0].tolist()) == {0.0, 1.0} and batch.latents[:, 0, 0, 1].sum() == 0


def test_the_priors_captions_are_known_to_the_model_and_not_taught_by_the_data(
    data: Path, model: Path
) -> None:
    source = open_captioned(data)
    found = class_captions(lora_config_for(data, model, prior=40), source)
    taught = {row.caption for row in source.rows}
    assert len(found) == 40 and not taught & set(found)
    assert {words.split(" ")[0] for words in found} == {"acne", "tinea", "clear"}
    assert len(set(found)) == len(set(found[:23])) == 27 - 4 and found[23:] == found[:17]
    own = class_captions(lora_config_for(data, model, prior=3, class_captions=("a", "b")), source)
    assert sorted(own) in (["a", "a", "b"], ["a", "b", "b"])
    assert class_captions(lora_config_for(data, model), source) == []


def test_the_prior_leaves_out_the_monk_steps_of_what_is_taught_and_sites_where_a_rash_is_never_drawn(
    data: Path, model: Path, tmp_path: Path
) -> None:
    source = open_captioned(data)
    taught = {(a.rash, a.site, a.tone) for a in (row.attributes for row in source.rows)}
    steps, words = tuple(load_vocabulary().monk_tones), load_vocabulary()
    own = Path(shutil.copytree(model, tmp_path / "own"))
    write_card(own, replace(load_card(own), tones=steps, sites=("face", "palm", "foot"), true_sites=True))
    found = class_captions(lora_config_for(data, own, prior=90), source)
    asked = [read_prompt(caption, monk=True).attributes for caption in found]
    assert {a.tone for a in asked} == set(steps)
    assert not taught & {(a.rash, a.site, words.named_tone_key(a.tone)) for a in asked}
    assert ("acne", "palm") not in {(a.rash, a.site) for a in asked}


def test_a_model_without_a_card_is_asked_for_clear_skin(data: Path, model: Path, tmp_path: Path) -> None:
    bare = Path(shutil.copytree(model, tmp_path / "bare"))
    (bare / "model_card.json").unlink()
    found = class_captions(lora_config_for(data, bare, prior=30), open_captioned(data))
    assert all(words.startswith("clear skin at the") or words.startswith("clear skin") for words in found)
    assert len(set(found)) == 30
