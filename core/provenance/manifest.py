"""The signed C2PA manifest of a picture (https://spec.c2pa.org): written as it leaves, read as it comes back.

It says that the picture was created by a trained model, holds the recipe, and is bound to every other byte of
the file. A sheet of several pictures names each as an ingredient, by the hash of its pixels in the library.
Nothing is fetched from the network, neither for signing nor for reading.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from core import __version__
from core.errors import SigningError
from core.provenance.credentials import Credentials
from core.provenance.metadata import CREATOR, digital_source_type
from core.recipes import Recipe

RECIPE_LABEL, SHEET_LABEL = "org.script2skin.recipe", "org.script2skin.sheet"
MIME = "image/png"
TRUSTED, VALID = "Trusted", "Valid"


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A picture that a sheet is made of. ``path`` is its file in the library, ``pixels`` the hash of its
    pixels."""

    title: str
    path: Path
    pixels: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What is signed: ``text``, JSON, stands in the assertion ``label``; ``source`` is IPTC's digital source
    type; ``marked``: there is an invisible mark in the pixels."""

    title: str
    source: str
    label: str
    text: str
    marked: bool
    ingredients: tuple[Ingredient, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file's manifest says. ``failures`` are C2PA's codes, empty where all holds; ``trusted``: signed
    by an authority that this library knows; ``said`` maps our assertions' labels to what they hold."""

    signer: str
    trusted: bool
    failures: tuple[str, ...]
    said: dict[str, Any] = field(default_factory=dict)
    ingredients: int = 0

    @property
    def intact(self) -> bool:
        """Signature and file belong together, whoever signed."""
        return not self.failures


def statement_of(recipe: Recipe, marked: bool) -> Statement:
    """What is signed of a single picture."""
    source = digital_source_type(recipe)
    return Statement("Synthetic image", source, RECIPE_LABEL, recipe.to_json(), marked)


def sign(content: bytes, statement: Statement, credentials: Credentials) -> bytes:
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
            c2pa.Builder(_definition(statement), context) as builder,
        ):
            _add_ingredients(builder, statement.ingredients)
            builder.sign(signer, MIME, BytesIO(content), signed)
    except (c2pa.C2paError, OSError) as error:
        raise SigningError(f"The picture can't be signed: {error}.") from error
    return signed.getvalue()


def _add_ingredients(builder: Any, ingredients: Iterable[Ingredient]) -> None:
    for number, one in enumerate(ingredients):
        described = {"title": one.title, "relationship": "componentOf", "label": _name(number)}
        described["instance_id"] = f"urn:script2skin:pixels:{one.pixels}"
        with one.path.open("rb") as file:
            builder.add_ingredient(described, MIME, file)


def _name(number: int) -> str:
    return f"picture-{number + 1}"


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


def _definition(statement: Statement) -> dict[str, Any]:
    agent = {"name": CREATOR, "version": __version__}
    actions: list[dict[str, Any]] = [
        {"action": "c2pa.created", "digitalSourceType": statement.source, "softwareAgent": agent}
    ]
    actions += [
        {"action": "c2pa.placed", "softwareAgent": agent, "parameters": {"ingredientIds": [_name(number)]}}
        for number in range(len(statement.ingredients))
    ]
    if statement.marked:
        actions.append({"action": "c2pa.watermarked.unbound", "softwareAgent": agent})
    return {
        "claim_generator_info": [agent],
        "title": statement.title,
        "format": MIME,
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": actions}},
            {"label": statement.label, "data": {"recipe": statement.text}},
        ],
    }


def _manifest(report: dict[str, Any]) -> Manifest:
    """An unknown signer is no failure here: it is said in ``trusted``.

    Raises:
        SigningError: the manifest that counts is not there.
    """
    active = report.get("manifests", {}).get(report.get("active_manifest"))
    if active is None:
        raise SigningError("The signed manifest is damaged: its parts do not name each other.")
    found = (report.get("validation_results") or {}).get("activeManifest") or {}
    codes = [str(one.get("code")) for one in found.get("failure", [])]
    failures = tuple(dict.fromkeys(code for code in codes if code != "signingCredential.untrusted"))
    ours = [one for one in active.get("assertions", []) if one["label"] in (RECIPE_LABEL, SHEET_LABEL)]
    issuer = (active.get("signature_info") or {}).get("issuer") or "an unnamed signer"
    return Manifest(
        issuer,
        report.get("validation_state") == TRUSTED,
        failures,
        {one["label"]: _said(one["data"]) for one in ours},
        len(active.get("ingredients", [])),
    )


def _said(data: Any) -> Any:
    try:
        return json.loads(data["recipe"])
    except (KeyError, TypeError, ValueError):
        return None
