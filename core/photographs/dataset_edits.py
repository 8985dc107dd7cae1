"""What people said about a dataset's photographs after it was prepared: edits.jsonl, one line an edit.

Lines are only ever added, under a lock, so that two people can work at once and every line tells who changed
what and when. Of each field the last edit counts; an undo is one more line, naming the edit it takes back.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.errors import DatasetError, InputError, LibraryBusyError, StorageError
from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from core.photographs.photographs import Photograph

EDITS = "edits.jsonl"
FIELDS: dict[str, tuple[type, ...]] = {
    "caption": (str,),
    "rash": (str, type(None)),
    "sites": (list, tuple),
    "tone": (str, type(None)),
    "usable": (bool,),
}
LOCK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Edit:
    """One person's change of one photograph. ``at`` is UTC in ISO 8601; ``changes`` holds new values of
    FIELDS alone, those that changed. ``undoes`` is the ``at`` of the edit of the same person and photograph
    that this one takes back; an undo changes nothing else."""

    photograph: str
    by: str
    at: str
    changes: Mapping[str, Any] = field(hash=False)
    undoes: str = ""

    def __post_init__(self) -> None:
        if not self.by.strip():
            raise InputError("An edit needs the name of the person who makes it.")
        wrong = [n for n, value in self.changes.items() if not isinstance(value, FIELDS.get(n, ()))]
        if wrong or bool(self.changes) == bool(self.undoes):
            raise InputError(
                f"An edit changes {', '.join(FIELDS)}; not {dict(self.changes)!r} of {self.photograph}."
            )


def append_edit(folder: Path, edit: Edit) -> None:
    """Adds a line to edits.jsonl and syncs it; waits a while for others who write.

    Raises:
        VocabularyError: a rash, site or tone that the vocabulary does not hold.
        LibraryBusyError: another process held the file for LOCK_SECONDS; nothing was recorded.
        StorageError: the folder can't be written; nothing was recorded.
    """
    _check_words(edit.changes)
    undone = {"undoes": edit.undoes} if edit.undoes else {}
    values = {"photograph": edit.photograph, "by": edit.by, "at": edit.at, **undone, **edit.changes}
    line = json.dumps(values, ensure_ascii=False).encode() + b"\n"
    path = folder / EDITS
    try:
        with FileLock(f"{path}.lock", timeout=LOCK_SECONDS), path.open("a+b") as file:
            file.seek(0)
            file.truncate(_whole(file.read()))
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except Timeout as error:
        raise LibraryBusyError(f"Another process writes {path}; try again. Nothing was recorded.") from error
    except OSError as error:
        raise StorageError(
            f"{path} can't be written: {error.strerror or error}. Nothing was recorded."
        ) from error


def _check_words(changes: Mapping[str, Any]) -> None:
    words = load_vocabulary()
    if changes.get("rash") is not None:
        words.rash(changes["rash"])
    for site in changes.get("sites", ()):
        words.site(site)
    if changes.get("tone") is not None:
        words.tone(changes["tone"])


def read_edits(folder: Path) -> tuple[Edit, ...]:
    """All edits in the order made; a last line cut off in writing was never recorded and is left out.

    Raises:
        DatasetError: a line can't be read.
    """
    path = folder / EDITS
    if not path.is_file():
        return ()
    content = path.read_bytes()
    lines = content[: _whole(content)].decode().split("\n")[:-1]
    return tuple(_edit(path, number, line) for number, line in enumerate(lines, 1))


def apply_edits(photographs: Iterable[Photograph], edits: Iterable[Edit]) -> tuple[Photograph, ...]:
    """The photographs as they are after all edits; edits of photographs not among them change nothing."""
    current = {photograph.id: photograph for photograph in photographs}
    for edit in standing_edits(edits):
        if edit.photograph in current:
            current[edit.photograph] = edited(current[edit.photograph], edit)
    return tuple(current.values())


def standing_edits(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that nobody took back, in the order made, without the undos themselves."""
    everything = tuple(edits)
    gone = {(edit.photograph, edit.by, edit.undoes) for edit in everything if edit.undoes}
    return tuple(e for e in everything if not e.undoes and (e.photograph, e.by, e.at) not in gone)


def edited(photograph: Photograph, edit: Edit) -> Photograph:
    """The photograph after one edit, with the person as the origin of what was changed."""
    old, new = photograph.attributes, edit.changes
    attributes = Attributes(
        new.get("rash", old.rash), tuple(new.get("sites", old.sites)), new.get("tone", old.tone)
    )
    origins = {name: edit.by for name in new if name != "usable"}
    return replace(
        photograph,
        caption=new.get("caption", photograph.caption),
        attributes=attributes,
        usable=new.get("usable", photograph.usable),
        origins={**photograph.origins, **origins},
    )


def _whole(content: bytes) -> int:
    """Bytes up to the last whole line."""
    return content.rfind(b"\n") + 1


def _edit(path: Path, number: int, line: str) -> Edit:
    try:
        values = json.loads(line)
        photograph, by, at = (values.pop(name) for name in ("photograph", "by", "at"))
        return Edit(photograph, by, at, undoes=values.pop("undoes", ""), changes=values)
    except (ValueError, KeyError, TypeError, AttributeError, InputError) as error:
        raise DatasetError(f"Line {number} of {path} is no edit ({error!r}): {line[:120]}") from error
