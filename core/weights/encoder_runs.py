"""Where tuned text encoders lie, and what is recorded of where they come from. Imports no torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import DatasetError, InputError, ModelError
from core.photographs.datasets import MANIFEST, read_manifest
from core.weights.candidates import Identity, Kind, NewCandidate, Provenance
from core.weights.checkpoints import encoder_hash, model_hash
from core.weights.gate import examine_files
from core.weights.model_folders import resolve_source
from core.weights.origins import Origin, read_origin

ENCODER, REPORT, METRICS = "text_encoder", "report.json", "metrics.jsonl"
"""Of a run folder: its result, what it reached, and the curve, which is there from the first step."""

LABEL_MAX = 60


@dataclass(frozen=True, slots=True)
class EncoderRun:
    """A finished fine-tuning. ``name`` is its folder below that of all runs."""

    name: str
    folder: Path
    finished_at: datetime

    @property
    def encoder(self) -> Path:
        """Its text encoder."""
        return (self.folder / ENCODER).resolve()


def list_runs(below: Path) -> list[EncoderRun]:
    """Finished fine-tunings one or two folders down (a sweep holds several), the latest first."""
    found = [run for pattern in (f"*/{REPORT}", f"*/*/{REPORT}") for run in _runs(below, pattern)]
    return sorted(found, key=lambda run: run.finished_at, reverse=True)


def _runs(below: Path, pattern: str) -> Iterator[EncoderRun]:
    for report in below.glob(pattern):
        folder = report.parent
        if (folder / ENCODER / "config.json").is_file():
            ended = datetime.fromtimestamp(report.stat().st_mtime, UTC)
            yield EncoderRun(str(folder.relative_to(below)), folder, ended)


def encoder_folder(path: Path) -> Path:
    """The text encoder's own folder, given it, or the folder of a run or a model that holds it.

    Raises:
        InputError: a run that has not finished.
    """
    if (path / ENCODER).is_dir():
        return path / ENCODER
    if (path / METRICS).is_file():
        raise InputError(
            f"{path} holds a run without a text encoder: it has not finished. The same command goes on with "
            "it."
        )
    return path


def propose_encoder(path: Path, base: str, label: str = "") -> NewCandidate:
    """Looks at a folder and puts it forward for a model, if its files fit.

    Raises:
        InputError: the path can't be used, or the encoder does not fit; the message says why.
        ModelError: the model can't be used.
    """
    if not path.expanduser().is_absolute():
        raise InputError(f"'{path}' is no whole path. Give the folder from the root on, or choose a run.")
    folder, model = encoder_folder(path.expanduser()), resolve_source(base)
    if reasons := [check.message for check in examine_files(folder, model) if not check.passed]:
        raise InputError(" ".join(reasons))
    digest = encoder_hash(folder)
    if digest == encoder_hash(model):
        raise InputError(f"{folder} holds the model's own text encoder; it is on offer without being added.")
    name = (label.strip() or name_of(folder))[:LABEL_MAX]
    return NewCandidate(Kind.ENCODER, base, folder.resolve(), name, digest, provenance_of(folder))


def name_of(folder: Path) -> str:
    """What an encoder is called: the run's name where the folder is a run's."""
    return folder.parent.name if folder.name == ENCODER else folder.name


def identity_of(folder: Path, base: str, cache: Path | None = None) -> Identity:
    """Hashes of an encoder and its base model as they lie on the disk now.

    Raises:
        ModelError: one of them is missing or can't be used.
    """
    model = resolve_source(base)
    return Identity(encoder_hash(folder, cache), model_hash(model, cache))


def provenance_of(folder: Path) -> Provenance:
    """What the encoder's record of origin says, with licence and consent of the photographs it learned from.

    Raises:
        InputError: the record can't be read.
    """
    try:
        origin = read_origin(folder)
    except ModelError as error:
        raise InputError(str(error)) from error
    if origin is None:
        return Provenance()
    config = _config(origin)
    data = Path(str(config.get("data", "")))
    terms = _recorded_terms(origin) or _terms(data)
    words = [f"Tuned by {origin.made_by}"]
    words += [f"from {config['clip']}"] if config.get("clip") else []
    words += [f"on {data.name}"] if data.name else []
    return Provenance(" ".join(words), *terms)


def _config(origin: Origin) -> dict[str, Any]:
    config = origin.details.get("config", {})
    return config if isinstance(config, dict) else {}


def _recorded_terms(origin: Origin) -> tuple[str, str] | None:
    """As the run recorded them when it read the photographs; None where it did not."""
    licence, consent = (str(origin.details.get(name) or "") for name in ("licence", "consent"))
    return (licence, consent) if licence or consent else None


def _terms(data: Path) -> tuple[str, str]:
    """Licence and consent of a prepared dataset; empty for other data, and where it is gone."""
    if not (data / MANIFEST).is_file():
        return "", ""
    try:
        manifest = read_manifest(data)
    except DatasetError:
        return "", ""
    return manifest.licence, manifest.consent
