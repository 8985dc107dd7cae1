"""Model folders: whole or named as not, safe or refused, and identified by what they hold."""

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from tiny_models import edit_json, make_encoder, make_tiny_pipeline

from core.errors import ModelError, ModelMissingError, UnsafeWeightsError
from core.weights.checkpoints import CACHE_FILE, check_model_folder, encoder_hash, model_hash
from core.weights.model_folders import resolve_source


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("models") / "whole")


@pytest.fixture
def model(whole: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(whole, tmp_path / "model"))


def test_a_whole_folder_passes(model: Path) -> None:
    check_model_folder(model)


@pytest.mark.parametrize("part", ["unet", "vae", "text_encoder", "tokenizer", "scheduler"])
def test_a_missing_part_is_named(model: Path, part: str) -> None:
    shutil.rmtree(model / part)
    with pytest.raises(ModelMissingError, match=f"has no {part}"):
        check_model_folder(model)


@pytest.mark.parametrize("name", ["model_index.json", "unet/config.json", "scheduler/scheduler_config.json"])
def test_a_missing_description_is_named(model: Path, name: str) -> None:
    (model / name).unlink()
    with pytest.raises(ModelMissingError, match=Path(name).name):
        check_model_folder(model)


def test_missing_weights_are_named_with_their_folder(model: Path) -> None:
    (model / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(ModelMissingError, match="vae has no weights"):
        check_model_folder(model)


def test_a_missing_tokenizer_file_is_named(model: Path) -> None:
    (model / "tokenizer" / "tokenizer.json").unlink()
    with pytest.raises(ModelMissingError, match=r"tokenizer\.json"):
        check_model_folder(model)


@pytest.mark.parametrize(
    "name", ["diffusion_pytorch_model.bin", "model.ckpt", "weights.pt", "x.pth", "x.pkl"]
)
def test_pickled_weights_are_refused_by_name_and_never_opened(model: Path, tmp_path: Path, name: str) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    (model / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    torch.save(Trap(), model / "unet" / name)
    with pytest.raises(UnsafeWeightsError, match=f"{name}.*Convert it"):
        check_model_folder(model)
    assert not (tmp_path / "sprung").exists()


def test_pickled_weights_beside_safe_ones_are_left_alone(model: Path) -> None:
    (model / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"old")
    check_model_folder(model)


@pytest.mark.parametrize("name", ["v1-5.ckpt", "model.pt"])
def test_a_single_pickled_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UnsafeWeightsError, match=name):
        check_model_folder(tmp_path / name)


def test_a_single_safetensors_file_is_answered_with_the_way_to_a_folder(tmp_path: Path) -> None:
    (tmp_path / "v1-5.safetensors").write_bytes(b"x")
    with pytest.raises(ModelMissingError, match="from_single_file"):
        check_model_folder(tmp_path / "v1-5.safetensors")


def test_a_file_cut_short_is_named(model: Path) -> None:
    path = model / "unet" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelMissingError, match="not a whole safetensors file"):
        check_model_folder(model)


def test_another_kind_of_pipeline_is_refused_with_the_part_that_differs(model: Path) -> None:
    edit_json(model / "model_index.json", unet=["diffusers", "FluxTransformer2DModel"])
    with pytest.raises(ModelError, match="its unet is FluxTransformer2DModel, not UNet2DConditionModel"):
        check_model_folder(model)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="nowhere"):
        check_model_folder(tmp_path / "nowhere")


def test_a_hub_id_is_not_downloaded_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def offline(source: str, *, local_files_only: bool, allow_patterns: list[str]) -> str:
        from huggingface_hub.errors import LocalEntryNotFoundError

        asked.append(local_files_only)
        raise LocalEntryNotFoundError("not here")

    monkeypatch.setattr("huggingface_hub.snapshot_download", offline)
    with pytest.raises(ModelMissingError, match="--download"):
        resolve_source("someone/skin-model")
    assert asked == [True]
    with pytest.raises(ModelMissingError, match="can't be downloaded"):
        resolve_source("someone/skin-model", download=True)
    assert asked == [True, True, False]


def test_a_downloaded_hub_id_is_read_from_its_snapshot(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(whole))
    assert resolve_source("someone/skin-model") == whole


def test_a_released_models_name_is_found_in_the_models_folder(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(whole.parent))
    assert resolve_source("whole") == whole


def test_the_hash_follows_the_content_and_not_the_name(whole: Path, model: Path) -> None:
    assert model_hash(model) == model_hash(whole)
    other = make_tiny_pipeline(model.parent / "other", seed=5)
    assert model_hash(other) != model_hash(whole)


def test_the_hash_sees_a_changed_scheduler_and_a_changed_weight_file(model: Path) -> None:
    before = model_hash(model)
    edit_json(model / "scheduler" / "scheduler_config.json", beta_end=0.02)
    changed = model_hash(model)
    assert changed != before
    shutil.copy(
        make_encoder(model.parent / "encoder") / "model.safetensors",
        model / "text_encoder" / "model.safetensors",
    )
    assert model_hash(model) not in (before, changed)


def test_the_model_card_is_no_part_of_the_identity(model: Path) -> None:
    before = model_hash(model)
    edit_json(model / "model_card.json", label="Renamed")
    assert model_hash(model) == before


def test_an_encoder_has_the_same_hash_inside_a_model_and_alone(model: Path, tmp_path: Path) -> None:
    alone = shutil.copytree(model / "text_encoder", tmp_path / "alone")
    assert encoder_hash(alone) == encoder_hash(model)


def test_digests_are_remembered_on_disk_and_a_broken_memory_costs_only_time(
    model: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    first = model_hash(model, cache)
    assert len(json.loads((cache / CACHE_FILE).read_text())) >= 8
    (cache / CACHE_FILE).write_text("{broken")
    assert model_hash(model, cache) == first
