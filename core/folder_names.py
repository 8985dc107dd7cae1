"""Names that people give to folders: of datasets, of runs."""

import re
from collections.abc import Iterable
from pathlib import Path

from core.errors import InputError

NAME_MAX = 60
NAME = re.compile(r"[^\W_][\w -]*")


def check_folder_name(name: str, what: str, places: Iterable[Path]) -> str:
    """The name without outer spaces, if a new folder may have it; ``what`` is what it names: "dataset".

    Raises:
        InputError: it is empty, too long, no name for a folder, or taken in one of the places.
    """
    name = name.strip()
    if not NAME.fullmatch(name) or len(name) > NAME_MAX:
        raise InputError(
            f"A {what}'s name has 1 to {NAME_MAX} letters, digits, spaces, - and _, and begins with a "
            f"letter or a digit; this one is '{name}'."
        )
    if any((place / name).exists() for place in places):
        raise InputError(
            f"There is a {what} '{name}' already. Choose another name, or delete that one first."
        )
    return name
