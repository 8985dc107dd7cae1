"""Trainings of the app: what is asked, how a run stands, its curve, and why it ended."""

import json
import shutil
from collections import namedtuple
from dataclasses import fields
from pathlib import Path

import pytest
from training_scenes import leave_record

from core import commands
from core.errors import DiskFullError, InputError, StorageError
from core.trainings import starts as training_starts
from core.trainings.curves import Phase, curve_of, phase_of, progress_of
from core.trainings.endings import SILENT, reason_of
from core.trainings.runs import RunState, TrainingRun, list_trainings
from core.trainings.starts import begin, delete_run, resume
from core.trainings.wishes import (
    ANCHORS,
    LARGE_CLIP,
    METHODS,
    MODULES,
    EncoderTraining,
    LoraTraining,
    arguments_of,
    clip_of,
    flags_of,
)
from core.weights.candidates import Kind
from tests.tiny_models import edit_json, make_tiny_pipeline
from training import finetune_clip, finetune_unet
from training.clip_tuning import config as finetune_config
from training.words import anchors

ENCODER = EncoderTraining(Path("/data/clinic"), "/models/tiny/clip")
LORA = LoraTraining(Path("/data/clinic"), "tiny")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder that is a dataset as far as a start looks."""
    (tmp_path / "clinic").mkdir()
    (tmp_path / "clinic" / "manifest.json").touch()
    return tmp_path / "clinic"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[str, ...]]]:
    """Commands that were asked for; none is run, each leaves the record of one that ended."""
    asked: list[tuple[str, tuple[str, ...]]] = []

    def noted(place: Path, module: str, arguments: tuple[str, ...], by: str, low_priority: bool) -> None:
        assert low_priority
        asked.append((module, arguments))
        leave_record(place, module, arguments, by)

    monkeypatch.setattr(training_starts.commands, "start", noted)
    return asked


def steps(folder: Path, count: int, total: int, epoch: int = 10, **more: float) -> None:
    """A curve of so many steps of half a second, ten pictures each."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"pace": {"steps": total}, "clip": "x", "data": "/d"}))
    line = {"pictures": 10, "step_seconds": 0.5, **more}
    lines = [
        {"step": i, "seconds": 0.6 * i, "epoch": i / epoch, "loss": 1 / i, **line}
        for i in range(1, count + 1)
    ]
    (folder / "metrics.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in lines))


def test_the_commands_understand_what_they_are_asked_and_have_the_same_defaults() -> None:
    for wish, parser, config_of in (
        (ENCODER, finetune_clip._parser(), lambda a: finetune_clip.config_of(a, a.batch, a.epochs)),
        (LORA, finetune_unet._parser(), finetune_unet.config_of),
    ):
        asked = parser.parse_args(arguments_of(wish, Path("/runs/-first")))
        needed = ["--data", str(wish.data), "--output", "x"]
        needed += ["--clip", ENCODER.clip] if wish is ENCODER else ["--model", LORA.model]
        plain = parser.parse_args(needed)
        assert asked.output == Path("/runs/-first")
        for field in fields(wish):
            assert getattr(asked, field.name) == getattr(plain, field.name) == getattr(wish, field.name)
        assert config_of(asked).data == wish.data
    assert METHODS == finetune_config.METHODS
    assert ANCHORS == (anchors.KNOWN, anchors.DATA)


def test_every_setting_reaches_the_command() -> None:
    wish = EncoderTraining(Path("/d"), "/c", "full", 3, 8, 1e-5, 0.0, True, 7, True, "data")
    asked = finetune_clip._parser().parse_args(arguments_of(wish, Path("/r")))
    assert all(getattr(asked, field.name) == getattr(wish, field.name) for field in fields(wish))
    lora = LoraTraining(Path("/d"), "m", "/e", 2, 3, 1, 0.5, 0.0, 8, 0.25, 9)
    asked = finetune_unet._parser().parse_args(arguments_of(lora, Path("/r")))
    assert all(getattr(asked, field.name) == getattr(lora, field.name) for field in fields(lora))
    assert flags_of(arguments_of(lora, Path("/r")))["prior_weight"] == "0.25"


def test_a_model_brings_its_clip_or_is_asked_for_it(tmp_path: Path) -> None:
    model = make_tiny_pipeline(tmp_path / "model")
    assert clip_of(str(model)).source == "" and not clip_of(str(model)).comes_along
    edit_json(model / "text_encoder" / "config.json", hidden_size=768)
    assert clip_of(str(model)).source == LARGE_CLIP
    (model / "clip").mkdir()
    (model / "clip" / "config.json").write_text("{}")
    assert clip_of(str(model)).comes_along and clip_of(str(model)).source == str(model / "clip")


def test_a_training_begins_in_a_folder_of_its_own_and_is_gone_on_with(
    runs: Path, data: Path, started: list
) -> None:
    run = begin(runs, " first ", LoraTraining(data, "tiny", epochs=3), "ann")
    module, arguments = started[0]
    assert module == MODULES[Kind.LORA] and f"--output={runs / 'first'}" in arguments
    (listed,) = list_trainings(runs)
    assert (listed.name, listed.kind, listed.data) == ("first", Kind.LORA, data) and listed.asked[
        "epochs"
    ] == "3"
    assert listed.state is RunState.FAILED and run.folder == listed.folder
    resume(runs, listed, "bob")
    assert started[1] == started[0] and list_trainings(runs)[0].command.by == "bob"
    with pytest.raises(InputError, match="There is a run 'first' already"):
        begin(runs, "first", LoraTraining(data, "tiny"), "ann")
    with pytest.raises(InputError, match=r"letters, digits.*'\.\./out'"):
        begin(runs, "../out", LoraTraining(data, "tiny"), "ann")
    with pytest.raises(InputError, match="from which CLIP"):
        begin(runs, "second", EncoderTraining(data, ""), "ann")
    assert not (runs / "second").exists() and len(started) == 2


def test_a_dataset_that_is_gone_is_named_at_start_and_resume(runs: Path, data: Path, started: list) -> None:
    run = begin(runs, "first", LoraTraining(data, "tiny"), "ann")
    shutil.rmtree(data)
    for again in (
        lambda: resume(runs, run, "ann"),
        lambda: begin(runs, "second", LoraTraining(data, "tiny"), "ann"),
    ):
        with pytest.raises(InputError, match="dataset 'clinic' is not there any more"):
            again()
    assert len(started) == 1


def test_a_second_training_waits_and_a_full_disk_refuses(
    runs: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = ("-n", "1", "-r", "1", "import time; time.sleep(600)")
    commands.start(runs / "first" / ".training", "timeit", sleeper, "ann")
    steps(runs / "first", 1, 9)
    with pytest.raises(InputError, match=r"“first” is being trained, started by ann.*whole machine"):
        begin(runs, "second", LoraTraining(data, "tiny"), "bob")
    assert list_trainings(runs)[0].state is RunState.RUNNING and not (runs / "second").exists()
    commands.stop(runs / "first" / ".training", "ann")
    assert list_trainings(runs)[0].state is RunState.STOPPED
    usage = namedtuple("usage", "free")(free=5_000_000)
    monkeypatch.setattr(training_starts.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(DiskFullError, match="5 MB left; a training needs 200 MB"):
        begin(runs, "second", LoraTraining(data, "tiny"), "bob")


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path, data: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="file"):
        begin(tmp_path / "file" / "runs", "first", LoraTraining(data, "tiny"), "ann")


def test_runs_of_the_command_line_and_of_sweeps_are_listed_other_folders_are_not(runs: Path) -> None:
    steps(runs / "alone", 2, 4)
    steps(runs / "sweep" / "batch-8_epochs-2", 2, 4)
    (runs / "alone" / "text_encoder").mkdir()
    (runs / "alone" / "text_encoder" / "config.json").write_text('{"hidden_size": 32}')
    (runs / "other").mkdir()
    (runs / "other" / "config.json").write_text('{"pace": {}, "phantoms": "x"}')
    steps(runs / ".removed-1", 2, 4)
    found = {run.name: run.state for run in list_trainings(runs)}
    assert found == {"alone": RunState.OPEN, "sweep/batch-8_epochs-2": RunState.OPEN}
    (runs / "alone" / "report.json").write_text("{}")
    run = next(run for run in list_trainings(runs) if run.name == "alone")
    assert run.state is RunState.FINISHED
    with pytest.raises(InputError, match="begun on the command line"):
        resume(runs, run, "ann")
    delete_run(run, "ann")
    assert [run.name for run in list_trainings(runs)] == ["sweep/batch-8_epochs-2"]


def test_a_long_curve_is_averaged_and_its_held_out_figures_are_all_there(runs: Path) -> None:
    steps(runs / "long", 1000, 2000, 100)
    lines = (runs / "long" / "metrics.jsonl").read_text().splitlines()
    measured = [json.dumps({**json.loads(line), "validation_loss": 0.5}) for line in lines[99::100]]
    kept = [line for i, line in enumerate(lines, 1) if i % 100] + measured
    kept.sort(key=lambda line: json.loads(line)["step"])
    (runs / "long" / "metrics.jsonl").write_text("\n".join([*kept, '{"step": 1001, "ep']))
    (runs / "long" / "before.json").write_text('{"validation_loss": 0.9}')
    curve = curve_of(runs / "long")
    assert len(curve.points) == 200 and curve.points[-1].epoch == 10
    assert curve.points[1].loss == pytest.approx(sum(1 / i for i in range(6, 11)) / 5)
    assert {round(point.samples_per_second, 6) for point in curve.points} == {20}
    assert curve.held_out == ((0, 0.9), *((float(i), 0.5) for i in range(1, 11)))
    progress = progress_of(runs / "long")
    assert progress is not None and (progress.step, progress.steps, progress.epochs) == (1000, 2000, 20)
    assert progress.seconds_left == pytest.approx(600) and progress.share == 0.5
    assert progress_of(runs / "none") is None and curve_of(runs / "none").points == ()


def test_a_run_gets_ready_trains_and_saves(runs: Path) -> None:
    run = TrainingRun("first", runs / "first", Kind.ENCODER)
    leave_record(run.place, MODULES[Kind.ENCODER], (), "ann")
    assert phase_of(run) is Phase.PREPARING
    steps(run.folder, 2, 4)
    assert phase_of(run) is Phase.TRAINING
    steps(run.folder, 4, 4)
    assert phase_of(run) is Phase.SAVING


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", SILENT),
        ("run step 3: loss 1.2, seconds 4\nrun step 4: loss 1.1, seconds 5\n", SILENT),
        ("run step 3: loss 1.2\n[Errno 28] No space left on device: 'x'\n", "runs is full"),
        ("Traceback (most recent call last):\nRuntimeError: PytorchStreamWriter failed writing\n", "is full"),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate\n", "smaller batch"),
        ("run step 3: loss 1.2\nThe picture a.png is missing; prepare the data again.\n", "a.png is missing"),
        ("Traceback (most recent call last):\nKeyError: 'x'\n", "an error in the program: KeyError: 'x'"),
        (
            "first holds a run with another configuration: batch was 8 and is now 4. Give the same values "
            "to go on, or another folder.\n",
            "batch was 8 and is now 4",
        ),
    ],
)
def test_why_a_run_ended_is_said_in_words(runs: Path, said: str, words: str) -> None:
    run = TrainingRun("first", runs / "first", Kind.ENCODER)
    leave_record(run.place, MODULES[Kind.ENCODER], (), "ann")
    (run.place / commands.LOG).write_text(said)
    assert words in reason_of(run)
