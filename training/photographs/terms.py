"""What a source may be used for: its licence and the consent of those it shows."""

import sys
from dataclasses import dataclass

from core.errors import InputError

ASKED = {
    "licence": "Licence of the photographs (for example: CC BY-NC-ND 4.0; own, for internal use only)",
    "consent": "Consent of the persons shown (for example: written, for research; obtained by the publisher)",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """Two sentences of whoever brought the photographs; both stand in the manifest."""

    licence: str
    consent: str


def ask_terms(licence: str | None, consent: str | None) -> Terms:
    """The terms as given, those that are missing asked for where a person sits at a terminal.

    Raises:
        InputError: one is missing or empty, and nobody is there to be asked.
    """
    return Terms(_asked("licence", licence), _asked("consent", consent))


def _asked(name: str, given: str | None) -> str:
    if given is None and sys.stdin.isatty():
        try:
            given = input(f"{ASKED[name]}: ")
        except EOFError:
            given = None
    if given is None or not given.strip():
        raise InputError(
            f"The {name} of the source is not given: photographs of people are only prepared with it. "
            f'Add --{name} "...", in one sentence. {ASKED[name]}.'
        )
    return given.strip()
