"""Chains of commands: each leaves a file that says it is done, so that a chain goes on where it stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from core.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Stage:
    """One command of the chain and the file that says it is done."""

    name: str
    command: str
    arguments: tuple[str, ...]
    result: Path


def run_stage(stage: Stage) -> None:
    """Runs one command unless its result is there.

    Raises:
        TrainingError: the command failed; it has said why.
    """
    if stage.result.is_file():
        print(f"{stage.name}: already there", flush=True)
        return
    print(f"{stage.name}: python -m training.{stage.command} {' '.join(stage.arguments)}", flush=True)
    command: Callable[[Sequence[str]], int] = import_module(f"training.{stage.command}").main
    if command(stage.arguments) != 0:
        raise TrainingError(f"The stage '{stage.name}' failed; the same command goes on from there.")
