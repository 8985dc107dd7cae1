"""A sweep runs every pair of batch size and epochs, once, and lays the curves over each other."""

import json
from pathlib import Path

import pytest
from tuning_scenes import write_captioned, write_clip

import training.sweep_clip as sweep_module
from training.sweep_clip import main


def test_a_sweep_runs_each_pair_and_is_not_run_again(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch):
    data, clip = write_captioned(tmp_path / "data"), write_clip(tmp_path / "clip")
    command = [
        "--data",
        str(data),
        "--clip",
        str(clip),
        "--output",
        str(tmp_path / "sweep"),
        "--device",
        "cpu",
    ]
    sizes = ["--batches", "6", "9", "--epochs", "2", "--method", "full"]
    assert main([*command, *sizes]) == 0
    rows = json.loads((tmp_path / "sweep" / "sweep.json").read_text())
    runs = ["batch-6_epochs-2", "batch-9_epochs-2"]
    assert [row["run"] for row in rows] == runs
    for run in runs:
        assert (tmp_path / "sweep" / run / "text_encoder" / "model.safetensors").is_file()
        assert run in (tmp_path / "sweep" / "loss.svg").read_text()
        assert run in (tmp_path / "sweep" / "README.md").read_text()
    assert len(list((tmp_path / "sweep" / "cache").iterdir())) == 1
    monkeypatch.setattr(sweep_module, "finetune", lambda *_: pytest.fail("a finished run was trained again"))
    assert main([*command, *sizes]) == 0
