"""Where things are. Every place can be moved by one environment variable.

SCRIPT2SKIN_LIBRARY   folder of the user's pictures and database (default: data/library in the project)
SCRIPT2SKIN_DATABASE  SQLAlchemy URL of the database (default: script2skin.db inside the library)
SCRIPT2SKIN_MODELS    folder of released models (default: data/models in the project)
SCRIPT2SKIN_DATASETS  folder of prepared photographs (default: data/datasets in the project)
SCRIPT2SKIN_RUNS      folder of training runs, where the app looks for encoders and LoRAs (default: runs)
SCRIPT2SKIN_EXPORT_DAYS  days that exports made in the app are kept (default: 7; 0 keeps them until removed)

What pictures are signed with has settings of its own: core/provenance/credentials.py.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError

PROJECT = Path(__file__).resolve().parent.parent
VOCABULARY_DIR = PROJECT / "data" / "vocabulary"
STARTS_DIR = PROJECT / "data" / "starts"
EMBEDDED_MODEL = "embedded"
JUDGE = "judge"
"""Names of the released folders among the models."""

EXPORT_DAYS = 7.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Resolved places; ``Settings.from_environment()`` reads them once."""

    library: Path
    database_url: str
    models: Path
    datasets: Path = PROJECT / "data" / "datasets"
    runs: Path = PROJECT / "runs"
    export_days: float = EXPORT_DAYS

    @classmethod
    def from_environment(cls) -> "Settings":
        """Reads the environment; makes no folders."""
        library = Path(os.environ.get("SCRIPT2SKIN_LIBRARY", PROJECT / "data" / "library")).resolve()
        models = Path(os.environ.get("SCRIPT2SKIN_MODELS", PROJECT / "data" / "models")).resolve()
        datasets = Path(os.environ.get("SCRIPT2SKIN_DATASETS", PROJECT / "data" / "datasets")).resolve()
        runs = Path(os.environ.get("SCRIPT2SKIN_RUNS", PROJECT / "runs")).resolve()
        default_url = f"sqlite:///{library / 'script2skin.db'}"
        url = os.environ.get("SCRIPT2SKIN_DATABASE", default_url)
        days = _days(os.environ.get("SCRIPT2SKIN_EXPORT_DAYS", str(EXPORT_DAYS)))
        return cls(library, url, models, datasets, runs, days)


def _days(text: str) -> float:
    """Raises InputError unless it is a number of days, 0 or more."""
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days < float("inf"):
        raise InputError(f"SCRIPT2SKIN_EXPORT_DAYS is '{text}'; give a number of days, 0 or more.")
    return days
