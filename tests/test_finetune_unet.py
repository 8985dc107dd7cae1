"""A whole LoRA run: its folder, the same curve after a kill, weights that diffusers and the app load."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import diffusers
import numpy as np
import pytest
import torch
from photograph_folders import TERMS, pairs_folder, prepared
from PIL import Image
from safetensors.torch import load_file
from tiny_models import make_encoder, make_tiny_pipeline
from tuning_scenes import lora_config_for, write_captioned

import training.lora.run as lora_run
from core.drawing.pipeline import draw, load_pipeline
from core.errors import EncoderMismatchError, ModelError, ModelMissingError, TrainingError
from core.images import read_recipe
from core.weights.checkpoints import encoder_hash, model_hash
from core.weights.loras import WEIGHTS, check_lora
from training.clip_tuning.run import Place
from training.finetune_unet import main
from training.loop.metric_lines import read_metrics
from training.loop.processes import Processes
from training.lora.config import UNetLoraConfig
from training.lora.run import Steps, finetune_unet

SITES = ("face", "foot", "palm", "hand")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    captions = [f"acne type of rash at the {site} area on a fair skin" for site in SITES * 5]
    folder = tmp_path_factory.mktemp("data")
    return prepared(pairs_folder(folder / "in", captions), folder / "skin").folder


def train(folder: Path, config: UNetLoraConfig, rate: float = 1e-2) -> dict[str, object]:
    return finetune_unet(folder, config, rate, Place(Processes(), folder / "cache", 3))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder") / "first" / "text_encoder")


@pytest.fixture(scope="module")
def config(data: Path, model: Path, encoder: Path) -> UNetLoraConfig:
    return lora_config_for(data, model, text_encoder=str(encoder), prior=2, average=0.5)


@pytest.fixture(scope="module")
def trained(config: UNetLoraConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "first"
    train(folder, config)
    return folder


@pytest.fixture(autouse=True)
def checkpoint_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    rhythm = lora_run.Rhythm
    monkeypatch.setattr(lora_run, "Rhythm", lambda log_steps: rhythm(log_steps, checkpoint_minutes=0))


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in read_metrics(folder)]


def test_the_curve_is_positive_and_the_held_out_loss_falls(trained: Path):
    lines = read_metrics(trained)
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6] and min(losses(trained)) > 0
    assert all(line["samples_per_second"] > 0 and line["pictures"] == 4 for line in lines)
    assert [round(line["epoch"], 2) for line in lines] == [0.25, 0.5, 0.75, 1, 1.25, 1.5]
    assert ["validation_loss" in line for line in lines] == [False, False, False, True, False, True]
    report = json.loads((trained / "report.json").read_text())
    assert 0 < report["after"]["validation_loss"] < report["before"]["validation_loss"]
    assert report["after"]["validation_loss"] == pytest.approx(lines[-1]["validation_loss"])


def test_a_killed_run_goes_on_with_the_same_curve_and_weights(
    config: UNetLoraConfig, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    take_step = Steps.__call__

    def dying(self: Steps, step: int) -> dict[str, float]:
        if step == 3:
            raise KeyboardInterrupt
        return take_step(self, step)

    folder = tmp_path / "killed"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Steps, "__call__", dying)
        train(folder, config)
    assert len(losses(folder)) == 3 and not (folder / "lora").exists()
    assert list((folder / "cache").glob("latents-*"))
    train(folder, config)
    assert losses(folder) == losses(trained)
    assert (folder / "lora" / WEIGHTS).read_bytes() == (trained / "lora" / WEIGHTS).read_bytes()


def test_plain_diffusers_loads_the_weights_which_are_the_average(trained: Path, model: Path, encoder: Path):
    plain = diffusers.StableDiffusionPipeline.from_pretrained(model)
    plain.load_lora_weights(trained / "lora")
    added = {n: w for n, w in plain.unet.named_parameters() if ".lora_" in n}
    state = torch.load(trained / "checkpoint.pt", weights_only=True)["parts"]
    assert len(added) == len(state["average"]["weights"]) == 64
    for found, mean, last in zip(
        added.values(), state["average"]["weights"], state["weights"].values(), strict=True
    ):
        assert torch.equal(found, mean) and not torch.equal(found, last)


def test_the_app_draws_with_the_run_beside_the_encoder_as_the_preview_shows(
    trained: Path, model: Path, encoder: Path
):
    before, after = (read_recipe(trained / "previews" / when / "00.png")[0] for when in ("before", "after"))
    assert (before.lora, after.lora_strength) == (None, 1.0)
    assert replace(after, lora=None, lora_hash=None, lora_strength=None, versions={}) == replace(
        before, versions={}
    )
    pipeline = load_pipeline(model, encoder, "cpu")
    pictures = {}
    for when, recipe in (("before", before), ("after", after)):
        with Image.open(trained / "previews" / when / "00.png") as shown:
            pictures[when] = np.asarray(shown)
        assert np.array_equal(np.asarray(draw(pipeline, recipe)), pictures[when])
    assert not np.array_equal(pictures["before"], pictures["after"])
    with Image.open(trained / "previews.png") as sheet:
        assert sheet.size[0] > 400


def test_the_weights_are_added_to_the_attention_alone_and_fit_the_model(trained: Path, model: Path):
    names = set(load_file(trained / "lora" / WEIGHTS))
    assert all(".attn1." in name or ".attn2." in name for name in names)
    assert {name.split(".lora")[0].rsplit(".", 2)[-1] for name in names} == {"to_q", "to_k", "to_v", "0"}
    assert check_lora(trained, model).header.rank == 2


def test_the_origin_holds_hashes_terms_and_figures_and_no_folder_of_this_machine(
    trained: Path, data: Path, model: Path, encoder: Path
):
    origin = check_lora(trained, model).origin
    assert (origin.made_by, origin.model, origin.text_encoder) == (
        "training.finetune_unet",
        "model",
        "first/text_encoder",
    )
    assert (origin.model_hash, origin.text_encoder_hash) == (model_hash(model), encoder_hash(encoder))
    assert (origin.licence, origin.consent) == (TERMS["licence"], TERMS["consent"])
    assert origin.figures["training_pictures"] == 16 and origin.settings["rank"] == 2
    assert str(data.parent) not in (trained / "lora" / "origin.json").read_text()


def test_the_run_folder_tells_what_was_done_and_keeps_no_latents_of_photographs(trained: Path):
    text = (trained / "README.md").read_text()
    assert TERMS["licence"] in text and TERMS["consent"] in text and "| validation_loss |" in text
    assert {path.name for path in (trained / "prior").iterdir()} == {"00000.png", "00001.png"}
    assert read_recipe(trained / "prior" / "00000.png")[0].text_encoder == "stock"
    assert not list(trained.rglob("*.npy")) and not (trained / "cache").exists()
    assert not list(trained.rglob("*.tmp"))
    environment = json.loads((trained / "environment.json").read_text())
    assert environment["micro_batch"] == 3 and {"diffusers", "peft"} <= set(environment)
    for curve in ("loss", "samples_per_second"):
        assert "<svg" in (trained / f"{curve}.svg").read_text()


def test_a_finished_run_is_read_not_trained_again_and_not_mixed_with_another(
    config: UNetLoraConfig, trained: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lora_run, "prepare", lambda *_: pytest.fail("it was prepared again"))
    assert train(trained, config) == json.loads((trained / "report.json").read_text())
    with pytest.raises(TrainingError, match="rank was 2 and is now 4"):
        train(trained, replace(config, rank=4))


def test_a_model_that_changed_under_its_name_is_another_run(
    config: UNetLoraConfig, trained: Path, tmp_path: Path
):
    other = Path(shutil.copytree(trained, tmp_path / "run"))
    changed = make_tiny_pipeline(tmp_path / "model", seed=5)
    with pytest.raises(TrainingError, match="model_hash was"):
        train(other, replace(config, model=str(changed)))


def test_what_does_not_fit_or_is_missing_is_said_before_anything_is_drawn(
    config: UNetLoraConfig, tmp_path: Path
):
    narrow = make_encoder(tmp_path / "narrow", hidden_size=16)
    with pytest.raises(EncoderMismatchError, match="hidden size: 16 here, 32"):
        train(tmp_path / "one", replace(config, text_encoder=str(narrow)))
    assert not (tmp_path / "one" / "prior").exists()
    with pytest.raises(ModelMissingError, match="no model folder"):
        train(tmp_path / "two", replace(config, model=str(tmp_path / "nowhere")))
    assert not (tmp_path / "two").exists()


def test_a_caption_that_would_be_cut_off_is_refused(model: Path, tmp_path: Path):
    data = write_captioned(tmp_path / "data", 12)
    text = (data / "captions.jsonl").read_text().replace("acne type", "x" * 80)
    (data / "captions.jsonl").write_text(text)
    with pytest.raises(TrainingError, match="longer than the 77 tokens"):
        train(tmp_path / "run", lora_config_for(data, model, previews=0))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rank": 0}, "rank is 0; it must be at least 1"),
        ({"prior": -1}, "prior is -1; it can't be negative"),
        ({"empty_share": 1.0}, "empty_share is 1.0"),
        ({"precision": "half"}, "precision is 'half'; known are: auto, bf16, float32"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    config: UNetLoraConfig, change: dict[str, object], words: str
):
    with pytest.raises(TrainingError, match=words):
        replace(config, **change)  # type: ignore[arg-type]


def test_a_size_or_a_rate_that_can_not_be_is_refused(config: UNetLoraConfig, tmp_path: Path):
    with pytest.raises(TrainingError, match="size is 30; this model draws multiples of 4 only"):
        train(tmp_path / "run", replace(config, size=30))
    with pytest.raises(TrainingError, match="learning_rate is 0; it must be above 0"):
        train(tmp_path / "run", config, rate=0.0)


def test_layers_that_are_no_numbers_are_not_saved(config: UNetLoraConfig, tmp_path: Path):
    with pytest.raises((TrainingError, ModelError), match=r"not a number|NaN"):
        train(tmp_path / "run", replace(config, prior=0, previews=0), rate=1e30)
    assert not (tmp_path / "run" / "lora").exists()


def test_the_command_trains_prints_its_figures_and_reads_a_file_of_settings(
    data: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "more.json").write_text('{"previews": 0, "measured": 16, "class_captions": ["clear skin"]}')
    places = ["--data", str(data), "--model", str(model), "--output", str(tmp_path / "run")]
    sizes = ["--batch", "8", "--epochs", "1", "--rank", "1", "--prior", "1", "--device", "cpu"]
    assert main([*places, *sizes, "--config", str(tmp_path / "more.json")]) == 0
    assert '"after": {\n    "validation_loss"' in capsys.readouterr().out
    assert read_recipe(tmp_path / "run" / "prior" / "00000.png")[0].prompt == "clear skin"
    assert len(read_metrics(tmp_path / "run")) == 2 and not (tmp_path / "run" / "previews.png").exists()
    assert main([*places, *sizes, "--rank", "0"]) == 1
    assert "rank is 0" in capsys.readouterr().err
