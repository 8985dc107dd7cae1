"""The signed C2PA manifest of a picture (https://spec.c2pa.org): written as it leaves, read as it comes back.

It says that the picture was created by a trained model, holds the recipe, and is bound to every other byte of
the file. Nothing is fetched from the network, neither for signing nor for reading.
"""

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from core import __version__
from core.errors import SigningError
from core.provenance.credentials import Credentials
from core.provenance.metadata import CREATOR, digital_source_type
from core.recipes import Recipe

RECIPE_LABEL = "org.script2skin.recipe"
MIME = "image/png"
TRUSTED, VALID = "Trusted", "Valid"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file's manifest says. ``failures`` are C2PA's codes, empty where all holds; ``trusted``: signed
    by an authority that this library knows."""

    signer: str
    trusted: bool
    failures: tuple[str, ...]
    recipe: dict[str, Any] | None

    @property
    def intact(self) -> bool:
        """Signature and file belong together, whoever signed."""
        return not self.failures


def sign(content: bytes, recipe: Recipe, credentials: Credentials, marked: bool = True) -> bytes:
    """The same PNG file with a signed manifest in it.

    Raises:
        SigningError: the certificate does not meet C2PA's rules.
    """
    import c2pa

    signed = BytesIO()
    try:
        info = c2pa.C2paSignerInfo(credentials.algorithm, credentials.chain, credentials.key, None)
        with (
            c2pa.Context(_settings()) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(_definition(recipe, marked), context) as builder,
        ):
            builder.sign(signer, MIME, BytesIO(content), signed)
    except c2pa.C2paError as error:
        raise SigningError(f"The picture can't be signed: {error}.") from error
    return signed.getvalue()


def read_manifest(content: bytes, anchors: str, mime: str = MIME) -> Manifest | None:
    """The manifest in a file; None if there is none.

    Raises:
        SigningError: there is one, and it can't be understood at all.
    """
    import c2pa

    try:
        with (
            c2pa.Context(_settings(anchors)) as context,
            c2pa.Reader(mime, BytesIO(content), context=context) as reader,
        ):
            report = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:
        return None
    except c2pa.C2paError as error:
        raise SigningError(f"The signed manifest is damaged: {error}.") from error
    return _manifest(report)


def _settings(anchors: str = "") -> Any:
    import c2pa

    values: dict[str, Any] = {
        "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "builder": {"thumbnail": {"enabled": False}},
    }
    if anchors:
        values["trust"] = {"user_anchors": anchors}
    return c2pa.Settings.from_dict(values)


def _definition(recipe: Recipe, marked: bool) -> dict[str, Any]:
    agent = {"name": CREATOR, "version": __version__}
    source = digital_source_type(recipe)
    actions = [{"action": "c2pa.created", "digitalSourceType": source, "softwareAgent": agent}]
    if marked:
        actions.append({"action": "c2pa.watermarked.unbound", "softwareAgent": agent})
    return {
        "claim_generator_info": [agent],
        "title": "Synthetic image",
        "format": MIME,
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": actions}},
            {"label": RECIPE_LABEL, "data": {"recipe": recipe.to_json()}},
        ],
    }


def _manifest(report: dict[str, Any]) -> Manifest:
    """An unknown signer is no failure here: it is said in ``trusted``."""
    active = report["manifests"][report["active_manifest"]]
    found = (report.get("validation_results") or {}).get("activeManifest") or {}
    codes = [str(one.get("code")) for one in found.get("failure", [])]
    failures = tuple(dict.fromkeys(code for code in codes if code != "signingCredential.untrusted"))
    recipes = [a["data"] for a in active.get("assertions", []) if a["label"] == RECIPE_LABEL]
    issuer = (active.get("signature_info") or {}).get("issuer") or "an unnamed signer"
    return Manifest(issuer, report.get("validation_state") == TRUSTED, failures, _recipe(recipes))


def _recipe(data: list[Any]) -> dict[str, Any] | None:
    try:
        values = json.loads(data[0]["recipe"])
    except (IndexError, KeyError, TypeError, ValueError):
        return None
    return values if isinstance(values, dict) else None
