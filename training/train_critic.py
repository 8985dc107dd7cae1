"""Trains the critic: a network that reads rash, site and tone from an autoencoder's latents through noise.

    python -m training.train_critic --phantoms DIR --vae DIR --latents DIR --output RUN --minutes 10

RUN/model becomes what training.train_unet takes as --critic; RUN/report.json tells how much of held-out
phantoms it reads right, by noise. The same command on the same run folder goes on where it stopped.
"""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from torch import Tensor

from core.errors import Script2SkinError
from training.embedded.critic import (
    HEADS,
    Critic,
    CriticConfig,
    NoiseForReading,
    cell_loss,
    critic_config,
    reading_losses,
    save_critic,
)
from training.embedded.datasets import PhantomSet, open_phantoms
from training.embedded.latents import LatentSet, encode_phantoms
from training.embedded.noise_schedule import make_scheduler
from training.loop.averages import MovingAverage
from training.loop.devices import choose_device, half_pays, half_precision
from training.loop.pace import Pace
from training.loop.runs import Training, follow, open_run, step_generator
from training.train_judge import split_rows

REPORT_NAME = "report.json"
WEIGHTS = {"rash": 1.0, "site": 0.5, "tone": 0.5}
"""Of the heads: rashes are hardest to read."""

CELL_WEIGHT = 0.5
"""Of what single cells show."""

FARTHEST = 2
"""Cells by which latents are moved aside, each way."""

MEASURED_TIMES = (0.0, 0.2, 0.4)
"""Shares of noise through which held-out phantoms are read."""


@dataclass(frozen=True, slots=True)
class CriticRunConfig:
    """What decides a critic's run; saved in it as config.json."""

    phantoms: str
    vae: str
    held_out: str | None = None
    seed: int = 0
    batch: int = 64
    weight_decay: float = 0.05
    smoothing: float = 0.05
    average: float = 0.998


@dataclass(slots=True)
class CriticStepper:
    """One step of training after another; the step's number decides its batch."""

    critic: Critic
    optimizer: torch.optim.Optimizer
    average: MovingAverage
    encoded: LatentSet
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    config: CriticRunConfig
    device: torch.device
    noise: NoiseForReading = field(default_factory=lambda: NoiseForReading.of(make_scheduler()))

    def __call__(self, step: int) -> dict[str, float]:
        """Moves the weights once; returns what to log."""
        rng = np.random.default_rng((self.config.seed, step))
        generator = step_generator(self.config.seed, step)
        chosen = rng.choice(self.rows, self.config.batch)
        mirrored, aside = rng.integers(2, size=len(chosen)), rng.integers(-FARTHEST, FARTHEST + 1, size=2)
        latents = _moved(self.encoded.latents[chosen, mirrored], aside).float().to(self.device)
        lesions = _moved(self.encoded.lesions[chosen, mirrored], aside).to(self.device)
        labels = torch.from_numpy(self.labels[chosen]).to(self.device)
        noisy, times = self.noise.add(latents, generator)
        with half_precision(self.device, half_pays()):
            found = self.critic(noisy, times)
        losses = reading_losses(found, labels, self.config.smoothing)
        whole = torch.stack([WEIGHTS[head] * losses[head].mean() for head in HEADS]).sum()
        loss = whole + CELL_WEIGHT * cell_loss(found, labels, lesions)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.average.update()
        right = float((found.heads["rash"].argmax(dim=1) == labels[:, 0]).float().mean())
        return {"loss": float(loss.detach()), "rash_right": right, "samples": self.config.batch}


def _moved(maps: NDArray[Any], aside: NDArray[np.int64]) -> Tensor:
    """(..., height, width), all moved by the same few cells; what comes in at an edge repeats it."""
    places = np.arange(maps.shape[-1])
    down, right = (np.clip(places + far, 0, len(places) - 1) for far in aside)
    return torch.from_numpy(maps[..., down, :][..., right])


def train_critic(
    folder: Path, config: CriticRunConfig, pace: Pace, latents: Path | None, device: torch.device
) -> dict[str, float]:
    """Trains to the run's end, saves the averaged critic and returns its figures."""
    run = open_run(folder, config, pace)
    phantoms = open_phantoms(Path(config.phantoms))
    vae = AutoencoderTiny.from_pretrained(config.vae, torch_dtype=torch.float32).to(device).eval()
    encoded = encode_phantoms(vae, phantoms, latents or folder / "latents")
    known = critic_config(phantoms, encoded.latents.shape[2])
    torch.manual_seed(config.seed)
    critic = Critic(known).to(device)
    optimizer = torch.optim.AdamW(critic.parameters(), weight_decay=config.weight_decay)
    average = MovingAverage(critic, config.average)
    training = Training({"critic": critic, "optimizer": optimizer, "average": average}, optimizer)
    run.restore(training)
    labels = _labels(known, phantoms)
    learned, measured = split_rows(len(phantoms), config.held_out is not None)
    follow(run, training, CriticStepper(critic, optimizer, average, encoded, labels, learned, config, device))
    average.copy_to(critic)
    save_critic(critic, run.model)
    if config.held_out:
        phantoms = open_phantoms(Path(config.held_out))
        encoded, measured = encode_phantoms(vae, phantoms, folder / "held_out"), np.arange(len(phantoms))
        labels = _labels(known, phantoms)
    figures = read_right(critic.eval(), encoded, labels, measured)
    (folder / REPORT_NAME).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return figures


def _labels(config: CriticConfig, phantoms: PhantomSet) -> NDArray[np.int64]:
    """(pictures, heads) places in the heads' keys."""
    return np.array([config.labels(phantom.attributes) for phantom in phantoms.phantoms], np.int64)


@torch.inference_mode()
def read_right(
    critic: Critic, encoded: LatentSet, labels: NDArray[np.int64], rows: NDArray[np.int64]
) -> dict[str, float]:
    """Share of pictures read right by each head, "rash_at_0.2" through a fifth of noise."""
    device, scheduler = next(critic.parameters()).device, make_scheduler()
    noise = NoiseForReading.of(scheduler)
    latents = torch.from_numpy(encoded.latents[rows, 0]).float().to(device)
    figures = {}
    for time in MEASURED_TIMES:
        noisy, times = noise.add_at(latents, time, step_generator(0, 0))
        parts = zip(noisy.split(64), times.split(64), strict=True)
        answers = [critic(*part) for part in parts]
        for i, head in enumerate(HEADS):
            told = torch.cat([answer.heads[head] for answer in answers]).argmax(dim=1).cpu().numpy()
            figures[f"{head}_at_{time}"] = float((told == labels[rows, i]).mean())
    return figures


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    held_out = str(arguments.held_out) if arguments.held_out else None
    config = CriticRunConfig(
        str(arguments.phantoms), str(arguments.vae), held_out, arguments.seed, arguments.batch
    )
    try:
        pace = Pace(arguments.minutes, arguments.steps, arguments.learning_rate)
        device = choose_device(arguments.device)
        figures = train_critic(arguments.output, config, pace, arguments.latents, device)
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(figures, indent=2))
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--phantoms", type=Path, required=True, help="folder of training.render_phantoms")
    parser.add_argument("--vae", type=Path, required=True, help="folder of the autoencoder")
    parser.add_argument("--output", type=Path, required=True, help="run folder, made or gone on with")
    parser.add_argument("--latents", type=Path, help="where encoded pictures are kept (default: in the run)")
    parser.add_argument(
        "--held-out", type=Path, help="phantoms of a further seed to measure on (default: every tenth of DIR)"
    )
    parser.add_argument("--minutes", type=float, help="how long to train")
    parser.add_argument("--steps", type=int, help="how many steps to train, at most")
    parser.add_argument("--batch", type=int, default=64, help="pictures a step (default 64)")
    parser.add_argument("--learning-rate", type=float, default=1e-3, help="highest (default 0.001)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and batches")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
