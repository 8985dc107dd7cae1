"""A judge that begins where an earlier one ended, though its phantoms show other words."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from core.errors import TrainingError
from core.measuring.judge import load_judge
from core.measuring.judge_network import JudgeConfig, JudgeNetwork

ANSWERS = {"rash": "rashes", "rash_map": "rashes", "site": "sites", "severity": "severities", "view": "views"}
"""Heads, and which of the configuration's keys they answer with, in order."""


def start_from(folder: Path, wanted: JudgeConfig) -> JudgeNetwork:
    """A network for ``wanted`` that sees as the judge in ``folder`` does and answers as it with the keys that
    both know; new keys begin with random weights.

    Raises:
        ModelMissingError: the folder holds no judge.
        TrainingError: its layers have other sizes.
    """
    earlier = load_judge(folder).network
    if _layers(earlier.config) != _layers(wanted):
        raise TrainingError(
            f"The judge in {folder} has layers of {earlier.config.widths} for pictures of "
            f"{earlier.config.size} pixels, not {wanted.widths} for {wanted.size}; begin without --init."
        )
    network = JudgeNetwork(wanted)
    known = earlier.state_dict()
    with torch.no_grad():
        for name, values in network.state_dict().items():
            if name in known:
                _take_over(name, values, known[name], earlier.config, wanted)
    return network


def _layers(config: JudgeConfig) -> JudgeConfig:
    return replace(config, rashes=(), sites=(), severities=(), views=())


def _take_over(name: str, values: Tensor, known: Tensor, earlier: JudgeConfig, wanted: JudgeConfig) -> None:
    """Writes what is known into ``values``: whole, or in a head the rows of keys that both answer with."""
    head, _, kind = name.rpartition(".")
    if head not in ANSWERS:
        values.copy_(known)
        return
    to, of = _shared(getattr(wanted, ANSWERS[head]), getattr(earlier, ANSWERS[head]))
    if kind == "bias" or head not in ("rash", "severity"):
        values[to] = known[of]
        return
    columns, known_columns = _evidence(values.shape[1], wanted, earlier)
    values[to] = 0.0  # what the new keys' squares say for an old answer is not known yet
    for row, known_row in zip(to, of, strict=True):
        values[row, columns] = known[known_row, known_columns]


def _shared(wanted: Sequence[str], earlier: Sequence[str]) -> tuple[list[int], list[int]]:
    """Places in both of the keys that both hold."""
    both = [key for key in wanted if key in earlier]
    return [wanted.index(key) for key in both], [earlier.index(key) for key in both]


def _evidence(width: int, wanted: JudgeConfig, earlier: JudgeConfig) -> tuple[list[int], list[int]]:
    """Columns of a head that reads the map of rashes, but for rashes that only one of both knows: what comes
    before the map, the rashes' shares, and two figures of the lesions."""
    to, of = _shared(wanted.rashes, earlier.rashes)
    before = width - len(wanted.rashes) - 2
    after, known_after = before + len(wanted.rashes), before + len(earlier.rashes)
    columns = [*range(before), *(before + i for i in to), after, after + 1]
    known_columns = [*range(before), *(before + i for i in of), known_after, known_after + 1]
    return columns, known_columns
