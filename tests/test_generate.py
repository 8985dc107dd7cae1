"""The command: recipe on stdout, picture in the file, a sentence and exit code 1 for what can't be done."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from lora_scenes import save_lora
from PIL import Image
from tiny_models import make_tiny_pipeline, tiny_card, wordy_card

from core.generate import main
from core.images import pixel_sha256, read_recipe
from core.provenance.answers import Standing
from core.provenance.credentials import anchors
from core.provenance.verdict import examine
from core.recipes import STRENGTH_DEFAULT, Recipe
from core.weights.model_cards import write_card

ASKED = ["--rash", "tinea", "--site", "foot", "--tone", "brown", "--seed", "7"]
PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "embedded")
    return folder


@pytest.fixture(autouse=True)
def model(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCRIPT2SKIN_MODELS", str(models))
    return models / "embedded"


def test_the_recipe_is_printed_and_stands_in_the_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ASKED, "--output", str(tmp_path / "out.png")]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["rash"], printed["sites"], printed["tone"]) == ("tinea", ["foot"], "brown")
    recipe, pixels = read_recipe(tmp_path / "out.png")
    assert recipe == Recipe.from_dict(printed)
    assert len(pixels) == 64


def test_what_the_command_writes_leaves_marked_and_signed(
    tmp_path: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, flags in {"plain": [], "words": ["--visible-mark"], "kept": ["--as-kept"]}.items():
        assert main([*ASKED, *flags, "--output", str(tmp_path / f"{name}.png")]) == 0
    plain, words, kept = (
        examine((tmp_path / f"{name}.png").read_bytes(), anchors(library))
        for name in ("plain", "words", "kept")
    )
    assert plain.standing is words.standing is kept.standing is Standing.INTACT
    assert plain.trusted and words.trusted and kept.signer is None
    assert plain.source == words.source == kept.source
    heights = []
    for name in ("plain", "words", "kept"):
        with Image.open(tmp_path / f"{name}.png") as image:
            heights.append(image.height)
    assert heights == [32, 48, 32]
    assert main([*ASKED, "--visible-mark", "--as-kept", "--output", str(tmp_path / "no.png")]) == 1
    assert "give one of them" in capsys.readouterr().err


def test_the_same_recipe_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        assert main([*ASKED, "--as-kept", "--output", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_picture_does_not_depend_on_how_many_are_made_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ASKED, "--as-kept", "--count", "3", "--output", str(tmp_path / "many.png")]) == 0
    recipes = json.loads(capsys.readouterr().out)
    assert [r["seed"] for r in recipes] == [7, 8, 9]
    assert sorted(p.name for p in tmp_path.glob("*.png")) == ["many-1.png", "many-2.png", "many-3.png"]
    for number, seed in ((1, "7"), (3, "9")):
        alone = tmp_path / "alone.png"
        assert main([*ASKED[:-1], seed, "--as-kept", "--output", str(alone)]) == 0
        assert alone.read_bytes() == (tmp_path / f"many-{number}.png").read_bytes()


def test_settings_are_taken_into_the_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--steps", "2", "--guidance", "4.5", "--scheduler", "euler", "--negative-prompt", "hair"]
    assert main([*ASKED, *settings, "--dry-run"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["num_inference_steps"], printed["guidance_scale"]) == (2, 4.5)
    assert (printed["scheduler"], printed["negative_prompt"]) == ("euler", "hair")


def test_a_prompt_is_read_into_the_recipe_and_what_was_corrected_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--prompt", "tinea on the foott on brown skin", "--dry-run"]) == 0
    output = capsys.readouterr()
    printed = json.loads(output.out)
    assert (printed["rash"], printed["sites"], printed["tone"]) == ("tinea", ["foot"], "brown")
    assert "foott" in output.err


def test_severity_and_view_are_taken_where_the_model_knows_them(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    further = ["--severity", "mild", "--view", "at_distance", "--dry-run"]
    assert main([*ASKED, *further]) == 1
    assert "not taught the severity 'mild'" in capsys.readouterr().err
    write_card(model, wordy_card())
    try:
        assert main([*ASKED, *further]) == 0
    finally:
        write_card(model, tiny_card())
    printed = json.loads(capsys.readouterr().out)
    assert printed["prompt"] == "mild tinea type of rash at the foot area on a brown skin, at distance"
    assert (printed["severity"], printed["view"]) == ("mild", "at_distance")


def test_a_site_where_the_rash_does_not_occur_is_said_and_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--rash", "acne", "--site", "palm", "--tone", "fair", "--dry-run"]) == 0
    assert "Acne does not occur on the palm." in capsys.readouterr().err


def test_a_dry_run_draws_nothing_and_needs_no_torch(models: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from core.generate import main; code = main(sys.argv[1:]); "
        "heavy = {'torch', 'diffusers', 'transformers', 'streamlit', 'sqlalchemy'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    environment = {"SCRIPT2SKIN_MODELS": str(models), "SCRIPT2SKIN_LIBRARY": str(tmp_path / "library")}
    run = subprocess.run(
        [sys.executable, "-c", code, *ASKED, "--dry-run", "--output", str(tmp_path / "out.png")],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["caption"] == "tinea type of rash at the foot area on a brown skin"
    assert not (tmp_path / "out.png").exists()


def test_a_dry_run_prints_the_recipe_that_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*ASKED, "--dry-run"])
    dry = capsys.readouterr().out
    main([*ASKED, "--output", str(tmp_path / "out.png")])
    assert capsys.readouterr().out == dry


def test_a_lora_is_drawn_with_as_strongly_as_asked(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCRIPT2SKIN_RUNS", str(tmp_path))
    save_lora(models / "embedded", tmp_path / "mine" / "lora")
    files = {name: tmp_path / f"{name}.png" for name in ("plain", "none", "half", "full")}
    changes = {"plain": [], "none": ["--lora-strength", "0"], "half": ["--lora-strength", "0.5"], "full": []}
    for name, file in files.items():
        lora = [] if name == "plain" else ["--lora", "mine"]
        assert main([*ASKED, *lora, *changes[name], "--output", str(file)]) == 0
    drawn = {name: read_recipe(file)[1] for name, file in files.items()}
    assert drawn["none"] == drawn["plain"] and len(set(drawn.values())) == 3
    recipe = read_recipe(files["full"])[0]
    assert (recipe.lora, recipe.lora_strength, len(recipe.lora_hash or "")) == ("mine", 1.0, 64)
    assert "lora" not in read_recipe(files["plain"])[0].to_dict()
    capsys.readouterr()


def test_the_drawn_pixels_are_those_the_file_promises(tmp_path: Path) -> None:
    from PIL import Image

    main([*ASKED, "--output", str(tmp_path / "out.png")])
    assert read_recipe(tmp_path / "out.png")[1] == pixel_sha256(Image.open(tmp_path / "out.png"))


@pytest.fixture
def skin(tmp_path: Path) -> Path:
    """A photograph of 90x70 with a place and an owner in it."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x013B] = "Dr Privacy"
    path = tmp_path / "skin.jpg"
    Image.linear_gradient("L").resize((90, 70)).convert("RGB").save(path, exif=exif)
    return path


def test_a_photograph_is_started_from_and_its_hash_stands_in_the_recipe(
    skin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = [*ASKED, "--as-kept", "--start", str(skin)]
    assert main([*started, "--strength", "0.7", "--output", str(tmp_path / "out.png")]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["strength"], len(printed["start_hash"])) == (0.7, 64)
    assert read_recipe(tmp_path / "out.png")[0] == Recipe.from_dict(printed)
    assert b"Dr Privacy" not in (tmp_path / "out.png").read_bytes()
    assert main([*started, "--strength", "0.7", "--output", str(tmp_path / "again.png")]) == 0
    assert main([*started, "--strength", "1", "--output", str(tmp_path / "anew.png")]) == 0
    first, again, anew = ((tmp_path / f"{name}.png").read_bytes() for name in ("out", "again", "anew"))
    assert first == again != anew


def test_without_a_strength_the_default_is_taken(skin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ASKED, "--start", str(skin), "--dry-run"]) == 0
    assert json.loads(capsys.readouterr().out)["strength"] == STRENGTH_DEFAULT


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (["--strength", "0.5"], "there is no --start"),
        (["--start", "nowhere.jpg"], "nowhere.jpg can't be read"),
        (["--start", __file__], "no JPEG, PNG or WebP"),
        (["--start", "SKIN", "--strength", "0"], "strength is 0.0; it must be above 0"),
        (["--start", "SKIN", "--strength", "0.2"], "of 3 steps none would be drawn"),
    ],
)
def test_a_start_that_can_not_be_used_is_answered_with_a_sentence(
    changes: list[str], sentence: str, skin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(skin) if word == "SKIN" else word for word in changes]
    assert main([*ASKED, "--output", str(tmp_path / "out.png"), *asked]) == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (["--rash", "measels"], "Unknown rash 'measels'"),
        (["--rash", "eczema"], "not taught the rash 'eczema'"),
        (["--seed", "-1"], "seed is -1"),
        (["--seed", "4294967296"], "seed is 4294967296; it must be between 0 and"),
        (["--count", "0"], "count is 0"),
        (["--count", "1000000"], "count is 1000000; it must be between 1 and 8"),
        (["--model", "nowhere"], "no model folder 'nowhere'"),
        (["--scheduler", "fast"], "Unknown scheduler 'fast'"),
        (["--prompt", "acne"], "either --prompt, or --rash"),
        (["--lora", "nowhere"], "There is no LoRA 'nowhere'"),
        (["--lora-strength", "0.5"], "--lora-strength is 0.5, but there is no --lora"),
        (["--output", "out.jpg"], "ends in .png"),
        (["--output", "no/such/folder/out.png"], "no folder no/such/folder"),
    ],
)
def test_bad_input_is_answered_with_a_sentence_and_exit_code_1(
    changes: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*ASKED, "--output", str(tmp_path / "out.png"), *changes]) == 1
    output = capsys.readouterr()
    assert sentence in output.err
    assert output.out == ""
    assert list(tmp_path.glob("*.png")) == []


@pytest.mark.parametrize(
    ("prompt", "sentence"), [("", "prompt is empty"), ("tinea " * 2000, "10002 tokens"), ("  ", "is empty")]
)
def test_empty_and_endless_prompts_are_refused(
    prompt: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--prompt", prompt, "--dry-run"]) == 1
    assert sentence in capsys.readouterr().err


def test_nothing_asked_is_answered_with_what_to_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dry-run"]) == 1
    assert "choose a rash" in capsys.readouterr().err
