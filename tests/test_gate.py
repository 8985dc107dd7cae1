"""The gate lets a gently tuned encoder pass and names what is wrong with each other one."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from encoder_scenes import own_fingerprint, record, save_nudged, save_turned, stock_encoder
from safetensors.torch import load_file, save_file
from tiny_models import (
    edit_json,
    make_encoder,
    make_tiny_pipeline,
    make_whole_clip,
    rename_tensors,
    tiny_tokenizer,
)
from torch.nn import functional

from core.errors import EncoderMismatchError, ModelError, ModelMissingError, RecipeError
from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.language.reading import read_prompt
from core.language.vocabulary import load_vocabulary
from core.weights.drift import (
    attribute_step,
    drift_between,
    hidden_states,
    known_prompts,
    measure_drift,
    prompt_sets,
)
from core.weights.gate import LARGEST_DRIFT, LARGEST_DRIFT_OF_KNOWN, Verdict, drift_check, examine_encoder
from core.weights.interpolation import interpolate_encoders
from core.weights.model_cards import ModelCard
from core.weights.origins import encoder_fingerprint, fingerprint_of, read_origin
from core.weights.text_encoders import load_text_encoder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("models") / "model")


def failed(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.checks if not check.passed]


def test_a_gently_tuned_encoder_of_known_origin_passes_every_check(model: Path, tmp_path: Path) -> None:
    encoder = record(save_nudged(model, tmp_path / "tuned"), own_fingerprint(model))
    verdict = examine_encoder(encoder, model)
    assert verdict.passed and verdict.reasons == ()
    names = ["files", "tokenizer", "sizes", "layers", "dtype", "weights", "origin"]
    sets = ("known", "derm", "generic", "empty")
    assert [check.name for check in verdict.checks] == [*names, *(f"drift_{name}" for name in sets)]
    assert all(0 < check.figure["steps"] < LARGEST_DRIFT_OF_KNOWN["known"] for check in verdict.checks[-4:])
    assert {c.name[6:]: c.limit for c in verdict.checks[-4:] if c.limit} == LARGEST_DRIFT_OF_KNOWN
    assert "not limited: the model's card names the words" in verdict.checks[-2].message


def test_without_a_card_every_set_of_prompts_has_its_limit(model: Path, tmp_path: Path) -> None:
    bare = shutil.copytree(model, tmp_path / "bare")
    (bare / "model_card.json").unlink()
    checks = examine_encoder(save_nudged(bare, tmp_path / "tuned"), bare).checks
    assert {c.name[6:]: c.limit for c in checks if c.name.startswith("drift")} == LARGEST_DRIFT
    save_turned(bare, tmp_path / "turned")
    assert failed(examine_encoder(tmp_path / "turned", bare)) == [f"drift_{name}" for name in LARGEST_DRIFT]


def test_what_a_model_knows_is_asked_in_its_cards_own_words() -> None:
    card = ModelCard("m", "M", rashes=("acne", "clear"), sites=("hand", "foot"), tones=("fair",))
    assert sorted(known_prompts(card)) == sorted(
        compose_caption(Attributes(rash, (site,), "fair")) for rash in card.rashes for site in card.sites
    )
    many = replace(card, rashes=tuple(load_vocabulary().rashes), sites=tuple(load_vocabulary().sites))
    assert len(set(known_prompts(many))) == 24
    assert known_prompts(replace(card, tones=())) == ()


def test_no_tone_of_a_large_card_is_left_out_and_no_pair_that_is_never_drawn_is_asked_for() -> None:
    words = load_vocabulary()
    rashes = (*list(words.rashes)[:11], "nail_disease")
    sites, tones = tuple(words.sites)[:15], tuple(words.all_tones)
    card = ModelCard("m", "M", rashes=rashes, sites=sites, tones=tones, true_sites=True)
    asked = [read_prompt(prompt, monk=True).attributes for prompt in known_prompts(card)]
    assert {one.tone for one in asked} == set(tones)
    assert {one.rash for one in asked} == {
        rash for rash in rashes if any(map(words.rash(rash).is_drawn_at, sites))
    }
    assert len({one.site for one in asked}) > 10
    assert all(words.rash(str(one.rash)).is_drawn_at(str(one.site)) for one in asked)


def test_the_stock_encoder_itself_does_not_drift(model: Path) -> None:
    verdict = examine_encoder(model / "text_encoder", model)
    assert verdict.passed
    assert [c.figure["relative_distance"] for c in verdict.checks[-4:]] == [0, 0, 0, 0]


def test_the_same_shapes_in_a_turned_space_are_caught_by_drift_alone(model: Path, tmp_path: Path) -> None:
    save_turned(model, tmp_path / "turned")
    verdict = examine_encoder(tmp_path / "turned", model)
    assert failed(verdict) == ["drift_known", "drift_empty"]
    assert "attribute steps" in verdict.reasons[0]
    assert verdict.checks[6].figure == "not recorded"


def test_the_turned_encoder_is_really_the_stock_one_in_other_directions(model: Path, tmp_path: Path) -> None:
    turn = save_turned(model, tmp_path / "turned")
    stock, turned = stock_encoder(model), load_text_encoder(tmp_path / "turned")
    prompts = prompt_sets()["generic"]
    expected = hidden_states(stock, tiny_tokenizer(), prompts) @ turn
    assert torch.allclose(hidden_states(turned, tiny_tokenizer(), prompts), expected, atol=1e-4)


def test_an_encoder_tuned_from_a_stranger_is_refused_by_its_record(model: Path, tmp_path: Path) -> None:
    stranger = make_encoder(tmp_path / "stranger", seed=3)
    encoder = record(save_nudged(model, tmp_path / "tuned"), encoder_fingerprint(stranger))
    verdict = examine_encoder(encoder, model)
    assert failed(verdict) == ["origin"]
    assert "tuned from another one" in verdict.reasons[0]


def test_an_encoder_tuned_twice_still_descends_from_the_stock_one(model: Path, tmp_path: Path) -> None:
    encoder = record(save_nudged(model, tmp_path / "tuned"), own_fingerprint(model), "a" * 64)
    assert examine_encoder(encoder, model).passed


def test_another_encoder_of_the_same_shape_is_caught_by_drift(model: Path, tmp_path: Path) -> None:
    verdict = examine_encoder(make_encoder(tmp_path / "other", seed=9), model)
    assert set(failed(verdict)) == {"drift_known", "drift_empty"}


@pytest.mark.parametrize(
    ("changes", "check", "words"),
    [
        # ViT-B/32 is 512 wide where the UNet reads 768: the same proportion on a small scale.
        ({"hidden_size": 16}, "sizes", "hidden size: 16 here, 32"),
        # Stable Diffusion 2's encoder: wider, deeper, another activation.
        (
            {"hidden_size": 64, "num_hidden_layers": 3, "hidden_act": "gelu"},
            "layers",
            "number of layers: 3 here",
        ),
        ({"vocab_size": 500}, "tokenizer", "vocabulary size: 500 here"),
    ],
)
def test_another_build_is_named_and_not_measured(
    model: Path, tmp_path: Path, changes: dict[str, object], check: str, words: str
) -> None:
    verdict = examine_encoder(make_encoder(tmp_path / "other", **changes), model)
    assert check in failed(verdict)
    assert words in " ".join(verdict.reasons)
    assert not [c for c in verdict.checks if c.name.startswith("drift")]


def test_weights_of_whole_numbers_are_named(model: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "quantised")
    path = encoder / "model.safetensors"
    save_file({name: t.to(torch.int8) for name, t in load_file(path).items()}, path)
    assert failed(examine_encoder(encoder, model)) == ["dtype"]


def test_weights_that_are_no_numbers_are_refused(model: Path, tmp_path: Path) -> None:
    encoder = save_nudged(model, tmp_path / "broken")
    path = encoder / "model.safetensors"
    save_file(
        {n: torch.full_like(t, float("nan")) for n, t in load_file(path).items()}, path, {"format": "pt"}
    )
    verdict = examine_encoder(encoder, model)
    assert failed(verdict) == ["loading"] and "NaN" in verdict.reasons[0]


def test_pickled_weights_and_wrong_folders_are_refused_with_the_reason(model: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "pickled")
    (encoder / "model.safetensors").rename(encoder / "pytorch_model.bin")
    assert "pickled" in examine_encoder(encoder, model).reasons[0]
    assert "no text encoder folder" in examine_encoder(tmp_path / "nowhere", model).reasons[0]
    (tmp_path / "empty").mkdir()
    assert failed(examine_encoder(tmp_path / "empty", model)) == ["files"]
    assert failed(examine_encoder(model / "unet", model))


def test_a_wrong_model_is_an_error_of_its_own(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError):
        examine_encoder(model / "text_encoder", tmp_path)


def test_a_torn_origin_record_is_refused(model: Path, tmp_path: Path) -> None:
    encoder = record(save_nudged(model, tmp_path / "tuned"), own_fingerprint(model))
    (encoder / "origin.json").write_text("{")
    assert failed(examine_encoder(encoder, model)) == ["origin"]
    with pytest.raises(ModelError, match=r"origin\.json"):
        read_origin(encoder)


def test_a_whole_clip_and_half_precision_are_the_same_encoder(model: Path, tmp_path: Path) -> None:
    clip = make_whole_clip(tmp_path / "clip")
    fingerprint = encoder_fingerprint(clip)
    tensors = load_file(clip / "model.safetensors")
    text = {n: t for n, t in tensors.items() if n.startswith("text_model.")}
    assert fingerprint_of((n.removeprefix("text_model."), t.half()) for n, t in text.items()) == fingerprint
    moved = {n: t + 0.01 for n, t in text.items()}
    assert fingerprint_of(moved.items()) != fingerprint


def test_older_names_of_weights_leave_the_fingerprint_alone(tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "encoder")
    before = encoder_fingerprint(encoder)
    rename_tensors(encoder / "model.safetensors", "text_model.")
    assert encoder_fingerprint(encoder) == before


def test_drift_equals_a_slow_obvious_version() -> None:
    draw = torch.Generator().manual_seed(0)
    stock, tuned = torch.randn(3, 5, 4, generator=draw), torch.randn(3, 5, 4, generator=draw)
    cosines, distances = [], []
    for one, other in zip(stock, tuned, strict=True):
        cosines.append(
            [float(functional.cosine_similarity(a, b, dim=0)) for a, b in zip(one, other, strict=True)]
        )
        distances.append(float((other - one).square().sum() ** 0.5 / one.square().sum() ** 0.5))
    found = drift_between(stock, tuned)
    assert found.cosine == pytest.approx(sum(map(sum, cosines)) / 15, abs=1e-5)
    assert found.lowest_cosine == pytest.approx(min(sum(c) / 5 for c in cosines), abs=1e-5)
    assert found.relative_distance == pytest.approx(sum(distances) / 3, abs=1e-5)


def test_a_drift_beyond_its_limit_fails_and_one_within_passes() -> None:
    drift = {"cosine": 0.9, "lowest_cosine": 0.8, "relative_distance": 0.2}
    assert drift_check("empty", drift, 0.9, limit=0.25).passed
    assert not drift_check("empty", drift, 0.7, limit=0.25).passed
    assert drift_check("empty", drift, 0.8, limit=0.25).figure["steps"] == pytest.approx(0.25)
    assert drift_check("empty", drift, 0.1, limit=None).passed


def test_the_padding_counts_and_captions_differ_by_a_step(model: Path) -> None:
    encoder = stock_encoder(model)
    assert hidden_states(encoder, tiny_tokenizer(), ["", "acne"]).shape == (2, 77, 32)
    assert 0.05 < attribute_step(encoder, tiny_tokenizer()) < 1.5
    assert len(set(prompt_sets()["derm"])) == len(prompt_sets()["derm"])


def test_a_mixture_lies_between_and_its_ends_are_the_two_encoders(model: Path, tmp_path: Path) -> None:
    stock, tuned = stock_encoder(model), load_text_encoder(save_nudged(model, tmp_path / "tuned", 0.2))
    drift = [
        measure_drift(stock, interpolate_encoders(stock, tuned, weight), tiny_tokenizer())[
            "derm"
        ].relative_distance
        for weight in (0.0, 0.5, 1.0)
    ]
    whole = measure_drift(stock, tuned, tiny_tokenizer())["derm"].relative_distance
    assert drift[0] == 0 and 0 < drift[1] < drift[2] == pytest.approx(whole, rel=1e-5)
    half = interpolate_encoders(stock, tuned, 0.5).final_layer_norm.bias
    assert torch.allclose(half, (stock.final_layer_norm.bias + tuned.final_layer_norm.bias) / 2)


def test_a_saved_mixture_is_an_encoder_that_fits(model: Path, tmp_path: Path) -> None:
    tuned = load_text_encoder(save_nudged(model, tmp_path / "tuned"))
    interpolate_encoders(stock_encoder(model), tuned, 0.5).save_pretrained(tmp_path / "mixed")
    assert examine_encoder(tmp_path / "mixed", model).passed


def test_a_weight_out_of_range_and_unlike_encoders_are_refused(model: Path, tmp_path: Path) -> None:
    stock = stock_encoder(model)
    with pytest.raises(RecipeError, match=r"weight is 1\.5"):
        interpolate_encoders(stock, stock, 1.5)
    narrow = load_text_encoder(make_encoder(tmp_path / "narrow", hidden_size=16))
    with pytest.raises(EncoderMismatchError, match="can't be mixed"):
        interpolate_encoders(stock, narrow, 0.5)


def test_a_shorter_tokenizer_is_named(model: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "short")
    edit_json(encoder / "tokenizer_config.json", model_max_length=64)
    verdict = examine_encoder(encoder, model)
    assert failed(verdict) == ["tokenizer"] and "64 here, 77" in verdict.reasons[0]
