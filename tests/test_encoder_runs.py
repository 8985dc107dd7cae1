"""Tuned encoders on the disk: found among the runs, put forward if their files fit, with what is recorded."""

import json
import os
import shutil
from pathlib import Path

import pytest
from encoder_scenes import own_fingerprint, save_nudged
from photograph_folders import pairs_folder, prepared
from tiny_models import edit_json, make_encoder, make_tiny_pipeline

from core.errors import InputError, ModelMissingError
from core.weights.candidates import Kind, Provenance
from core.weights.checkpoints import encoder_hash, model_hash
from core.weights.encoder_runs import encoder_folder, identity_of, list_runs, name_of, propose_encoder
from core.weights.origins import Origin, write_origin


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("models") / "model")


def finish(run: Path, seconds: int) -> Path:
    """A run that ended so many seconds after 1970."""
    (run / "text_encoder").mkdir(parents=True)
    (run / "text_encoder" / "config.json").write_text("{}")
    (run / "report.json").write_text("{}")
    os.utime(run / "report.json", (seconds, seconds))
    return run


def test_finished_runs_are_listed_the_latest_first_those_of_a_sweep_too(tmp_path: Path) -> None:
    finish(tmp_path / "first", 100)
    finish(tmp_path / "sweep" / "batch-32_epochs-5", 300)
    finish(tmp_path / "second", 200)
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "judge").mkdir()
    (tmp_path / "judge" / "report.json").write_text("{}")
    assert [run.name for run in list_runs(tmp_path)] == ["sweep/batch-32_epochs-5", "second", "first"]
    assert list_runs(tmp_path / "nowhere") == []


def test_a_runs_folder_stands_for_its_text_encoder(tmp_path: Path) -> None:
    run = finish(tmp_path / "first", 100)
    assert encoder_folder(run) == encoder_folder(run / "text_encoder") == run / "text_encoder"
    assert (name_of(run / "text_encoder"), name_of(tmp_path / "mine")) == ("first", "mine")
    (tmp_path / "under way").mkdir()
    (tmp_path / "under way" / "metrics.jsonl").write_text("{}\n")
    with pytest.raises(InputError, match="has not finished"):
        encoder_folder(tmp_path / "under way")


def test_an_encoder_that_fits_is_put_forward_with_its_hash(model: Path, tmp_path: Path) -> None:
    encoder = save_nudged(model, tmp_path / "first" / "text_encoder")
    new = propose_encoder(tmp_path / "first", str(model))
    assert (new.kind, new.base, new.folder, new.label) == (Kind.ENCODER, str(model), encoder, "first")
    assert new.sha256 == encoder_hash(encoder)
    assert new.provenance == Provenance()
    assert propose_encoder(encoder, str(model), " gentle ").label == "gentle"
    now = identity_of(encoder, str(model))
    assert (now.sha256, now.base_sha256) == (new.sha256, model_hash(model))


def test_licence_and_consent_are_those_of_the_photographs_it_learned_from(
    model: Path, tmp_path: Path
) -> None:
    dataset = prepared(pairs_folder(tmp_path / "source", ["tinea type of rash"] * 2), tmp_path / "clinic")
    encoder = save_nudged(model, tmp_path / "tuned")
    config = {"data": str(dataset.folder), "clip": "embedded clip"}
    write_origin(encoder, Origin((own_fingerprint(model),), "training.finetune_clip", {"config": config}))
    found = propose_encoder(encoder, str(model)).provenance
    assert found.origin == "Tuned by training.finetune_clip from embedded clip on clinic"
    assert (found.licence, found.consent) == (dataset.manifest.licence, dataset.manifest.consent)
    shutil.rmtree(dataset.folder)
    assert propose_encoder(encoder, str(model)).provenance == Provenance(found.origin)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hidden_size": 16}, r"hidden size: 16 here, 32 \(the UNet's cross_attention_dim\)"),
        ({"hidden_size": 64, "num_hidden_layers": 3, "hidden_act": "gelu"}, "number of layers: 3 here"),
        ({"vocab_size": 500}, "vocabulary size: 500 here"),
    ],
)
def test_an_encoder_of_another_build_is_not_put_forward(
    model: Path, tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        propose_encoder(make_encoder(tmp_path / "other", **changes), str(model))


def test_wrong_folders_pickled_weights_and_the_models_own_are_refused(model: Path, tmp_path: Path) -> None:
    pickled = make_encoder(tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    (tmp_path / "empty").mkdir()
    unread = save_nudged(model, tmp_path / "unread")
    (unread / "origin.json").write_text(json.dumps(["nothing"]))
    for path, words in (
        (tmp_path / "nowhere", "There is no text encoder folder"),
        (tmp_path / "empty", "holds no text encoder"),
        (pickled, "pickled checkpoint"),
        (unread, r"origin\.json can't be read"),
        (Path("runs/first"), "is no whole path"),
        (model, "the model's own text encoder"),
    ):
        with pytest.raises(InputError, match=words):
            propose_encoder(path, str(model))


def test_what_is_gone_has_no_identity(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError):
        identity_of(tmp_path / "gone", str(model))
    encoder = save_nudged(model, tmp_path / "tuned")
    before = identity_of(encoder, str(model))
    edit_json(encoder / "config.json", note="changed")
    assert identity_of(encoder, str(model)) != before
