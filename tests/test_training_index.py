"""Nearest training pictures: the index against slow loops, its command, and what the examiner makes of it."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from library_parts import RECIPE, library_settings, opened
from PIL import Image, ImageOps
from safetensors.numpy import save_file

from core.errors import ModelError
from core.images import store_image
from core.measuring.examiner import Examiner
from core.measuring.judge import save_judge
from core.measuring.judge_network import JudgeConfig, JudgeNetwork
from core.measuring.readings import Reading
from core.measuring.tone import REFERENCE_NAME
from core.measuring.training_index import (
    INDEX_NAME,
    IndexOrigin,
    TrainingIndex,
    among,
    build_index,
    read_index,
    write_index,
)
from core.recipes import Recipe
from core.settings import JUDGE, PROJECT
from core.weights.checkpoints import encoder_hash, file_hash, model_hash
from db.records import HistoryFilter
from db.repository import Repository
from tests import photograph_folders
from tests.lora_scenes import save_lora
from tests.phantom_folders import write_phantoms
from tests.tiny_models import make_encoder, make_tiny_pipeline
from training.index_training import main, weights_of

REFERENCE = PROJECT / "data" / "models" / JUDGE / REFERENCE_NAME
ORIGIN = IndexOrigin("40 training phantoms", "a" * 64, "b" * 64)


def cloud(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 12)).astype(np.float32)


def made(components: int = 6) -> TrainingIndex:
    return build_index(ORIGIN, [f"phantom {i}" for i in range(40)], cloud(40), cloud(40, 1), components)


def test_the_nearest_is_that_of_a_slow_loop_and_no_distance_exceeds_the_features_own() -> None:
    features, index = cloud(40), made(12)
    for one in cloud(9, 2):
        distances = [float(np.linalg.norm(one - other)) for other in features]
        found = index.nearest(one[None])
        assert found.name == f"phantom {int(np.argmin(distances))}"
        assert found.distance == pytest.approx(min(distances), abs=0.01)
        assert made(3).nearest(one[None]).distance <= min(distances) + 0.01


def test_a_copy_or_its_mirror_image_is_at_no_distance_and_too_near() -> None:
    index, foreign = made(), cloud(1, 3) + 9
    for views in (cloud(40)[[7]], np.concatenate([foreign, cloud(40)[[7]]])):
        found = index.nearest(views)
        assert (found.name, found.too_near) == ("phantom 7", True)
        assert found.distance == pytest.approx(0, abs=0.02) and found.share == 0
    far = index.nearest(foreign)
    assert not far.too_near and far.share == 1


def test_distances_among_the_pictures_leave_out_each_itself_and_its_mirror_image() -> None:
    plain, mirrored = cloud(9), cloud(9, 1)
    slow = [
        min(
            min(np.linalg.norm(way - plain[j]) for way in (plain[i], mirrored[i])) for j in range(9) if j != i
        )
        for i in range(9)
    ]
    assert among(plain, mirrored) == pytest.approx(slow, rel=1e-5)


def test_an_index_says_the_same_after_it_was_written(tmp_path: Path) -> None:
    index = made()
    again = read_index(write_index(tmp_path, index))
    assert (again.origin, again.names, again.threshold) == (index.origin, index.names, index.threshold)
    for one in cloud(5, 2):
        assert again.nearest(one[None]) == index.nearest(one[None])


def test_a_damaged_index_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = write_index(tmp_path, made())
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ModelError, match="index_training"):
        read_index(path)
    save_file({"points": np.zeros((2, 3), np.float16)}, path)
    with pytest.raises(ModelError, match="index_training"):
        read_index(path)


@pytest.fixture
def phantoms(tmp_path: Path) -> Path:
    return write_phantoms(tmp_path / "phantoms", 24)


@pytest.fixture
def judge(tmp_path: Path) -> Path:
    """A small judge of random weights: features tell equal pictures from others all the same."""
    torch.manual_seed(0)
    config = JudgeConfig(("acne", "clear"), ("face", "foot"), 32, (8, 12, 16, 16), map_width=8)
    save_judge(JudgeNetwork(config).eval(), tmp_path / "judge")
    shutil.copy(REFERENCE, tmp_path / "judge")
    return tmp_path / "judge"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_tiny_pipeline(tmp_path / "model")


@pytest.fixture
def repository(library: Path) -> Iterator[Repository]:
    repository = opened(library_settings(library))
    yield repository
    repository.close()


def measured(repository: Repository, judge: Path, image: Image.Image, recipe: Recipe) -> Reading:
    id = repository.generations.add("ann", store_image(repository.library, image, recipe, 1.0))
    Examiner(repository.readings, judge).run_once()
    return repository.readings.of([id])[id]


def drawn_by(model: Path) -> Recipe:
    return replace(RECIPE, model=str(model), model_hash=model_hash(model))


def test_copies_are_marked_at_birth_and_found_by_the_filter(
    repository: Repository, phantoms: Path, model: Path, judge: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = model_hash(model)
    assert main(["--phantoms", str(phantoms), "--model", str(model), "--judge", str(judge)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["of"] == "24 training phantoms" and said["too_near_below"] <= said["median_among_them"]
    assert model_hash(model) == before
    with Image.open(phantoms / "00005.png") as image:
        copy = ImageOps.mirror(image.convert("RGB"))
    found = measured(repository, judge, copy, drawn_by(model))
    assert (found.nearest, found.nearest_of) == ("phantom 5", "24 training phantoms")
    assert found.too_near and found.nearest_share == 0
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8))
    other = measured(repository, judge, noise, drawn_by(model).with_seed(8))
    assert other.nearest is not None and not other.too_near and other.nearest_distance > 0
    near, all_others = (HistoryFilter(too_near=way) for way in (True, False))
    assert [repository.generations.count(f, "ann") for f in (near, all_others)] == [1, 1]
    assert repository.readings.too_near([1, 2, 3]) == {1}


def test_an_index_of_other_weights_or_none_at_all_says_nothing(
    repository: Repository, phantoms: Path, model: Path, judge: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Image.open(phantoms / "00005.png") as image:
        copy = image.convert("RGB")
    assert measured(repository, judge, copy, drawn_by(model)).nearest is None
    main(["--phantoms", str(phantoms), "--model", str(model), "--judge", str(judge)])
    another = replace(drawn_by(model), model_hash="c" * 64)
    assert measured(repository, judge, copy, another.with_seed(1)).nearest is None
    (model / INDEX_NAME).write_bytes(b"nonsense")
    broken = measured(repository, judge, copy, drawn_by(model).with_seed(2))
    assert broken.nearest is None and broken.judge_sha256 and "training index" in caplog.text


def test_a_lora_and_a_text_encoder_have_indexes_of_their_own(
    repository: Repository, phantoms: Path, model: Path, judge: Path, tmp_path: Path
) -> None:
    lora, encoder = save_lora(model, tmp_path / "mine" / "lora"), make_encoder(tmp_path / "tuned")
    for folder in (lora.parent, encoder):
        main(["--phantoms", str(phantoms), "--model", str(folder), "--judge", str(judge)])
    assert (lora / INDEX_NAME).is_file() and (encoder / INDEX_NAME).is_file()
    with Image.open(phantoms / "00005.png") as image:
        copy = image.convert("RGB")
    by_lora = replace(
        drawn_by(model),
        lora=str(lora),
        lora_hash=file_hash(lora / "pytorch_lora_weights.safetensors"),
        lora_strength=1.0,
    )
    assert measured(repository, judge, copy, by_lora).too_near
    by_encoder = replace(drawn_by(model), text_encoder=str(encoder), seed=9)
    assert measured(repository, judge, copy, by_encoder).too_near
    assert (
        measured(repository, judge, copy, replace(by_encoder, text_encoder_weight=0, seed=3)).nearest is None
    )
    assert weights_of(str(encoder)) == (encoder, encoder_hash(encoder))


def test_the_training_photographs_of_a_dataset_are_indexed(tmp_path: Path, model: Path, judge: Path) -> None:
    source = photograph_folders.pairs_folder(
        tmp_path / "photographs", [f"acne at the cheek, number {number}" for number in range(40)]
    )
    dataset = photograph_folders.prepared(source, tmp_path / "dataset")
    told = ["--data", str(dataset.folder), "--model", str(model), "--judge", str(judge)]
    assert main([*told, "--components", "8"]) == 0
    index = read_index(model / INDEX_NAME)
    assert set(index.names) == {photo.id for photo in dataset.split("train")}
    assert "photographs of" in index.origin.label


@pytest.mark.parametrize(
    ("count", "model", "more", "message"),
    [
        (4, "model", [], "at least 20"),
        (24, "phantoms", [], "no folder of a model"),
        (24, "model", ["--components", "0"], "components is 0"),
    ],
)
def test_what_can_not_be_indexed_is_said(
    tmp_path: Path,
    judge: Path,
    count: int,
    model: str,
    more: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_tiny_pipeline(tmp_path / "model")
    phantoms = write_phantoms(tmp_path / "phantoms", count)
    told = ["--phantoms", str(phantoms), "--model", str(tmp_path / model), "--judge", str(judge), *more]
    assert main(told) == 1
    assert re.search(message, capsys.readouterr().err)
