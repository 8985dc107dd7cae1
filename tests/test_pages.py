"""Generate and the frame around all pages, run without a browser on a real library and a tiny real model."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.jobs import JobState
from core.weights.model_cards import ModelCard
from core.worker import Worker
from db.repository import Repository
from pages.components.generating.model_picker import distinct_labels
from tests import app_scenes as scenes
from tests.tiny_models import make_tiny_pipeline


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of released models that holds the tiny one."""
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


@pytest.mark.parametrize("page", scenes.PAGES)
def test_every_page_opens_on_an_empty_library_and_carries_the_disclaimer(
    page: str, repository: Repository
) -> None:
    app = scenes.healthy(scenes.open_app(page))
    assert "Synthetic images for education and research. Not for diagnosis." in scenes.texts(app)
    assert len(app.title) == 1


def test_no_page_imports_torch_or_what_draws(models: Path, tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from tests import app_scenes as scenes\n"
        "for page in scenes.PAGES:\n"
        "    scenes.healthy(scenes.open_app(page, 120))\n"
        "print(sorted({'torch', 'diffusers', 'transformers'} & set(sys.modules)))\n"
    )
    environment = {
        **os.environ,
        "SCRIPT2SKIN_MODELS": str(models),
        "SCRIPT2SKIN_LIBRARY": str(tmp_path / "l"),
    }
    root = Path(__file__).resolve().parent.parent
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=environment, capture_output=True, text=True, timeout=240
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip().splitlines()[-1] == "[]"


def choose(app: AppTest, rash: str, site: str, tone: str) -> AppTest:
    for key, value in (("form_rash", rash), ("form_site", site), ("form_tone", tone)):
        app = app.selectbox(key=key).set_value(value).run()
    return app


def test_choices_write_the_caption_and_the_caption_is_what_is_drawn(repository: Repository) -> None:
    app = choose(scenes.open_app(), "tinea", "foot", "brown")
    caption = "tinea type of rash at the foot area on a brown skin"
    assert app.text_area(key="form_prompt").value == caption
    scenes.healthy(scenes.press(app, "generate"))
    (job,) = repository.jobs.recent(scenes.PERSON)
    assert (job.recipe.prompt, job.recipe.caption) == (caption, caption)
    assert (job.recipe.rash, job.recipe.sites, job.recipe.tone) == ("tinea", ("foot",), "brown")


def test_dropdowns_offer_what_the_model_knows_and_the_rest_is_named_with_the_reason(
    repository: Repository,
) -> None:
    app = scenes.open_app()
    assert [option.split(" (")[0] for option in app.selectbox(key="form_tone").options] == [
        "Fair",
        "Brown",
        "Black",
    ]
    words = scenes.texts(app)
    assert "was not taught these words" in words
    assert "Urticaria" in words and "Scalp" in words


def test_an_edited_caption_is_drawn_as_it_stands_and_says_how_it_is_read(repository: Repository) -> None:
    app = choose(scenes.open_app(), "acne", "face", "fair")
    app = app.text_area(key="form_prompt").set_value("acne on the palm, brown skin").run()
    assert "**Read as** Acne and rosacea · Palm · Brown skin" in scenes.texts(app)
    scenes.healthy(scenes.press(app, "generate"))
    (job,) = repository.jobs.recent(scenes.PERSON)
    assert job.recipe.prompt == "acne on the palm, brown skin"
    assert job.recipe.sites == ("palm",)
    app = scenes.press(app, "form_restore")
    assert app.text_area(key="form_prompt").value == "acne type of rash at the face area on a fair skin"


def test_another_choice_replaces_an_edited_caption(repository: Repository) -> None:
    app = scenes.open_app()
    app = app.text_area(key="form_prompt").set_value("something else").run()
    app = app.selectbox(key="form_rash").set_value("tinea").run()
    assert app.text_area(key="form_prompt").value.startswith("tinea type of rash")


def write(app: AppTest, text: str) -> AppTest:
    app = app.segmented_control(key="form_mode").set_value("Write").run()
    return app.text_area(key="form_written").set_value(text).run()


def test_free_text_is_read_back_with_its_slips(repository: Repository) -> None:
    app = write(scenes.open_app(), "acne on the forehed of a blurry person")
    words = scenes.texts(app)
    assert "read as forehead" in words
    assert "No skin tone found" in words
    assert "Not understood, but passed on to the model" in words


def test_every_setting_reaches_the_recipe(repository: Repository) -> None:
    app = scenes.open_app()
    app = app.toggle(key="settings_fixed").set_value(True).run()
    app = app.number_input(key="settings_seed").set_value(41).run()
    app = app.slider(key="settings_steps").set_value(5).run()
    app = app.slider(key="settings_guidance").set_value(4.5).run()
    app = app.selectbox(key="settings_scheduler").set_value("euler").run()
    app = app.text_input(key="settings_negative").set_value("blurry").run()
    app = app.number_input(key="form_count").set_value(3).run()
    scenes.healthy(scenes.press(app, "generate"))
    recipes = [job.recipe for job in reversed(repository.jobs.recent(scenes.PERSON))]
    assert [recipe.seed for recipe in recipes] == [41, 42, 43]
    assert {(r.num_inference_steps, r.guidance_scale, r.scheduler, r.negative_prompt) for r in recipes} == {
        (5, 4.5, "euler", "blurry")
    }
    app = scenes.press(app, "settings_reset")
    assert app.slider(key="settings_steps").value == 3
    assert app.selectbox(key="settings_scheduler").value == "ddim"


def test_without_a_fixed_seed_each_order_gets_its_own(repository: Repository) -> None:
    app = scenes.press(scenes.open_app(), "generate")
    scenes.press(app, "generate")
    first, second = repository.jobs.recent(scenes.PERSON)
    assert first.recipe.seed != second.recipe.seed


def test_the_queue_is_shown_and_only_the_owner_cancels(repository: Repository) -> None:
    repository.jobs.submit(scenes.OTHER, [scenes.recipe_for(seed=1)])
    app = scenes.open_app()
    app = app.number_input(key="form_count").set_value(2).run()
    app = scenes.press(app, "generate")
    assert "2 pictures waiting" in scenes.texts(app)
    mine = repository.jobs.recent(scenes.PERSON)
    assert not [button for button in app.button if button.key == "cancel_1"]
    app = scenes.healthy(scenes.press(app, f"cancel_waiting_{mine[-1].id}"))
    assert {job.state for job in repository.jobs.recent(scenes.PERSON)} == {JobState.CANCELLED}
    assert repository.jobs.recent(scenes.OTHER)[0].state is JobState.QUEUED
    assert "Cancelled. Nothing was kept." in scenes.texts(app)


def test_a_running_job_shows_its_step_and_can_be_cancelled(repository: Repository) -> None:
    app = scenes.press(scenes.open_app(), "generate")
    job = repository.jobs.take("hand", 60)
    assert job is not None
    repository.jobs.report(job.id, "hand", 0, 0, "Loading the model ...")
    assert "Loading the model …" in progress_texts(app.run())
    repository.jobs.report(job.id, "hand", 2, 3)
    assert "Step 2 of 3" in progress_texts(app.run())
    app = scenes.press(app, f"cancel_{job.id}")
    assert repository.jobs.get(job.id, scenes.PERSON).cancel_requested
    assert "Cancelling after this step …" in progress_texts(app)


def progress_texts(app: AppTest) -> str:
    return "\n".join(element.text for element in app.progress)


def test_a_failed_job_says_why_and_is_drawn_again_on_retry(repository: Repository) -> None:
    app = scenes.press(scenes.open_app(), "generate")
    job = repository.jobs.take("hand", 60)
    assert job is not None
    repository.jobs.fail(job.id, "hand", "The picture came out black. Try another seed.")
    app = app.run()
    assert [element.value for element in app.error] == [r"The picture came out black\. Try another seed\."]
    app = scenes.healthy(scenes.press(app, f"retry_{job.id}"))
    assert repository.jobs.get(job.id, scenes.PERSON).state is JobState.QUEUED


def test_results_stay_through_reruns_page_changes_and_a_closed_tab(repository: Repository) -> None:
    app = scenes.press(scenes.open_app(), "generate")
    assert scenes.draw_by_hand(repository) == 1
    app = app.run()
    assert len(app.get("image")) == 1
    app = scenes.press(app, "settings_reset")
    app = app.switch_page("pages/about.py").run().switch_page("pages/generate.py").run()
    assert len(scenes.healthy(app).get("image")) == 1
    reopened = scenes.healthy(scenes.open_app())
    assert len(reopened.get("image")) == 1
    assert reopened.get("image")[0].proto.imgs[0].alt.startswith("Synthetic image, asked for as: acne")


def test_put_away_takes_pictures_out_of_view_and_leaves_them_in_history(repository: Repository) -> None:
    app = scenes.press(scenes.open_app(), "generate")
    scenes.draw_by_hand(repository)
    request = repository.jobs.recent(scenes.PERSON)[0].request_id
    app = scenes.press(app.run(), f"put_away_{request}")
    assert not app.get("image")
    assert len(app.switch_page("pages/history.py").run().get("image")) == 1


def finished(app: AppTest, repository: Repository) -> tuple[AppTest, int]:
    app = scenes.press(app, "generate")
    scenes.draw_by_hand(repository)
    generation = repository.jobs.recent(scenes.PERSON)[0].generation_id
    assert generation is not None
    return app.run(), generation


def test_a_rating_is_saved_and_shown_on_the_button(repository: Repository) -> None:
    app, key = finished(scenes.open_app(), repository)
    app.segmented_control(key=f"result_realism_{key}").set_value(6)
    app.segmented_control(key=f"result_colour_{key}").set_value("partly")
    app.text_area(key=f"result_comment_{key}").set_value("good border")
    form = next(button for button in app.button if button.label == "Save rating")
    scenes.healthy(form.click().run())
    (rating,) = repository.ratings.of(key)
    assert (rating.realism, rating.criteria, rating.comment) == (6, {"colour": "partly"}, "good border")
    assert not rating.blind


def test_a_new_seed_changes_the_seed_alone(repository: Repository) -> None:
    app, key = finished(scenes.open_app(), repository)
    scenes.healthy(scenes.press(app, f"new_seed_{key}"))
    new, old = (job.recipe for job in repository.jobs.recent(scenes.PERSON))
    assert new.seed != old.seed
    assert new == old.with_seed(new.seed)


def test_across_skin_tones_draws_one_recipe_and_seed_over_all_tones_in_one_labelled_row(
    repository: Repository,
) -> None:
    app, key = finished(choose(scenes.open_app(), "tinea", "palm", "black"), repository)
    app = scenes.healthy(scenes.press(app, f"across_skin_tones_{key}"))
    jobs = repository.jobs.of_request(repository.jobs.recent(scenes.PERSON)[0].request_id, scenes.PERSON)
    original = repository.generations.get(key, scenes.PERSON).recipe
    assert [job.recipe.tone for job in jobs] == ["fair", "brown", "black"]
    assert {job.recipe.seed for job in jobs} == {original.seed}
    assert {job.recipe.sites for job in jobs} == {("palm",)}
    assert jobs[-1].recipe == original
    scenes.draw_by_hand(repository)
    words = scenes.texts(app.run())
    assert "Across skin tones" in words and "**Fair**" in words and "**Brown**" in words


def test_pictures_belong_to_the_person_chosen(repository: Repository) -> None:
    app = scenes.open_app()
    app = app.selectbox(key="user").set_value(scenes.OTHER).run()
    scenes.press(app, "generate")
    assert len(repository.jobs.recent(scenes.OTHER)) == 1
    assert not repository.jobs.recent(scenes.PERSON)
    assert "2 pictures waiting" not in scenes.texts(scenes.open_app())


def test_reuse_takes_subject_settings_and_seed_from_history_to_generate(repository: Repository) -> None:
    original = scenes.recipe_for("tinea", "palm", "fair", 77)
    key = scenes.add_picture(repository, original).id
    app = scenes.press(scenes.open_app("history"), f"open_{key}")
    app = scenes.healthy(scenes.press(app, "detail_reuse"))
    assert app.title[0].value == "Generate"
    assert app.text_area(key="form_prompt").value == original.prompt
    app = app.switch_page("pages/generate.py").run()
    scenes.healthy(scenes.press(app, "generate"))
    (job,) = repository.jobs.recent(scenes.PERSON)
    for name in ("prompt", "caption", "seed", "num_inference_steps", "guidance_scale", "scheduler", "tone"):
        assert getattr(job.recipe, name) == getattr(original, name)


def refusal(app: AppTest, repository: Repository) -> str:
    """What the page says; nothing may have been submitted."""
    assert not app.exception
    assert not repository.jobs.recent(scenes.PERSON)
    (error,) = app.error
    return str(error.value)


def test_a_prompt_of_two_thousand_words_is_refused_with_its_length(repository: Repository) -> None:
    app = write(scenes.open_app(), "tinea " * 2000)
    words = refusal(scenes.press(app, "generate"), repository)
    assert "77" in words and "tokens" in words


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_prompt_is_refused_with_an_example(repository: Repository, text: str) -> None:
    app = scenes.press(write(scenes.open_app(), text), "generate")
    assert "The prompt is empty" in refusal(app, repository)


def test_an_emptied_caption_is_composed_anew(repository: Repository) -> None:
    app = scenes.open_app()
    app = app.text_area(key="form_prompt").set_value("").run()
    assert app.text_area(key="form_prompt").value == "acne type of rash at the face area on a fair skin"


def test_the_last_seed_of_a_series_may_not_leave_the_range(repository: Repository) -> None:
    app = scenes.open_app()
    app = app.toggle(key="settings_fixed").set_value(True).run()
    app = app.number_input(key="settings_seed").set_value(2**32 - 1).run()
    app = app.number_input(key="form_count").set_value(2).run()
    assert "seed is 4294967296" in refusal(scenes.press(app, "generate"), repository)


@pytest.mark.parametrize("count", [0, 1_000_000])
def test_no_or_a_million_pictures_can_not_be_asked_for(repository: Repository, count: int) -> None:
    field = scenes.open_app().number_input(key="form_count")
    assert not field.min <= count <= field.max


def test_a_rash_the_vocabulary_lost_gives_way_to_a_known_one(repository: Repository) -> None:
    app = AppTest.from_file(scenes.APP, default_timeout=60)
    app.session_state["form_rash"] = "dragon pox"
    app = scenes.healthy(app.run())
    assert app.selectbox(key="form_rash").value == "acne"


def add_model(app: AppTest, source: Path | str) -> AppTest:
    app.text_input(key="model_source").set_value(str(source))
    return next(button for button in app.button if button.label == "Check and add").click().run()


def test_models_of_one_name_are_told_apart_by_their_folder() -> None:
    cards = [ModelCard("a", "Skin"), ModelCard("/models/b", "Skin"), ModelCard("c", "Other")]
    assert distinct_labels(cards) == {"a": "Skin (a)", "/models/b": "Skin (/models/b)", "c": "Other"}


def test_a_whole_model_folder_is_added_and_chosen(repository: Repository, tmp_path: Path) -> None:
    folder = make_tiny_pipeline(tmp_path / "mine", seed=3)
    app = scenes.healthy(add_model(scenes.open_app(), folder))
    assert [model.source for model in repository.models.list()] == [str(folder)]
    assert app.selectbox(key="settings_model").value == str(folder)
    scenes.healthy(scenes.press(app, "generate"))
    assert repository.jobs.recent(scenes.PERSON)[0].recipe.model == str(folder)


def test_folders_that_can_not_be_used_are_refused_with_the_reason(
    repository: Repository, models: Path, tmp_path: Path
) -> None:
    partless = shutil.copytree(models / "tiny", tmp_path / "partless")
    shutil.rmtree(partless / "vae")
    pickled = shutil.copytree(models / "tiny", tmp_path / "pickled")
    weights = pickled / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    for source, words in ((tmp_path / "none", "no model folder"), (partless, "vae"), (pickled, "pickled")):
        app = add_model(scenes.open_app(), source)
        assert words in refusal(app, repository)
    assert not repository.models.list()


def test_without_any_model_the_page_says_how_to_get_one(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(tmp_path / "nothing"))
    st.cache_resource.clear()
    app = scenes.healthy(scenes.open_app())
    assert "No model is installed yet" in scenes.texts(app)


def test_a_worker_draws_what_was_asked_for_and_the_page_shows_it(repository: Repository) -> None:
    app = scenes.press(scenes.open_app(), "generate")
    assert Worker(repository.jobs, repository.library).run_once()
    app = scenes.healthy(app.run())
    (job,) = repository.jobs.recent(scenes.PERSON)
    assert job.state is JobState.DONE, job.message
    assert len(app.get("image")) == 1
