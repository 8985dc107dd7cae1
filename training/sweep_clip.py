"""Fine-tunes CLIP over several batch sizes and numbers of epochs, and lays the curves over each other.

    python -m training.sweep_clip --data DATASET --output SWEEP --batches 32 64 128 --epochs 5 10

Writes one run folder for each pair, SWEEP/sweep.json, README.md, and both curves of all runs in one picture
each. Pictures are decoded or embedded once for all. An interrupted sweep goes on with the same command.
"""

import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

from core.errors import Script2SkinError
from training.clip_tuning.config import FinetuneConfig
from training.clip_tuning.report import README_NAME, REPORT_NAME, Epoch, epochs_of, write_curves
from training.clip_tuning.run import Place, finetune
from training.finetune_clip import add_arguments, config_of, place_of

SHOWN = ("validation_loss", "image_to_text_recall_1", "text_to_image_recall_1")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""
    asked = _parser().parse_args(argv)
    try:
        configs = [config_of(asked, batch, epochs) for batch, epochs in product(asked.batches, asked.epochs)]
        place = place_of(asked, asked.output / "cache", keep_clip=False)
        rows = sweep(asked.output, configs, asked.learning_rate, place)
    except (Script2SkinError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(rows, indent=2))
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True, help="folder of all runs")
    parser.add_argument("--batches", type=int, nargs="+", default=[32, 64, 128], help="batch sizes")
    parser.add_argument("--epochs", type=int, nargs="+", default=[5, 10], help="numbers of epochs")
    add_arguments(parser)
    return parser


def sweep(
    folder: Path, configs: Sequence[FinetuneConfig], rate: float | None, place: Place
) -> list[dict[str, Any]]:
    """Runs what is not done yet and sums up; one row of figures for each run."""
    folder.mkdir(parents=True, exist_ok=True)
    for config in configs:
        run = folder / name_of(config)
        if not (run / REPORT_NAME).is_file():
            print(f"{run.name}:", flush=True)
            finetune(run, config, rate, place)
    rows = [_row(folder / name_of(config)) for config in configs]
    if place.processes.writes:
        _write_summary(folder, rows, {name_of(c): _curve(folder / name_of(c), c) for c in configs})
    return rows


def name_of(config: FinetuneConfig) -> str:
    """Folder of one run."""
    return f"batch-{config.batch}_epochs-{config.epochs}"


def _curve(run: Path, config: FinetuneConfig) -> list[Epoch]:
    steps = json.loads((run / "config.json").read_text(encoding="utf-8"))["pace"]["steps"]
    return epochs_of(run, steps // config.epochs)


def _row(run: Path) -> dict[str, Any]:
    report = json.loads((run / REPORT_NAME).read_text(encoding="utf-8"))
    shown = {name: report["after"][name] for name in SHOWN}
    drift = {
        f"drift_{name}": report["drift"][name]["relative_distance"] for name in ("derm", "generic", "empty")
    }
    return {"run": run.name, "best_epoch": report["best_epoch"], **shown, **drift}


def _write_summary(folder: Path, rows: list[dict[str, Any]], curves: dict[str, list[Epoch]]) -> None:
    (folder / "sweep.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    write_curves(folder, curves)
    names = list(rows[0])
    lines = [" | ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row.values()) for row in rows]
    table = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}", *(f"| {line} |" for line in lines)]
    text = ["# Sweep of `python -m training.sweep_clip`", "", *table, "", "![loss](loss.svg)", ""]
    text += ["![samples per second](samples_per_second.svg)", ""]
    (folder / README_NAME).write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
