"""Drawings that go on while a UNet learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from phantom_folders import write_phantoms

from core.errors import TrainingError
from training.embedded.datasets import open_phantoms
from training.embedded.latents import LatentSet
from training.embedded.noise_schedule import make_scheduler, taken_apart
from training.embedded.own_drawings import STEPS, OwnDrawings
from training.embedded.unet_learner import UNetConfig
from training.loop.pace import Pace
from training.loop.processes import Processes
from training.words.text_states import collect_prompts


@pytest.fixture
def phantoms(tmp_path):
    return open_phantoms(write_phantoms(tmp_path / "phantoms", 8, 32))


def begin(phantoms, count=4, processes=None) -> OwnDrawings:
    rng = np.random.default_rng(2)
    latents = rng.normal(size=(len(phantoms), 2, 3, 4, 4)).astype(np.float16)
    encoded = LatentSet(latents, np.zeros((len(phantoms), 2, 4, 4), bool))
    prompts = collect_prompts(phantoms.phantoms, 1, 0)
    return OwnDrawings.begin(count, encoded, prompts, make_scheduler(), 5, processes or Processes())


def velocity_at(latents, timesteps):
    """Something that depends on where a drawing stands."""
    return torch.sin(3 * latents) + timesteps[:, None, None, None] / 1000


def test_a_drawing_goes_the_way_that_the_scheduler_goes(phantoms):
    own, scheduler = begin(phantoms, count=1), make_scheduler()
    scheduler.set_timesteps(STEPS)
    own.done = torch.zeros(1, dtype=torch.long)
    latents = own.latents.clone()
    for step, timestep in enumerate(scheduler.timesteps[:-1]):
        assert own.timesteps.tolist() == [int(timestep)]
        velocity = velocity_at(latents, timestep[None])
        own.carry_on(velocity, step)
        latents = scheduler.step(velocity, timestep, latents).prev_sample
        assert torch.allclose(own.latents, latents, atol=1e-5)


def test_what_a_velocity_takes_apart_is_what_was_put_together(phantoms):
    scheduler, generator = make_scheduler(), torch.Generator().manual_seed(1)
    clean, noise = (torch.randn(4, 3, 4, 4, generator=generator) for _ in range(2))
    timesteps = torch.tensor([0, 300, 700, 999])
    noisy, velocity = (f(clean, noise, timesteps) for f in (scheduler.add_noise, scheduler.get_velocity))
    found = taken_apart(scheduler, noisy, velocity, timesteps)
    assert torch.allclose(found[0], clean, atol=1e-5) and torch.allclose(found[1], noise, atol=1e-5)


def test_all_steps_are_among_the_drawings_and_each_that_is_done_gives_way_to_noise(phantoms):
    own = begin(phantoms)
    assert own.done.tolist() == [0, 5, 10, 15]
    last, kept = own.latents[3], own.asked[0].item()
    for step in range(5):
        own.carry_on(torch.zeros_like(own.latents), step)
    assert own.done.tolist() == [5, 10, 15, 0]
    assert own.asked[0].item() == kept
    fresh = own.latents[3]
    assert not torch.allclose(fresh, last) and float(fresh.std()) == pytest.approx(1.0, abs=0.4)


def test_each_is_asked_for_by_all_that_its_phantom_shows(phantoms):
    own = begin(phantoms)
    for step in range(30):
        own.carry_on(torch.zeros_like(own.latents), step)
        said = [own.prompts.sentences[row] for row in own.asked]
        assert said == [phantoms.phantoms[picture].caption for picture in own.pictures]


def test_each_process_has_drawings_of_its_own(phantoms):
    whole = begin(phantoms)
    parts = [begin(phantoms, processes=Processes(index=i, count=2)) for i in range(2)]
    assert torch.cat([part.done for part in parts]).tolist() == whole.done.tolist()
    assert not torch.equal(parts[0].latents, parts[1].latents)


def test_a_checkpoint_keeps_where_each_drawing_stands(phantoms):
    own, other = begin(phantoms), replace(begin(phantoms), seed=5)
    for step in range(3):
        own.carry_on(velocity_at(own.latents, own.timesteps), step)
    other.load_state_dict(own.state_dict())
    for drawings in (own, other):
        drawings.carry_on(velocity_at(drawings.latents, drawings.timesteps), 3)
    assert torch.equal(own.latents, other.latents) and own.done.tolist() == other.done.tolist()


def test_own_drawings_without_a_critic_are_refused():
    with pytest.raises(TrainingError, match="8 own drawings have nobody to read them"):
        UNetConfig("phantoms", "vae", "clip", Pace(steps=1), own_drawings=8)
