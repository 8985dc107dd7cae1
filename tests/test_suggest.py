"""Tones measured for the caption studio: real phantoms, the released judge; sites by a small real CLIP."""

import json
import time
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from PIL import Image

from core.commands import is_running, log_tail
from core.errors import InputError
from core.language.attributes import Attributes
from core.language.captions import compose_caption
from core.photographs.dataset_imports import begin_suggestions, suggestions_begun
from core.photographs.datasets import Dataset
from core.photographs.suggestions import SUGGESTING, SUGGESTIONS, read_suggestions
from core.settings import JUDGE, PROJECT
from core.weights.model_cards import load_card
from tests.photograph_folders import prepared
from training.clip_tuning.site_reader import SiteReader
from training.phantoms.render import render_phantom
from training.suggest import Instruments, main, suggest

FOLDER = PROJECT / "data" / "models" / JUDGE
CLIP = PROJECT / "data" / "models" / "embedded" / "clip"
TONES = ("pale", "tan", "black")

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.skipif(not (FOLDER / "model.safetensors").is_file(), reason="the judge is not built"),
]


@pytest.fixture(scope="module")
def instruments() -> Instruments:
    return Instruments.load(FOLDER, None)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A hand in three tones, of which the file name tells the site and nothing tells the tone."""
    source = tmp_path / "source"
    source.mkdir()
    for number, tone in enumerate(TONES):
        phantom = render_phantom(Attributes("tinea", ("hand",), tone), (5, number))
        Image.fromarray(phantom.image).save(source / f"tinea-hand-{number}.png")
    return prepared(source, tmp_path / "out")


def test_the_tone_of_each_photograph_is_measured_once(dataset: Dataset, instruments: Instruments) -> None:
    assert suggest(dataset.folder, instruments) == 3
    found = read_suggestions(dataset.folder)
    assert [found[p.id].tone for p in dataset.photographs] == list(TONES)
    assert found[dataset.photographs[0].id].ita > found[dataset.photographs[2].id].ita
    assert {s.site for s in found.values()} == {None} and {s.clip for s in found.values()} == {""}
    before = (dataset.folder / SUGGESTIONS).read_bytes()
    assert suggest(dataset.folder, instruments) == 0
    assert (dataset.folder / SUGGESTIONS).read_bytes() == before


def test_it_goes_on_after_a_kill_and_measures_anew_for_another_judge(
    dataset: Dataset, instruments: Instruments
) -> None:
    suggest(dataset.folder, instruments)
    path = dataset.folder / SUGGESTIONS
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[1][:40])
    assert suggest(dataset.folder, instruments) == 2
    assert sorted(path.read_text().splitlines(keepends=True)) == sorted(lines)
    other = [json.loads(line) | {"judge": "older"} for line in lines]
    path.write_text("".join(json.dumps(line) + "\n" for line in other))
    assert suggest(dataset.folder, instruments) == 3
    assert {s.judge for s in read_suggestions(dataset.folder).values()} == {instruments.judge_name}


def test_a_damaged_picture_and_one_without_skin_are_noted(dataset: Dataset, instruments: Instruments) -> None:
    broken, blue, whole = dataset.photographs
    dataset.path_of(broken).write_bytes(b"\xff\xd8 broken")
    Image.new("RGB", (256, 256), (20, 60, 190)).save(dataset.path_of(blue))
    assert suggest(dataset.folder, instruments) == 3
    found = read_suggestions(dataset.folder)
    assert found[broken.id].tone is None and "can't be read" in found[broken.id].note
    assert found[blue.id].tone is None and found[blue.id].note == "no skin was recognised"
    assert found[whole.id].tone == "black"


def test_two_at_once_are_refused(dataset: Dataset, instruments: Instruments) -> None:
    with FileLock(dataset.folder / f"{SUGGESTIONS}.lock"), pytest.raises(InputError, match="measuring"):
        suggest(dataset.folder, instruments)


def test_the_app_starts_it_as_a_process_of_its_own(dataset: Dataset) -> None:
    assert not suggestions_begun(dataset.folder)
    begin_suggestions(dataset.folder, "ann")
    place = dataset.folder / SUGGESTING
    assert suggestions_begun(dataset.folder)
    for _ in range(2400):
        if not is_running(place):
            break
        time.sleep(0.1)
    assert "3 photographs measured" in log_tail(place)
    assert {s.tone for s in read_suggestions(dataset.folder).values()} == set(TONES)


@pytest.mark.skipif(not CLIP.is_dir(), reason="the embedded model is not built")
def test_a_clip_names_the_likeliest_of_the_sites_its_card_knows(dataset: Dataset) -> None:
    reader = SiteReader.load(CLIP)
    assert reader.sites == load_card("embedded").sites and len(reader.name) == 64
    images = [Image.open(dataset.path_of(p)).convert("RGB") for p in dataset.photographs]
    read = reader.read(images, ["tinea", None, "a rash it does not know"])
    assert all(site in reader.sites and 0 < probability <= 1 for site, probability in read)
    assert read[1:] == [obvious_site(reader, image) for image in images[1:]]


def obvious_site(reader: SiteReader, image: Image.Image) -> tuple[str, object]:
    """By the whole CLIP at once, without a rash in the captions."""
    captions = [compose_caption(Attributes(None, (site,))) for site in reader.sites]
    tokens = reader.tokenizer(captions, padding=True, return_tensors="pt")
    pixels = reader.processor(images=[image], return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        shares = reader.clip(**tokens, pixel_values=pixels).logits_per_image[0].softmax(dim=0)
    return reader.sites[int(shares.argmax())], pytest.approx(float(shares.max()), abs=1e-4)


@pytest.mark.skipif(not CLIP.is_dir(), reason="the embedded model is not built")
def test_the_command_with_a_clip_suggests_a_site_and_without_a_judge_says_what_is_missing(
    dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--data", str(dataset.folder), "--judge", str(FOLDER)]
    assert main([*arguments, "--clip", str(CLIP)]) == 0
    found = read_suggestions(dataset.folder)
    assert all(s.site and s.site_probability and s.clip for s in found.values())
    assert main([*arguments, "--clip", str(tmp_path)]) == 1
    assert "No usable CLIP" in capsys.readouterr().err
    assert main(["--data", str(dataset.folder), "--judge", str(tmp_path)]) == 1
    assert "No usable judge" in capsys.readouterr().err
