"""A text encoder that does not fit is refused before loading, with the property that differs."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_models import (
    edit_json,
    make_encoder,
    make_tiny_pipeline,
    make_whole_clip,
    rename_tensors,
    tiny_tokenizer,
)
from transformers import BertConfig, BertModel

from core.errors import EncoderMismatchError, ModelMissingError, UnsafeWeightsError
from core.weights.encoders import check_text_encoder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_pipeline(tmp_path_factory.mktemp("models") / "model")


def test_the_models_own_encoder_and_a_tuned_one_fit(model: Path, tmp_path: Path) -> None:
    check_text_encoder(model / "text_encoder", model)
    check_text_encoder(make_encoder(tmp_path / "tuned"), model)


def test_a_whole_clip_fits_by_its_text_part(model: Path, tmp_path: Path) -> None:
    check_text_encoder(make_whole_clip(tmp_path / "clip"), model)


def test_an_encoder_with_prefixed_names_fits(model: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "older")
    rename_tensors(encoder / "model.safetensors", "text_model.")
    check_text_encoder(encoder, model)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        # The originals' proportions on a small scale: ViT-B/32 is narrower than the UNet reads (512 for 768),
        # Stable Diffusion 2's encoder is wider (1024) and has more layers and another activation.
        ({"hidden_size": 16}, r"hidden size: 16 here, 32 \(the UNet's cross_attention_dim\)"),
        ({"hidden_size": 64, "num_hidden_layers": 3, "hidden_act": "gelu"}, "hidden size: 64 here"),
        ({"num_hidden_layers": 3}, "number of layers: 3 here, 2 in the model"),
        ({"hidden_act": "gelu"}, "activation: gelu here, quick_gelu in the model"),
        ({"num_attention_heads": 4}, "number of attention heads: 4 here, 2"),
        ({"intermediate_size": 64}, "feed-forward layers: 64 here, 48"),
        ({"vocab_size": 500}, "vocabulary size: 500 here, 82"),
        ({"max_position_embeddings": 40}, "maximum length: 40 here, 77"),
    ],
)
def test_another_size_is_named_with_both_values(
    model: Path, tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    encoder = make_encoder(tmp_path / "other", **changes)
    with pytest.raises(EncoderMismatchError, match=sentence):
        check_text_encoder(encoder, model)


def test_all_differences_are_named_at_once(model: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "sd2", hidden_size=64, num_hidden_layers=3, hidden_act="gelu")
    with pytest.raises(EncoderMismatchError, match=r"hidden size.*number of layers.*activation"):
        check_text_encoder(encoder, model)


def test_another_order_of_the_vocabulary_is_found(model: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "other")
    tokenizer = tiny_tokenizer()
    vocabulary = dict(tokenizer.get_vocab())
    vocabulary["a"], vocabulary["b"] = vocabulary["b"], vocabulary["a"]
    type(tokenizer)(vocab=vocabulary, merges=[], model_max_length=77).save_pretrained(encoder)
    with pytest.raises(EncoderMismatchError, match="tokenizer's id of 'a': 3 here, 2 in the model"):
        check_text_encoder(encoder, model)


def test_other_merges_are_found(model: Path, tmp_path: Path) -> None:
    encoder, stock = make_encoder(tmp_path / "other"), Path(shutil.copytree(model, tmp_path / "model"))
    vocabulary = {**tiny_tokenizer().get_vocab(), "ac": 82}
    kind = type(tiny_tokenizer())
    kind(vocab=vocabulary, merges=[("a", "c")], model_max_length=77).save_pretrained(encoder)
    kind(vocab=vocabulary, merges=[], model_max_length=77).save_pretrained(stock / "tokenizer")
    with pytest.raises(EncoderMismatchError, match="tokenizer's merges: 1 merges here"):
        check_text_encoder(encoder, stock)


def test_a_shorter_tokenizer_is_found(model: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "short")
    edit_json(encoder / "tokenizer_config.json", model_max_length=64)
    with pytest.raises(EncoderMismatchError, match="tokenizer's maximum length: 64 here, 77"):
        check_text_encoder(encoder, model)


def test_an_encoder_without_its_own_tokenizer_is_compared_by_the_rest(model: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "bare")
    for path in encoder.glob("token*"):
        path.unlink()
    check_text_encoder(encoder, model)


def test_weights_that_are_no_floats_are_named(model: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "quantised")
    path = encoder / "model.safetensors"
    save_file({name: t.to(torch.int8) for name, t in load_file(path).items()}, path)
    with pytest.raises(EncoderMismatchError, match="dtype: I8 here, a float type"):
        check_text_encoder(encoder, model)


def test_a_tensor_that_is_missing_is_named(model: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "torn")
    tensors = load_file(encoder / "model.safetensors")
    del tensors["final_layer_norm.weight"]
    save_file(tensors, encoder / "model.safetensors")
    with pytest.raises(EncoderMismatchError, match=r"'final_layer_norm\.weight': missing here, 32"):
        check_text_encoder(encoder, model)


def test_another_architecture_is_named(model: Path, tmp_path: Path) -> None:
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=50, **sizes)).save_pretrained(tmp_path / "bert")
    with pytest.raises(EncoderMismatchError, match="architecture: BertModel here, CLIPTextModel"):
        check_text_encoder(tmp_path / "bert", model)


def test_a_pickled_encoder_is_refused(model: Path, tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "pickled")
    (encoder / "model.safetensors").rename(encoder / "pytorch_model.bin")
    with pytest.raises(UnsafeWeightsError, match=r"pytorch_model\.bin"):
        check_text_encoder(encoder, model)


def test_a_folder_that_is_no_encoder_is_named(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="nowhere"):
        check_text_encoder(tmp_path / "nowhere", model)
    with pytest.raises(ModelMissingError, match=r"config\.json"):
        check_text_encoder(tmp_path, model)
