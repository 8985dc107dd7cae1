"""The one door to storage: ``open_repository`` gives the stores of a library, ready to use."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from core.settings import Settings
from db.activations import Activations
from db.audit import Audit
from db.candidates import Candidates
from db.engine import Database, make_engine
from db.failures import translated
from db.files import disk_use
from db.generations import Generations
from db.insight_twins import InsightTwins
from db.insights import Insights
from db.jobs import Jobs
from db.migrate import upgrade
from db.models import Models
from db.ratings import Ratings
from db.readings import Readings
from db.records import DiskUse
from db.starts import Starts
from db.studies import Studies
from db.users import Users


@dataclass(frozen=True)
class Repository:
    """The stores of one library. Safe to share between threads."""

    database: Database
    database_url: str

    @property
    def library(self) -> Path:
        """The folder of pictures."""
        return self.database.library

    @cached_property
    def users(self) -> Users:
        """Who generates and rates."""
        return Users(self.database)

    @cached_property
    def jobs(self) -> Jobs:
        """What is to be drawn; also the worker's ``JobStore``."""
        return Jobs(self.database)

    @cached_property
    def generations(self) -> Generations:
        """The pictures."""
        return Generations(self.database)

    @cached_property
    def ratings(self) -> Ratings:
        """What raters said of them."""
        return Ratings(self.database)

    @cached_property
    def readings(self) -> Readings:
        """What was measured in the pictures; also the examiner's ``ReadingStore``."""
        return Readings(self.database)

    @cached_property
    def models(self) -> Models:
        """Models that users added."""
        return Models(self.database)

    @cached_property
    def candidates(self) -> Candidates:
        """Tuned weights that may be put into a model once the gate let them pass."""
        return Candidates(self.database)

    @cached_property
    def activations(self) -> Activations:
        """Which of them are in use, and what was before."""
        return Activations(self.database)

    @cached_property
    def starts(self) -> Starts:
        """Photographs and phantoms that pictures start from."""
        return Starts(self.database)

    @cached_property
    def studies(self) -> Studies:
        """Reader studies and their answers."""
        return Studies(self.database)

    @cached_property
    def insights(self) -> Insights:
        """What was drawn, rated and found good, counted."""
        return Insights(self.database)

    @cached_property
    def twins(self) -> InsightTwins:
        """Weights compared on the same recipes."""
        return InsightTwins(self.database)

    @cached_property
    def audit(self) -> Audit:
        """Who did what, when."""
        return Audit(self.database)

    def disk_use(self) -> DiskUse:
        """Bytes taken and free; walks the folders, so it is nothing to ask at every click."""
        with translated(self.library):
            return disk_use(self.library, self.database_url)

    def close(self) -> None:
        """Lets go of the database's connections."""
        self.database.engine.dispose()


def open_repository(settings: Settings) -> Repository:
    """Opens the library, making or upgrading it first.

    Raises:
        NewerSchemaError: a newer version wrote it.
        StorageError: it can't be read or upgraded; the message says what to do.
    """
    with translated(settings.library):
        settings.library.mkdir(parents=True, exist_ok=True)
        upgrade(settings.database_url, settings.library)
        engine = make_engine(settings.database_url)
    return Repository(Database(engine, settings.library), settings.database_url)
