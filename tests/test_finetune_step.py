"""One step of fine-tuning: cached gradients are the plain ones, only what may move moves."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional
from tuning_scenes import config_for, stepper_for, write_captioned, write_clip

from core.errors import TrainingError
from training.clip_tuning.losses import multi_positive_info_nce
from training.clip_tuning.model import merge_adapter
from training.clip_tuning.pictures_once import as_input
from training.clip_tuning.step import FinetuneStepper, graph_bytes, state_distance
from training.loop.micro_batches import fitted_micro_batch, free_bytes, saved_bytes
from training.loop.processes import Processes


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_captioned(tmp_path_factory.mktemp("data") / "data")


def moved(stepper: FinetuneStepper, steps: int = 2) -> tuple[set[str], dict[str, float]]:
    """Names of weights that differ after some steps, and the last line."""
    clip = stepper.towers.student.clip
    before = {name: p.detach().clone() for name, p in clip.named_parameters()}
    lines = [stepper(step) for step in range(steps)]
    return {n for n, p in clip.named_parameters() if not torch.equal(p, before[n])}, lines[-1]


def plain_gradients(stepper: FinetuneStepper, pictures: np.ndarray) -> dict[str, torch.Tensor]:
    """The same losses written down at once: everything in one graph, every caption at full length."""
    towers, config = stepper.towers, stepper.config
    student, data = towers.student, towers.data
    captions = sorted(set(data.caption_of[pictures].tolist()))
    found = student.clip.text_model(torch.from_numpy(data.captions.tokens[captions]))
    texts = functional.normalize(student.clip.text_projection(found.pooler_output), dim=-1)
    if config.train_vision:
        pixels = as_input(towers.vision[pictures], student.pictures, towers.device)
        images = functional.normalize(student.clip.get_image_features(pixels).pooler_output, dim=-1)
    else:
        images = towers.vision[torch.from_numpy(pictures)]
    meaning = data.captions.meanings
    positives = torch.tensor(
        [[meaning[data.caption_of[p]] == meaning[c] for c in captions] for p in pictures]
    )
    contrast = multi_positive_info_nce(student.clip.logit_scale.exp() * images @ texts.T, positives)
    held = data.anchors if len(data.anchors) else captions
    tokens = torch.from_numpy(np.concatenate([data.captions.tokens[held], data.captions.empty]))
    states = student.clip.text_model(tokens).last_hidden_state
    with torch.no_grad():
        original = student.teacher(tokens).last_hidden_state
    far = (states - original).square().sum(-1) / original.square().sum(-1)
    loss = contrast + config.distillation * (far[:-1].mean() + far[-1].mean()) / 2
    trained = student.trained()
    return dict(zip(trained, torch.autograd.grad(loss, list(trained.values())), strict=True))


ANCHORS = ("clear skin", "a photo of a cat", "acne type of rash at the face area on a fair skin")


@pytest.mark.parametrize("micro", [1, 3, 64])
@pytest.mark.parametrize("method, anchors", [("lora", None), ("last-layers", ANCHORS), ("full", None)])
def test_cached_gradients_equal_those_of_one_graph(
    data: Path, clip: Path, tmp_path: Path, method: str, anchors: tuple[str, ...] | None, micro: int
):
    config = config_for(data, clip, method=method, train_vision=method == "full", anchors=anchors)
    stepper = stepper_for(config, tmp_path, micro)
    stepper(0)  # away from the start, where the distance to the original and half of LoRA's gradients are 0
    pictures = stepper.towers.data.batch(1, 8, 0)
    expected = plain_gradients(stepper, pictures)
    stepper.gradients(pictures)
    for name, weight in stepper.towers.student.trained().items():
        assert weight.grad is not None
        assert torch.allclose(weight.grad, expected[name], rtol=1e-3, atol=2e-5), name
    assert max(float(g.abs().max()) for g in expected.values()) > 1e-3


def test_lora_moves_its_own_weights_alone(data: Path, clip: Path, tmp_path: Path):
    names, line = moved(stepper_for(config_for(data, clip), tmp_path))
    assert names and all("lora_" in name and ".layers.1." in name for name in names)
    assert line["loss"] > 0 and line["gradient_norm"] > 0


def test_last_layers_move_and_nothing_beneath(data: Path, clip: Path, tmp_path: Path):
    names, _ = moved(stepper_for(config_for(data, clip, method="last-layers"), tmp_path))
    assert names and all(".layers.1." in name or "final_layer_norm" in name for name in names)


def test_full_moves_the_text_tower_and_leaves_vision_and_projections(data: Path, clip: Path, tmp_path: Path):
    stepper = stepper_for(config_for(data, clip, method="full"), tmp_path)
    names, _ = moved(stepper)
    text = {n for n, _ in stepper.towers.student.clip.named_parameters() if n.startswith("text_model.")}
    assert names == text


def test_a_trained_vision_tower_moves_too(data: Path, clip: Path, tmp_path: Path):
    names, _ = moved(stepper_for(config_for(data, clip, train_vision=True), tmp_path))
    assert "visual_projection.weight" in names and "logit_scale" not in names
    assert any(name.startswith("vision_model.") for name in names)


def test_clipping_is_effective(data: Path, clip: Path, tmp_path: Path):
    stepper = stepper_for(config_for(data, clip, method="full", gradient_limit=0.01), tmp_path)
    norm = stepper(0)["gradient_norm"]
    left = torch.stack([p.grad.norm() for p in stepper.towers.student.trained().values()]).norm()
    assert norm > 0.01 and float(left) == pytest.approx(0.01, rel=1e-3)


def test_the_original_stays_as_it_was(data: Path, clip: Path, tmp_path: Path):
    stepper = stepper_for(config_for(data, clip, method="full"), tmp_path)
    before = [p.detach().clone() for p in stepper.towers.student.teacher.parameters()]
    first, second = stepper(0), stepper(1)
    assert first["distillation_loss"] == pytest.approx(0, abs=1e-9)
    assert second["distillation_loss"] > 0
    assert all(
        torch.equal(p, b) for p, b in zip(stepper.towers.student.teacher.parameters(), before, strict=True)
    )


def test_distillation_holds_the_states_back(data: Path, clip: Path, tmp_path: Path):
    distances = []
    for weight in (0.0, 100.0):
        stepper = stepper_for(config_for(data, clip, distillation=weight, method="full"), tmp_path)
        for step in range(6):
            stepper(step)
        distances.append(float(stepper.towers.empty_distance().detach()))
    assert distances[1] < distances[0] / 2


def test_anchors_are_held_back_and_the_datas_own_captions_are_not(data: Path, clip: Path, tmp_path: Path):
    known = ("clear skin at the hand area", "a photo of a cat")
    far = {}
    for anchors in (None, known):
        config = config_for(data, clip, method="full", distillation=300.0, anchors=anchors)
        stepper = stepper_for(config, tmp_path)
        for step in range(6):
            stepper(step)
        towers, rows = stepper.towers, stepper.towers.data
        own = rows.distinct_captions(rows.training)
        held = rows.held_captions(own)
        far[anchors] = float(towers.read_whole(own)[1].mean())
        said = {rows.captions.texts[i] for i in held}
        assert said == (set(known) if anchors else {rows.captions.texts[i] for i in own})
    assert far[known] > 1.3 * far[None]


def test_of_many_anchors_each_step_holds_others(data: Path, clip: Path, tmp_path: Path):
    config = config_for(data, clip, anchors=tuple(f"caption {i}" for i in range(9)))
    rows = stepper_for(config, tmp_path).towers.data
    drawn = [set(rows.held_captions(np.zeros(0, np.int64), 4, (0, step)).tolist()) for step in range(6)]
    assert all(len(one) == 4 for one in drawn) and len(set.union(*drawn)) == 9
    assert not set.union(*drawn) & set(rows.caption_of.tolist())


def test_without_distillation_only_trimmed_captions_are_read(data: Path, clip: Path, tmp_path: Path):
    stepper = stepper_for(config_for(data, clip, distillation=0.0), tmp_path)
    lengths: list[int] = []
    stepper.towers.student.clip.text_model.register_forward_pre_hook(
        lambda module, args, kwargs: lengths.append(kwargs["input_ids"].shape[1]), with_kwargs=True
    )
    stepper(0)
    assert lengths and max(lengths) < 77


def test_a_merged_adapter_computes_what_the_applied_one_did(data: Path, clip: Path, tmp_path: Path):
    stepper = stepper_for(config_for(data, clip), tmp_path)
    for step in range(3):
        stepper(step)
    student = stepper.towers.student
    tokens = torch.from_numpy(stepper.towers.data.captions.tokens)
    with torch.no_grad():
        applied = student.clip.text_model(tokens).last_hidden_state
        merge_adapter(student)
        merged = student.clip.text_model(tokens).last_hidden_state
        stock = student.teacher(tokens).last_hidden_state
    assert torch.allclose(applied, merged, atol=1e-5)
    assert not torch.allclose(merged, stock, atol=1e-3)
    assert not [name for name, _ in student.clip.named_parameters() if "lora" in name or "base_layer" in name]


def test_the_distance_equals_a_slow_obvious_version():
    draw = torch.Generator().manual_seed(0)
    states, original = torch.randn(2, 4, 3, generator=draw), torch.randn(2, 4, 3, generator=draw)
    slow = [
        sum(float(((s - o) ** 2).sum() / (o**2).sum()) for s, o in zip(a, b, strict=True)) / 4
        for a, b in zip(states, original, strict=True)
    ]
    assert state_distance(states, original).tolist() == pytest.approx(slow, rel=1e-5)


def test_memory_that_runs_out_halves_the_micro_batch_and_the_step_is_the_same(
    data: Path, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    whole, short = (stepper_for(config_for(data, clip), tmp_path) for _ in range(2))
    real = FinetuneStepper.gradients

    def narrow(self: FinetuneStepper, pictures: np.ndarray, step: int) -> tuple[float, float]:
        if self is short and self.micro > 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        return real(self, pictures, step)

    monkeypatch.setattr(FinetuneStepper, "gradients", narrow)
    assert whole(0)["loss"] == pytest.approx(short(0)["loss"], rel=1e-5)
    assert (whole.micro, short.micro) == (64, 2)
    monkeypatch.setattr(
        FinetuneStepper, "gradients", lambda self, pictures, step: (_ for _ in ()).throw(MemoryError())
    )
    with pytest.raises(TrainingError, match="not enough memory"):
        short(1)


def test_the_micro_batch_is_fitted_to_the_memory_found(data: Path, clip: Path, tmp_path: Path, monkeypatch):
    stepper = stepper_for(config_for(data, clip, batch=8), tmp_path)
    each = graph_bytes(stepper.towers, stepper.config)
    assert 77 * 32 * 4 < each < 5_000_000
    assert free_bytes(torch.device("cpu"), 2) == pytest.approx(
        free_bytes(torch.device("cpu"), 1) / 2, rel=0.1
    )
    for room, expected in ((6 * each, 3), (each // 2, 1), (10**12, 8)):
        monkeypatch.setattr("training.loop.micro_batches.free_bytes", lambda device, count, room=room: room)
        assert fitted_micro_batch(each, 8, torch.device("cpu"), Processes()) == expected


def test_saved_bytes_count_what_autograd_keeps():
    weight = torch.randn(4, 4, requires_grad=True)
    values = torch.randn(8, 4)
    assert saved_bytes(lambda: (values @ weight).square().sum()) == 4 * (8 * 4 + 8 * 4)
