"""Start from a photograph, on the pages: phantoms, uploads, what is kept, what is said when it is gone."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import streamlit as st
from PIL import Image
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.testing.v1 import AppTest

from core.drawing.phantom_starts import find_phantom, prepare_phantom
from core.drawing.starts import StartKind, find_start, prepare_start, start_path
from core.drawing.uploads import read_photograph
from core.images import pixel_sha256, read_recipe
from core.jobs import Job, JobState
from core.worker import Worker
from db.records import Generation
from db.repository import Repository
from tests import app_scenes as scenes
from tests.tiny_models import make_tiny_pipeline


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "tiny")
    return folder


@pytest.fixture
def repository(models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """An empty library; no worker runs, so that jobs stay where a test puts them."""
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    monkeypatch.setattr(Worker, "start_in_thread", lambda self: None)
    st.cache_resource.clear()
    opened = scenes.open_library(scenes.PERSON, scenes.OTHER)
    yield opened
    opened.close()
    st.cache_resource.clear()


def photograph(colour: str = "#c08060") -> bytes:
    """A JPEG of 120x90 that says who took it."""
    image = Image.linear_gradient("L").resize((120, 90)).convert("RGB")
    image.paste(colour, (0, 0, 60, 90))
    written = Image.Exif()
    written[0x013B] = "Dr Privacy"
    buffer = BytesIO()
    image.save(buffer, "JPEG", exif=written)
    return buffer.getvalue()


def sha256_of(content: bytes) -> str:
    return prepare_start(read_photograph(content, "skin.jpg"), 32, 32).sha256


def start_from(app: AppTest, what: str) -> AppTest:
    return app.segmented_control(key="start_mode").set_value(what).run()


def upload(app: AppTest, content: bytes, name: str = "skin.jpg") -> AppTest:
    return app.file_uploader[0].set_value((name, content, "image/jpeg")).run()


def newest(repository: Repository) -> Job:
    return repository.jobs.recent(scenes.PERSON)[0]


def stored(repository: Repository) -> list[str]:
    return sorted(path.parent.name for path in (repository.library / "starts").rglob("*") if path.is_file())


def work(repository: Repository) -> None:
    worker = Worker(repository.jobs, repository.library)
    while worker.run_once():
        pass


def with_upload(content: bytes | None = None) -> AppTest:
    return upload(start_from(scenes.open_app(), "Photograph"), content or photograph())


def test_by_default_pictures_start_from_noise(repository: Repository) -> None:
    app = scenes.open_app()
    assert app.segmented_control(key="start_mode").value == "Noise"
    assert not app.file_uploader
    scenes.healthy(scenes.press(app, "generate"))
    assert newest(repository).recipe.start_hash is None


def test_the_phantom_is_that_of_the_form_until_another_is_chosen(repository: Repository) -> None:
    app = start_from(scenes.open_app(), "Clear-skin phantom")
    for key, value in (("form_site", "foot"), ("form_tone", "brown")):
        app = app.selectbox(key=key).set_value(value).run()
    assert (app.selectbox(key="start_site").value, app.selectbox(key="start_tone").value) == ("foot", "brown")
    app = app.selectbox(key="start_tone").set_value("fair").run()
    app = app.selectbox(key="form_rash").set_value("tinea").run()
    assert app.selectbox(key="start_tone").value == "fair"
    assert app.selectbox(key="start_site").options == ["Face", "Palm", "Foot"]
    (thumbnail,) = app.get("image")
    assert thumbnail.proto.imgs[0].alt == "Clear-skin phantom: Foot, Fair skin"
    app = app.slider(key="start_strength").set_value(0.8).run()
    scenes.healthy(scenes.press(app, "generate"))
    phantom = find_phantom("foot", "fair")
    assert phantom is not None
    recipe = newest(repository).recipe
    assert (recipe.start_hash, recipe.strength) == (prepare_phantom(phantom, 32, 32).sha256, 0.8)
    assert (recipe.tone, stored(repository)) == ("brown", ["phantoms"])


def test_a_drawing_from_a_phantom_is_made_and_history_shows_both(repository: Repository) -> None:
    app = scenes.press(start_from(scenes.open_app(), "Clear-skin phantom"), "generate")
    work(repository)
    job = newest(repository)
    assert job.state is JobState.DONE, job.message
    assert "strength 0.6" in scenes.texts(app.run())
    app = scenes.press(scenes.open_app("history"), f"open_{job.generation_id}")
    words = scenes.texts(scenes.healthy(app))
    assert "Started from Clear-skin phantom: Face, Fair skin" in words.replace("**", "")
    assert job.recipe.start_hash is not None and job.recipe.start_hash[:8] in words
    assert "the last 1 of 3" in words
    alts = [image.proto.imgs[0].alt for image in app.get("image")]
    assert any(alt.startswith("Start picture. Clear-skin phantom") for alt in alts)
    assert not [button for button in app.button if button.key == "detail_forget_start"]


def test_an_upload_is_stripped_drawn_from_and_gone_when_its_pictures_are_done(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go: list[str] = []
    remove = MemoryUploadedFileManager.remove_file
    monkeypatch.setattr(
        MemoryUploadedFileManager,
        "remove_file",
        lambda self, session, file: let_go.append(file) or remove(self, session, file),
    )
    content = photograph()
    assert b"Dr Privacy" in content
    app = with_upload(content)
    words = scenes.texts(app)
    assert "EXIF data, place and time are removed" in words and "consent" in words
    assert len(set(let_go)) == 1
    assert not app.file_uploader
    app = app.number_input(key="form_count").set_value(2).run()
    app = scenes.healthy(scenes.press(app, "generate"))
    assert stored(repository) == ["passing"]
    assert b"Dr Privacy" not in b"".join(p.read_bytes() for p in repository.library.rglob("*") if p.is_file())
    work(repository)
    assert stored(repository) == []
    recipe = newest(repository).recipe
    assert recipe.start_hash == sha256_of(content)
    drawn = repository.generations.get(newest(repository).generation_id or 0, scenes.PERSON)
    assert read_recipe(drawn.image_path)[0].start_hash == recipe.start_hash
    everything = b"".join(p.read_bytes() for p in repository.library.rglob("*") if p.is_file())
    assert b"Dr Privacy" not in everything
    app = scenes.press(scenes.open_app("history"), f"open_{drawn.id}")
    assert "The photograph was not kept" in scenes.texts(scenes.healthy(app))


def kept_picture(repository: Repository) -> Generation:
    app = with_upload()
    app = app.checkbox(key="start_keep").check().run()
    scenes.healthy(scenes.press(app, "generate"))
    work(repository)
    generation = newest(repository).generation_id
    assert generation is not None, newest(repository).message
    return repository.generations.get(generation, scenes.PERSON)


def test_a_kept_photograph_is_shown_beside_its_picture_and_its_owner_can_delete_it(
    repository: Repository,
) -> None:
    key = kept_picture(repository).id
    assert stored(repository) == ["kept"]
    app = scenes.press(scenes.open_app("history"), f"open_{key}")
    alts = [image.proto.imgs[0].alt for image in scenes.healthy(app).get("image")]
    assert any(alt.startswith("Start picture. Photograph") for alt in alts)
    other = scenes.open_app()
    other = other.selectbox(key="user").set_value(scenes.OTHER).run().switch_page("pages/history.py").run()
    other = scenes.press(other, f"open_{key}")
    assert not [button for button in other.button if button.key == "detail_forget_start"]
    scenes.press(app, "detail_forget_start")
    assert stored(repository) == []
    assert repository.generations.get(key, scenes.PERSON).image_path.is_file()


def reuse(generation: int) -> AppTest:
    app = scenes.press(scenes.open_app("history"), f"open_{generation}")
    return scenes.press(app, "detail_reuse").switch_page("pages/generate.py").run()


def test_reuse_of_a_kept_photograph_draws_the_same_picture(repository: Repository) -> None:
    first = kept_picture(repository)
    app = scenes.healthy(reuse(first.id))
    assert "This is the photograph that the recipe started from" in scenes.texts(app)
    scenes.healthy(scenes.press(app, "generate"))
    work(repository)
    second = repository.generations.get(newest(repository).generation_id or 0, scenes.PERSON)
    assert second.id != first.id
    assert (second.recipe, second.file_sha256) == (first.recipe, first.file_sha256)
    assert stored(repository) == ["kept"]


def test_reuse_of_a_phantom_and_of_noise_set_the_form(repository: Repository) -> None:
    phantom = find_phantom("palm", "black")
    assert phantom is not None
    start = prepare_phantom(phantom, 32, 32)
    recipe = replace(scenes.recipe_for(), strength=0.85, start_hash=start.sha256)
    started, plain = (
        scenes.add_picture(repository, recipe),
        scenes.add_picture(repository, scenes.recipe_for()),
    )
    app = scenes.healthy(reuse(started.id))
    assert (app.selectbox(key="start_site").value, app.selectbox(key="start_tone").value) == ("palm", "black")
    scenes.healthy(scenes.press(app, "generate"))
    again = newest(repository).recipe
    assert (again.strength, again.start_hash) == (0.85, start.sha256)
    app = scenes.press(app.switch_page("pages/history.py").run(), f"open_{plain.id}")
    app = scenes.press(app, "detail_reuse").switch_page("pages/generate.py").run()
    assert app.segmented_control(key="start_mode").value == "Noise"


def test_reuse_of_a_photograph_that_was_not_kept_asks_for_it_again(repository: Repository) -> None:
    content = photograph()
    recipe = replace(scenes.recipe_for(), strength=0.7, start_hash=sha256_of(content))
    app = scenes.healthy(reuse(scenes.add_picture(repository, recipe).id))
    words = scenes.texts(app)
    assert "photograph that was not kept" in words and sha256_of(content)[:8] in words
    app = scenes.press(app, "generate")
    assert "There is no photograph to start from yet" in app.error[0].value
    assert not repository.jobs.recent(scenes.PERSON)
    app = upload(app, photograph("#402010"))
    assert "This is another photograph" in scenes.texts(app)
    app = upload(scenes.press(app, "start_remove"), content)
    app = scenes.healthy(scenes.press(app, "generate"))
    assert newest(repository).recipe.start_hash == recipe.start_hash


def test_a_new_seed_and_a_retry_work_while_the_form_holds_the_photograph(repository: Repository) -> None:
    app = scenes.press(with_upload(), "generate")
    work(repository)
    key = newest(repository).generation_id
    app = scenes.healthy(scenes.press(app.run(), f"new_seed_{key}"))
    job = repository.jobs.take("hand", 60)
    assert job is not None and job.recipe.start_hash == sha256_of(photograph())
    assert stored(repository) == ["passing"]
    repository.jobs.fail(job.id, "hand", "The picture came out black.")
    assert stored(repository) == []
    app = scenes.press(app.run(), f"retry_{job.id}")
    work(repository)
    assert repository.jobs.get(job.id, scenes.PERSON).state is JobState.DONE
    assert stored(repository) == []


def test_a_retry_without_the_photograph_says_that_it_is_gone(repository: Repository) -> None:
    app = scenes.press(with_upload(), "generate")
    job = newest(repository)
    repository.jobs.cancel(job.id, scenes.PERSON)
    later = scenes.press(scenes.open_app(), f"retry_{job.id}")
    assert "no longer here" in later.error[0].value and "Upload the same photograph" in later.error[0].value
    assert repository.jobs.get(job.id, scenes.PERSON).state is JobState.CANCELLED
    app = scenes.press(app.run(), f"retry_{job.id}")
    assert repository.jobs.get(job.id, scenes.PERSON).state is JobState.QUEUED


def test_across_tones_each_tone_starts_from_its_own_phantom_and_a_photograph_stays(
    repository: Repository,
) -> None:
    app = scenes.press(start_from(scenes.open_app(), "Clear-skin phantom"), "generate")
    scenes.draw_by_hand(repository)
    app = scenes.press(app.run(), f"across_skin_tones_{newest(repository).generation_id}")
    recipes = [job.recipe for job in repository.jobs.of_request(newest(repository).request_id, scenes.PERSON)]
    phantoms = [find_phantom("face", tone) for tone in ("fair", "brown", "black")]
    own = [prepare_phantom(phantom, 32, 32).sha256 for phantom in phantoms if phantom is not None]
    assert [recipe.start_hash for recipe in recipes] == own
    assert {recipe.strength for recipe in recipes} == {0.6}
    scenes.draw_by_hand(repository)
    app = scenes.press(upload(start_from(app.run(), "Photograph"), photograph()), "generate")
    scenes.draw_by_hand(repository)
    app = scenes.press(app.run(), f"across_skin_tones_{newest(repository).generation_id}")
    recipes = [job.recipe for job in repository.jobs.of_request(newest(repository).request_id, scenes.PERSON)]
    assert [recipe.start_hash for recipe in recipes] == [sha256_of(photograph())] * 3
    scenes.draw_by_hand(repository)
    assert "All of these start from the same photograph" in scenes.texts(app.run())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7", "no JPEG, PNG or WebP"),
        (photograph()[:300], "damaged"),
        (b"", "no JPEG, PNG or WebP"),
    ],
    ids=["no picture", "damaged", "empty"],
)
def test_a_bad_upload_is_answered_on_the_page_and_another_can_follow(
    content: bytes, words: str, repository: Repository
) -> None:
    app = with_upload(content) if content else upload(start_from(scenes.open_app(), "Photograph"), b"")
    assert words in app.error[0].value.replace("\\", "")
    app = scenes.healthy(upload(app, photograph()))
    scenes.healthy(scenes.press(app, "generate"))
    assert newest(repository).recipe.start_hash == sha256_of(photograph())


def test_the_photograph_and_the_choices_stay_while_other_pages_are_looked_at(repository: Repository) -> None:
    app = with_upload()
    app = app.slider(key="start_strength").set_value(0.9).run()
    app = app.switch_page("pages/about.py").run().switch_page("pages/generate.py").run()
    assert app.slider(key="start_strength").value == 0.9
    scenes.healthy(scenes.press(app, "generate"))
    recipe = newest(repository).recipe
    assert (recipe.strength, recipe.start_hash) == (0.9, sha256_of(photograph()))


def test_a_strength_too_low_for_the_steps_is_said_beside_the_slider_and_refused(
    repository: Repository,
) -> None:
    app = start_from(scenes.open_app(), "Clear-skin phantom")
    app = app.slider(key="start_strength").set_value(0.2).run()
    assert "Of 3 steps none would be drawn" in scenes.texts(app)
    app = scenes.press(app, "generate")
    assert "of 3 steps none would be drawn" in app.error[0].value
    assert not repository.jobs.recent(scenes.PERSON)


def test_a_start_that_vanished_before_its_turn_fails_the_job_with_the_way_out(
    repository: Repository,
) -> None:
    scenes.press(with_upload(), "generate")
    job = newest(repository)
    assert job.recipe.start_hash is not None
    found = find_start(repository.library, job.recipe.start_hash)
    assert found == (
        StartKind.PASSING,
        start_path(repository.library, StartKind.PASSING, job.recipe.start_hash),
    )
    with Image.open(found[1]) as image:
        assert (image.info, pixel_sha256(image)) == ({}, job.recipe.start_hash)
    found[1].unlink()
    work(repository)
    failed = repository.jobs.get(job.id, scenes.PERSON)
    assert (failed.state, "Upload the same photograph again" in failed.message) == (JobState.FAILED, True)
