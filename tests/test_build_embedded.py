import json

import pytest
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file
from transformers import CLIPModel

from core.checkpoints import check_model_folder
from core.errors import TrainingError
from core.judge import load_judge
from core.model_cards import load_card
from training import build_embedded
from training.assembly import LARGEST_FILE, check_drawing, check_sizes
from training.build_embedded import Stage, main, run_stage, stages, tiny_plan


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A work folder and a models folder after the whole chain on microscopic sizes."""
    folder = tmp_path_factory.mktemp("chain")
    assert main(["--work", str(folder / "work"), "--models", str(folder / "models"), "--tiny"]) == 0
    return folder


def test_the_whole_chain_makes_a_model_that_plain_diffusers_loads_and_draws_with(built):
    model = built / "models" / "embedded"
    check_model_folder(model)
    pipeline = StableDiffusionPipeline.from_pretrained(model)
    assert pipeline.vae_scale_factor == 2
    assert pipeline.scheduler.config.rescale_betas_zero_snr
    check_drawing(model, 64)


def test_the_model_card_says_what_it_learned_from_and_what_it_is_not_for(built):
    card = load_card(built / "models" / "embedded")
    assert "drawn phantoms, not on patients; not for diagnosis" in card.notice
    assert set(card.sites) == {"face", "foot"}
    assert set(card.rashes) == {"acne", "eczema", "tinea", "clear"}
    assert len(card.tones) == 6
    assert (card.defaults.width, card.defaults.scheduler) == (64, "ddim")
    report = json.loads((built / "work" / "evaluation.json").read_text())
    assert card.figures == report["figures"] and "rash" in str(card.figures)


def test_the_whole_clip_lies_beside_the_model_and_shares_its_text_encoder(built):
    model = built / "models" / "embedded"
    clip = CLIPModel.from_pretrained(model / "clip", torch_dtype=torch.float32)
    encoder = StableDiffusionPipeline.from_pretrained(model).text_encoder
    ids = torch.tensor([[1, 2, 3]])
    expected = clip.text_model(ids).last_hidden_state
    assert torch.allclose(encoder(ids).last_hidden_state.float(), expected, atol=1e-4)
    kept = load_file(model / "clip" / "model-vision.safetensors")
    assert not any(name.startswith("text_model.") for name in kept)
    trained = CLIPModel.from_pretrained(built / "work" / "clip" / "model").state_dict()
    assert all(torch.allclose(clip.state_dict()[name], value, atol=1e-3) for name, value in trained.items())


def test_the_judge_is_released_and_learned_from_phantoms_of_another_seed(built):
    assert set(load_judge(built / "models" / "judge").config.sites) == {"face", "foot"}
    seeds = [
        json.loads((built / "work" / name / "phantoms.json").read_text())["seed"]
        for name in ("phantoms", "phantoms_judge", "phantoms_held_out")
    ]
    assert len(set(seeds)) == 3


def test_stages_with_a_result_are_skipped(built, monkeypatch, capsys):
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} was run again")

    monkeypatch.setattr(build_embedded, "import_module", refuse)
    for stage in stages(tiny_plan(built / "work", built / "models", 11)):
        run_stage(stage)
    assert capsys.readouterr().out.count("already there") == 9


def test_a_failed_stage_stops_the_chain_and_is_named(tmp_path):
    stage = Stage(
        "autoencoder",
        "train_autoencoder",
        ("--phantoms", str(tmp_path), "--output", str(tmp_path / "r"), "--steps", "1"),
        tmp_path / "never",
    )
    with pytest.raises(TrainingError, match="autoencoder"):
        run_stage(stage)


def test_files_too_large_for_a_repository_are_refused(tmp_path):
    with (tmp_path / "unet.safetensors").open("wb") as file:
        file.truncate(LARGEST_FILE)
    with pytest.raises(TrainingError, match="50,000,000"):
        check_sizes(tmp_path)
