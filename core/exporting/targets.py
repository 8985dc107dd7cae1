"""Where an export is written: a folder or a ZIP, there whole or not at all, and nothing outside it."""

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import IO, Protocol

from core.errors import DiskFullError, ExportError, InputError
from core.files import NO_SPACE


class Target(Protocol):
    """Takes files one by one. ``name`` is relative, with forward slashes."""

    def add(self, name: str, content: bytes) -> None:
        """Writes one file."""

    def add_file(self, name: str, path: Path) -> None:
        """Takes a finished file from the workshop."""

    @property
    def workshop(self) -> Path:
        """A folder for files that are being written; removed at the end."""


class _Folder:
    """Files in a folder that is renamed into place at the end."""

    def __init__(self, root: Path, workshop: Path) -> None:
        self.root, self.workshop = root, workshop

    def add(self, name: str, content: bytes) -> None:
        self._place(name).write_bytes(content)

    def add_file(self, name: str, path: Path) -> None:
        shutil.move(path, self._place(name))

    def _place(self, name: str) -> Path:
        place = self.root / checked_name(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        return place


class _Zip:
    """Members of a ZIP, stored: pictures are compressed already."""

    def __init__(self, archive: zipfile.ZipFile, workshop: Path) -> None:
        self.archive, self.workshop = archive, workshop

    def add(self, name: str, content: bytes) -> None:
        self.archive.writestr(checked_name(name), content)

    def add_file(self, name: str, path: Path) -> None:
        self.archive.write(path, checked_name(name), zipfile.ZIP_DEFLATED)
        path.unlink()


def checked_name(name: str) -> str:
    """The name, if it stays inside.

    Raises:
        ExportError: it is absolute, climbs out, or is written in a way that some system reads so.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or any(c in name for c in '\\:\0*?"<>|'):
        raise ExportError(f"The file name {name!r} would leave the folder of the export.")
    return "/".join(parts)


@contextmanager
def opened(output: Path) -> Iterator[Target]:
    """A new folder, or a ZIP if the name ends in .zip. Nothing is left of one that was not finished.

    Raises:
        InputError: something is there already, or there is no folder to put it in.
        DiskFullError, ExportError: it can't be written.
    """
    if output.exists():
        raise InputError(f"{output} is there already; choose a new name.")
    if not output.absolute().parent.is_dir():
        raise InputError(f"There is no folder {output.absolute().parent}; make it first.")
    room = Path(mkdtemp(prefix=f".{output.name}.", dir=output.absolute().parent))
    try:
        made = room / "made"
        (room / "workshop").mkdir()
        if output.suffix == ".zip":
            with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
                yield _Zip(archive, room / "workshop")
        else:
            made.mkdir()
            yield _Folder(made, room / "workshop")
        made.rename(output)
    except OSError as error:
        raise _explained(error, output) from error
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _explained(error: OSError, output: Path) -> Exception:
    if error.errno in NO_SPACE:
        return DiskFullError(f"The disk of {output} is full. Nothing of the export was kept.")
    reason = error.strerror or error
    return ExportError(f"{output} can't be written: {reason}. Nothing of the export was kept.")


@contextmanager
def file_in(target: Target, name: str) -> Iterator[IO[bytes]]:
    """A file that grows beside the others and joins them at the end."""
    path = target.workshop / name.replace("/", "_")
    with path.open("wb") as file:
        yield file
    target.add_file(name, path)
