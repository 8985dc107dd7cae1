"""What a fine-tuning of CLIP is held to: a file of captions, or the words that a model's card names."""

from pathlib import Path

import pytest
from tiny_models import make_tiny_pipeline

from core.errors import TrainingError
from training.clip_tuning.config import FinetuneConfig
from training.finetune_clip import _parser, config_of
from training.words.anchors import read_anchors


def test_the_words_of_a_models_card_become_captions(tmp_path: Path):
    model = make_tiny_pipeline(tmp_path / "model")
    found = read_anchors("known", str(model / "clip"))
    assert found is not None and len(found) == len(set(found)) == 3 * 3 * 3
    assert "tinea type of rash at the palm area on a black skin" in found
    assert "clear skin at the face area on a fair skin" in found


def test_a_file_gives_its_lines_once(tmp_path: Path):
    (tmp_path / "held.txt").write_text("acne\n\n  tinea on the foot \nacne\n")
    assert read_anchors(str(tmp_path / "held.txt"), "") == ("acne", "tinea on the foot")


def asked(clip: Path, *more: str) -> tuple[str, ...] | None:
    flags = ["--data", "d", "--output", "o", "--clip", str(clip), *more]
    return config_of(_parser().parse_args(flags), 8, 1).anchors


def test_without_the_flag_a_models_own_words_are_held(tmp_path: Path):
    model = make_tiny_pipeline(tmp_path / "model")
    assert asked(model / "clip") == read_anchors("known", str(model / "clip"))
    assert asked(model / "clip", "--anchors", "data") is None


def test_without_a_card_the_datas_own_captions_are_held(tmp_path: Path):
    assert asked(tmp_path / "clip") is None
    assert asked(Path("openai/clip-vit-large-patch14")) is None
    (tmp_path / "model_card.json").write_text('{"label": "Bare"}')
    assert asked(tmp_path / "clip") is None


def test_what_holds_nothing_is_refused_by_name(tmp_path: Path):
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(TrainingError, match="holds no caption"):
        read_anchors(str(tmp_path / "empty.txt"), "")
    with pytest.raises(TrainingError, match="can't be read"):
        read_anchors(str(tmp_path / "none.txt"), "")
    with pytest.raises(TrainingError, match="no model card"):
        read_anchors("known", str(tmp_path / "clip"))
    with pytest.raises(TrainingError, match="anchors hold no caption"):
        FinetuneConfig(tmp_path, "clip", anchors=())
