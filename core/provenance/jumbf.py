"""The frame of a C2PA manifest (JUMBF, ISO 19566-5), checked where C2PA's own hashes do not look.

They cover assertions, claim and certificates, but not the boxes' labels and the padding behind the signature.
Our manifests have those labels and nothing but zeros there, so that a byte changed in them is noticed too.
"""

import re
import struct
from collections.abc import Iterator

_KIND, _TOGGLES = slice(0, 16), 16
_LABELS = {
    b"c2pa": re.compile(rb"c2pa"),
    b"c2as": re.compile(rb"c2pa\.assertions"),
    b"c2cl": re.compile(rb"c2pa\.claim(\.v2)?"),
    b"c2cs": re.compile(rb"c2pa\.signature"),
}
_SHORT, _ONE, _TWO = 24, 24, 25
"""CBOR's additional information: the length itself below 24, then one byte of it, then two."""


def frame_troubles(manifest: bytes) -> list[str]:
    """A sentence if frame or padding are not as they were written."""
    try:
        _walk(manifest)
    except (ValueError, struct.error, IndexError):
        return ["The frame of the signed manifest was changed."]
    return []


def _walk(boxes: bytes) -> None:
    """Raises ValueError where something is out of place."""
    for kind, content in _boxes(boxes):
        if kind != b"jumb":
            continue
        inner = list(_boxes(content))
        if not inner or inner[0][0] != b"jumd":
            raise ValueError("no description")
        purpose = _described(inner[0][1])
        if purpose == b"c2cs":
            _check_padding(inner[1][1])
        _walk(content)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box; together they fill the bytes to the last."""
    at = 0
    while at < len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        if length < 8 or at + length > len(content):
            raise ValueError("a box does not end in its place")
        yield kind, content[at + 8 : at + length]
        at += length


def _described(content: bytes) -> bytes:
    """The purpose of a box, its label checked where it is always the same."""
    purpose = content[_KIND][:4]
    label, _, _ = content[_TOGGLES + 1 :].partition(b"\0")
    wanted = _LABELS.get(purpose)
    if wanted is not None and not wanted.fullmatch(label):
        raise ValueError("another label")
    return purpose


def _check_padding(signature: bytes) -> None:
    """COSE_Sign1: tag, array of four, protected header, then the map that holds the padding."""
    if signature[:2] != b"\xd2\x84":
        raise ValueError("no COSE_Sign1")
    _, at = _string(signature, 2)
    count, at = signature[at] & 0x1F, at + 1
    for _ in range(count):
        name, at = _string(signature, at)
        value, at = _string(signature, at)
        if name not in (b"pad", b"pad2") or value.strip(b"\0"):
            raise ValueError("something stands in the padding")


def _string(content: bytes, at: int) -> tuple[bytes, int]:
    """A CBOR string, of bytes or text, and where it ends."""
    short = content[at] & 0x1F
    if short < _SHORT:
        length, at = short, at + 1
    elif short == _ONE:
        length, at = content[at + 1], at + 2
    elif short == _TWO:
        length, at = struct.unpack_from(">H", content, at + 1)[0], at + 3
    else:
        raise ValueError("no string of a length that is used here")
    if at + length > len(content):
        raise ValueError("a string ends too late")
    return content[at : at + length], at + length
