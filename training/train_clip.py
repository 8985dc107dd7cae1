"""Trains the embedded model's CLIP from scratch on phantoms and their captions, paraphrased.

    python -m training.train_clip --phantoms DIR --output RUN --minutes 8

Writes RUN/model (CLIPModel, tokenizer, preprocessor_config.json) and RUN/report.json. A run that was
interrupted goes on where it stopped when the same command is given again.
"""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from transformers import CLIPModel, CLIPTokenizer

from core.errors import Script2SkinError
from core.language.vocabulary import load_vocabulary
from training.clip_tuning.losses import clip_gradients, equal_labels, multi_positive_info_nce
from training.embedded.clip_data import ClipBatch, ClipData, load_clip_data
from training.embedded.clip_figures import clip_figures
from training.embedded.clip_model import SIZES, ClipSize, ClipTrainee, as_pixels, build_clip, save_clip
from training.embedded.datasets import open_phantoms
from training.loop.averages import MovingAverage
from training.loop.devices import choose_device, half_precision
from training.loop.pace import Pace
from training.loop.runs import Run, Training, follow, open_run
from training.tokenizer import prompt_corpus, train_tokenizer

MEASURED = 800
"""Held-out pictures that retrieval is measured on, at most."""


@dataclass(frozen=True, slots=True)
class ClipRunConfig:
    """What decides a CLIP run; saved in it as config.json."""

    phantoms: Path
    init: Path | None = None
    """A model to start from; its tokenizer and sizes are kept."""
    seed: int = 0
    batch: int = 96
    sentences: int = 0
    """Read beside the pictures', a step, for the text tower's aids alone: many groups have many names each,
    and a sentence costs a tenth of a picture."""
    auxiliary: float = 0.5
    """Weight of the training aids beside the contrastive loss."""
    weight_decay: float = 0.05
    gradient_limit: float = 1.0
    bf16: bool = field(default_factory=torch.cuda.is_available)
    """Half precision pays on a GPU; small transformers train slower in it on a CPU without AMX (measured)."""
    tokenizer_size: int = 4000
    size: ClipSize = field(default_factory=ClipSize)
    left_out: tuple[str, ...] | None = None
    """Names that it never reads, nor its tokenizer learns from."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    config = ClipRunConfig(
        arguments.phantoms,
        arguments.init,
        arguments.seed,
        arguments.batch,
        arguments.sentences,
        arguments.auxiliary,
        size=SIZES[arguments.size],
        left_out=tuple(arguments.leave_out) if arguments.leave_out else None,
    )
    try:
        pace = Pace(arguments.minutes, arguments.steps, arguments.learning_rate)
        figures = train_clip(
            open_run(arguments.output, config, pace), config, choose_device(arguments.device)
        )
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(figures, indent=2))
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--phantoms", type=Path, required=True, help="folder of training.render_phantoms")
    parser.add_argument("--output", type=Path, required=True, help="run folder")
    parser.add_argument("--init", type=Path, help="CLIP to start from instead of random weights")
    parser.add_argument("--minutes", type=float, help="how long to train")
    parser.add_argument("--steps", type=int, help="how many steps to train, if fewer")
    parser.add_argument("--batch", type=int, default=96, help="pictures a step (default 96)")
    parser.add_argument("--sentences", type=int, default=0, help="further ones, read without pictures")
    parser.add_argument("--learning-rate", type=float, default=1e-3, help="highest (default 0.001)")
    parser.add_argument("--auxiliary", type=float, default=0.5, help="weight of the training aids")
    parser.add_argument("--size", choices=sorted(SIZES), default="small", help="layout of a new network")
    parser.add_argument("--leave-out", nargs="+", default=(), help="names that it is never to read")
    parser.add_argument("--seed", type=int, default=0, help="of weights and batches")
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default)")
    return parser


def train_clip(run: Run, config: ClipRunConfig, device: torch.device) -> dict[str, float]:
    """Trains to the run's end, saves the averaged model and returns its figures on held-out phantoms."""
    phantoms = open_phantoms(config.phantoms)
    torch.manual_seed(config.seed)
    clip, tokenizer = _start(run, config, phantoms.size)
    vision = clip.config.vision_config
    data = load_clip_data(phantoms, tokenizer, vision.image_size, vision.patch_size, config.left_out or ())
    trainee = ClipTrainee(clip, data.labels.sizes).to(device)
    average = MovingAverage(trainee)
    optimizer = torch.optim.AdamW(_groups(trainee, config.weight_decay), betas=(0.9, 0.98))
    training = Training({"clip": trainee, "average": average, "optimizer": optimizer}, optimizer)
    run.restore(training)
    stepper = Stepper(trainee, average, optimizer, data, phantoms.training_rows(), config, device)
    follow(run, training, stepper)
    return _finish(run, stepper, tokenizer, phantoms.validation_rows(MEASURED))


def _start(run: Run, config: ClipRunConfig, picture_size: int) -> tuple[CLIPModel, CLIPTokenizer]:
    """Random weights and a tokenizer of its own, or what an earlier training left."""
    if config.init is not None:
        return CLIPModel.from_pretrained(config.init).float(), CLIPTokenizer.from_pretrained(config.init)
    kept = run.folder / "tokenizer"
    if not kept.is_dir():  # kept with the run, so that new words in the vocabulary don't break a resume
        corpus = prompt_corpus(load_vocabulary(), config.left_out or ())
        train_tokenizer(corpus, config.tokenizer_size).save_pretrained(kept)
    tokenizer = CLIPTokenizer.from_pretrained(kept)
    size = replace(config.size, image_size=min(config.size.image_size, picture_size))
    return build_clip(tokenizer, size), tokenizer


@dataclass(slots=True)
class Stepper:
    """One step of training after another; the step's number decides its batch."""

    trainee: ClipTrainee
    average: MovingAverage
    optimizer: torch.optim.Optimizer
    data: ClipData
    rows: np.ndarray
    config: ClipRunConfig
    device: torch.device

    def __call__(self, step: int) -> dict[str, float]:
        """Moves the weights once; returns what to log."""
        rng = np.random.default_rng((self.config.seed, step))
        chosen = rng.choice(self.rows, min(self.config.batch, len(self.rows)), replace=False)
        batch = self.data.batch(chosen, rng)
        with half_precision(self.device, self.config.bf16):
            contrast, aids = clip_losses(self.trainee, batch, self.device)
            if self.config.sentences:
                tokens, labels = self.data.further(self.config.sentences, rng)
                aids = aids + reading_loss(self.trainee, tokens.to(self.device), labels.to(self.device))
        loss = contrast + self.config.auxiliary * aids
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = clip_gradients(list(self.trainee.parameters()), self.config.gradient_limit)
        self.optimizer.step()
        self.average.update()
        return {
            "loss": float(loss.detach()),
            "contrastive_loss": float(contrast.detach()),
            "gradient_norm": norm,
            "samples": len(chosen),
        }


def clip_losses(trainee: ClipTrainee, batch: ClipBatch, device: torch.device) -> tuple[Tensor, Tensor]:
    """The contrastive loss, and the mean of the training aids' cross-entropies."""
    labels = batch.labels.to(device)
    seen = trainee.see(as_pixels(batch.images.to(device)))
    read = trainee.read(batch.tokens.to(device))
    similarity = trainee.scale() * seen.embedding @ read.embedding.T
    contrast = multi_positive_info_nce(similarity, equal_labels(labels, labels))
    aids = [
        functional.cross_entropy(logits.float(), labels[:, i])
        for heads in (seen.attributes, read.attributes)
        for i, logits in enumerate(heads)
    ]
    aids.append(functional.cross_entropy(seen.areas.float(), batch.areas.to(device)))
    return contrast, torch.stack(aids).mean()


def reading_loss(trainee: ClipTrainee, tokens: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of the text tower's aids: which attributes the sentences name."""
    logits = trainee.read(tokens).attributes
    return torch.stack(
        [functional.cross_entropy(asked.float(), labels[:, i]) for i, asked in enumerate(logits)]
    ).mean()


def _groups(trainee: ClipTrainee, decay: float) -> list[dict[str, object]]:
    """Only matrices decay: norms, biases, the logit scale and embeddings of positions do not."""
    named = list(trainee.named_parameters())
    matrices = [p for name, p in named if p.ndim > 1 and "embedding" not in name]
    others = [p for name, p in named if p.ndim < 2 or "embedding" in name]
    return [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def _finish(run: Run, stepper: Stepper, tokenizer: CLIPTokenizer, rows: np.ndarray) -> dict[str, float]:
    stepper.average.copy_to(stepper.trainee)
    figures = clip_figures(stepper.trainee, stepper.data, rows)
    save_clip(stepper.trainee.clip, tokenizer, run.model)
    report = {"figures": figures, "pictures": len(rows), "parameters": stepper.trainee.clip.num_parameters()}
    (run.folder / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return figures


if __name__ == "__main__":
    sys.exit(main())
