"""Versions of what draws a picture, read from package metadata: none of the packages is imported."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from core import __version__

PACKAGES = ("torch", "diffusers", "transformers")
LORA_PACKAGE = "peft"


@cache
def _of_packages() -> dict[str, str]:
    """Read once: looking through the installed packages takes 16 ms, a hundredth of a drawing."""
    return {name: _version(name) for name in (*PACKAGES, LORA_PACKAGE)}


def drawing_versions(with_lora: bool = False) -> dict[str, str]:
    """Versions that a recipe records: script2skin's own and those of the packages that draw."""
    found = {"script2skin": __version__, **_of_packages()}
    return found if with_lora else {name: v for name, v in found.items() if name != LORA_PACKAGE}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
