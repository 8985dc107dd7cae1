import json
from pathlib import Path

import numpy as np
import pytest
import torch
from phantom_folders import write_phantoms
from transformers import CLIPModel, CLIPTextModel, CLIPTokenizer

import training.train_clip as train_clip_module
from core.language.attributes import Attributes
from training.embedded.clip_data import Labels, load_clip_data, trim
from training.embedded.clip_figures import clip_figures, linear_probe, text_states
from training.embedded.clip_model import ClipSize, ClipTrainee, as_pixels, build_clip
from training.embedded.datasets import open_phantoms
from training.loop.metric_lines import read_metrics
from training.loop.pace import Pace, Rhythm
from training.loop.runs import open_run
from training.tokenizer import train_tokenizer
from training.train_clip import ClipRunConfig, Stepper, clip_losses, main, reading_loss, train_clip

TINY = ClipSize(32, 2, 2, 32, 2, 2, image_size=32, patch_size=8, projection=16)
CPU = torch.device("cpu")
TEXTS = ["acne eczema tinea clear skin type of rash at the face foot area on a pale fair brown skin"] * 3


@pytest.fixture(autouse=True)
def small_corpus(monkeypatch):
    """The whole corpus takes seconds to walk."""
    monkeypatch.setattr(train_clip_module, "prompt_corpus", lambda vocabulary, left_out: TEXTS)


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory) -> Path:
    return write_phantoms(tmp_path_factory.mktemp("clip") / "phantoms", count=72)


@pytest.fixture(scope="module")
def data(phantoms):
    return load_clip_data(open_phantoms(phantoms), train_tokenizer(TEXTS, 600), 32, 8)


def config_for(phantoms: Path, **changes) -> ClipRunConfig:
    return ClipRunConfig(phantoms, batch=12, tokenizer_size=600, size=TINY, **changes)


def train(folder: Path, config: ClipRunConfig, steps: int = 6) -> list[float]:
    run = open_run(
        folder, config, Pace(steps=steps, warmup_steps=1), Rhythm(log_steps=1, checkpoint_minutes=0)
    )
    train_clip(run, config, CPU)
    return [line["loss"] for line in read_metrics(folder)]


@pytest.fixture(scope="module")
def trained(phantoms, tmp_path_factory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_clip_module, "prompt_corpus", lambda vocabulary, left_out: TEXTS)
        folder = tmp_path_factory.mktemp("runs") / "run"
        train(folder, config_for(phantoms))
    return folder


def trainee_for(data) -> ClipTrainee:
    torch.manual_seed(0)
    return ClipTrainee(build_clip(train_tokenizer(TEXTS, 600), TINY), data.labels.sizes)


def test_six_steps_lower_a_positive_loss(trained):
    losses = [line["loss"] for line in read_metrics(trained)]
    assert len(losses) == 6 and min(losses) > 0
    assert np.mean(losses[-2:]) < losses[0]


def test_every_weight_moves_and_gradients_are_clipped(data):
    trainee = trainee_for(data)
    before = {name: p.detach().clone() for name, p in trainee.named_parameters()}
    optimizer = torch.optim.AdamW(trainee.parameters(), lr=1e-2)
    average = train_clip_module.MovingAverage(trainee)
    config = config_for(Path("unused"), gradient_limit=0.01)
    stepper = Stepper(trainee, average, optimizer, data, np.arange(72), config, CPU)
    norm = [stepper(step)["gradient_norm"] for step in range(2)][-1]
    left = torch.stack([p.grad.norm() for p in trainee.parameters() if p.grad is not None]).norm()
    assert norm > 0.01 and float(left) == pytest.approx(0.01, rel=1e-3)
    still = [name for name, p in trainee.named_parameters() if torch.equal(p, before[name])]
    assert not [name for name in still if "position_ids" not in name]


def test_further_sentences_say_what_their_numbers_say(data):
    tokens, labels = data.further(50, np.random.default_rng(1))
    said = {words(row, data): a for a, rows in data.sentences.train.items() for row in rows}
    for row, numbers in zip(tokens.numpy(), labels.tolist(), strict=True):
        assert data.labels.number(said[words(row, data)]) == tuple(numbers)


def test_further_sentences_teach_the_text_tower_alone(data):
    trainee = trainee_for(data)
    tokens, labels = data.further(12, np.random.default_rng(0))
    loss = reading_loss(trainee, tokens, labels)
    logits = trainee.read(tokens).attributes
    slow = [
        -float(logits[i][row].log_softmax(-1)[labels[row, i]])
        for i in range(len(logits))
        for row in range(12)
    ]
    assert float(loss.detach()) == pytest.approx(np.mean(slow), rel=1e-4)
    loss.backward()
    assert all(p.grad is None for p in trainee.clip.vision_model.parameters())
    assert all(p.grad is not None for p in trainee.text_heads.parameters())


def test_a_run_that_reads_further_sentences_takes_other_steps(phantoms, trained, tmp_path):
    train(tmp_path / "read", config_for(phantoms, sentences=8))
    more, less = ([line["loss"] for line in read_metrics(run)] for run in (tmp_path / "read", trained))
    assert len(more) == len(less) and all(a > b for a, b in zip(more[:2], less[:2], strict=True))


def words(row, data) -> tuple[int, ...]:
    """A sentence's tokens without what pads it."""
    return tuple(trim(row[None], data.end_token)[0].tolist())


def test_a_batch_of_one_caption_has_a_loss_and_a_gradient(data):
    trainee = trainee_for(data)
    rows = np.flatnonzero([a == data.attributes[0] for a in data.attributes])
    contrast, aids = clip_losses(trainee, data.batch(rows, np.random.default_rng(0)), CPU)
    (contrast + aids).backward()
    assert len(rows) > 2
    assert np.log(len(rows)) - 1e-5 <= float(contrast.detach()) < 10
    assert trainee.clip.text_projection.weight.grad.isfinite().all()


def test_the_model_loads_with_its_tokenizer_and_as_a_text_encoder(trained):
    tokenizer = CLIPTokenizer.from_pretrained(trained / "model")
    clip = CLIPModel.from_pretrained(trained / "model").eval()
    encoder = CLIPTextModel.from_pretrained(trained / "model").eval()
    tokens = tokenizer(["tinea on the foot"], padding="max_length", return_tensors="pt").input_ids
    assert tokens.shape == (1, 77)
    with torch.inference_mode():
        states = encoder(tokens).last_hidden_state
        assert torch.equal(states, clip.text_model(tokens).last_hidden_state)
    assert states.shape == (1, 77, 32)
    assert clip.config.text_config.eos_token_id == tokenizer.eos_token_id


def test_the_pooled_state_is_that_of_the_first_end_token(data):
    clip = build_clip(train_tokenizer(TEXTS, 600), TINY).eval()
    tokens = torch.from_numpy(data.sentences.train[data.attributes[0]][:2])
    found = clip.text_model(tokens)
    ends = (tokens == data.end_token).int().argmax(dim=1)
    assert torch.equal(found.pooler_output, found.last_hidden_state[torch.arange(2), ends])


def test_cutting_the_padding_changes_no_embedding(data):
    trainee = trainee_for(data).eval()
    tokens = data.sentences.train[data.attributes[1]]
    with torch.inference_mode():
        whole = trainee.read(torch.from_numpy(tokens)).embedding
        cut = trainee.read(torch.from_numpy(trim(tokens, data.end_token))).embedding
    assert trim(tokens, data.end_token).shape[1] < 77
    assert torch.allclose(whole, cut, atol=1e-5)


def test_a_killed_clip_goes_on_with_the_same_curve_and_weights(phantoms, trained, tmp_path, monkeypatch):
    take_step = Stepper.__call__
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Stepper, "__call__", lambda self, n: take_step(self, n) if n < 3 else die())
        train(tmp_path / "killed", config_for(phantoms))
    curve = train(tmp_path / "killed", config_for(phantoms))
    assert curve == [line["loss"] for line in read_metrics(trained)]
    whole, killed = (
        CLIPModel.from_pretrained(f / "model").state_dict() for f in (trained, tmp_path / "killed")
    )
    assert all(torch.equal(value, killed[name]) for name, value in whole.items())


def die() -> None:
    raise KeyboardInterrupt


def test_a_training_can_start_from_released_weights(phantoms, trained, tmp_path):
    config = config_for(phantoms, init=trained / "model")
    first = train(tmp_path / "again", config, steps=2)
    assert first[0] < read_metrics(trained)[0]["loss"]
    again = CLIPTokenizer.from_pretrained(tmp_path / "again" / "model")
    assert again.get_vocab() == CLIPTokenizer.from_pretrained(trained / "model").get_vocab()


def test_the_report_holds_recall_both_ways_and_the_probe(trained):
    figures = json.loads((trained / "report.json").read_text())["figures"]
    for way in ("image_to_text", "text_to_image"):
        values = [figures[f"{way}_recall_{k}"] for k in (1, 5, 10)]
        assert values == sorted(values) and 0 <= values[0] <= values[2] <= 1
    assert all(0 <= figures[f"probe_{name}"] <= 1 for name in ("rash", "site", "tone"))


def test_retrieval_is_perfect_when_pictures_lie_on_their_captions(data, monkeypatch):
    import training.embedded.clip_figures as module

    def embedding(numbers) -> np.ndarray:
        return np.stack([np.concatenate([np.eye(4)[a], np.eye(4)[b], np.eye(4)[c]]) for a, b, c in numbers])

    distinct = list(dict.fromkeys(data.attributes))
    monkeypatch.setattr(module, "embed_images", lambda t, d, rows: embedding(d.numbers[rows]))
    numbers = [data.labels.number(a) for a in distinct]
    monkeypatch.setattr(module, "embed_texts", lambda t, d, tokens: embedding(numbers))
    monkeypatch.setattr(module, "probe_figures", lambda t, d: {})
    figures = clip_figures(trainee_for(data), data, np.arange(72))
    assert figures["image_to_text_recall_1"] == figures["text_to_image_recall_1"] == 1


def test_the_linear_probe_reads_what_is_linear_and_nothing_from_noise():
    rng = np.random.default_rng(0)
    labels, others = rng.integers(0, 3, 400), rng.integers(0, 3, 400)
    signal = np.eye(8, dtype=np.float32)
    read = linear_probe(signal[labels] + 0.1, labels, signal[others] + 0.1, others)
    assert read == 1
    noise = rng.normal(size=(2, 400, 8)).astype(np.float32)
    assert linear_probe(noise[0], labels, noise[1], others) < 0.5


def test_the_probe_sees_the_mean_of_a_sentences_own_states_and_its_end(data):
    trainee, tokens = trainee_for(data).eval(), data.sentences.train[data.attributes[0]][:3]
    with torch.inference_mode():
        found = text_states(trainee, tokens, data.end_token)
        all_states = trainee.clip.text_model(torch.from_numpy(tokens)).last_hidden_state.numpy()
    for row, states, features in zip(tokens, all_states, found, strict=True):
        end = row.tolist().index(data.end_token)
        assert features[32:] == pytest.approx(states[end], abs=1e-5)
        assert features[:32] == pytest.approx(states[: end + 1].mean(axis=0), abs=1e-5)


def test_two_sites_are_a_value_of_their_own():
    labels = Labels(("acne",), (("hand",), ("hand", "leg")), ("fair",))
    assert labels.number(Attributes("acne", ("hand", "leg"), "fair")) == (0, 1, 0)
    assert labels.sizes == (1, 2, 1)


def test_pixels_are_scaled_to_minus_one_and_one():
    images = torch.tensor([[[[0, 255, 51]]]], dtype=torch.uint8)
    assert as_pixels(images).flatten().tolist() == pytest.approx([-1, 1, -0.6])


def test_a_missing_folder_ends_the_command_with_a_sentence(tmp_path, capsys):
    assert main(["--phantoms", str(tmp_path), "--output", str(tmp_path / "run"), "--steps", "1"]) == 1
    assert "metadata.jsonl" in capsys.readouterr().err
