"""What kind of source it is, and which caption belongs to which picture."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from unicodedata import normalize

from core.errors import ImageFileError, InputError
from core.language.vocabulary import load_vocabulary
from training.photographs.findings import (
    NO_CAPTION,
    NO_PICTURE,
    NOT_READ,
    QUARANTINED,
    ROW,
    Finding,
    printable,
)
from training.photographs.sources import Listing, SourceFiles, why_unsafe
from training.photographs.tables import TABLES, BadRow, Row, read_rows

PICTURES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff", ".bmp")
OTHER_PICTURES = (".gif", ".heic", ".heif", ".avif", ".jp2", ".svg", ".psd", ".dng", ".cr2", ".nef", ".dcm")
"""Picture formats that are not read; JPEG and PNG can be saved from all of them."""
CAPTION_LENGTH_MAX = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture of the source, its caption ("" for none), and the attributes a table gives it."""

    name: str
    caption: str = ""
    columns: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Inventory:
    """The pictures of a source in the order of their names, and what was found on the way."""

    kind: str
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]


def take_inventory(files: SourceFiles, listing: Listing, table: str | None) -> Inventory:
    """Finds the pictures and their captions; ``table`` is the file that was named as the source, if one was.

    Raises:
        InputError: there is no picture, or more than one table to choose from.
    """
    findings = list(listing.findings)
    chosen = table or _only_table(files, listing)
    if chosen:
        rows = read_rows(chosen, _table_content(files, chosen))
        kind, entries = _kind_of_table(chosen), _listed(chosen, rows, listing, findings)
        left_out = f"{chosen} does not name it; it is left out"
    else:
        kind, entries = _kind_of_tree(listing), _beside(files, listing, findings)
        left_out = ""
    found = {entry.name: entry for entry in entries}
    findings += [
        Finding(NO_CAPTION, entry.name, "kept; it can be captioned later")
        for entry in found.values()
        if not entry.caption
    ]
    findings += _others(listing, found, chosen, left_out)
    if not found:
        raise InputError(_nothing(findings))
    return Inventory(kind, tuple(found[name] for name in sorted(found)), tuple(findings))


def _nothing(findings: list[Finding]) -> str:
    first = next((f" The first file refused: {f.file}: {f.reason}." for f in findings), "")
    return f"The source holds no picture that can be read ({', '.join(PICTURES)}).{first}"


def _only_table(files: SourceFiles, listing: Listing) -> str | None:
    """The one table with captions, among those that lie least deep."""
    tables = [name for name in listing.stamps if _suffix(name) in TABLES]
    least = min((name.count("/") for name in tables), default=0)
    fitting = [name for name in tables if name.count("/") == least and _has_captions(files, name)]
    if len(fitting) > 1:
        raise InputError(
            f"The source holds {len(fitting)} tables of captions: {', '.join(fitting)}. "
            "Give one of them as --source."
        )
    return fitting[0] if fitting else None


def _has_captions(files: SourceFiles, name: str) -> bool:
    try:
        return bool(read_rows(name, files.read(name)))
    except (InputError, ImageFileError):
        return False


def _table_content(files: SourceFiles, name: str) -> bytes:
    try:
        return files.read(name)
    except ImageFileError as error:
        raise InputError(f"{name}: {error}.") from error


def _kind_of_table(name: str) -> str:
    return "CSV" if _suffix(name) == ".csv" else "JSON lines"


def _kind_of_tree(listing: Listing) -> str:
    pictures = [name for name in listing.stamps if _suffix(name) in PICTURES]
    folders = {rash.dermnet_folder for rash in load_vocabulary().rashes.values()}
    of_dermnet = [name for name in pictures if PurePosixPath(name).parent.name in folders]
    if pictures and 2 * len(of_dermnet) > len(pictures):
        return "DermNet folders"
    captioned = any(f"{_stem(name)}.txt" in listing.stamps for name in pictures)
    return "image and text pairs" if captioned else "folder of pictures"


def _listed(
    table: str, rows: list[Row | BadRow], listing: Listing, findings: list[Finding]
) -> Iterator[Entry]:
    """Entries of a table; a picture named twice keeps its first row. An accent may be written in either of
    Unicode's ways: a Mac's archive has another than the table beside it."""
    seen: set[str] = set()
    known = {normalize("NFC", name): name for name in listing.stamps}
    for row in rows:
        place = f"{table}:{row.line}"
        if isinstance(row, BadRow):
            findings.append(Finding(ROW, place, row.reason))
            continue
        name = str(PurePosixPath(table).parent / row.image.replace("\\", "/"))
        name = known.get(normalize("NFC", name), name)
        if finding := _why_not(row, name, place, listing):
            findings.append(finding)
        elif name in seen:
            findings.append(Finding(ROW, place, f"{name} was named before; its first row is used"))
        else:
            seen.add(name)
            yield Entry(name, _checked(row.caption, place, findings), row.columns)


def _why_not(row: Row, name: str, place: str, listing: Listing) -> Finding | None:
    if reason := why_unsafe(row.image):
        return Finding(QUARANTINED, printable(row.image), f"{reason} ({place})")
    if _suffix(name) not in PICTURES:
        return Finding(QUARANTINED, name, f"{_why_no_picture(name)} ({place})")
    if name not in listing.stamps:
        refused = any(finding.file == name for finding in listing.findings)
        reason = "the picture was refused" if refused else "there is no such picture"
        return Finding(NO_PICTURE, name, f"{reason} ({place})")
    return None


def _beside(files: SourceFiles, listing: Listing, findings: list[Finding]) -> Iterator[Entry]:
    """Every picture, with the text file of the same name where there is one."""
    for name in listing.stamps:
        if _suffix(name) in PICTURES:
            text = f"{_stem(name)}.txt"
            yield Entry(name, _text(files, text, findings) if text in listing.stamps else "")


def _text(files: SourceFiles, name: str, findings: list[Finding]) -> str:
    try:
        return _checked(files.read(name).decode("utf-8-sig").strip(), name, findings)
    except UnicodeDecodeError:
        findings.append(Finding(QUARANTINED, name, "the caption is not UTF-8"))
    except ImageFileError as error:
        findings.append(Finding(QUARANTINED, name, str(error)))
    return ""


def _checked(caption: str, place: str, findings: list[Finding]) -> str:
    if len(caption) <= CAPTION_LENGTH_MAX:
        return caption
    reason = f"the caption has {len(caption):,} characters, at most {CAPTION_LENGTH_MAX:,} are read"
    findings.append(Finding(QUARANTINED, place, reason))
    return ""


def _others(
    listing: Listing, found: Mapping[str, Entry], table: str | None, left_out: str
) -> Iterator[Finding]:
    """A finding for each file that became no entry: other formats, captions of nothing, unlisted pictures."""
    stems = {_stem(name) for name in found}
    for name in listing.stamps:
        suffix = _suffix(name)
        if name in found or name == table or (suffix == ".txt" and _stem(name) in stems):
            continue
        if suffix in PICTURES:
            yield Finding(NO_CAPTION, name, left_out)
        elif suffix in OTHER_PICTURES:
            yield Finding(QUARANTINED, name, _why_no_picture(name))
        elif suffix == ".txt" and table is None:
            yield Finding(NO_PICTURE, name, "there is no picture of this name beside it")
        else:
            yield Finding(NOT_READ, name, "it is neither a picture nor a caption")


def _why_no_picture(name: str) -> str:
    kind = _suffix(name) or "a file without ending"
    return f"{kind} is not read; save it as JPEG or PNG"


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))
