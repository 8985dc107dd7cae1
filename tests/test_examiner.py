"""Pictures measured after they were drawn: real phantoms, the released judge, a real library."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from library_parts import RECIPE, drawn, library_settings, opened
from PIL import Image
from sqlalchemy import delete

from core.errors import StorageError
from core.images import store_image
from core.language.attributes import Attributes
from core.measuring.examiner import Examiner
from core.measuring.judge import load_judge
from core.measuring.readings import Reading
from core.recipes import Recipe
from core.settings import JUDGE, PROJECT
from core.worker import Worker
from db.repository import Repository
from db.tables import generations
from training.phantoms.render import render_phantom

TONES = ("brown", "black")
FOLDER = PROJECT / "data" / "models" / JUDGE
TINEA = replace(RECIPE, rash="tinea", sites=("hand",), tone="brown", height=256, width=256)


@pytest.fixture
def repository(library: Path) -> Iterator[Repository]:
    repository = opened(library_settings(library))
    yield repository
    repository.close()


def add_phantom(repository: Repository, recipe: Recipe, tone: str = "brown", rash: str = "tinea") -> int:
    phantom = render_phantom(Attributes(rash, ("hand",), tone), (5, 1))
    image = Image.fromarray(phantom.image)
    return repository.generations.add("ann", store_image(repository.library, image, recipe, 1.0))


def test_a_phantoms_tone_is_measured_beside_what_was_asked(repository: Repository) -> None:
    as_asked, darker = (add_phantom(repository, TINEA.with_seed(i), tone) for i, tone in enumerate(TONES))
    examiner = Examiner(repository.readings, FOLDER)
    assert examiner.run_once() and examiner.run_once() and not examiner.run_once()
    found = repository.readings.of([as_asked, darker])
    assert (found[as_asked].tone, found[darker].tone) == TONES
    first, second = found[as_asked], found[darker]
    assert first.monk < second.monk and first.ita > second.ita
    assert 0 < first.lesion_share < 1 and len(first.judge_sha256) == 64


def test_the_judge_speaks_of_rash_and_site_for_models_it_knows_alone(repository: Repository) -> None:
    known = add_phantom(repository, TINEA)
    foreign = add_phantom(repository, replace(TINEA, model="/models/mine", seed=1))
    examiner = Examiner(repository.readings, FOLDER)
    while examiner.run_once():
        pass
    found = repository.readings.of([known, foreign])
    assert (found[known].rash, found[known].site) == ("tinea", "hand")
    with Image.open(repository.generations.get(known, "ann").image_path) as picture:
        sure = load_judge(FOLDER).read(picture.convert("RGB")).rash
    assert found[known].rash_probability == pytest.approx(max(sure.values()), abs=1e-3)
    assert found[foreign].rash is found[foreign].site is None
    assert found[foreign].tone == found[known].tone


def test_a_damaged_file_is_noted_and_the_next_picture_measured(repository: Repository) -> None:
    broken, whole = add_phantom(repository, TINEA), add_phantom(repository, TINEA.with_seed(1), rash="clear")
    repository.generations.get(broken, "ann").image_path.write_bytes(b"\x89PNG\r\n\x1a\n broken")
    examiner = Examiner(repository.readings, FOLDER)
    while examiner.run_once():
        pass
    found = repository.readings.of([broken, whole])
    assert "damaged" in found[broken].note or "not a PNG" in found[broken].note
    assert found[broken].tone is None and found[whole].tone == "brown"


def test_a_picture_without_skin_says_so(repository: Repository) -> None:
    cloth = Image.new("RGB", (256, 256), (20, 60, 190))
    id = repository.generations.add("ann", store_image(repository.library, cloth, TINEA, 1.0))
    Examiner(repository.readings, FOLDER).run_once()
    reading = repository.readings.of([id])[id]
    assert reading.tone is None and reading.note == "no skin was recognised"


def test_without_a_judge_nothing_is_measured_and_nothing_fails(
    repository: Repository, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    add_phantom(repository, TINEA)
    assert not Examiner(repository.readings, tmp_path / "none").run_once()
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "model.safetensors").write_bytes(b"nonsense")
    half = Examiner(repository.readings, tmp_path / "half")
    assert not half.run_once() and not half.run_once()
    assert caplog.text.count("not measured") == 1


def test_a_worker_measures_while_no_job_waits(repository: Repository, library: Path) -> None:
    id = add_phantom(repository, TINEA)
    worker = Worker(repository.jobs, library, examiner=Examiner(repository.readings, FOLDER))
    thread = worker.start_in_thread()
    for _ in range(600):
        if repository.readings.of([id]):
            break
        thread.join(0.1)
    worker.stop()
    thread.join(60)
    assert repository.readings.of([id])[id].tone == "brown"


def test_readings_are_kept_once_and_leave_with_their_picture(repository: Repository) -> None:
    first, second = (repository.generations.add("ann", drawn(repository.library)) for _ in range(2))
    for tone in ("brown", "tan"):
        repository.readings.record(first, Reading(tone=tone, monk=7))
    repository.readings.record(second + 1, Reading(tone="tan"))
    assert repository.readings.of([first, second, second + 1]) == {first: Reading(tone="brown", monk=7)}
    assert repository.readings.next_unread().generation_id == second
    with repository.database.writing() as connection:
        connection.execute(delete(generations).where(generations.c.id == first))
    assert repository.readings.of([first]) == {}


@pytest.mark.parametrize("wrong", [Reading(tone="tan", monk=11), Reading(), Reading("tan", lesion_share=2.0)])
def test_impossible_readings_are_refused_by_the_schema(repository: Repository, wrong: Reading) -> None:
    id = repository.generations.add("ann", drawn(repository.library))
    with pytest.raises(StorageError, match="readings"):
        repository.readings.record(id, wrong)
