"""Verify without a browser: a dropped picture, its answer, its recipe, its entry in History."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image

from core.provenance.outgoing import for_library
from core.worker import Worker
from db.repository import Repository
from tests import app_scenes as scenes


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library(scenes.PERSON)
    scenes.add_picture(opened, scenes.recipe_for())
    yield opened
    opened.close()
    st.cache_resource.clear()


def dropped(name: str, content: bytes) -> str:
    app = scenes.open_app("verify")
    app = app.file_uploader(key="verify_file").upload(name, content, "image/png").run()
    return scenes.texts(scenes.healthy(app) if not app.error else app)


def test_a_download_is_known_unaltered_and_found_in_history(repository: Repository) -> None:
    picture = repository.generations.get(1, scenes.PERSON)
    words = dropped("x.png", for_library(repository.library, words=True).encode(picture.image_path))
    assert "Made by Script2Skin, and not altered." in words
    assert "known to this library" in words and "In History: picture 1" in words


def test_an_altered_picture_is_said_to_be_and_why(repository: Repository) -> None:
    content = for_library(repository.library).encode(repository.generations.get(1, scenes.PERSON).image_path)
    words = dropped("x.png", content[:-30] + bytes([content[-30] ^ 1]) + content[-29:])
    assert "altered since" in words and "damaged" in words


def test_a_strangers_picture_is_not_claimed(repository: Repository) -> None:
    buffer = BytesIO()
    Image.new("RGB", (20, 20), "tan").save(buffer, "PNG")
    words = dropped("x.png", buffer.getvalue())
    assert "Nothing says that Script2Skin made it." in words and "In History" not in words
