import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from core.errors import ModelMissingError
from core.measuring.judge import Judge, load_judge, save_judge
from core.measuring.judge_network import JudgeConfig, JudgeNetwork
from core.measuring.tone import load_reference
from training.embedded.areas import area_classes, shrink
from training.embedded.augmentation import Disturbance, disturb_colours, disturb_views
from training.loop.metric_lines import read_metrics
from training.loop.pace import Pace, Rhythm
from training.loop.runs import open_run
from training.train_judge import JudgeRunConfig, JudgeStepper, main, train_judge

SIZE = 32
COLOURS = {"fair": (240, 226, 196), "brown": (113, 78, 56)}


def write_separable(folder: Path, count: int, seed: int) -> Path:
    """Rash by the lesion's shape, site by the outline, tone by the colour."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    lines = []
    for index in range(count):
        rash, site = ("acne", "clear")[index % 2], ("face", "foot")[index // 2 % 2]
        tone = tuple(COLOURS)[index // 4 % 2]
        mask = np.zeros((SIZE, SIZE), np.uint8)
        mask[:, 4:-4] = 128
        if site == "foot":
            mask[:] = 128
            mask[: SIZE // 2, : SIZE // 2] = 0
        y, x = rng.integers(18, SIZE - 8, 2)
        if rash == "acne":
            mask[y : y + 6, x : x + 6] = 255
        pixels = np.full((SIZE, SIZE, 3), (40, 90, 160), np.uint8)
        pixels[mask > 0], pixels[mask == 255] = COLOURS[tone], (200, 30, 40)
        names = {"image": f"{index:05d}.png", "mask": f"{index:05d}_mask.png"}
        Image.fromarray(pixels).save(folder / names["image"])
        Image.fromarray(mask).save(folder / names["mask"])
        line = {"index": index, "rash": rash, "sites": [site], "tone": tone, "caption": "", **names}
        lines.append(json.dumps(line))
    (folder / "metadata.jsonl").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """The run folder of a judge that had sixty steps of a trivial set."""
    folder = tmp_path_factory.mktemp("judge")
    phantoms, held_out = write_separable(folder / "a", 160, 1), write_separable(folder / "b", 48, 2)
    places = ["--phantoms", str(phantoms), "--held-out", str(held_out), "--output", str(folder / "run")]
    assert main([*places, "--steps", "60", "--batch", "24", "--learning-rate", "0.006"]) == 0
    return folder / "run"


def test_a_trivial_set_is_learned(trained):
    figures = json.loads((trained / "model" / "report.json").read_text())["figures"]
    assert figures["rash_all"] > 0.9
    assert figures["site"] > 0.9
    low, high = figures["rash_all_interval"]
    assert low < figures["rash_all"] <= high
    assert figures["tone_exact"] > 0.9


def test_the_loss_is_positive_and_falls(trained):
    losses = [line["loss"] for line in read_metrics(trained)]
    assert losses and min(losses) > 0
    assert losses[-1] < np.log(2) * 2 + np.log(3)


def test_the_masks_find_skin_and_lesion(trained):
    judge, folder = load_judge(trained / "model"), trained.parent / "b"
    bodies, lesions = [], []
    for index in range(0, 48, 2):
        mask = np.asarray(Image.open(folder / f"{index:05d}_mask.png"))
        reading = judge.read(Image.open(folder / f"{index:05d}.png"))
        assert reading.skin.shape == reading.lesion.shape == (SIZE, SIZE)
        assert not (reading.skin & reading.lesion).any()
        bodies.append(((reading.skin | reading.lesion) == (mask > 0)).mean())
        lesions.append(reading.lesion[mask == 255].mean() - reading.lesion[mask < 255].mean())
    assert np.mean(bodies) > 0.85
    assert np.mean(lesions) > 0.5


def test_probabilities_are_by_key_and_sum_to_one(trained):
    reading = load_judge(trained / "model").read(Image.new("RGB", (50, 40)))
    assert set(reading.rash) == {"acne", "clear"} and set(reading.site) == {"face", "foot"}
    assert sum(reading.rash.values()) == pytest.approx(1, abs=1e-4)
    assert reading.rash[reading.likeliest_rash] == max(reading.rash.values())


def test_the_tone_table_is_measured_with_the_judges_masks(trained):
    steps = load_reference(trained / "model").at("face")
    assert steps["fair"][0] > 85 and steps["brown"][0] == pytest.approx(36, abs=3)


def test_a_killed_judge_goes_on_with_the_same_curve_and_weights(tmp_path, monkeypatch):
    config = JudgeRunConfig(write_separable(tmp_path / "phantoms", 40, 1), batch=8)

    def train(name: str) -> list[float]:
        run = open_run(tmp_path / name, config, Pace(steps=6), Rhythm(log_steps=1, checkpoint_minutes=0))
        train_judge(run, config, torch.device("cpu"))
        return [line["loss"] for line in read_metrics(tmp_path / name)]

    whole, take_step = train("whole"), JudgeStepper.__call__
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(JudgeStepper, "__call__", lambda self, n: take_step(self, n) if n < 3 else die())
        train("killed")
    assert train("killed") == whole and len(whole) == 6
    weights = [load_file(tmp_path / name / "model" / "model.safetensors") for name in ("whole", "killed")]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())


def die() -> None:
    raise KeyboardInterrupt


def test_a_judge_can_start_from_released_weights(trained, tmp_path):
    phantoms = write_separable(tmp_path / "phantoms", 40, 3)
    places = [
        "--phantoms",
        str(phantoms),
        "--output",
        str(tmp_path / "run"),
        "--init",
        str(trained / "model"),
    ]
    assert main([*places, "--steps", "1", "--batch", "16", "--learning-rate", "0.0001"]) == 0
    figures = json.loads((tmp_path / "run" / "model" / "report.json").read_text())["figures"]
    assert figures["rash_all"] == figures["site"] == 1


def test_reading_does_not_depend_on_neighbours(trained):
    judge = load_judge(trained / "model")
    rng = np.random.default_rng(0)
    images = [Image.fromarray(rng.integers(0, 255, (SIZE, SIZE, 3), np.uint8)) for _ in range(3)]
    together, alone = judge.read_many(images)[1], judge.read(images[1])
    assert together.rash == pytest.approx(alone.rash, abs=1e-5)


def test_weights_are_half_precision_and_small(tmp_path):
    sites, rashes = tuple(f"site{i}" for i in range(37)), tuple(f"rash{i}" for i in range(24))
    save_judge(JudgeNetwork(JudgeConfig(rashes, sites)), tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    assert {w.dtype for w in weights.values() if w.is_floating_point()} == {torch.float16}
    assert (tmp_path / "model.safetensors").stat().st_size < 3_000_000
    assert isinstance(load_judge(tmp_path), Judge)


def test_a_folder_without_a_judge_is_named(tmp_path):
    with pytest.raises(ModelMissingError, match="No usable judge"):
        load_judge(tmp_path)
    save_judge(JudgeNetwork(JudgeConfig(("acne",), ("face",), size=32)), tmp_path)
    (tmp_path / "config.json").write_text('{"rashes": ["acne", "tinea"], "sites": ["face"], "size": 32}')
    with pytest.raises(ModelMissingError, match="No usable judge"):
        load_judge(tmp_path)


def test_disturbed_masks_move_with_their_pictures():
    rng = np.random.default_rng(0)
    images, masks = np.zeros((8, 64, 64, 3), np.uint8), np.zeros((8, 64, 64), np.uint8)
    images[:, 20:40, 10:30], masks[:, 20:40, 10:30] = 255, 255
    how = Disturbance(blurred=0, compressed=0)
    moved, with_them = disturb_views(images, masks, rng, how)
    assert not np.array_equal(moved, images)
    agreement = ((moved[..., 0] > 127) == (with_them > 127)).mean()
    assert agreement > 0.99


def test_disturbed_colours_stay_in_range_and_near():
    pixels = np.full((4, 16, 16, 3), 128, np.uint8)
    disturbed = disturb_colours(pixels, np.random.default_rng(0), Disturbance())
    assert disturbed.dtype == np.uint8 and not np.array_equal(disturbed[0], disturbed[1])
    assert 0 < np.abs(disturbed.astype(int) - 128).mean() < 25
    still = disturb_colours(pixels, np.random.default_rng(0), Disturbance(gain=0, gamma=0, noise=0))
    assert np.array_equal(still, pixels)


def test_area_classes_equal_counting_squares():
    rng = np.random.default_rng(4)
    masks = rng.choice(np.array([0, 128, 255], np.uint8), (2, 16, 16), p=[0.4, 0.5, 0.1])
    found = area_classes(masks, 4, 0.2)
    for n in range(2):
        for i in range(4):
            for j in range(4):
                square = masks[n, 4 * i : 4 * i + 4, 4 * j : 4 * j + 4].ravel().tolist()
                lesion, body = square.count(255) / 16, (16 - square.count(0)) / 16
                assert found[n, i, j] == (2 if lesion >= 0.2 else 1 if body >= 0.5 else 0)


def test_shrinking_takes_means_of_squares():
    image = np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)
    assert shrink(image, 4)[1, 2].tolist() == np.round(image[2:4, 4:6].mean(axis=(0, 1))).tolist()
