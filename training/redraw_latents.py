"""Has a UNet draw phantoms anew from the middle, so that a decoder can learn to decode what this UNet makes.

A phantom's latents are noised half way and drawn to the end by the UNet's own last steps, as in SDEdit
(Meng et al. 2022, arXiv 2108.01073): the result lies cell by cell beside the phantom and has the flaws of
what the UNet draws. training.train_decoder learns from such pairs. The same command goes on where it stopped.
"""

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from numpy.typing import NDArray
from torch import Tensor

from core.errors import Script2SkinError, TrainingError
from training.embedded.datasets import PhantomSet, open_phantoms
from training.embedded.latents import LatentSet, encode_phantoms
from training.embedded.noise_schedule import make_scheduler
from training.embedded.redrawn import LATENTS_NAME, PROGRESS_NAME, RECORD_NAME
from training.loop.devices import choose_device, half_pays, half_precision
from training.words.text_states import TextStates, text_states

LAST_STEPS = (4, 6, 8, 11)
"""How many of the steps are drawn anew; more, and the result has left the phantom it is compared with."""


@dataclass(frozen=True, slots=True)
class Redrawing:
    """What draws anew, and how: the settings that the released model draws with by default."""

    unet: UNet2DConditionModel
    scheduler: DDIMScheduler
    device: torch.device
    half: bool
    steps: int = 20
    guidance: float = 3.0

    @torch.inference_mode()
    def redraw(self, latents: Tensor, states: Tensor, empty: Tensor, last: int, seed: int) -> Tensor:
        """(batch, channels, height, width) noised and drawn again by the last ``last`` steps.

        ``states`` is (batch, positions, width), ``empty`` the empty prompt's (positions, width).
        """
        self.scheduler.set_timesteps(self.steps)
        timesteps = self.scheduler.timesteps[-last:]
        noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(seed)).to(self.device)
        asked = torch.cat([empty.expand_as(states), states])
        latents = self.scheduler.add_noise(latents, noise, timesteps[:1].expand(len(latents)))
        for timestep in timesteps:
            with half_precision(self.device, self.half):
                output = self.unet(torch.cat([latents, latents]), timestep, asked).sample.float()
            free, led = output.chunk(2)
            velocity = free + self.guidance * (led - free)
            latents = self.scheduler.step(velocity, timestep, latents).prev_sample
        return latents


@dataclass(frozen=True, slots=True)
class Captions:
    """Hidden states of the phantoms' captions, the empty prompt's first."""

    states: TextStates
    indices: NDArray[np.int64]

    def of(self, rows: Sequence[int], device: torch.device) -> tuple[Tensor, Tensor]:
        """States of these phantoms' captions, and of the empty prompt."""
        states = self.states.of([*self.indices[rows], 0]).to(device)
        return states[:-1], states[-1]


def read_captions(phantoms: PhantomSet, rows: Sequence[int], clip: Path, device: torch.device) -> Captions:
    """Encodes each caption that these rows use once."""
    known: dict[str, int] = {"": 0}
    indices = np.zeros(len(phantoms), np.int64)
    for row in rows:
        indices[row] = known.setdefault(phantoms.phantoms[row].caption, len(known))
    return Captions(text_states(tuple(known), clip, device), indices)


@dataclass(slots=True)
class Record:
    """What stands beside the latents: of which phantoms, which rows, and how many are done."""

    phantoms: str
    unet: str
    seed: int
    rows: list[int]
    done: int = 0

    def write(self, folder: Path) -> None:
        """Replaces the file whole; the last time, under its final name."""
        path = folder / PROGRESS_NAME
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")
        temporary.replace(path)
        if self.done == len(self.rows):
            path.replace(folder / RECORD_NAME)


def redraw_all(
    redrawing: Redrawing, encoded: LatentSet, captions: Captions, record: Record, folder: Path, batch: int
) -> None:
    """Draws what ``record`` does not count as done yet."""
    into = _open(folder, (len(record.rows), *encoded.latents.shape[2:]), record.done > 0)
    for start in range(record.done, len(record.rows), batch):
        rows = record.rows[start : start + batch]
        last = LAST_STEPS[start // batch % len(LAST_STEPS)]
        latents = torch.from_numpy(np.array(encoded.latents[rows, 0])).float().to(redrawing.device)
        states, empty = captions.of(rows, redrawing.device)
        drawn = redrawing.redraw(latents, states, empty, last, record.seed * 1_000_003 + start)
        into[start : start + len(rows)] = drawn.cpu().numpy()
        into.flush()
        record.done = start + len(rows)
        record.write(folder)
        print(f"{record.done}/{len(record.rows)} redrawn", flush=True)


def _open(folder: Path, shape: tuple[int, ...], begun: bool) -> np.memmap:
    path = folder / LATENTS_NAME
    return (
        np.lib.format.open_memmap(path, "r+")
        if begun
        else np.lib.format.open_memmap(path, "w+", np.float16, shape)
    )


def open_record(folder: Path, phantoms: PhantomSet, arguments: Namespace) -> Record:
    """A new record, or the one of an interrupted pass.

    Raises:
        TrainingError: the folder belongs to other phantoms, another UNet, seed or count.
    """
    rng = np.random.default_rng(arguments.seed)
    rows = rng.permutation(phantoms.training_rows())[: arguments.count].tolist()
    wanted = Record(phantoms.digest, str(arguments.unet), arguments.seed, rows)
    folder.mkdir(parents=True, exist_ok=True)
    path = next((folder / n for n in (RECORD_NAME, PROGRESS_NAME) if (folder / n).is_file()), None)
    if path is None:
        return wanted
    found = Record(**json.loads(path.read_text(encoding="utf-8")))
    if replace(found, done=0) != wanted:
        raise TrainingError(
            f"{folder} holds latents redrawn of other phantoms, by another UNet, of another seed or count; "
            "give the same values, or another folder."
        )
    return found


def redraw(arguments: Namespace) -> None:
    """Opens all that is needed and draws."""
    device = choose_device(arguments.device)
    phantoms = open_phantoms(arguments.phantoms)
    record = open_record(arguments.output, phantoms, arguments)
    vae = AutoencoderTiny.from_pretrained(arguments.vae, torch_dtype=torch.float32).to(device).eval()
    encoded = encode_phantoms(vae, phantoms, arguments.latents or arguments.output / "phantoms")
    unet = UNet2DConditionModel.from_pretrained(arguments.unet, torch_dtype=torch.float32).to(device).eval()
    captions = read_captions(phantoms, record.rows, arguments.clip, device)
    redrawing = Redrawing(unet, make_scheduler(), device, half_pays())
    redraw_all(redrawing, encoded, captions, record, arguments.output, arguments.batch)


def main(argv: Sequence[str] | None = None) -> int:
    """Redraws, or goes on redrawing; 1 with a sentence when it can't."""
    try:
        redraw(parse_arguments(argv))
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def parse_arguments(argv: Sequence[str] | None) -> Namespace:
    """The command's flags."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--phantoms", type=Path, required=True, help="folder of training.render_phantoms")
    parser.add_argument("--vae", type=Path, required=True, help="folder of the autoencoder")
    parser.add_argument("--clip", type=Path, required=True, help="folder of the CLIP or text encoder")
    parser.add_argument("--unet", type=Path, required=True, help="folder of the UNet that draws")
    parser.add_argument("--output", type=Path, required=True, help="folder to write, or to go on with")
    parser.add_argument("--latents", type=Path, help="where encoded phantoms are kept (default: in output)")
    parser.add_argument("--count", type=int, default=1200, help="how many to redraw (default 1200)")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
