"""Comparisons of a model's pictures without and with a LoRA: ``training.check_lora`` as its own process.

A LoRA needs no gate, since it is chosen picture by picture; what it changes is to be known all the same.
LIBRARY/checks/lora-ID holds one, with an ID for each LoRA and model.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.weights.loras import Lora
from core.weights.picture_checks import CHECKS, PictureCheck, read_values, start_check, unreadable

COMMAND = "training.check_lora"
WITHOUT, WITH = ARMS = ("without", "with")
ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class LoraReport:
    """What a comparison found. ``pictures``: their number, the grid, and the judge's figures by arm, where a
    judge knows the model's words; ``checks``: what is lost beyond chance, as in ``core.weights.gate``."""

    lora_hash: str
    model_hash: str
    pictures: dict[str, Any]
    checks: tuple[dict[str, Any], ...]
    at: datetime
    by: str


def lora_check(library: Path, lora: Lora, model: str) -> PictureCheck:
    """Where the comparison is, by the LoRA's and the model's sources."""
    name = sha256(f"{lora.source}\n{model}".encode()).hexdigest()[:ID_LENGTH]
    return PictureCheck(library / CHECKS / f"lora-{name}", ARMS)


def begin_lora_check(library: Path, lora: Lora, model: str, pictures: int, by: str) -> PictureCheck:
    """Starts to draw and compare, or goes on; a finished comparison gives way.

    Raises:
        InputError: it is running.
        StorageError: the process can't be started.
    """
    check = lora_check(library, lora, model)
    start_check(check, COMMAND, ("--lora", str(lora.folder), "--model", model), pictures, by)
    return check


def read_lora_report(check: PictureCheck) -> LoraReport | None:
    """What a finished comparison found; None while there is nothing.

    Raises:
        StorageError: its report can't be read.
    """
    found = read_values(check)
    if found is None:
        return None
    command, values = found
    try:
        return LoraReport(
            lora_hash=values["lora_hash"],
            model_hash=values["model_hash"],
            pictures=dict(values["pictures"]),
            checks=tuple(dict(check) for check in values["checks"]),
            at=datetime.fromisoformat(command.at),
            by=command.by,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise unreadable(check, error) from error
