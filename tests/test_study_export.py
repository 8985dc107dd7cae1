"""Export of a study: its drawn pictures and all answers, photographs never as synthetic, names by wish."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from library_parts import RECIPE
from study_parts import rate

from core.errors import InputError, NotAllowedError, NotFoundError
from core.exporting.run import export
from core.images import store_image
from core.provenance.outgoing import Outgoing
from core.review.studies import AI, REAL
from db.export import main
from db.repository import Repository
from db.study_export import study_order
from db.study_records import Study, StudyDraft, StudyPhotograph
from tests import app_scenes as scenes

PHOTO = StudyPhotograph("mine/images/ab/x.jpg", "acne", ("cheek",), "fair", 300, 200)
FORMULA = "=1+1"


@pytest.fixture
def study(repository: Repository, library: Path) -> Study:
    """Three drawn pictures of one caption and a photograph; cat has rated all, dan the first one."""
    for name in ("cat", "dan"):
        repository.users.ensure(name, "reviewer")
    recipes = [replace(RECIPE, seed=seed, width=32, height=32) for seed in range(3)]
    drawn = [store_image(library, scenes.noise(recipe), recipe, 1.0) for recipe in recipes]
    ids = tuple(repository.generations.add("ann", one) for one in drawn)
    made = repository.studies.create(StudyDraft("First", ids, ("cat", "dan"), 2, 11, 0.0, (PHOTO,)), "ann")
    for realism in (7, 2, 5, 1):
        rate(repository, made.id, "cat", realism=realism)
    rate(repository, made.id, "dan", diagnosis_1=FORMULA, origin=REAL)
    return made


def answers(folder: Path) -> list[dict[str, str]]:
    text = (folder / "answers.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def exported(repository: Repository, study: Study, form: str, to: Path, names: bool = False) -> Path:
    order = study_order(repository, study, "ann", names)
    export(replace(order, outgoing=Outgoing(None)), form, to)
    return to


def test_every_answer_leaves_and_photographs_are_not_called_synthetic(
    repository: Repository, study: Study, tmp_path: Path
) -> None:
    folder = exported(repository, study, "ratings", tmp_path / "out", names=True)
    rows = answers(folder)
    assert [row["rater"] for row in rows] == ["cat"] * 4 + ["dan"]
    assert {(row["source"], row["synthetic"], row["generation"] != "") for row in rows[:4]} == {
        ("drawn", "True", True),
        ("photograph", "False", False),
    }
    assert rows[0]["artefacts"] == '{"blur": "mild"}' and float(rows[0]["seconds"]) > 0
    lines = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    said = {r.place: r.answers for r in repository.studies.responses(study.id, "ann") if r.rater == "cat"}
    assert {line["place"]: line["realism"] for line in lines[:4]} == {
        place: one["realism"] for place, one in said.items()
    }
    plan = json.loads((folder / "study.json").read_text())
    assert (plan["seed"], set(plan["checklists"])) == (11, {"acne", "tinea"})
    readme = (folder / "README.md").read_text()
    assert "3 drawn pictures and 1 photographs" in readme and "Raters are named" in readme
    assert sorted(path.name for path in folder.iterdir()) == [
        *("README.md", "answers.csv", "answers.jsonl", "study.json")
    ]


def test_without_names_a_number_is_the_same_person_throughout(
    repository: Repository, study: Study, tmp_path: Path
) -> None:
    seen = set()
    for number in range(20):
        folder = exported(repository, study, "ratings", tmp_path / f"out{number}")
        rows = answers(folder)
        counts = {name: [row["rater"] for row in rows].count(name) for name in ("rater 1", "rater 2")}
        assert sorted(counts.values()) == [1, 4]
        lines = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
        assert [line["rater"] for line in lines] == [row["rater"] for row in rows]
        assert not {"cat", "dan", "ann"} & set((folder / "answers.jsonl").read_text().split('"'))
        seen.add(counts["rater 1"])
    assert seen == {1, 4}


def test_what_a_spreadsheet_would_compute_is_defused(
    repository: Repository, study: Study, tmp_path: Path
) -> None:
    rows = answers(exported(repository, study, "ratings", tmp_path / "out", names=True))
    assert rows[-1]["diagnosis_1"] == f"'{FORMULA}"


def test_pictures_leave_with_the_ratings_of_the_study_alone(
    repository: Repository, study: Study, tmp_path: Path
) -> None:
    repository.ratings.add(1, "bob", False, 7)
    exported(repository, study, "jsonl", tmp_path / "out")
    rows = [json.loads(x) for x in (tmp_path / "out" / "pictures.jsonl").read_text().splitlines()]
    assert [row["synthetic"] for row in rows] == [True] * 3
    assert len(list((tmp_path / "out" / "images").iterdir())) == 3
    assert "Its 1 photographs of people are left out." in (tmp_path / "out" / "README.md").read_text()
    means = {
        id: [
            r.answers["realism"]
            for r in repository.studies.responses(study.id, "ann")
            if repository.studies.drawn(study.id, "ann").get(r.item) == id
        ]
        for id in (1, 2, 3)
    }
    assert {r["id"]: r["realism_mean"] for r in rows} == {id: sum(m) / len(m) for id, m in means.items()}
    assert [row["rating_count"] for row in rows] == [len(m) for m in means.values()]
    exported(repository, study, "preferences", tmp_path / "pairs")
    pairs = [json.loads(x) for x in (tmp_path / "pairs" / "preferences.jsonl").read_text().splitlines()]
    assert pairs and all(pair["chosen_realism"] - pair["rejected_realism"] >= 1 for pair in pairs)


def test_a_study_of_photographs_alone_gives_answers_and_no_pictures(
    repository: Repository, study: Study, tmp_path: Path
) -> None:
    draft = StudyDraft("Real", (), ("cat",), 1, 1, 0.0, (PHOTO,))
    real = repository.studies.create(draft, "ann")
    rate(repository, real.id, "cat")
    assert {r["synthetic"] for r in answers(exported(repository, real, "ratings", tmp_path / "out"))} == {
        "False"
    }
    with pytest.raises(InputError, match="No picture"):
        exported(repository, real, "imagefolder", tmp_path / "pictures")


def test_only_who_leads_the_study_exports_it(repository: Repository, study: Study) -> None:
    for name in ("bob", "cat"):
        with pytest.raises(NotAllowedError):
            study_order(repository, study, name)
    with pytest.raises(NotFoundError, match="'First'"):
        repository.studies.named("Second", "ann")


def test_the_command_exports_a_study_and_writes_it_down(
    study: Study, repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("SCRIPT2SKIN_DATABASE", repository.database_url)
    ask = ["--format", "ratings", "--study", "First", "--user", "ann", "--output"]
    assert main([*ask, str(tmp_path / "out")]) == 0
    assert len(answers(tmp_path / "out")) == 5
    repository.users.ensure("root", "admin")
    entry = repository.audit.entries("root", ["exported"])[0]
    found = (entry.actor, entry.subject, entry.detail)
    assert found == ("ann", f"study {study.id}", "First, its answers")
    assert main([*ask, str(tmp_path / "two"), "--rash", "acne"]) == 1
    assert "leave filters" in capsys.readouterr().err
    assert main([*ask[:3], "Second", *ask[4:], str(tmp_path / "two")]) == 1
    assert "'First'" in capsys.readouterr().err


def test_origins_are_told_apart_in_the_answers(repository: Repository, study: Study, tmp_path: Path) -> None:
    rows = answers(exported(repository, study, "ratings", tmp_path / "out", names=True))
    assert {row["origin"] for row in rows} == {AI, REAL}
