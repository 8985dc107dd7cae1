"""Phantoms: same bytes from the same seed, true masks, colours that follow the chromophores."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import VocabularyError
from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from training.phantoms.anatomy.sites import SITES
from training.phantoms.lesions import RASHES
from training.phantoms.render import LESION, SKIN, render_phantom
from training.render_phantoms import PhantomSettings, main
from training.words.triples import all_triples, held_out_triples, is_held_out


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes_however_many_workers_draw(tmp_path: Path) -> None:
    for name, workers in (("one", "1"), ("two", "2")):
        command = ["--count", "6", "--seed", "5", "--size", "64", "--output", str(tmp_path / name)]
        assert main([*command, "--workers", workers]) == 0
    assert _files(tmp_path / "one") == _files(tmp_path / "two")


def test_another_seed_gives_another_picture() -> None:
    attributes = Attributes("clear", ("arm",), "fair")
    assert not np.array_equal(
        render_phantom(attributes, (1, 0), 64).image, render_phantom(attributes, (2, 0), 64).image
    )


def test_a_folder_holds_picture_mask_caption_and_metadata_of_every_phantom(tmp_path: Path) -> None:
    assert main(["--count", "5", "--size", "64", "--output", str(tmp_path), "--workers", "1"]) == 0
    records = [json.loads(line) for line in (tmp_path / "metadata.jsonl").read_text().splitlines()]
    assert [r["index"] for r in records] == list(range(5))
    for record in records:
        assert Image.open(tmp_path / record["image"]).size == (64, 64)
        assert set(np.unique(np.asarray(Image.open(tmp_path / record["mask"])))) <= {0, SKIN, LESION}
        assert (tmp_path / f"{record['index']:05d}.txt").read_text().strip() == record["caption"]


def test_an_interrupted_folder_is_completed_without_drawing_again(tmp_path: Path) -> None:
    command = ["--size", "64", "--output", str(tmp_path), "--workers", "1"]
    assert main(["--count", "3", *command]) == 0
    before = (tmp_path / "00001.png").stat().st_mtime_ns
    (tmp_path / "00002.txt").unlink()
    assert main(["--count", "4", *command]) == 0
    assert (tmp_path / "00001.png").stat().st_mtime_ns == before
    assert (tmp_path / "00002.txt").exists() and (tmp_path / "00003.png").exists()


def test_held_out_combinations_are_never_drawn_and_all_others_are() -> None:
    keys = (tuple(RASHES), ("face", "arm", "foot"), tuple(load_vocabulary().tones))
    whole, kept = (PhantomSettings(1000, 3, 64, *keys, hold_out=share) for share in (0.0, 0.1))
    drawn = {kept.attributes_of(index) for index in range(len(kept.combinations()))}
    left_out = set(whole.combinations()) - drawn
    assert left_out == set(held_out_triples(*keys, 0.1))
    assert 0.06 < len(left_out) / len(whole.combinations()) < 0.14
    for pick in (lambda a: a.rash, lambda a: a.sites, lambda a: a.tone):
        assert {pick(a) for a in drawn} == {pick(a) for a in whole.combinations()}


def test_a_larger_share_holds_out_the_same_combinations_and_more() -> None:
    triples = all_triples(("acne", "tinea"), ("face", "foot", "arm"), tuple(load_vocabulary().tones))
    shares = [{a for a in triples if is_held_out(a, share)} for share in (0.0, 0.1, 0.5, 1.0)]
    assert shares[0] == set() and shares[3] == set(triples)
    assert all(small <= large for small, large in pairwise(shares))


def test_no_combination_shows_a_rash_where_it_does_not_occur() -> None:
    sites = {a.sites[0] for a in all_triples(("nail_disease",), ("cheek", "fingers", "toes"), ("fair",))}
    assert sites and "cheek" not in sites


def test_a_share_out_of_range_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--count", "2", "--size", "64", "--output", str(tmp_path / "out"), "--hold-out"]
    assert main([*command, "1.5"]) == 1
    assert "hold-out is 1.5" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_of_other_settings_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--count", "2", "--size", "64", "--output", str(tmp_path), "--workers", "1"]) == 0
    assert main(["--count", "2", "--size", "32", "--output", str(tmp_path), "--workers", "1"]) == 1
    assert "size=64" in capsys.readouterr().err


@pytest.mark.parametrize(("flag", "value"), [("--count", "0"), ("--size", "5000"), ("--rashes", "zits")])
def test_bad_settings_are_named(
    flag: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = {
        "--count": "1",
        "--size": "64",
        "--output": str(tmp_path / "out"),
        "--workers": "1",
        flag: value,
    }
    assert main([word for pair in arguments.items() for word in pair]) == 1
    assert value in capsys.readouterr().err


def test_every_combination_comes_once_before_any_comes_twice(tmp_path: Path) -> None:
    sites = list(SITES)[:2]
    count = 3 * 2 * 2
    command = ["--rashes", "acne", "eczema", "tinea", "--sites", *sites, "--tones", "fair", "black"]
    assert (
        main([*command, "--count", str(count), "--size", "32", "--output", str(tmp_path), "--workers", "1"])
        == 0
    )
    records = [json.loads(line) for line in (tmp_path / "metadata.jsonl").read_text().splitlines()]
    assert len({(r["rash"], r["sites"][0], r["tone"]) for r in records}) == count


@pytest.mark.parametrize("rash", ["acne", "clear", "eczema", "tinea"])
def test_the_mask_marks_a_lesion_exactly_where_a_rash_was_drawn(rash: str) -> None:
    shares = []
    for seed in range(4):
        mask = render_phantom(Attributes(rash, ("arm",), "medium"), (seed, 0), 96).mask
        shares.append((mask == LESION).sum() / (mask != 0).sum())
    assert max(shares) == 0 if rash == "clear" else min(shares) > 0.01


def test_lesions_never_lie_on_the_background() -> None:
    for site in SITES:
        phantom = render_phantom(Attributes("eczema", (site,), "fair"), (3, 1), 96)
        clear = render_phantom(Attributes("clear", (site,), "fair"), (3, 1), 96)
        assert not np.any((phantom.mask == LESION) & (clear.mask == 0))


def test_darker_tones_are_darker_on_the_same_arm() -> None:
    means = []
    for tone in load_vocabulary().tones:
        pictures = [render_phantom(Attributes("clear", ("arm",), tone), (seed, 9), 64) for seed in range(4)]
        means.append(np.mean([p.image[p.mask == SKIN].mean() for p in pictures]))
    assert means == sorted(means, reverse=True)


def test_inflammation_is_red_on_pale_skin_and_dark_on_dark_skin() -> None:
    """The same haemoglobin: on pale skin green falls far more than red; on dark skin no pink."""
    drop = {}
    for tone in ("pale", "black"):
        pair = [render_phantom(Attributes(r, ("arm",), tone), (4, 2), 96) for r in ("clear", "eczema")]
        lesion = pair[1].mask == LESION
        drop[tone] = pair[0].image[lesion].mean(0) - pair[1].image[lesion].mean(0)
    assert drop["pale"][1] > 3 * abs(drop["pale"][0])
    assert np.abs(drop["black"]).max() < drop["pale"][1]


@pytest.mark.parametrize(("rash", "site"), [("gout", "arm"), ("acne", "moon")])
def test_what_cannot_be_drawn_is_refused_with_what_can(rash: str, site: str) -> None:
    with pytest.raises(VocabularyError, match="Rashes drawn: clear, acne"):
        render_phantom(Attributes(rash, (site,), "fair"), (0, 0))
