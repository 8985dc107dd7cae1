"""The last steps of a dataset: groups, splits, rows, report, and the manifest that says that it is whole."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from core import __version__
from core.errors import InputError
from core.files import write_files
from core.language.attributes import Attributes
from core.photographs.datasets import IMAGES, MANIFEST, PICTURES, REPORT, Manifest
from core.photographs.photographs import SPLITS, Photograph
from training.photographs.duplicates import near_duplicates
from training.photographs.findings import Finding
from training.photographs.splits import draw_splits
from training.photographs.terms import Terms
from training.photographs.work import Outcome


@dataclass(frozen=True, slots=True)
class Result:
    """All that is known when the last picture is in place; ``settings`` are the command's, ``state`` is a
    digest of the source."""

    source: str
    kind: str
    state: str
    terms: Terms
    settings: Mapping[str, Any]
    shares: Mapping[str, float]
    outcomes: Sequence[Outcome]
    findings: Sequence[Finding]


def finish(output: Path, result: Result) -> Manifest:
    """Writes pictures.jsonl and report.jsonl, then the manifest; removes pictures that nothing names.

    Raises:
        InputError: every picture was refused.
        DiskFullError, StorageError: the folder can't be written.
    """
    photographs = _photographs(result)
    findings = sorted(
        [*result.findings, *(f for outcome in result.outcomes for f in outcome.findings)],
        key=lambda finding: (finding.kind, finding.file, finding.reason),
    )
    if not photographs:
        first = next(finding for outcome in result.outcomes for finding in outcome.findings)
        raise InputError(f"Every picture was refused; the first: {first.file}: {first.reason}.")
    contents = {PICTURES: _lines(photographs), REPORT: _lines(findings)}
    _remove_strays(output, photographs)
    if hasattr(os, "sync"):
        os.sync()
    write_files({output / name: content for name, content in contents.items()})
    manifest = _manifest(output.resolve().name, result, photographs, findings, contents)
    write_files({output / MANIFEST: manifest.to_json().encode()})
    return manifest


def _photographs(result: Result) -> list[Photograph]:
    known = [outcome.fields for outcome in result.outcomes if outcome.fields is not None]
    places = near_duplicates(
        [values["perceptual_hash"] for values in known], result.settings["duplicate_distance"]
    )
    groups = [str(known[place]["id"]) for place in places]
    rashes = [values["rash"] for values in known]
    splits = draw_splits(groups, rashes, result.shares, result.settings["seed"])
    return [_photograph(*line) for line in zip(known, groups, splits, strict=True)]


def _photograph(values: Mapping[str, Any], group: str, split: str) -> Photograph:
    plain = {name: value for name, value in values.items() if name not in ("rash", "sites", "tone")}
    shown = Attributes(values["rash"], tuple(values["sites"]), values["tone"])
    return Photograph(**plain, attributes=shown, group=group, split=split)


def _lines(records: Iterable[Photograph] | Iterable[Finding]) -> bytes:
    return "".join(record.to_json() + "\n" for record in records).encode()


def _remove_strays(output: Path, photographs: Iterable[Photograph]) -> None:
    """Half-written files of killed workers, and pictures whose source went away before the run went on."""
    named = {output / photograph.image for photograph in photographs}
    for path in (output / IMAGES).glob("*/*"):
        if path not in named:
            path.unlink()


def _manifest(
    name: str,
    result: Result,
    photographs: Sequence[Photograph],
    findings: Iterable[Finding],
    contents: Mapping[str, bytes],
) -> Manifest:
    groups = Counter(photograph.group for photograph in photographs)
    splits = Counter(photograph.split for photograph in photographs)
    return Manifest(
        name=name,
        source=result.source,
        kind=result.kind,
        source_state=result.state,
        licence=result.terms.licence,
        consent=result.terms.consent,
        prepared_at=datetime.now(UTC).isoformat(timespec="seconds"),
        version=__version__,
        settings=dict(result.settings),
        splits={split: splits[split] for split in SPLITS},
        groups=len(groups),
        largest_group=max(groups.values()),
        findings=dict(sorted(Counter(finding.kind for finding in findings).items())),
        files={name: sha256(content).hexdigest() for name, content in contents.items()},
    )
