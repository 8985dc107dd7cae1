import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import TrainingError
from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from training import encoder_study
from training.embedded.datasets import open_phantoms
from training.encoder_study import main
from training.study import cells
from training.study.cells import result_path, run_cell
from training.study.data import captioned_data
from training.study.names import left_out, new_caption
from training.study.plan import ARMS, DISEASE, KNOWN, NEW_DISEASE, NEW_NAMES, STOCK, TASKS, WORDS, StudyPlan
from training.study.record import open_study
from training.study.statistics import change, paired_correlation, share_of
from training.study.tiny import tiny_plan
from training.study.write_up import filled
from training.tokenizer import prompt_corpus
from training.words.left_out import without
from training.words.paraphrases import paraphrases, split_paraphrases
from training.words.text_states import collect_prompts

DOCUMENT = "# Mine\n\nBefore.\n\n<!-- study: new-words -->\nold\n<!-- end -->\n\nAfter.\n"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A microscopic study from nothing to its document."""
    folder = tmp_path_factory.mktemp("study")
    document = folder / "docs" / "study.md"
    document.parent.mkdir()
    document.write_text(DOCUMENT)
    assert main(["--output", str(folder / "out"), "--tiny", "--document", str(document)]) == 0
    return tiny_plan(folder / "out"), document


def test_every_cell_of_the_plan_leaves_a_result_of_its_own(study):
    plan, _ = study
    results = [json.loads(result_path(plan, cell).read_text()) for cell in plan.cells()]
    arms = {(r["cell"]["task"], r["cell"]["arm"]) for r in results if r["cell"]["arm"] != STOCK}
    assert arms == {(task, arm) for task in TASKS for arm in ARMS if arm != STOCK}
    assert {r["cell"]["size"] for r in results} == {0, plan.size, *plan.other_sizes}
    assert all({p["rash"] for p in r["pictures"]} <= {*KNOWN, NEW_DISEASE} for r in results)


def test_only_the_arms_that_tune_an_encoder_drift(study):
    plan, _ = study
    for cell in plan.cells():
        drift = json.loads(result_path(plan, cell).read_text())["drift"]
        moved = {name: drift[name] > 1e-6 for name in ("derm", "generic", "empty", "known")}
        assert drift["attribute_step"] > 0
        assert set(moved.values()) == {cell.arm not in (STOCK, "lora")}


def test_pictures_of_all_arms_share_prompts_and_noise_and_differ(study):
    plan, _ = study
    stock, *others = [c for c in plan.cells() if c.arm == STOCK or (c.task == WORDS and c.size == plan.size)]
    names = {p["file"]: p["prompt"] for p in _pictures(plan, stock)}
    for cell in others:
        assert {p["file"]: p["prompt"] for p in _pictures(plan, cell)}.items() <= names.items()
    files = [p["file"] for p in _pictures(plan, others[0])]
    folders = [result_path(plan, c).parent for c in (stock, *others) if c.arm in (STOCK, "lora")]
    assert any(len({(folder / file).read_bytes() for folder in folders}) > 1 for file in files)


def _pictures(plan, cell):
    return json.loads(result_path(plan, cell).read_text())["pictures"]


def test_finished_cells_are_not_made_again(study, monkeypatch):
    plan, _ = study

    def refuse(*_):
        raise AssertionError("a finished cell was made again")

    monkeypatch.setattr(cells, "tuned_parts", refuse)
    assert main(["--output", str(plan.output), "--tiny"]) == 0


def test_a_study_that_was_killed_goes_on_with_the_cell_it_was_at(study, monkeypatch):
    plan, _ = study
    cell = next(c for c in plan.cells() if c.arm == "swap")
    path = result_path(plan, cell)
    before = json.loads(path.read_text())
    path.unlink()
    monkeypatch.setattr("training.study.drawing.draw_batch", None)
    again = run_cell(plan, cell)
    assert again["pictures"] == before["pictures"] and again["drift"] == before["drift"]


def test_a_folder_that_holds_another_study_is_refused(study):
    plan, _ = study
    with pytest.raises(TrainingError, match="pictures was 4 and is now 5"):
        open_study(replace(plan, pictures=5))
    open_study(replace(plan, seeds=(1, 2, 3)))


def test_the_document_keeps_its_words_and_gets_tables_curves_and_grids(study):
    _, document = study
    text = document.read_text()
    assert text.startswith("# Mine\n\nBefore.") and text.endswith("After.\n") and "old\n<!--" not in text
    assert "| swap + distillation | 1 |" in text
    made = {path.name for path in document.with_suffix("").iterdir()}
    assert {"sizes.svg", "drift.svg", "new-words.webp", "new-disease-old-words.webp"} <= made


def test_a_document_without_marks_or_with_an_unknown_one_is_refused():
    with pytest.raises(TrainingError, match="no part to be filled"):
        filled("plain", {}, Path("a.md"))
    with pytest.raises(TrainingError, match="asks for 'colours'"):
        filled("<!-- study: colours -->\n<!-- end -->", {"names": ""}, Path("a.md"))


def test_no_sentence_of_the_base_holds_a_name_that_it_must_not_read(study):
    plan, _ = study
    phantoms = open_phantoms(plan.folder("base") / "phantoms").phantoms
    prompts = collect_prompts(phantoms, 1000, 0, left_out())
    read = " ".join(prompts.sentences).casefold()
    said = read.replace(",", " ").replace(".", " ").replace("?", " ").split()
    for name in ("ringworm", "zit", "zits", "tetter", "pigmentation", "vitiligo", "melasma", "sunburn"):
        assert name not in said
    assert {"acne", "eczema", "tinea", "pimples", "fungus"} <= set(said)
    assert NEW_DISEASE not in {phantom.attributes.rash for phantom in phantoms}


def test_the_commands_themselves_leave_the_names_out(study):
    plan, _ = study
    for stage in ("clip", "unet"):
        config = json.loads((plan.folder("base") / stage / "config.json").read_text())
        assert set(config["left_out"]) == set(left_out())
    pieces = (plan.folder("base") / "clip" / "tokenizer" / "tokenizer.json").read_text()
    assert "eczema</w>" in pieces
    assert not any(f"{name}</w>" in pieces for name in ("ringworm", "zits", "pigmentation", "vitiligo"))


def test_without_the_flag_the_names_are_read():
    tinea = Attributes("tinea", ("foot",), "fair")
    assert any("ringworm" in sentence for sentence in split_paraphrases(tinea)[0])
    assert not any("ringworm" in sentence for sentence in split_paraphrases(tinea, left_out=left_out())[0])
    assert paraphrases(tinea) == without(paraphrases(tinea), ())
    corpus = set(prompt_corpus(load_vocabulary(), ("vitiligo",)))
    assert "vitiligo" not in corpus and "ringworm" in corpus


def test_a_name_is_left_out_as_a_whole_word_only():
    assert without(["Zits on the chin", "zitsy", "a zit.", "acne"], ("zit", "zits")) == ["zitsy", "acne"]


def test_captions_of_the_study_say_the_new_names():
    for rash, name in NEW_NAMES.items():
        said = new_caption(Attributes(rash, ("foot",), "fair"))
        assert said == f"{name} type of rash at the foot area on a fair skin"
    assert new_caption(Attributes("clear", ("foot",), "fair")) == "clear skin at the foot area on a fair skin"


def test_half_of_a_new_diseases_pictures_show_what_the_base_knows(study):
    plan, _ = study
    cell = next(c for c in plan.cells() if c.task == DISEASE and c.size == plan.size)
    captions = [json.loads(line)["caption"] for line in captioned_data(plan, cell).read_text().splitlines()]
    assert sum("pigmentation" in caption for caption in captions) == plan.size // 2 == len(captions) // 2


def test_a_smaller_size_is_the_beginning_of_a_larger_one(study):
    plan, _ = study
    small, large = (next(c for c in plan.cells() if c.task == WORDS and c.size == n) for n in (12, 20))
    first, second = (captioned_data(plan, cell).read_text() for cell in (small, large))
    assert second.startswith(first) and len(second) > len(first)


def test_the_standard_plan_asks_for_what_the_study_promises():
    plan = StudyPlan(Path("x"))
    cells_of = list(plan.cells())
    for task in TASKS:
        for arm in ARMS[1:]:
            main_cells = [c for c in cells_of if (c.task, c.arm, c.size) == (task, arm, 1000)]
            plain = [c for c in main_cells if (c.weight, c.distillation, c.steps) == (None, None, None)]
            assert {c.seed for c in plain} == {1, 2, 3}
        assert {c.size for c in cells_of if c.task == task} >= {100, 300, 1000, 3000}
    assert len({c.name for c in cells_of}) == len(cells_of)


def test_a_share_of_one_seed_has_wilsons_interval():
    share = share_of({1: [True] * 81 + [False] * 182})
    assert (share.low, share.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe 1998a, table I


def test_seeds_that_differ_widen_the_interval():
    alike = share_of({1: [True, False] * 20, 2: [True, False] * 20, 3: [True, False] * 20})
    apart = share_of({1: [True] * 40, 2: [True, False] * 20, 3: [False] * 40})
    assert alike.value == apart.value == 0.5
    # variance of the mean by seeds: 3/2 * (20² + 0 + 20²) / 120² = 1/12; binomial: 0.25 / 119
    effective = 120 / ((1 / 12) / (0.25 / 119))
    half = (1.96**2 * 0.25 / effective + (1.96**2 / (2 * effective)) ** 2) ** 0.5 / (1 + 1.96**2 / effective)
    assert apart.high - 0.5 == pytest.approx(half, abs=1e-3)
    assert alike.high - 0.5 < 0.1 < apart.high - 0.5


def test_seeds_that_all_fail_are_as_sure_as_their_pictures():
    share = share_of({1: [False] * 48, 2: [False] * 48})
    assert share.low == pytest.approx(0, abs=1e-9) and share.high == pytest.approx(
        1.96**2 / (96 + 1.96**2), abs=1e-4
    )


def test_a_change_has_newcombes_interval():
    found = change(share_of({1: [True] * 48 + [False] * 32}), share_of({1: [True] * 56 + [False] * 14}))
    assert found.value == pytest.approx(0.2)  # 56/70 and 48/80: Newcombe 1998b, table II, method 10
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.beyond_chance


def test_a_change_in_pairs_has_newcombes_interval_for_pairs():
    pairs = [(True, True)] * 36 + [(False, True)] * 12 + [(True, False)] * 2
    before, after = ([pair[i] for pair in pairs] for i in (0, 1))
    found = change(share_of({1: before}), share_of({1: after}), paired_correlation(pairs))
    assert found.value == pytest.approx(0.2)  # Newcombe 1998c, 36, 12, 2, 0 by method 10
    assert (found.low, found.high) == pytest.approx((0.0569, 0.3404), abs=5e-5)
    assert paired_correlation([(True, True)] * 9 + [(False, False)]) == pytest.approx(4 / 9)
    assert paired_correlation([(True, True)] * 9) == 0


def test_bad_flags_end_with_a_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(encoder_study, "run_study", lambda *_: None)
    assert main(["--output", str(tmp_path), "--tiny", "--document", str(tmp_path / "none.md")]) == 0
    assert "Nothing to write up yet" in capsys.readouterr().out
