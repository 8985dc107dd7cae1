"""The certificates that leaving pictures are signed with: a local authority and a leaf, made at first need.

They lie in ``credentials`` inside the library: authority.pem and authority-key.pem (the local certificate
authority), chain.pem (leaf, then authority) and key.pem. Keys are readable for their owner alone and are
part of no backup. A local authority proves that a picture left this library unaltered; it proves no name to
strangers. Who has a certificate of their own names it by two settings, SCRIPT2SKIN_SIGNING_CERTIFICATE (PEM,
leaf first) and SCRIPT2SKIN_SIGNING_KEY (PEM, not encrypted).
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from filelock import FileLock

from core.errors import SigningError, StorageError
from core.files import write_files

FOLDER = "credentials"
CERTIFICATE_SETTING, KEY_SETTING = "SCRIPT2SKIN_SIGNING_CERTIFICATE", "SCRIPT2SKIN_SIGNING_KEY"
YEARS = 20
"""A signature without a time stamp is good as long as its certificate: pictures should outlive a project."""

DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
_CURVES = {256: "es256", 384: "es384", 521: "es512"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is signed with. ``chain`` and ``key`` are PEM; ``algorithm`` is C2PA's name of it."""

    chain: bytes
    key: bytes
    algorithm: str
    local: bool


def load_credentials(library: Path) -> Credentials:
    """The user's own certificate if one is set, else the library's, made now if this is the first time.

    Raises:
        SigningError: the user's own can't be read, or the library's are damaged.
        StorageError: the library's can't be written.
    """
    certificate, key = os.environ.get(CERTIFICATE_SETTING), os.environ.get(KEY_SETTING)
    if bool(certificate) != bool(key):
        raise SigningError(f"Set both {CERTIFICATE_SETTING} and {KEY_SETTING}, or neither.")
    if certificate and key:
        return _read(Path(certificate), Path(key), local=False)
    folder = library / FOLDER
    _make_local(folder)
    return _read(folder / "chain.pem", folder / "key.pem", local=True)


def anchors(library: Path) -> str:
    """PEM of the authorities that this library trusts: its own, and the one behind the user's certificate."""
    own = os.environ.get(CERTIFICATE_SETTING)
    paths = (library / FOLDER / "authority.pem", *([Path(own)] if own else []))
    return "\n".join(path.read_text(encoding="ascii") for path in paths if path.is_file())


def _read(certificate: Path, key: Path, local: bool) -> Credentials:
    try:
        chain, secret = certificate.read_bytes(), key.read_bytes()
        leaf = x509.load_pem_x509_certificates(chain)[0]
        private = load_pem_private_key(secret, None)
    except (OSError, ValueError, TypeError) as error:
        raise SigningError(
            f"The signing certificate {certificate} with its key {key} can't be read: {error}."
        ) from error
    if private.public_key() != leaf.public_key():
        raise SigningError(f"The key {key} does not belong to the first certificate in {certificate}.")
    if leaf.not_valid_after_utc < datetime.now(UTC):
        raise SigningError(f"The certificate {certificate} ended on {leaf.not_valid_after_utc:%Y-%m-%d}.")
    return Credentials(chain, secret, _algorithm(private, key), local)


def _algorithm(private: object, path: Path) -> str:
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.key_size in _CURVES:
        return _CURVES[private.curve.key_size]
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(private, rsa.RSAPrivateKey):
        return "ps256"
    raise SigningError(f"The key {path} is of a kind that C2PA does not sign with; use EC P-256.")


def _make_local(folder: Path) -> None:
    """Two processes that start together make one authority."""
    if (folder / "chain.pem").is_file():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with FileLock(folder / ".lock"):
            if not (folder / "chain.pem").is_file():
                _write_local(folder)
    except OSError as error:
        raise StorageError(f"The signing certificate can't be kept in {folder}: {error}.") from error


def _write_local(folder: Path) -> None:
    """The chain last: where it is, the rest is."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = _name("Script2Skin local authority")
    authority = _certificate(name, name, authority_key, authority_key, authority=True)
    leaf = _certificate(_name("Script2Skin"), name, key, authority_key, authority=False)
    for file, secret in (("authority-key.pem", authority_key), ("key.pem", key)):
        pem = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_files({folder / file: pem})
        (folder / file).chmod(0o600)
    write_files({folder / "authority.pem": authority})
    write_files({folder / "chain.pem": leaf + authority})


def _name(common: str) -> x509.Name:
    pairs = ((NameOID.COMMON_NAME, common), (NameOID.ORGANIZATION_NAME, "Local Script2Skin library"))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    authority: bool,
) -> bytes:
    """PEM of a certificate with the extensions that the C2PA specification asks for (14.5, X.509)."""
    now = datetime.now(UTC) - timedelta(minutes=5)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=365 * YEARS))
    builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    builder = builder.add_extension(_usage(authority), critical=True)
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = builder.add_extension(issuer_id, critical=False)
    subject_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(subject_id, critical=False)
    if not authority:
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, DOCUMENT_SIGNING])
        builder = builder.add_extension(purposes, critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _usage(authority: bool) -> x509.KeyUsage:
    names = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    off = dict.fromkeys((*names, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=True, key_cert_sign=authority, crl_sign=authority, **off)
