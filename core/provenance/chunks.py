"""A PNG file read chunk by chunk. Every byte counts: each belongs to a chunk, each chunk has a checksum."""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KNOWN = frozenset({b"IHDR", b"IDAT", b"IEND", b"tEXt", b"iTXt", b"zTXt", b"caBX"})
"""Chunks that our files have; caBX holds the C2PA manifest."""
FILE_KEY = "script2skin-file"
"""Keyword of the text entry that holds the hash of the file."""
_FILE_ENTRY = FILE_KEY.encode() + b"\0"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk. ``sound``: its checksum fits."""

    kind: bytes
    data: bytes
    sound: bool


def is_png(content: bytes) -> bool:
    """Whether the bytes begin as a PNG file does."""
    return content.startswith(SIGNATURE)


def chunks_of(content: bytes) -> Iterator[Chunk]:
    """The chunks as far as they can be told apart."""
    at = len(SIGNATURE)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        end = at + 12 + length
        if end > len(content):
            return
        kind, data = content[at + 4 : at + 8], content[at + 8 : end - 4]
        (checksum,) = struct.unpack_from(">I", content, end - 4)
        yield Chunk(kind, data, zlib.crc32(kind + data) == checksum)
        at = end


def file_hash(content: bytes) -> str:
    """SHA-256 of every chunk, but the entry for this hash and the C2PA manifest, whose own hashes cover the
    whole file. The checksums follow from the chunks."""
    digest = hashlib.sha256()
    for one in chunks_of(content):
        if one.kind != b"caBX" and not _holds_file_hash(one):
            digest.update(struct.pack(">I", len(one.data)) + one.kind + one.data)
    return digest.hexdigest()


def with_file_hash(content: bytes) -> bytes:
    """The PNG file with its hash as a text entry before the pixels, as readers expect it."""
    data = _FILE_ENTRY + file_hash(content).encode()
    entry = struct.pack(">I", len(data)) + b"tEXt" + data + struct.pack(">I", zlib.crc32(b"tEXt" + data))
    at = len(SIGNATURE)
    for one in chunks_of(content):
        if one.kind == b"IDAT":
            break
        at += 12 + len(one.data)
    return content[:at] + entry + content[at:]


def _holds_file_hash(chunk: Chunk) -> bool:
    return chunk.kind == b"tEXt" and chunk.data.startswith(_FILE_ENTRY)


def troubles_of(content: bytes) -> list[str]:
    """A sentence for each way in which the file is not whole; none for one of ours as it was written."""
    if not is_png(content):
        return ["The file does not begin as a PNG file."]
    found = list(chunks_of(content))
    names = sorted({one.kind.decode("latin-1") for one in found if not one.sound})
    troubles = [f"A part of the file is damaged ({name})." for name in names]
    if not found or found[0].kind != b"IHDR" or found[-1].kind != b"IEND":
        troubles.append("The file does not end where a PNG file ends.")
    elif len(SIGNATURE) + sum(12 + len(one.data) for one in found) != len(content):
        troubles.append("Bytes follow after the end of the picture.")
    if any(one.kind == b"iTXt" and not _is_plain(one) for one in found):
        troubles.append("A text entry is not written as Script2Skin writes it.")
    foreign = sorted({one.kind.decode("latin-1") for one in found} - {k.decode() for k in KNOWN})
    return [*troubles, *(f"It holds a part that Script2Skin does not write ({name})." for name in foreign)]


def _is_plain(chunk: Chunk) -> bool:
    """Not compressed, of no language: four zeros after the keyword's own."""
    return chunk.data.partition(b"\0")[2].startswith(b"\0\0\0\0")


def text_entries(content: bytes) -> list[tuple[str, str]]:
    """Keyword and text of all plain text chunks, in their order, damaged ones included."""
    return [_entry(one) for one in chunks_of(content) if one.kind in (b"tEXt", b"iTXt")]


def _entry(chunk: Chunk) -> tuple[str, str]:
    key, _, rest = chunk.data.partition(b"\0")
    if chunk.kind == b"tEXt":
        return key.decode("latin-1"), rest.decode("latin-1")
    text = rest[2:].split(b"\0", 2)[-1]
    return key.decode("latin-1"), text.decode("utf-8", "replace")
