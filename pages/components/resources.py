"""What all pages share: one repository and one worker for each process, and the models on offer."""

from dataclasses import dataclass

import streamlit as st

from core.errors import ModelError, StorageError
from core.measuring.examiner import Examiner
from core.settings import JUDGE, Settings
from core.weights.model_cards import ModelCard, list_models, load_card
from core.worker import Worker
from db.records import DiskUse
from db.repository import Repository, open_repository
from pages.components.errors import show_closed_library


@dataclass(frozen=True, slots=True)
class Resources:
    """The open library of this process. The worker draws in a thread of its own and loads torch there."""

    settings: Settings
    repository: Repository
    worker: Worker


def open_resources() -> Resources:
    """The library named by the environment; while it can't be opened, a page says why and the run ends."""
    settings = Settings.from_environment()
    try:
        return _opened(settings)
    except StorageError as error:
        show_closed_library(error, str(settings.library))
        st.stop()


def _released(resources: Resources) -> None:
    """Lets the worker end after its picture, then closes the database."""
    resources.worker.stop()
    resources.repository.close()


@st.cache_resource(show_spinner="Opening the library …", on_release=_released)
def _opened(settings: Settings) -> Resources:
    repository = open_repository(settings)
    examiner = Examiner(repository.readings, settings.models / JUDGE)
    worker = Worker(repository.jobs, settings.library, examiner=examiner)
    worker.start_in_thread()
    return Resources(settings, repository, worker)


def models_on_offer(resources: Resources) -> tuple[list[ModelCard], list[str]]:
    """Cards of the released and the added models, and a sentence for each that can't be used now."""
    cards, troubles = list_models(resources.settings), []
    for added in resources.repository.models.list():
        try:
            cards.append(load_card(added.source))
        except ModelError as error:
            troubles.append(str(error))
    return cards, troubles


@st.cache_data(ttl=60, show_spinner=False)
def _measured_use(library: str, _repository: Repository) -> DiskUse:
    return _repository.disk_use()


def disk_use(repository: Repository) -> DiskUse:
    """Bytes taken and free, at most a minute old: measuring walks the library's folders."""
    return _measured_use(str(repository.library), repository)
