"""The encoder study: what fine-tuning CLIP does for a model's pictures, beside a LoRA of its UNet.

    python -m training.encoder_study --output DIR
    python -m training.encoder_study --output DIR --document docs/encoder-study.md

Trains a small base model that never read a few names and never saw one disease, and a judge that knows them
all. Then each arm (stock, swap, swap and distillation, LoRA, both) learns them from captioned phantoms, with
several seeds and numbers of pictures; what it draws is judged. Every cell (task, arm, size, seed) is a
finished result of its own in DIR/cells: a study that was killed goes on with the same command, and --only
does a part of it. The tables, curves and grids of what is finished go to DIR/report, and with --document
between the marks of that file, pictures beside it. --no-run writes them up without running anything.
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from core.errors import Script2SkinError
from core.quiet import mute_libraries
from training.study.base import build_base, build_clip
from training.study.cells import run_cell
from training.study.encoders import encoder_cells, measure_encoder
from training.study.plan import ENCODER_ARMS, StudyPlan
from training.study.record import open_study
from training.study.tiny import tiny_plan
from training.study.write_up import write_up


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the study, or goes on with it, and writes it up; 1 with a sentence when it can't."""
    asked = _parser().parse_args(argv)
    try:
        mute_libraries()
        plan = tiny_plan(asked.output) if asked.tiny else StudyPlan(asked.output)
        open_study(plan)
        if asked.encoders:
            measure_encoders(plan, asked.only)
        elif not asked.no_run:
            run_study(plan, asked.only)
        write_up(plan, asked.document)
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run_study(plan: StudyPlan, only: str = "") -> None:
    """Base and judge, then cell by cell, the most telling first."""
    build_base(plan)
    cells = [cell for cell in plan.cells() if only in cell.name]
    for done, cell in enumerate(cells, 1):
        seconds = run_cell(plan, cell)["seconds"]
        if cell.arm in ENCODER_ARMS:
            measure_encoder(plan, cell)
        print(f"{done}/{len(cells)} {cell.name}: {sum(seconds.values()):.0f} s", flush=True)


def measure_encoders(plan: StudyPlan, only: str = "") -> None:
    """The base's CLIP, and every encoder tuned from it."""
    build_clip(plan)
    for cell in encoder_cells(plan):
        if only in cell.name:
            measure_encoder(plan, cell)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument(
        "--output", type=Path, required=True, help="folder of the study, made or gone on with"
    )
    parser.add_argument("--document", type=Path, help="Markdown file to write tables and pictures into")
    parser.add_argument("--only", default="", help="only cells whose name holds this, e.g. new-words or s1")
    parser.add_argument(
        "--encoders", action="store_true", help="only tune and measure the encoders: no UNet, no pictures"
    )
    parser.add_argument("--no-run", action="store_true", help="only write up what is finished")
    parser.add_argument("--tiny", action="store_true", help="microscopic sizes, to try the study itself")
    return parser


if __name__ == "__main__":
    sys.exit(main())
