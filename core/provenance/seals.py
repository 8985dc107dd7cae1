"""A seal over a whole file, for forms that hold no C2PA manifest a flipped byte can't hide in (DICOM, PDF).

The seal is one line of plain ASCII somewhere in the file, of a length that it states itself:

    script2skin-seal:LENGTH;ALGORITHM;CHAIN;SIGNATURE;SHA256;        (then spaces up to LENGTH)

CHAIN (PEM) and SIGNATURE are Base64, empty where nothing is signed. What is signed is the hash of the file
with zeros in the seal's place, and the chain; SHA256 is of that hash and of all that stands before it in the
seal, so that every byte of the file counts. Whoever alters an unsigned file on purpose can compute it again.
"""

import base64
import hashlib
import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from core.errors import ExportError
from core.provenance.credentials import Credentials

MARK = b"script2skin-seal:"
SIGNATURE_MAX = 1400
"""Base64 characters: room for RSA of 8192 bits."""

_DIGITS = 6
_PLACE = re.compile(re.escape(MARK) + rb"(\d{6});")
_EC = {"es256": hashes.SHA256(), "es384": hashes.SHA384(), "es512": hashes.SHA512()}


@dataclass(frozen=True, slots=True)
class Seal:
    """What a seal says. ``whole``: not a byte of the file differs; ``signer`` is None for an unsigned one;
    ``signed``: the signature is right; ``trusted``: by an authority that is known here."""

    whole: bool
    signer: str | None = None
    signed: bool = False
    trusted: bool = False


def placeholder(credentials: Credentials | None) -> bytes:
    """What is put into the file before it is sealed; of even length."""
    chain = base64.b64encode(credentials.chain) if credentials else b""
    length = len(MARK) + _DIGITS + len(chain) + SIGNATURE_MAX + 64 + 16
    length += length % 2
    return (MARK + b"%06d;" % length).ljust(length)


def sealed(content: bytes, credentials: Credentials | None) -> bytes:
    """The file with its seal in the place of the placeholder.

    Raises:
        ExportError: words in the file look like a seal too.
    """
    field = placeholder(credentials)
    if len(_PLACE.findall(content)) != 1 or field not in content:
        raise ExportError("A prompt or comment holds the words of a seal; leave that picture out.")
    at = content.index(field)
    chain = base64.b64encode(credentials.chain) if credentials else b""
    digest = _digest(content, at, len(field))
    signature = base64.b64encode(_sign(digest + chain, credentials)) if credentials else b""
    algorithm = credentials.algorithm.encode() if credentials else b"none"
    return content[:at] + _field(len(field), algorithm, chain, signature, digest) + content[at + len(field) :]


def read_seal(content: bytes, anchors: str = "") -> Seal | None:
    """The seal of a file; None if there is none that can be read as one."""
    places = list(_PLACE.finditer(content))
    if len(places) != 1:
        return None
    at, length = places[0].start(), int(places[0][1])
    field = content[at : at + length]
    parts = field.split(b";")
    if len(parts) != 6 or len(field) != length:
        return None
    _, algorithm, chain, signature, _, _ = parts
    digest = _digest(content, at, length)
    whole = field == _field(length, algorithm, chain, signature, digest)
    if algorithm == b"none" and not chain and not signature:
        return Seal(whole)
    return _signed_seal(
        whole, digest + chain, algorithm.decode("ascii", "replace"), chain, signature, anchors
    )


def _digest(content: bytes, at: int, length: int) -> bytes:
    return hashlib.sha256(content[:at] + b"\0" * length + content[at + length :]).digest()


def _field(length: int, algorithm: bytes, chain: bytes, signature: bytes, digest: bytes) -> bytes:
    head = b";".join([MARK + b"%06d" % length, algorithm, chain, signature, b""])
    return (head + hashlib.sha256(digest + head).hexdigest().encode() + b";").ljust(length)


def _sign(message: bytes, credentials: Credentials) -> bytes:
    key = load_pem_private_key(credentials.key, None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(_EC[credentials.algorithm]))
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, _pss(), hashes.SHA256())
    assert isinstance(key, ed25519.Ed25519PrivateKey)  # credentials let no other kind pass
    return key.sign(message)


def _pss() -> padding.PSS:
    return padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)


def _signed_seal(
    whole: bool, message: bytes, algorithm: str, chain: bytes, signature: bytes, anchors: str
) -> Seal:
    try:
        certificates = x509.load_pem_x509_certificates(base64.b64decode(chain, validate=True))
        right = _verified(certificates[0], message, algorithm, base64.b64decode(signature, validate=True))
        names = certificates[0].subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    except Exception:  # noqa: BLE001 - cryptography has an error of its own for each thing wrong in a certificate
        return Seal(False, "an unnamed signer")
    signer = str(names[0].value) if names else "an unnamed signer"
    return Seal(whole, signer, right, right and _trusted(certificates, anchors))


def _verified(leaf: x509.Certificate, message: bytes, algorithm: str, signature: bytes) -> bool:
    """Raises cryptography's InvalidSignature where it does not fit."""
    key = leaf.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, message, ec.ECDSA(_EC[algorithm]))
    elif isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, _pss(), hashes.SHA256())
    elif isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, message)
    else:
        return False
    return True


def _trusted(chain: list[x509.Certificate], anchors: str) -> bool:
    """Each certificate is issued by the next, and one of them is, or is issued by, one that is known."""
    known = x509.load_pem_x509_certificates(anchors.encode()) if anchors.strip() else []
    for certificate, issuer in zip(chain, [*chain[1:], None], strict=True):
        if certificate in known or any(_issued(certificate, one) for one in known):
            return True
        if issuer is None or not _issued(certificate, issuer):
            return False
    return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001 - the same
        return False
    return True
