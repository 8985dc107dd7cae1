"""A fine-tuning's run folder as people read it: curves, environment, report and README."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import altair
import psutil
import torch

from training.loop.metric_lines import read_metrics
from training.loop.processes import Processes

PACKAGES = ("torch", "diffusers", "transformers", "peft", "accelerate", "numpy", "tokenizers")
ENVIRONMENT_NAME, REPORT_NAME, README_NAME = "environment.json", "report.json", "README.md"
CURVES = {
    "loss": ("loss", "mean training loss"),
    "samples_per_second": ("samples_per_second", "samples per second"),
}
"""File name of each curve to its field and its axis; the same two that the first Script2Skin reported."""

FORMATS = ("svg", "png")


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch of a run: the mean loss, pictures by second of training (measuring left out), validation."""

    epoch: int
    loss: float
    samples_per_second: float
    validation_loss: float | None


def epochs_of(folder: Path, steps_per_epoch: int) -> list[Epoch]:
    """The curve of a run folder by epoch, whole epochs only."""
    lines = read_metrics(folder)
    groups: dict[int, list[dict[str, float]]] = {}
    for line in lines:
        groups.setdefault((int(line["step"]) - 1) // steps_per_epoch, []).append(line)
    return [_epoch(i + 1, group) for i, group in sorted(groups.items()) if len(group) == steps_per_epoch]


def _epoch(number: int, lines: Sequence[Mapping[str, float]]) -> Epoch:
    seconds = sum(line["step_seconds"] for line in lines)
    pictures = sum(line["pictures"] for line in lines)
    loss = sum(line["loss"] for line in lines) / len(lines)
    return Epoch(number, loss, pictures / max(seconds, 1e-9), lines[-1].get("validation_loss"))


def write_curves(folder: Path, runs: Mapping[str, Sequence[Epoch]]) -> list[Path]:
    """Draws both curves as SVG and PNG, one line for each run."""
    rows = [
        {"run": name, "epoch": e.epoch, "loss": e.loss, "samples_per_second": e.samples_per_second}
        for name, epochs in runs.items()
        for e in epochs
    ]
    written = []
    for name, (field, title) in CURVES.items():
        chart = _chart(rows, field, title)
        for kind in FORMATS:
            path = folder / f"{name}.{kind}"
            chart.save(path, format=kind, **({"scale_factor": 2} if kind == "png" else {}))
            written.append(path)
    return written


def _chart(rows: list[dict[str, Any]], field: str, title: str) -> Any:
    several = len({row["run"] for row in rows}) > 1
    colour = {"color": altair.Color("run:N", title="run")} if several else {}
    return (
        altair.Chart(altair.Data(values=rows))
        .mark_line(point=True)
        .encode(
            x=altair.X("epoch:Q", title="epoch", axis=altair.Axis(values=_ticks(rows), format="d")),
            y=altair.Y(f"{field}:Q", title=title),
            **colour,
        )
        .properties(width=480, height=300)
    )


def _ticks(rows: Sequence[Mapping[str, Any]], most: int = 12) -> list[int]:
    """Whole epochs to be marked, at most so many."""
    last = max((row["epoch"] for row in rows), default=1)
    step = -(-last // most)
    return [epoch for epoch in range(1, last + 1) if epoch == 1 or epoch % step == 0]


def write_environment(folder: Path, processes: Processes, micro: int, bf16: bool) -> None:
    """Versions, device and what was fitted to it."""
    values = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: version(name) for name in PACKAGES},
        "device": device_name(processes.device),
        "memory_bytes": psutil.virtual_memory().total,
        "processes": processes.count,
        "micro_batch": micro,
        "precision": "bf16" if bf16 else "float32",
    }
    (folder / ENVIRONMENT_NAME).write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def device_name(device: torch.device) -> str:
    """The name of a GPU, or how many threads of a processor are used."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return f"{platform.machine()} {device.type}, {torch.get_num_threads()} threads"


def write_report(folder: Path, report: dict[str, Any], text: str) -> None:
    """Writes report.json and, as README.md, what it says to people."""
    (folder / REPORT_NAME).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    (folder / README_NAME).write_text(text, encoding="utf-8")


def readme(name: str, report: dict[str, Any]) -> str:
    """What was asked, what came of it, and what to do next, as Markdown."""
    config, before, after = report["config"], report["before"], report["after"]
    drift = report["drift"]
    figures = [f"| {n} | {before[n]:.4g} | {after[n]:.4g} |" for n in before]
    moved = [
        f"| {n} | {d['cosine']:.4f} | {d['relative_distance']:.4f} | "
        f"{d['relative_distance'] / drift['attribute_step']:.3f} |"
        for n, d in drift.items()
        if isinstance(d, dict)
    ]
    asked = [f"- {n}: {value}" for n, value in config.items() if n != "pace"]
    return "\n".join(
        [
            f"# {name}: CLIP fine-tuned by `python -m training.finetune_clip`",
            "",
            f"{report['training_pictures']} pictures to learn from, {report['held_out_pictures']} held out, "
            f"{report['distinct_captions']} distinct captions. Best epoch by held-out loss: "
            f"{report['best_epoch']}; its weights are the ones saved.",
            "",
            *("## Held-out figures", "", "| figure | before | after |", "|---|---|---|", *figures, ""),
            *("## Drift from the original's hidden states", ""),
            *("| prompts | cosine | relative distance | attribute steps |", "|---|---|---|---|", *moved, ""),
            *("![loss](loss.svg)", "", "![samples per second](samples_per_second.svg)", ""),
            *("## What was asked", "", *asked, ""),
            *("## Next", "", f"`{report['next']}` says whether the encoder may be swapped in.", ""),
        ]
    )
