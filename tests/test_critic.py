"""The critic reads latents through noise, and a UNet learns from what it reads."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from phantom_folders import write_phantoms
from unet_scenes import write_rooms

from core.errors import TrainingError
from training import train_critic, train_unet
from training.embedded import critic_loss
from training.embedded.critic import HEADS, Critic, NoiseForReading, cell_loss, load_critic
from training.embedded.critic_loss import Reader
from training.embedded.datasets import open_phantoms
from training.embedded.latents import encode_phantoms
from training.embedded.noise_schedule import make_scheduler
from training.embedded.unet_layout import SIZES
from training.embedded.unet_learner import Learner, UNetConfig, make_learner
from training.loop.pace import Pace
from training.loop.processes import Processes

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def rooms(tmp_path_factory):
    """Phantoms, autoencoder and CLIP, and a critic that learned the phantoms by heart."""
    rooms = write_rooms(tmp_path_factory.mktemp("critic"))
    plant_latents(rooms)
    assert train_critic.main([*places(rooms), "--steps", "110", "--batch", "8"]) == 0
    return rooms


def plant_latents(rooms):
    """Puts in the place of what an untrained autoencoder makes of the phantoms a pattern of their words."""
    phantoms, rng = open_phantoms(rooms / "phantoms"), np.random.default_rng(6)
    encode_phantoms(AutoencoderTiny.from_pretrained(rooms / "vae"), phantoms, rooms / "latents")
    latents = np.lib.format.open_memmap(rooms / "latents" / "latents.npy", "r+")
    words = {key for p in phantoms.phantoms for _, key in p.attributes.named()}
    patterns = {key: rng.normal(size=latents.shape[2:]) for key in sorted(words)}
    for row, phantom in enumerate(phantoms.phantoms):
        latents[row, :] = sum(patterns[key] for _, key in phantom.attributes.named())
    latents.flush()


def places(rooms, output="critic"):
    named = [f"--phantoms={rooms / 'phantoms'}", f"--vae={rooms / 'vae'}", f"--latents={rooms / 'latents'}"]
    return [*named, f"--output={rooms / output}", "--device=cpu"]


@pytest.fixture(scope="module")
def reader(rooms):
    return Reader.open(rooms / "critic" / "model", open_phantoms(rooms / "phantoms"), CPU)


def asked_of(reader, rooms, named=(1, 1, 1, 1), seed=4):
    """The first pictures' latents, and what the critic is asked of them."""
    pictures, generator = np.arange(len(named)), torch.Generator().manual_seed(seed)
    latents = np.load(rooms / "latents" / "latents.npy")[pictures, 0]
    clean = torch.from_numpy(latents).float()
    noise = torch.randn(clean.shape, generator=generator)
    timesteps = NoiseForReading.of(make_scheduler()).sampler.draw(len(named), generator)
    return clean, reader.ask(pictures, list(named), noise, timesteps)


def test_the_critic_reads_the_phantoms_that_it_learned(rooms):
    figures = json.loads((rooms / "critic" / "report.json").read_text())
    assert set(figures) == {f"{head}_at_{t}" for head in HEADS for t in (0.0, 0.2, 0.4)}
    assert all(figures[f"{head}_at_0.0"] == 1.0 for head in HEADS)


def test_phantoms_of_another_seed_are_measured_where_they_are_given(rooms):
    write_phantoms(rooms / "others", 4, 32)
    run = [*places(rooms, "measured"), "--steps", "1", "--batch", "2", f"--held-out={rooms / 'others'}"]
    assert train_critic.main(run) == 0
    assert (rooms / "measured" / "held_out" / "latents.npy").is_file()
    assert all(
        4 * figure in range(5) for figure in json.loads((rooms / "measured/report.json").read_text()).values()
    )


def test_noise_hides_what_is_to_be_read(rooms):
    noise, latents = NoiseForReading.of(make_scheduler()), torch.ones(2, 4, 8, 8)
    clean, none = noise.add_at(latents, 0.0, torch.Generator().manual_seed(0))
    half, shares = noise.add_at(latents, 0.5, torch.Generator().manual_seed(0))
    assert torch.allclose(clean, latents, atol=0.15) and none.max() < 0.05
    assert shares.tolist() == pytest.approx([0.5, 0.5], abs=0.01)
    assert half.std() > 0.6


def test_lesions_count_as_much_as_the_rest(reader, rooms):
    clean, question = asked_of(reader, rooms)
    found = reader.critic(clean, torch.zeros(len(clean)))
    lesions = torch.zeros(4, 8, 8, dtype=torch.bool)
    lesions[:, :1, :1] = True
    errors = torch.nn.functional.cross_entropy(
        found.cells,
        torch.where(lesions, question.labels[:, 0, None, None], found.cells.shape[1] - 1),
        reduction="none",
    )
    expected = errors[lesions].mean() + errors[~lesions].mean()
    assert cell_loss(found, question.labels, lesions) == pytest.approx(float(expected), rel=1e-4)
    nothing = cell_loss(found, question.labels, torch.zeros_like(lesions))
    assert torch.isfinite(nothing)


def test_latents_that_follow_the_critic_are_read_as_asked(reader, rooms):
    clean, question = asked_of(reader, rooms)
    wrong = replace(question, labels=question.labels.roll(1, dims=0))
    signal, scheduler = torch.ones(4), make_scheduler()
    moved = clean.clone().requires_grad_(True)
    before = float(reader.loss(clean, signal, wrong, scheduler))
    for _ in range(20):
        loss = reader.loss(moved, signal, wrong, scheduler)
        (gradient,) = torch.autograd.grad(loss, moved)
        moved = (moved - 0.5 * gradient).detach().requires_grad_(True)
    assert float(reader.loss(moved.detach(), signal, wrong, scheduler)) < 0.5 * before
    assert all(p.grad is None for p in reader.critic.parameters())


def test_an_empty_prompt_and_pure_noise_ask_for_nothing(reader, rooms):
    clean, question = asked_of(reader, rooms, named=(0, 5, 0, 7))
    question = replace(question, labels=question.labels.roll(1, dims=0))
    clean.requires_grad_(True)
    loss = reader.loss(clean, torch.tensor([1.0, 0.0, 0.5, 0.5]), question, make_scheduler())
    (gradient,) = torch.autograd.grad(loss, clean)
    assert [bool(part.abs().max() > 0) for part in gradient] == [False, False, False, True]


def test_what_is_read_surely_enough_is_left_as_it_is(reader, rooms, monkeypatch):
    clean, question = asked_of(reader, rooms)
    question = replace(question, timesteps=torch.zeros_like(question.timesteps))
    with torch.no_grad():
        found = reader.critic(clean, torch.zeros(len(clean)))
    shares = [found.heads[head].softmax(dim=1) for head in HEADS]
    right = torch.stack([share.gather(1, question.labels[:, i : i + 1]) for i, share in enumerate(shares)])
    clean.requires_grad_(True)
    monkeypatch.setattr(critic_loss, "SURE_ENOUGH", float(right.min()) / 2)
    loss = reader.loss(clean, torch.ones(4), question, make_scheduler())
    assert float(loss.detach()) == 0 and not torch.autograd.grad(loss, clean)[0].any()
    monkeypatch.setattr(critic_loss, "SURE_ENOUGH", (float(right.max()) + 1) / 2)
    assert float(reader.loss(clean, torch.ones(4), question, make_scheduler()).detach()) > 0


def test_a_prediction_counts_by_the_square_of_its_signal(reader, rooms):
    clean, question = asked_of(reader, rooms)
    wrong, scheduler = replace(question, labels=question.labels.roll(1, dims=0)), make_scheduler()
    whole, half = (float(reader.loss(clean, torch.full((4,), s), wrong, scheduler)) for s in (1.0, 0.5))
    assert whole > 0 and half == pytest.approx(whole / 4, rel=1e-4)


def learner_for(rooms, **changes) -> Learner:
    named = {name: str(rooms / name) for name in ("phantoms", "vae", "clip")}
    pace = Pace(steps=6, warmup_steps=1, learning_rate=1e-2)
    values = {"size": SIZES["tiny"], "batch": 4, "paraphrases": 2, "half": False, "seed": 3}
    config = UNetConfig(**named, pace=pace, **{**values, **changes})
    phantoms = open_phantoms(rooms / "phantoms")
    lessons = train_unet.prepare_lessons(config, phantoms, rooms / "latents", Processes())
    return make_learner(config, lessons, Processes())


def test_a_unet_learns_from_the_critic_as_much_as_its_weight_says(rooms):
    critic = str(rooms / "critic" / "model")
    losses = {
        weight: float(learner_for(rooms, critic=critic, critic_weight=weight).take_step(0)["loss"])
        for weight in (0.0, 1.0, 2.0)
    }
    alone = learner_for(rooms).take_step(0)["loss"]
    assert losses[0.0] == pytest.approx(alone)
    assert losses[2.0] - alone == pytest.approx(2 * (losses[1.0] - alone), rel=1e-3)
    assert losses[1.0] > alone


def test_several_processes_ask_the_critic_what_one_asks(rooms):
    learner = learner_for(rooms, critic=str(rooms / "critic" / "model"))
    whole = learner.loss(learner.batch(2)).detach()
    parts = [replace(learner, processes=Processes(index=i, count=2)) for i in range(2)]
    shares = torch.stack([part.loss(part.batch(2)).detach() for part in parts])
    assert float(shares.sum()) == pytest.approx(float(whole), rel=1e-4)


def test_what_the_critic_says_of_own_drawings_moves_the_unet_and_the_drawings(rooms):
    critic = str(rooms / "critic" / "model")
    alone = learner_for(rooms, critic=critic, critic_weight=1.0)
    both = learner_for(rooms, critic=critic, critic_weight=1.0, own_drawings=3)
    before, stood = both.own.latents.clone(), both.own.done.tolist()
    read = float(both.own_loss(0).detach())
    assert read > 0 and float(alone.own_loss(0)) == 0
    assert both.own.done.tolist() == [done + 1 for done in stood]
    assert not torch.equal(both.own.latents, before)
    both = learner_for(rooms, critic=critic, critic_weight=1.0, own_drawings=3)
    losses = both.take_step(0)["loss"], alone.take_step(0)["loss"]
    assert losses[0] == pytest.approx(losses[1] + read, rel=1e-4)


def test_a_killed_run_goes_on_with_its_own_drawings(rooms):
    learner = learner_for(rooms, critic=str(rooms / "critic" / "model"), own_drawings=3)
    assert learner.parts()["own_drawings"] is learner.own
    assert "own_drawings" not in learner_for(rooms).parts()


def test_the_command_trains_a_unet_by_a_critic(rooms):
    run = [f"--{name}={rooms / name}" for name in ("phantoms", "vae", "clip", "latents")]
    run += [f"--output={rooms / 'unet'}", "--size=tiny", "--steps=2", "--batch=2", "--device=cpu"]
    run += [f"--critic={rooms / 'critic' / 'model'}", "--critic-weight=0.3", "--own-drawings=2"]
    assert train_unet.main(run) == 0
    assert json.loads((rooms / "unet" / "config.json").read_text())["critic_weight"] == 0.3
    UNet2DConditionModel.from_pretrained(rooms / "unet" / "model")


def test_a_critic_that_is_not_there_or_knows_other_words_is_refused(rooms, reader, tmp_path):
    with pytest.raises(TrainingError, match="There is no critic in"):
        load_critic(tmp_path)
    known = reader.critic.config
    train_critic.save_critic(Critic(replace(known, rash=known.rash[:1])), tmp_path / "other")
    with pytest.raises(TrainingError, match="doesn't know all that the phantoms show"):
        Reader.open(tmp_path / "other", open_phantoms(rooms / "phantoms"), CPU)
