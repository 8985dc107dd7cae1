import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from phantom_folders import write_phantoms
from transformers import CLIPModel
from unet_scenes import write_rooms

from training.embedded.datasets import LESION, open_phantoms
from training.embedded.latents import LEAST_WEIGHT, channel_weights, encode_phantoms, lesion_cells
from training.embedded.noise_schedule import TimestepSampler, make_scheduler
from training.embedded.unet_layout import SIZES
from training.embedded.unet_learner import Learner, UNetConfig, make_learner
from training.loop.metric_lines import read_metrics
from training.loop.processes import Processes
from training.loop.runs import Pace, Rhythm
from training.train_unet import chances_of, main, prepare_lessons, train
from training.words.text_states import PromptShares, collect_prompts, load_text_encoder, text_states

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def rooms(tmp_path_factory):
    return write_rooms(tmp_path_factory.mktemp("unet"))


def tiny(rooms, **changes) -> UNetConfig:
    places = {name: str(rooms / name) for name in ("phantoms", "vae", "clip")}
    values = {"size": SIZES["tiny"], "batch": 4, "paraphrases": 2, "half": False, "seed": 3}
    pace = Pace(steps=6, warmup_steps=1, learning_rate=1e-2)
    return UNetConfig(**places, **{"pace": pace, **values, **changes})


def learner_for(rooms, tmp_path, **changes) -> Learner:
    config = tiny(rooms, **changes)
    lessons = prepare_lessons(config, open_phantoms(rooms / "phantoms"), tmp_path / "latents", Processes())
    return make_learner(config, lessons, Processes())


def test_six_steps_lower_the_loss_and_move_every_weight(rooms, tmp_path):
    learner = learner_for(rooms, tmp_path)
    before = [p.detach().clone() for p in learner.unet.parameters()]
    losses = [learner.take_step(0) for _ in range(6)]
    assert losses[-1]["loss"] < losses[0]["loss"]
    assert all(line["gradient_norm"] > 0 for line in losses)
    assert all(not torch.equal(a, b) for a, b in zip(before, learner.unet.parameters(), strict=True))


def test_gradients_are_clipped_to_the_limit(rooms, tmp_path):
    learner = learner_for(rooms, tmp_path, clip_norm=0.01)
    norm = learner.take_step(0)["gradient_norm"]
    left = torch.stack([p.grad.norm() for p in learner.unet.parameters() if p.grad is not None]).norm()
    assert norm > 0.01
    assert float(left) == pytest.approx(0.01, rel=1e-3)


def test_a_killed_unet_goes_on_with_the_same_curve_and_weights(rooms, tmp_path, monkeypatch):
    config, every_step, latents = tiny(rooms), Rhythm(log_steps=1, checkpoint_minutes=0), tmp_path / "latents"
    train(tmp_path / "whole", config, latents, Processes(), every_step)
    take_step = Learner.take_step
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Learner, "take_step", lambda self, step: take_step(self, step) if step < 3 else _die())
        train(tmp_path / "killed", config, latents, Processes(), every_step)
    train(tmp_path / "killed", config, latents, Processes(), every_step)
    curves = [[line["loss"] for line in read_metrics(tmp_path / name)] for name in ("whole", "killed")]
    assert curves[0] == curves[1] and len(curves[0]) == 6
    models = [UNet2DConditionModel.from_pretrained(tmp_path / n / "model") for n in ("whole", "killed")]
    weights = [model.state_dict() for model in models]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())


def _die() -> None:
    raise KeyboardInterrupt


def test_the_command_writes_a_unet_and_a_sheet_and_goes_on_from_released_weights(rooms, tmp_path):
    places = [f"--{name}={rooms / name}" for name in ("phantoms", "vae", "clip")]
    common = [*places, "--size", "tiny", "--steps", "2", "--batch", "2", "--device", "cpu"]
    assert main([*common, "--output", str(tmp_path / "first")]) == 0
    assert (tmp_path / "first" / "previews" / "000002.png").is_file()
    model = tmp_path / "first" / "model"
    learner = learner_for(rooms, tmp_path, init=str(model))
    released = UNet2DConditionModel.from_pretrained(model).state_dict()
    assert all(torch.equal(value, released[name]) for name, value in learner.unet.state_dict().items())
    layered = ["--init", str(model), "--layers", "2", "1", "--output", str(tmp_path / "deeper")]
    assert main([*common, *layered]) == 0
    deeper = UNet2DConditionModel.from_pretrained(tmp_path / "deeper" / "model")
    assert tuple(deeper.config.layers_per_block) == (2, 1)


def test_a_missing_phantom_folder_ends_the_command_with_a_sentence(rooms, tmp_path, capsys):
    places = [f"--vae={rooms / 'vae'}", f"--clip={rooms / 'clip'}", "--steps", "1"]
    assert main([*places, f"--phantoms={tmp_path}", f"--output={tmp_path / 'run'}"]) == 1
    assert "render_phantoms" in capsys.readouterr().err


def test_rashes_to_be_taken_often_come_twice_as_often(tmp_path):
    phantoms = open_phantoms(write_phantoms(tmp_path / "eight", 8, 32))
    chances = chances_of(phantoms, ("acne",))
    acne = np.array([p.attributes.rash == "acne" for p in phantoms.phantoms])
    assert chances.sum() == pytest.approx(1.0)
    assert chances[acne] == pytest.approx(2 * chances[~acne][0]) and np.ptp(chances[~acne]) == 0
    assert np.ptp(chances_of(phantoms, ())) == 0


def test_the_loss_equals_the_slow_loop(rooms, tmp_path):
    learner = learner_for(rooms, tmp_path)
    batch = learner.batch(0)
    kept = learner.scheduler.alphas_cumprod[batch.timesteps]
    total = 0.0
    for i in range(4):
        alpha, sigma = float(kept[i]) ** 0.5, (1 - float(kept[i])) ** 0.5
        noisy = alpha * batch.latents[i] + sigma * batch.noise[i]
        velocity = alpha * batch.noise[i] - sigma * batch.latents[i]
        with torch.no_grad():
            drawn = learner.unet(noisy[None], batch.timesteps[i], batch.states[i : i + 1]).sample[0]
        errors = learner.lessons.channel_weights * (drawn - velocity) ** 2
        total += float((batch.weights[i] * errors).sum()) / velocity.shape[0]
    assert learner.loss(batch).item() == pytest.approx(total, rel=1e-4)
    least = float(batch.weights.min())
    assert float(batch.weights.sum()) == pytest.approx(1.0)
    assert (batch.weights / least).unique().tolist() == pytest.approx([1.0, 4.0])


def test_channels_weigh_by_the_root_of_what_they_do_to_pixels(rooms, tmp_path):
    vae = AutoencoderTiny.from_pretrained(rooms / "vae")
    with torch.no_grad():
        vae.decoder.layers[0].weight[:, 1:] = 0
    encoded = encode_phantoms(vae, open_phantoms(rooms / "phantoms"), tmp_path / "latents")
    weights = channel_weights(vae, encoded)
    least = min(weights.flatten().tolist())
    assert weights.shape == (4, 1, 1) and float(weights.mean()) == pytest.approx(1)
    assert weights[1:].flatten().tolist() == pytest.approx([least] * 3)
    assert float(weights[0]) / least == pytest.approx(4 / LEAST_WEIGHT)


def test_the_prompt_moves_the_whole_picture_and_each_of_its_positions_counts(rooms, tmp_path):
    learner = learner_for(rooms, tmp_path)
    batch, unet = learner.batch(0), learner.unet
    with torch.no_grad():
        drawn = unet(batch.latents, batch.timesteps, batch.states).sample
        for position in (0, batch.states.shape[1] - 1):
            other = batch.states.clone()
            other[:, position] += 1 + torch.arange(other.shape[-1])
            assert not torch.allclose(unet(batch.latents, batch.timesteps, other).sample, drawn)
    assert unet.config.addition_embed_type == "text"


def test_the_schedule_ends_in_pure_noise_and_saves_so(tmp_path):
    make_scheduler().save_pretrained(tmp_path)
    scheduler = type(make_scheduler()).from_pretrained(tmp_path)
    assert float(scheduler.alphas_cumprod[-1]) == 0.0
    assert float(scheduler.alphas_cumprod[0]) == pytest.approx(1 - 0.00085, abs=1e-5)
    scheduler.set_timesteps(20)
    assert scheduler.timesteps[0] == 999 and len(scheduler.timesteps) == 20
    assert scheduler.config.prediction_type == "v_prediction"


def test_timesteps_are_logit_normal_in_the_log_signal_to_noise_ratio():
    scheduler = make_scheduler()
    steps = TimestepSampler(scheduler, 0.3, 0.8, even_share=0.0).draw(20000, torch.Generator().manual_seed(0))
    kept = scheduler.alphas_cumprod.double()[steps.clamp_max(998)]
    logit = -0.5 * (kept / (1 - kept)).log()
    assert float(logit.mean()) == pytest.approx(0.3, abs=0.03)
    assert float(logit.std()) == pytest.approx(0.8, abs=0.03)
    even = TimestepSampler(scheduler, 0.3, 0.8, even_share=1.0).draw(20000, torch.Generator().manual_seed(0))
    assert int(even.min()) < 5 and int(even.max()) == 999


def test_lesion_cells_equal_the_slow_loop():
    mask = np.zeros((32, 32), np.uint8)
    mask[5, 5], mask[16:24, 8:16] = LESION, LESION
    mask[0:3, 24:31] = LESION
    slow = np.array(
        [
            [(mask[y : y + 8, x : x + 8] == LESION).sum() >= 2 for x in range(0, 32, 8)]
            for y in range(0, 32, 8)
        ]
    )
    assert np.array_equal(lesion_cells(mask, 4), slow)
    assert slow.sum() == 2


def test_latents_are_scaled_and_of_the_picture_and_its_mirror_image(rooms, tmp_path):
    vae = AutoencoderTiny.from_pretrained(rooms / "vae").eval()
    phantoms = open_phantoms(rooms / "phantoms")
    encoded = encode_phantoms(vae, phantoms, tmp_path, batch=3)
    pixels = torch.from_numpy(phantoms.images[5][:, ::-1].copy()).permute(2, 0, 1)[None] / 127.5 - 1
    expected = 2.0 * vae.encode(pixels).latents[0].detach().numpy()
    assert encoded.latents.shape == (8, 2, 4, 8, 8)
    assert np.abs(encoded.latents[5, 1] - expected).max() < 0.05 * np.abs(expected).max()
    assert np.array_equal(encoded.lesions[5, 1], encoded.lesions[5, 0][:, ::-1])


def test_latents_are_encoded_once_and_again_when_the_autoencoder_changes(rooms, tmp_path):
    vae = AutoencoderTiny.from_pretrained(rooms / "vae").eval()
    phantoms = open_phantoms(rooms / "phantoms")
    first = np.array(encode_phantoms(vae, phantoms, tmp_path).latents)
    stamp = (tmp_path / "latents.npy").stat().st_mtime_ns
    encode_phantoms(vae, phantoms, tmp_path)
    assert (tmp_path / "latents.npy").stat().st_mtime_ns == stamp
    with torch.no_grad():
        vae.encoder.layers[-1].bias += 0.5
    assert np.allclose(encode_phantoms(vae, phantoms, tmp_path).latents - first, 1.0, atol=0.02)


def test_hidden_states_are_those_of_the_whole_clip_with_padding(rooms):
    sentences = ["", "tinea at the foot"]
    states = text_states(sentences, rooms / "clip", CPU).kept
    tokenizer, _ = load_text_encoder(rooms / "clip")
    clip = CLIPModel.from_pretrained(rooms / "clip").eval()
    ids = tokenizer(sentences, padding="max_length", max_length=77, return_tensors="pt").input_ids
    with torch.no_grad():
        expected = clip.text_model(ids).last_hidden_state
    assert states.shape == (2, 77, 16)
    assert torch.allclose(states.float(), expected, atol=5e-3)


def test_prompts_are_drawn_in_their_shares_and_fit_their_pictures(rooms):
    phantoms = open_phantoms(rooms / "phantoms").phantoms
    prompts = collect_prompts(phantoms, 5, seed=0)
    pictures, rng = np.full(4000, 2), np.random.default_rng(0)
    rows = prompts.draw(pictures, PromptShares(0.1, 0.25, 0.1), rng)
    shares = {
        kind: np.isin(rows, own[2]).mean()
        for kind, own in (("paraphrase", prompts.paraphrase), ("partial", prompts.partial))
    }
    assert np.mean(np.array(rows) == 0) == pytest.approx(0.1, abs=0.02)
    (caption,) = prompts.template[2]
    assert np.mean(np.array(rows) == caption) == pytest.approx(0.55, abs=0.08)
    assert shares["partial"] == pytest.approx(0.1, abs=0.02)
    assert prompts.sentences[0] == "" and prompts.sentences[caption] == phantoms[2].caption
