import json
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file
from transformers import CLIPModel

from core.errors import ModelMissingError, TrainingError
from core.language.vocabulary import load_vocabulary
from core.measuring.judge import load_judge
from core.measuring.measurements import load_measurement
from core.measuring.tone import load_reference
from core.settings import JUDGE, PROJECT
from core.weights.checkpoints import check_model_folder
from core.weights.model_cards import load_card
from training import evaluate
from training.build_embedded import main, parse_arguments, read_plan
from training.embedded import samples
from training.embedded.assembly import LARGEST_FILE, check_drawing, check_sizes, copy_judge
from training.embedded.chain import stages, tiny_plan
from training.embedded.starting_points import starting_points
from training.loop import stages as looped
from training.loop.stages import Stage, run_stage
from training.words.taught_words import ALL, FIRST, GROUPS, WORDS


@pytest.fixture(scope="module")
def brisk():
    """Sample sheets of two steps and four repeated pictures: most of the time went into drawing them."""
    draw_latents = samples.draw_latents
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samples, "draw_latents", lambda *asked: draw_latents(*asked[:-1], 2))
        patch.setattr(evaluate, "REPEATED_PROMPTS", 2)
        patch.setattr(evaluate, "REPEATS", 2)
        yield


@pytest.fixture(scope="module")
def built(brisk, tmp_path_factory):
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


@pytest.fixture(scope="module")
def built_all(built):
    """The same with all words, started from the first model."""
    folder, model = built.with_name("all"), built / "models" / "embedded"
    places = ["--work", str(folder / "work"), "--models", str(folder / "models")]
    assert main([*places, "--tiny", "--words", "all", "--init", str(model)]) == 0
    return folder


def test_a_model_of_all_words_knows_them_and_says_so(built_all):
    card, words = load_card(built_all / "models" / "embedded"), load_vocabulary()
    assert set(card.tones) == set(words.all_tones) and card.true_sites
    assert card.severities == tuple(words.severities) and card.views == tuple(words.views)
    assert len(card.rashes) > 15 and "hair_loss" not in card.rashes
    judge = load_judge(built_all / "models" / "judge").config
    assert (judge.severities, judge.views) == (card.severities, card.views)


def test_a_model_of_all_words_is_measured_by_all_of_them(built_all):
    report = json.loads((built_all / "work" / "evaluation.json").read_text())
    figures, tables = report["figures"], report["tables"]
    for name in ("view", "view_ceiling", "severity_ceiling", "rash_paraphrased", "site_paraphrased"):
        low, high = figures[f"{name}_interval"]
        assert 0 <= low <= figures[name] <= high <= 1
    assert {"view_confusion", "by_view"} <= set(tables)
    assert set(tables["tone_confusion"]["asked"]) == set(load_vocabulary().monk_tones)
    assert report["count_paraphrased"] == 2
    assert "view_confusion" in report["ceiling_tables"]
    measured = load_measurement(built_all / "models" / "embedded")
    assert measured is not None and "view" in measured.confusions


def test_the_named_tones_are_told_by_a_judge_of_monk_steps(built_all):
    reference = load_reference(built_all / "models" / "judge")
    words = load_vocabulary()
    assert reference.scale(tuple(words.monk_tones)) == tuple(words.monk_tones)
    assert reference.scale(()) == tuple(words.tones)


def test_a_model_of_all_words_began_with_the_weights_of_the_first(built, built_all):
    for name, folder in (("autoencoder", "vae"), ("clip", "clip"), ("unet", "unet")):
        config = json.loads((built_all / "work" / name / "config.json").read_text())
        assert config["init"] == str(built / "models" / "embedded" / folder)
    judge = json.loads((built_all / "work" / "judge" / "config.json").read_text())
    assert judge["init"] == str(built / "models" / "judge")
    assert Path(judge["vae"]).name == "model" and Path(judge["vae"], "config.json").is_file()
    tokenizers = [p / "models" / "embedded" / "tokenizer" / "tokenizer.json" for p in (built, built_all)]
    assert tokenizers[0].read_text() == tokenizers[1].read_text()


def test_a_unet_that_fits_neither_clip_nor_autoencoder_is_not_started_from(tmp_path, capsys):
    parts = {
        "vae": {"_class_name": "AutoencoderTiny", "latent_channels": 4},
        "clip": {"text_config": {"hidden_size": 32}},
        "unet": {"in_channels": 4, "cross_attention_dim": 768},
    }
    for name, config in parts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps(config))
    found = starting_points(tmp_path)
    assert found["unet"] == () and found["clip"] == ("--init", str(tmp_path / "clip"))
    assert "unet:" in capsys.readouterr().out
    with pytest.raises(ModelMissingError, match="to start from"):
        starting_points(tmp_path / "nowhere")


def test_the_released_judge_of_all_groups_knows_them():
    judge, words = load_judge(PROJECT / "data" / "models" / JUDGE).config, load_vocabulary()
    assert set(judge.rashes) == set(words.rashes) and set(judge.sites) == set(GROUPS.sites)
    reference = load_reference(PROJECT / "data" / "models" / JUDGE)
    assert reference.scale(tuple(words.monk_tones)) == tuple(words.monk_tones)


def test_the_plan_of_all_words_holds_every_group_at_twenty_sites_or_more():
    words = load_vocabulary()
    assert set(ALL.rashes) == set(words.rashes) == set(GROUPS.rashes) and len(ALL.sites) >= 20
    assert set(FIRST.sites) < set(GROUPS.sites) < set(ALL.sites)
    assert all(any(words.rashes[rash].is_drawn_at(site) for site in GROUPS.sites) for rash in GROUPS.rashes)
    assert all(any(words.rashes[rash].is_drawn_at(site) for site in ALL.sites) for rash in ALL.rashes)
    flags = ALL.but(["palm"], 9).flags()
    assert "acne" not in flags and "tinea" in flags and ALL.but(["palm"], 9).phantoms[0] == 9


def test_an_autoencoder_that_is_kept_makes_the_latents_and_only_its_decoder_learns_on(built):
    init = built / "models" / "embedded"
    plan = replace(tiny_plan(built / "other", built / "models", 11, init=init), keep_autoencoder=True)
    chain = {stage.name: " ".join(stage.arguments) for stage in stages(plan)}
    assert "autoencoder" not in chain
    assert f"--vae {init / 'vae'}" in chain["unet"] and f"--vae {init / 'vae'}" in chain["redrawn"]
    assert f"--init {init / 'vae'}" in chain["decoder"]


@pytest.mark.parametrize(
    ("flags", "rate"),
    [([], "0.001"), (["--init", "m"], "0.0003"), (["--learning-rate-unet", "1e-05"], "1e-05")],
)
def test_a_unet_that_can_draw_goes_on_more_gently(tmp_path, flags, rate):
    arguments = parse_arguments(["--work", str(tmp_path), *flags])
    unet = read_plan(arguments).unet
    assert unet[unet.index("--learning-rate") + 1] == rate


def test_the_unet_learns_from_the_critic_of_the_same_latents(built):
    plan = tiny_plan(built / "work", built / "models", 11)
    chain = {stage.name: " ".join(stage.arguments) for stage in stages(plan)}
    latents = f"--latents {plan.folder('latents')}"
    assert latents in chain["critic"] and latents in chain["unet"]
    assert f"--critic {plan.folder('critic') / 'model'} --own-drawings 2" in chain["unet"]


def test_a_judge_that_is_kept_is_the_one_beside_the_model_to_start_from(built, tmp_path):
    models = shutil.copytree(built / "models", tmp_path / "models")
    plan = replace(tiny_plan(tmp_path, models, 11, init=models / "embedded"), keep_judge=True)
    assert not {"judge", "phantoms_judge"} & {stage.name for stage in stages(plan)}
    assert plan.judge_folder == models / JUDGE
    before = (models / JUDGE / "config.json").read_bytes()
    copy_judge(plan.judge_folder, models / JUDGE)
    assert (models / JUDGE / "config.json").read_bytes() == before
    copy_judge(plan.judge_folder, tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "config.json").read_bytes() == before


def test_no_judge_can_be_kept_where_there_is_none(tmp_path, capsys):
    assert main(["--work", str(tmp_path), "--keep-judge"]) == 1
    assert "none beside None" in capsys.readouterr().err


def test_each_lesson_holds_the_words_of_the_one_before():
    lessons = list(WORDS.values())
    for before, after in pairwise(lessons):
        assert set(before.rashes) <= set(after.rashes) and set(before.sites) <= set(after.sites)


def test_what_an_earlier_model_knew_is_taken_twice_as_often(tmp_path):
    plan = tiny_plan(tmp_path, tmp_path, 11, ALL)
    unet = next(stage for stage in stages(plan) if stage.name == "unet")
    assert unet.arguments[unet.arguments.index("--often") + 1 :][:4] == FIRST.rashes


def test_no_autoencoder_can_be_kept_where_there_is_none(tmp_path, capsys):
    assert main(["--work", str(tmp_path), "--keep-autoencoder"]) == 1
    assert "name a model to start from" in capsys.readouterr().err


def test_stages_with_a_result_are_skipped(built, monkeypatch, capsys):
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} was run again")

    monkeypatch.setattr(looped, "import_module", refuse)
    for stage in stages(tiny_plan(built / "work", built / "models", 11)):
        run_stage(stage)
    assert capsys.readouterr().out.count("already there") == 10


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
