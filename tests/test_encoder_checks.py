"""Checks as processes of their own: what they are asked, how far they are, what they found."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import commands
from core.errors import StorageError
from core.weights.candidates import Candidate, Kind, Provenance
from core.weights.encoder_checks import ARMS, begin_check, check_of, read_report
from core.weights.picture_checks import CheckState, PictureCheck, discard_check
from training.check_encoder import _parser

CANDIDATE = Candidate(
    7,
    Kind.ENCODER,
    "embedded",
    Path("/runs/a"),
    "a",
    "",
    Provenance(),
    "ann",
    datetime(2026, 1, 1, tzinfo=UTC),
)
FOUND = {"passed": True, "encoder_hash": "a" * 64, "model_hash": "b" * 64, "checks": []}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[str, ...]]]:
    """Commands that were asked for; in their place one runs that ends at once."""
    asked: list[tuple[str, tuple[str, ...]]] = []
    start = commands.start

    def noted(place: Path, module: str, arguments: tuple[str, ...], by: str) -> None:
        asked.append((module, arguments))
        start(place, "timeit", ("-n", "1", "-r", "1", "pass", *arguments), by)

    monkeypatch.setattr(commands, "start", noted)
    return asked


def ended(library: Path) -> PictureCheck:
    check = check_of(library, CANDIDATE)
    while check.state is CheckState.RUNNING:
        time.sleep(0.02)
    return check


def test_the_command_understands_what_it_is_asked(library: Path, started: list) -> None:
    assert check_of(library, CANDIDATE).state is CheckState.NONE
    begin_check(library, CANDIDATE, 12, "ann")
    ((module, arguments),) = started
    asked = _parser().parse_args(arguments)
    place = library / "checks" / "7"
    assert module == "training.check_encoder"
    assert (asked.encoder, asked.model, asked.pictures) == (Path("/runs/a"), "embedded", 12)
    assert (asked.output, asked.report, asked.judge) == (place / "pictures", place / "report.json", None)
    assert ended(library).asked == 12


def test_pictures_are_counted_by_encoder(library: Path) -> None:
    check = check_of(library, CANDIDATE)
    assert check.drawn == dict.fromkeys(ARMS, 0)
    for arm, count in zip(ARMS, (3, 1, 0), strict=True):
        (check.place / "pictures" / arm).mkdir(parents=True)
        for number in range(count):
            (check.place / "pictures" / arm / f"{number}.png").touch()
    assert list(check.drawn.values()) == [3, 1, 0]


def test_a_report_says_what_was_found_and_who_asked(library: Path, started: list) -> None:
    begin_check(library, CANDIDATE, 12, "ann")
    check = ended(library)
    assert check.state is CheckState.FAILED and read_report(check) is None
    (check.place / "report.json").write_text(json.dumps(FOUND))
    assert check.state is CheckState.FINISHED
    report = read_report(check)
    assert report is not None and report.passed and report.by == "ann"
    assert (report.identity.sha256, report.identity.base_sha256) == ("a" * 64, "b" * 64)
    (check.place / "report.json").write_text("{}")
    with pytest.raises(StorageError, match=r"report\.json can't be read"):
        read_report(check)


def test_a_finished_check_gives_way_and_a_stopped_one_is_gone_on_with(library: Path, started: list) -> None:
    check = check_of(library, CANDIDATE)
    (check.place / "pictures").mkdir(parents=True)
    (check.place / "pictures" / "grid.png").touch()
    begin_check(library, CANDIDATE, 12, "ann")
    assert ended(library).grid.is_file()
    (check.place / "report.json").write_text(json.dumps(FOUND))
    begin_check(library, CANDIDATE, 12, "ann")
    ended(library)
    assert not check.grid.is_file() and not (check.place / "report.json").exists()


def test_a_discarded_check_leaves_nothing(library: Path, started: list) -> None:
    check = begin_check(library, CANDIDATE, 12, "ann")
    discard_check(check, "ann")
    assert not check.place.exists() and check.state is CheckState.NONE
