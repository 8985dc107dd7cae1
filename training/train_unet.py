"""Trains the UNet of the embedded model on the latents of phantoms, asked for by captions and paraphrases.

RUN/model becomes a diffusers UNet2DConditionModel, RUN/previews holds sample sheets. The same command on the
same run folder goes on where it stopped. Several processes share each step's pictures and walk the curve of
one; on two cores, though, one process of two threads is the faster.

    accelerate launch --num_processes 4 -m training.train_unet --phantoms DIR ...
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray

from core.errors import Script2SkinError
from training.embedded.critic_loss import Reader
from training.embedded.datasets import PhantomSet, open_phantoms
from training.embedded.latents import channel_weights, encode_phantoms
from training.embedded.samples import SampleSheet
from training.embedded.unet_layout import SIZES
from training.embedded.unet_learner import Lessons, UNetConfig, make_learner
from training.loop.devices import half_pays
from training.loop.processes import Processes, find_processes, share_run
from training.loop.runs import Pace, Rhythm, Training, follow, open_run
from training.words.text_states import collect_prompts, text_states


def prepare_lessons(config: UNetConfig, phantoms: PhantomSet, folder: Path, processes: Processes) -> Lessons:
    """Encodes the pictures (into ``folder``, once) and the prompts."""
    device = processes.device
    vae = AutoencoderTiny.from_pretrained(config.vae, torch_dtype=torch.float32).to(device).eval()
    with processes.first_alone():
        encoded = encode_phantoms(vae, phantoms, folder)
    prompts = collect_prompts(phantoms.phantoms, config.paraphrases, config.seed, config.left_out or ())
    states = text_states(prompts.sentences, Path(config.clip), device)
    weights, chances = channel_weights(vae, encoded).cpu(), chances_of(phantoms, config.often)
    reader = Reader.open(Path(config.critic), phantoms, device) if config.critic else None
    return Lessons(encoded, weights, prompts, states, chances, reader)


def chances_of(phantoms: PhantomSet, often: Sequence[str]) -> NDArray[np.float64]:
    """(pictures,) shares of 1; those of the rashes in ``often`` twice the others'."""
    counts = np.array([2.0 if p.attributes.rash in often else 1.0 for p in phantoms.phantoms])
    return counts / counts.sum()


def train(
    folder: Path, config: UNetConfig, latents: Path, processes: Processes, rhythm: Rhythm | None = None
) -> None:
    """Runs one training to its end in ``folder``; ``latents`` is where encoded pictures are kept."""
    with processes.first_alone():
        run = share_run(open_run(folder, config, config.pace, rhythm), processes)
        phantoms = open_phantoms(Path(config.phantoms))
    lessons = prepare_lessons(config, phantoms, latents, processes)
    learner = make_learner(config, lessons, processes)
    training = Training(learner.parts(), learner.optimizer)
    run.restore(training)
    sheet = SampleSheet.make(run.folder / "previews", config.vae, phantoms, lessons.prompts)

    def preview(step: int) -> None:
        with learner.average.applied() as unet:
            sheet.draw(unet, lessons.states, step)

    follow(run, training, learner.take_step, preview if processes.writes else None)
    if processes.writes:
        preview(training.step)
        learner.average.copy_to(learner.unet)
        learner.unet.save_pretrained(run.model)


def main(argv: Sequence[str] | None = None) -> int:
    """Trains, or goes on training, and saves the UNet; 1 with a sentence when it can't."""
    arguments = parse_arguments(argv)
    try:
        latents = arguments.latents or arguments.output / "latents"
        rhythm = Rhythm(preview_minutes=arguments.preview_minutes)
        processes = find_processes(arguments.device)
        train(arguments.output, read_config(arguments), latents, processes, rhythm)
        processes.part()
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def read_config(arguments: Namespace) -> UNetConfig:
    """The configuration that the flags ask for."""
    return UNetConfig(
        phantoms=str(arguments.phantoms),
        vae=str(arguments.vae),
        clip=str(arguments.clip),
        pace=Pace(arguments.minutes, arguments.steps, arguments.learning_rate),
        seed=arguments.seed,
        init=arguments.init,
        layers=tuple(arguments.layers) if arguments.layers else None,
        size=SIZES[arguments.size],
        batch=arguments.batch,
        paraphrases=arguments.paraphrases,
        often=tuple(arguments.often),
        half=half_pays() and not arguments.float32,
        left_out=tuple(arguments.leave_out) if arguments.leave_out else None,
        critic=str(arguments.critic) if arguments.critic else None,
        critic_weight=arguments.critic_weight,
        own_drawings=arguments.own_drawings,
    )


def parse_arguments(argv: Sequence[str] | None) -> Namespace:
    """The command's flags; everything else stands in UNetConfig."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--phantoms", type=Path, required=True, help="folder of training.render_phantoms")
    parser.add_argument("--vae", type=Path, required=True, help="folder of the autoencoder")
    parser.add_argument("--clip", type=Path, required=True, help="folder of the CLIP or text encoder, frozen")
    parser.add_argument("--output", type=Path, required=True, help="run folder, made or gone on with")
    parser.add_argument("--latents", type=Path, help="where encoded pictures are kept (default: in the run)")
    parser.add_argument("--minutes", type=float, help="how long to train")
    parser.add_argument("--steps", type=int, help="how many steps to train, at most")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--size", choices=sorted(SIZES), default="small", help="layout of a new network")
    parser.add_argument("--paraphrases", type=int, default=12, help="sentences beside each caption")
    parser.add_argument("--often", nargs="+", default=(), help="rashes to take pictures of twice as often")
    parser.add_argument("--float32", action="store_true", help="compute in it: faster for a lean network")
    parser.add_argument("--leave-out", nargs="+", default=(), help="names that it is never asked by")
    parser.add_argument("--critic", type=Path, help="model of training.train_critic that reads what it draws")
    parser.add_argument("--critic-weight", type=float, default=0.06, help="of its loss (default 0.06)")
    parser.add_argument(
        "--own-drawings", type=int, default=0, help="of each step, that the critic reads too (default 0)"
    )
    parser.add_argument("--init", help="folder of a UNet to start from")
    parser.add_argument(
        "--layers", type=int, nargs="+", help="of each level of --init, the largest first, where it has fewer"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--preview-minutes", type=float, default=5.0, help="how often samples are drawn")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
