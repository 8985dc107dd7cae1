"""The benchmark trains both ways on the same data and says the ratio; the large step also runs small."""

import json
from pathlib import Path

import pytest
from transformers import CLIPConfig
from tuning_scenes import write_captioned, write_clip

import training.benchmark_finetune as benchmark
from core.benchmark_sd15 import UNET
from training.benchmark_finetune import main
from training.clip_tuning.large_clip import VIT_L_14


def test_both_ways_are_measured_in_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, clip = write_captioned(tmp_path / "data"), write_clip(tmp_path / "clip")
    places = ["--data", str(data), "--clip", str(clip), "--device", "cpu"]
    assert main([*places, "--batch", "6", "--epochs", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["pictures"], found["batch"], found["epochs"]) == (18, 6, 2)
    assert found["ratio"] == pytest.approx(found["samples_per_second"] / found["trainer_samples_per_second"])
    assert 0 < found["samples_per_second"] < found["samples_per_second_without_embedding"]


def test_a_step_of_the_large_build_moves_both_towers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = {**text, "image_size": 16, "patch_size": 8}
    small = CLIPConfig(text_config={**text, "vocab_size": 49408}, vision_config=vision, projection_dim=8)
    monkeypatch.setattr(benchmark, "VIT_L_14", small)
    assert main(["--vit-l-14", "--batch", "4", "--micro-batch", "2", "--device", "cpu"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["loss"] > 0 and found["seconds"] > 0 and found["peak_bytes"] > 10_000_000
    assert (found["batch"], found["micro_batch"]) == (4, 2)


def test_a_step_of_a_lora_on_the_full_builds_config_runs_small(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {**UNET, "sample_size": 8, "block_out_channels": (8, 8, 16, 16), "cross_attention_dim": 16}
    monkeypatch.setattr(benchmark, "UNET", {**small, "norm_num_groups": 4, "attention_head_dim": 2})
    assert main(["--sd15-lora", "--checkpointing", "--device", "cpu"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["loss"] > 0 and found["seconds"] > 0 and found["peak_bytes"] > 10_000_000
    assert (found["batch"], found["rank"], found["checkpointing"]) == (1, 8, True)
    assert 0 < found["trained_parameters"] < found["parameters"]


def test_without_data_the_way_out_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--device", "cpu"]) == 1
    assert "--data" in capsys.readouterr().err


def test_the_large_build_has_the_published_sizes() -> None:
    text, vision = VIT_L_14.text_config, VIT_L_14.vision_config
    assert (text.hidden_size, text.num_hidden_layers, text.vocab_size) == (768, 12, 49408)
    assert (vision.hidden_size, vision.num_hidden_layers, vision.patch_size, vision.image_size) == (
        1024,
        24,
        14,
        224,
    )
