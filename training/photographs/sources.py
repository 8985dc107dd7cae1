"""The files of a source: a folder or a ZIP, read without unpacking it. Unsafe files are refused by name.

A ZIP's members are read one by one into memory and never written under their own names, so a name that
climbs out of the archive could do nothing; it is refused all the same, since whoever made it meant harm.
"""

import stat
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Protocol
from zipfile import BadZipFile, ZipFile, ZipInfo

from core.errors import ImageFileError, InputError
from training.photographs.findings import QUARANTINED, Finding, printable

FILE_BYTES_MAX = 200 * 1024**2
"""A photograph of 50 megapixels has 150 MB even without any compression."""
NO_TEXT = "its name holds characters that are no text"
BOMB_RATIO = 200
BOMB_BYTES = 10 * 1024**2
"""A member that unpacks to more than this, and to BOMB_RATIO times its size in the archive, is a bomb."""
DAMAGES = (BadZipFile, OSError, EOFError, RuntimeError, ValueError, LookupError, zlib.error)
"""What zipfile raises on archives that are broken, by accident or on purpose."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Relative names, with / between folders, each with a stamp that changes when the file does."""

    stamps: dict[str, str]
    findings: tuple[Finding, ...]


class SourceFiles(Protocol):
    """Where pictures and captions come from; travels to worker processes."""

    def listing(self) -> Listing:
        """All files that may be read, sorted, and those refused."""

    def read(self, name: str) -> bytes:
        """A file's bytes; ImageFileError where they can't be read."""


def open_source(source: Path, output: Path) -> tuple[SourceFiles, str | None]:
    """The files of SOURCE and, where it is a JSON lines or CSV file itself, that file's name.

    ``output``, the dataset's own folder, is passed over where it lies inside the source.

    Raises:
        InputError: there is nothing of a kind that is read.
    """
    if source.is_dir():
        return FolderFiles(source.resolve(), output.resolve()), None
    if not source.is_file():
        raise InputError(f"There is no file or folder {source}.")
    if source.suffix.lower() == ".zip":
        return ZipFiles(source.resolve()), None
    if source.suffix.lower() in (".jsonl", ".ndjson", ".csv"):
        return FolderFiles(source.resolve().parent, output.resolve()), source.resolve().name
    raise InputError(f"{source} is no folder, ZIP, JSON lines (.jsonl) or CSV file.")


def why_unsafe(name: str) -> str | None:
    """Why a relative name from an archive or a table is refused, or None."""
    parts = name.replace("\\", "/").split("/")
    if PurePosixPath(name).is_absolute() or parts[0] == "" or PureWindowsPath(name).drive:
        return "its path is absolute; only paths inside the source are read"
    if ".." in parts:
        return "its path climbs out of its folder (..)"
    if "\0" in name or not _is_utf8(name):
        return NO_TEXT
    return None


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_hidden(name: str) -> bool:
    """Files of the system beside one's own: .DS_Store, ._photo.jpg, __MACOSX."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """A folder, links out of it refused. Both paths are resolved; ``without`` is not entered."""

    root: Path
    without: Path

    def listing(self) -> Listing:
        """All regular files, in the order of their names; folders behind a link are not entered."""
        stamps: dict[str, str] = {}
        findings: list[Finding] = []
        waiting = [self.root]
        while waiting:
            for path in self._children(waiting.pop(), findings):
                name = path.relative_to(self.root).as_posix()
                if is_hidden(name):
                    continue
                if _is_own_folder(path):
                    waiting += [path] if path != self.without else []
                elif reason := self._why_refused(path, name):
                    findings.append(Finding(QUARANTINED, printable(name), reason))
                elif path.is_file():
                    status = path.stat()
                    stamps[name] = f"{status.st_size}:{status.st_mtime_ns}"
        return Listing(dict(sorted(stamps.items())), tuple(sorted(findings, key=lambda f: f.file)))

    def read(self, name: str) -> bytes:
        """A file's bytes.

        Raises:
            ImageFileError: it can't be read.
        """
        try:
            return (self.root / name).read_bytes()
        except OSError as error:
            raise ImageFileError(f"it can't be read: {error.strerror or error}") from error

    def _children(self, folder: Path, findings: list[Finding]) -> list[Path]:
        try:
            return list(folder.iterdir())
        except OSError as error:
            name = printable(folder.relative_to(self.root).as_posix())
            findings.append(Finding(QUARANTINED, name, f"the folder can't be read: {error.strerror}"))
            return []

    def _why_refused(self, path: Path, name: str) -> str | None:
        if not _is_utf8(name):
            return NO_TEXT
        try:
            if path.is_symlink() and not path.resolve(strict=True).is_relative_to(self.root):
                return "it is a link that leads out of the folder"
            status = path.stat()
        except OSError as error:
            return f"it can't be read: {error.strerror or error}"
        except RuntimeError:
            return "it is a link that leads to itself"
        if stat.S_ISDIR(status.st_mode):
            return "it is a link to a folder; the folder itself is read where it lies"
        if not stat.S_ISREG(status.st_mode):
            return "it is no regular file"
        return _why_too_large(status.st_size)


def _is_own_folder(path: Path) -> bool:
    try:
        return path.is_dir() and not path.is_symlink()
    except OSError:
        return False


def _why_too_large(size: int) -> str | None:
    if size > FILE_BYTES_MAX:
        return f"it has {size:,} bytes; at most {FILE_BYTES_MAX:,} are read"
    return None


@dataclass(frozen=True, slots=True)
class ZipFiles:
    """A ZIP archive, its members read where they are."""

    path: Path

    def listing(self) -> Listing:
        """All members that may be read, in the order of their names.

        Raises:
            InputError: the file is no ZIP archive.
        """
        members = _members(self.path)
        times = Counter(member.filename for member in members)
        stamps: dict[str, str] = {}
        findings: list[Finding] = []
        for member in members:
            name = member.filename
            if reason := why_member_is_refused(member) or _why_named_twice(times[name]):
                findings.append(Finding(QUARANTINED, printable(member.orig_filename), reason))
            elif not is_hidden(name):
                stamps[name] = f"{member.file_size}:{member.CRC}"
        return Listing(dict(sorted(stamps.items())), tuple(findings))

    def read(self, name: str) -> bytes:
        """A member's bytes, no more than the archive says it has.

        Raises:
            ImageFileError: the member is damaged.
        """
        try:
            return _archive(self.path, self.path.stat().st_mtime_ns).read(name)
        except DAMAGES as error:
            raise ImageFileError(f"the archive is damaged here: {error}") from error


def why_member_is_refused(member: ZipInfo) -> str | None:
    """Why a member of an archive is not read, or None."""
    if reason := why_unsafe(member.orig_filename):
        return reason
    if stat.S_ISLNK(member.external_attr >> 16):
        return "it is a link; links in archives are not followed"
    if member.flag_bits & 0x1:
        return "it is encrypted; pack the archive without a password"
    large, packed = member.file_size > BOMB_BYTES, max(1, member.compress_size)
    if large and member.file_size > BOMB_RATIO * packed:
        return f"it would unpack from {packed:,} to {member.file_size:,} bytes: a decompression bomb"
    return _why_too_large(member.file_size)


def _why_named_twice(times: int) -> str | None:
    return f"the archive holds {times} files of this name; none of them is read" if times > 1 else None


def _members(path: Path) -> list[ZipInfo]:
    try:
        with ZipFile(path) as archive:
            return [member for member in archive.infolist() if not member.is_dir()]
    except DAMAGES as error:
        raise InputError(f"{path} can't be read as a ZIP archive: {error}.") from error


@lru_cache(maxsize=1)
def _archive(path: Path, changed: int) -> ZipFile:
    """One open archive a process and state of the file; its directory of 20,000 names is read once."""
    return ZipFile(path)
