"""A whole fine-tuning: falling loss, the same curve after a kill, an encoder that the gate lets pass."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from phantom_folders import write_phantoms
from PIL import Image
from safetensors.torch import load_file
from tiny_models import make_tiny_pipeline
from transformers import CLIPModel, CLIPTextModel
from tuning_scenes import config_for, write_captioned, write_clip

import training.clip_tuning.run as finetune_run
from core.errors import ModelMissingError, TrainingError, UnsafeWeightsError
from core.weights.gate import examine_encoder
from core.weights.origins import encoder_fingerprint, read_origin
from training.clip_tuning.captioned import meaning_of, open_captioned
from training.clip_tuning.config import FinetuneConfig, with_file
from training.clip_tuning.figures import held_out_figures
from training.clip_tuning.model import load_student
from training.clip_tuning.report import epochs_of
from training.clip_tuning.run import Epochs, Place, finetune
from training.finetune_clip import main
from training.loop.metric_lines import read_metrics
from training.loop.processes import Processes


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_captioned(tmp_path_factory.mktemp("data") / "data")


def train(folder: Path, config: FinetuneConfig, rate: float = 1e-2) -> dict[str, object]:
    return finetune(folder, config, rate, Place(Processes(), folder.parent / "cache", 3))


@pytest.fixture(scope="module")
def trained(data: Path, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    train(folder, config_for(data, clip))
    return folder


@pytest.fixture(autouse=True)
def checkpoint_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    rhythm = finetune_run.Rhythm
    monkeypatch.setattr(finetune_run, "Rhythm", lambda log_steps: rhythm(log_steps, checkpoint_minutes=0))


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in read_metrics(folder)]


def test_the_loss_is_positive_and_falls(trained: Path):
    assert len(losses(trained)) == 6 and min(losses(trained)) > 0
    assert np.mean(losses(trained)[-2:]) < np.mean(losses(trained)[:2])


def test_a_killed_run_goes_on_with_the_same_curve_and_weights(
    data: Path, clip: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    take_step = Epochs.__call__

    def dying(self: Epochs, step: int) -> dict[str, float]:
        if step == 3:
            raise KeyboardInterrupt
        return take_step(self, step)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Epochs, "__call__", dying)
        train(tmp_path / "killed", config_for(data, clip))
    assert len(losses(tmp_path / "killed")) == 3
    train(tmp_path / "killed", config_for(data, clip))
    assert losses(tmp_path / "killed") == losses(trained)
    whole, killed = (
        load_file(f / "text_encoder" / "model.safetensors") for f in (trained, tmp_path / "killed")
    )
    assert all(torch.equal(value, killed[name]) for name, value in whole.items())


def test_the_gate_accepts_the_encoder_in_the_pipeline_it_came_from(clip: Path, trained: Path, tmp_path: Path):
    model = make_tiny_pipeline(tmp_path / "model")
    CLIPModel.from_pretrained(clip).text_model.save_pretrained(model / "text_encoder")
    verdict = examine_encoder(trained / "text_encoder", model)
    assert {c.name: c.passed for c in verdict.checks}["origin"]
    assert all(c.passed for c in verdict.checks if not c.name.startswith("drift"))
    stranger = examine_encoder(trained / "text_encoder", make_tiny_pipeline(tmp_path / "other", seed=4))
    assert "origin" in [c.name for c in stranger.checks if not c.passed]


def test_the_saved_encoder_is_plain_moved_and_half_of_the_saved_clip(clip: Path, trained: Path):
    encoder = CLIPTextModel.from_pretrained(trained / "text_encoder")
    whole, stock = CLIPModel.from_pretrained(trained / "clip"), CLIPModel.from_pretrained(clip)
    names = [name for name, _ in encoder.named_parameters()]
    assert names == [name for name, _ in stock.text_model.named_parameters()]
    for name, weight in encoder.named_parameters():
        assert torch.equal(weight, whole.text_model.get_parameter(name))
    changed = [
        n for n, w in encoder.named_parameters() if not torch.equal(w, stock.text_model.get_parameter(n))
    ]
    assert changed and all(".layers.1.self_attn." in name for name in changed)
    assert all(
        torch.equal(p, q)
        for p, q in zip(whole.vision_model.parameters(), stock.vision_model.parameters(), strict=True)
    )


def test_a_clip_that_was_tuned_before_brings_its_ancestors(data: Path, clip: Path, trained: Path):
    student = load_student(config_for(data, trained / "clip"))
    assert student.origin.ancestors == (
        encoder_fingerprint(clip),
        encoder_fingerprint(trained / "text_encoder"),
    )
    origin = read_origin(trained / "text_encoder")
    assert origin is not None and origin.ancestors == (encoder_fingerprint(clip),)


def test_the_run_folder_holds_everything_a_reader_asks_for(trained: Path):
    names = {path.name for path in trained.iterdir()}
    assert {"config.json", "environment.json", "metrics.jsonl", "report.json", "README.md"} <= names
    for curve in ("loss", "samples_per_second"):
        assert "<svg" in (trained / f"{curve}.svg").read_text()
        with Image.open(trained / f"{curve}.png") as picture:
            assert picture.size[0] > 400
    report = json.loads((trained / "report.json").read_text())
    for when in ("before", "after"):
        for way in ("image_to_text", "text_to_image"):
            assert all(0 <= report[when][f"{way}_recall_{k}"] <= 1 for k in (1, 5, 10))
    assert set(report["drift"]) == {"attribute_step", "derm", "generic", "empty"}
    assert "| image_to_text_recall_1 |" in (trained / "README.md").read_text()
    assert json.loads((trained / "environment.json").read_text())["micro_batch"] == 3


def test_the_curve_by_epoch_equals_a_slow_obvious_version(trained: Path):
    lines = read_metrics(trained)
    epochs = epochs_of(trained, 2)
    assert [e.epoch for e in epochs] == [1, 2, 3]
    for i, epoch in enumerate(epochs):
        pair = lines[2 * i : 2 * i + 2]
        assert epoch.loss == pytest.approx((pair[0]["loss"] + pair[1]["loss"]) / 2)
        seconds = pair[0]["step_seconds"] + pair[1]["step_seconds"]
        assert epoch.samples_per_second == pytest.approx(16 / seconds)
        assert epoch.validation_loss == pair[1]["validation_loss"]


def test_the_best_epochs_weights_are_saved(trained: Path):
    best = json.loads((trained / "best.json").read_text())
    by_epoch = [line["validation_loss"] for line in read_metrics(trained) if "validation_loss" in line]
    assert best == {"epoch": int(np.argmin(by_epoch)) + 1, "loss": min(by_epoch)}
    after = json.loads((trained / "report.json").read_text())["after"]
    assert after["validation_loss"] == pytest.approx(min(by_epoch), rel=1e-5)


def test_recall_equals_a_slow_obvious_version(data: Path, clip: Path, tmp_path: Path):
    from tuning_scenes import stepper_for

    stepper = stepper_for(config_for(data, clip), tmp_path)
    found = held_out_figures(stepper.towers, stepper.config)
    rows = open_captioned(data).rows
    asked = [i for i, row in enumerate(rows) if row.split == "validation"]
    captions = sorted({rows[i].caption for i in asked})
    texts = stepper.towers.read(np.array([stepper.towers.data.captions.texts.index(c) for c in captions]))
    images = stepper.towers.look(np.array(asked))
    hits = 0
    for i, image in zip(asked, images, strict=True):
        scores = [float((image * text).sum().detach()) for text in texts]
        nearest = captions[scores.index(max(scores))]
        hits += meaning_of(nearest) == meaning_of(rows[i].caption)
    assert found["image_to_text_recall_1"] == pytest.approx(hits / len(asked))


def test_the_command_trains_and_prints_its_figures(data: Path, clip: Path, tmp_path: Path, capsys):
    places = ["--data", str(data), "--clip", str(clip), "--output", str(tmp_path / "run")]
    sizes = ["--method", "full", "--batch", "8", "--epochs", "1", "--device", "cpu"]
    assert main([*places, *sizes]) == 0
    assert "image_to_text_recall_1" in capsys.readouterr().out
    assert main([*places, *sizes, "--batch", "100"]) == 1
    assert "only 18 pictures" in capsys.readouterr().err


def test_phantoms_are_read_as_they_are_drawn(tmp_path: Path):
    found = open_captioned(write_phantoms(tmp_path / "phantoms", 20))
    assert len(found) == 20 and len(found.held_out) == 2
    assert found.rows[0].attributes.rash == "acne" and found.rows[0].image.is_file()
    assert open_captioned(tmp_path / "phantoms").held_out.tolist() == found.held_out.tolist()


def broken(rows: Iterator[dict[str, str]], folder: Path) -> Path:
    (folder / "captions.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return folder


def test_bad_rows_are_named(data: Path, tmp_path: Path):
    folder = Path(shutil.copytree(data, tmp_path / "data"))
    rows = [json.loads(line) for line in (data / "captions.jsonl").read_text().splitlines()]
    for change, words in (
        ({"image": "gone.png"}, r"gone\.png is missing"),
        ({"caption": "  "}, "empty caption"),
        ({"split": "tomorrow"}, "split 'tomorrow'"),
        ({"split": ""}, "names no split"),
    ):
        with pytest.raises(TrainingError, match=words):
            open_captioned(broken(iter([{**rows[0], **change}, *rows[1:]]), folder))
    (folder / "captions.jsonl").write_text("{")
    with pytest.raises(TrainingError, match="Line 1"):
        open_captioned(folder)
    with pytest.raises(TrainingError, match="no captioned data"):
        open_captioned(tmp_path)


def test_a_broken_picture_and_a_long_caption_are_named(data: Path, clip: Path, tmp_path: Path):
    folder = Path(shutil.copytree(data, tmp_path / "data"))
    (folder / "3.png").write_bytes(b"no picture")
    with pytest.raises(TrainingError, match=r"3\.png can't be read"):
        train(tmp_path / "run", config_for(folder, clip))
    rows = [json.loads(line) for line in (data / "captions.jsonl").read_text().splitlines()]
    broken(iter([{**rows[0], "caption": "x" * 90}, *rows[1:]]), folder)
    with pytest.raises(TrainingError, match="1 captions are longer than the 77 tokens"):
        train(tmp_path / "other", config_for(folder, clip))


def test_captions_of_equal_meaning_are_each_others_positives():
    one = "tinea type of rash at the foot area on a fair skin"
    assert meaning_of(one) == meaning_of("Show tinea on fair skin on the foot.")
    assert meaning_of(one) != meaning_of("tinea type of rash at the foot area on a brown skin")
    step = "tinea type of rash at the foot area on a monk {} tone skin"
    assert meaning_of(step.format(3)) != meaning_of(step.format(4)) != meaning_of(one)
    assert meaning_of("red plaque on the elbow") != meaning_of("blisters on the elbow")


def test_settings_that_make_no_sense_are_refused(data: Path, clip: Path, tmp_path: Path):
    for change, words in (
        ({"method": "magic"}, "method is 'magic'"),
        ({"batch": 1}, "batch is 1"),
        ({"epochs": 0}, "epochs is 0"),
        ({"distillation": -1.0}, "negative"),
    ):
        with pytest.raises(TrainingError, match=words):
            config_for(data, clip, **change)
    with pytest.raises(TrainingError, match="layers is 5; the text tower has 2"):
        load_student(config_for(data, clip, layers=5))
    (tmp_path / "more.json").write_text('{"lora_rank": 2, "wrong": 1}')
    with pytest.raises(TrainingError, match="'wrong', which is no setting"):
        with_file(config_for(data, clip), tmp_path / "more.json")
    (tmp_path / "more.json").write_text('{"lora_rank": 2}')
    assert with_file(config_for(data, clip), tmp_path / "more.json").lora_rank == 2


def test_a_clip_that_is_missing_or_pickled_is_refused(data: Path, clip: Path, tmp_path: Path):
    with pytest.raises(ModelMissingError, match="no CLIP that can be loaded"):
        load_student(config_for(data, tmp_path / "nowhere"))
    pickled = Path(shutil.copytree(clip, tmp_path / "pickled"))
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(UnsafeWeightsError, match="pickled"):
        load_student(config_for(data, pickled))
