"""Versions of what draws a picture, read from package metadata: none of the packages is imported."""

from importlib.metadata import PackageNotFoundError, version

from core import __version__

PACKAGES = ("torch", "diffusers", "transformers")


def drawing_versions() -> dict[str, str]:
    """Versions that a recipe records: script2skin's own and those of the packages that draw."""
    return {"script2skin": __version__, **{name: _version(name) for name in PACKAGES}}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
