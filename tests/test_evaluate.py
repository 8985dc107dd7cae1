import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from phantom_folders import write_phantoms
from PIL import Image
from tiny_models import make_tiny_pipeline

import training.evaluation.drawing as drawing
from core.images import read_recipe
from core.language.attributes import Attributes
from core.language.vocabulary import load_vocabulary
from core.measuring.judge import load_judge, save_judge
from core.measuring.judge_network import JudgeConfig, JudgeNetwork
from core.measuring.tone import build_reference, save_reference
from core.weights.model_cards import load_card, write_card
from training.clip_tuning.metrics import Proportion
from training.embedded.composition import composition, newcombe
from training.evaluate import main, scale_for
from training.evaluation.contact_sheet import write_contact_sheet
from training.evaluation.judged_figures import NOT_SEEN, Scale, accuracies, flat, tables, tone_errors
from training.evaluation.judging import Judged
from training.evaluation.page import evaluation_page
from training.evaluation.plan import balanced_part, plan_paraphrases, plan_repeats, plan_requests
from training.words.paraphrases import split_paraphrases
from training.words.triples import all_triples, is_held_out

SCALE = Scale(("acne", "eczema", "clear"), ("face", "foot"), ("fair", "tan", "black"))


def seen(asked: tuple[str, str, str], rash: str, site: str, tone: str | None) -> Judged:
    attributes = Attributes(asked[0], (asked[1],), asked[2])
    lab = None if tone is None else (60.0, 10.0, 20.0)
    return Judged(attributes, rash, 0.9, site, 0.8, tone, 5 if lab else None, 26.6 if lab else None, lab, 0.1)


JUDGED = [
    seen(("acne", "face", "fair"), "acne", "face", "fair"),
    seen(("acne", "foot", "tan"), "eczema", "foot", "black"),
    seen(("clear", "face", "fair"), "clear", "foot", "black"),
    seen(("eczema", "foot", "black"), "eczema", "foot", None),
]


def make_judge(folder: Path) -> Path:
    """An untrained judge whose skin mask covers everything."""
    torch.manual_seed(0)
    sizes = {"size": 32, "widths": (8, 8), "blocks": (0, 0), "map_width": 8}
    network = JudgeNetwork(JudgeConfig(("acne", "eczema", "tinea", "clear"), ("face", "foot"), **sizes))
    torch.nn.init.zeros_(network.areas.weight)
    network.areas.bias.data = torch.tensor([0.0, 5.0, 0.0])
    save_judge(network, folder)
    save_reference(build_reference([], [], []), folder)
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    make_tiny_pipeline(folder / "model")
    make_judge(folder / "judge")
    write_phantoms(folder / "phantoms", count=24, size=32)
    return folder


def run(models: Path, output: Path, *more: str, count: int = 3) -> int:
    places = ["--model", str(models / "model"), "--judge", str(models / "judge"), "--output", str(output)]
    return main([*places, "--count", str(count), *more])


@pytest.fixture(scope="module")
def report(models, tmp_path_factory) -> Path:
    """A finished measurement; its pictures and sheet lie beside it."""
    output = tmp_path_factory.mktemp("evaluation") / "evaluation.json"
    assert run(models, output, "--phantoms", str(models / "phantoms"), count=12) == 0
    return output


def test_the_report_is_complete(report):
    found = json.loads(report.read_text())
    figures = found["figures"]
    for name in ("rash_all", "rash_original_three", "site", "tone_within_one", "tone_exact"):
        for key in (name, f"{name.removesuffix('_all')}_ceiling"):
            low, high = figures[f"{key}_interval"]
            assert 0 <= low <= figures[key] <= high <= 1, key
    assert figures["seconds_per_image"] > 0
    assert {"kid", "kid_floor"} <= set(figures) and "too_near" not in figures
    assert found["unet_evaluations_per_image"] == 6
    assert all(isinstance(value, float | list) for value in figures.values())
    assert found["count"] == len(found["pictures"]) == 12
    assert found["command"].startswith(
        "python -m training.evaluate --model model --judge judge --output eval"
    )
    assert found["settings"]["scheduler"] == "ddim" and found["settings"]["num_inference_steps"] == 3
    assert len(found["model_hash"]) > 10 and "torch" in found["versions"]
    assert "not for diagnosis" in found["note"]


def test_every_picture_is_asked_for_by_its_template_caption(report):
    for line in json.loads(report.read_text())["pictures"]:
        recipe, _ = read_recipe(report.with_name("evaluation_pictures") / line["file"])
        asked = line["asked"]
        assert recipe.prompt == recipe.caption == line["prompt"]
        assert (recipe.rash, list(recipe.sites), recipe.tone) == (
            asked["rash"],
            asked["sites"],
            asked["tone"],
        )
        assert recipe.seed == line["seed"]


def test_the_figures_are_those_of_the_lines(report):
    found = json.loads(report.read_text())
    right = [line["rash"] == line["asked"]["rash"] for line in found["pictures"]]
    assert found["figures"]["rash_all"] == pytest.approx(sum(right) / 12)
    assert sum(map(sum, found["tables"]["rash_confusion"]["counts"])) == 12
    assert sum(map(sum, found["tables"]["tone_confusion"]["counts"])) == 12


def test_a_page_for_a_person_lies_beside_it(report):
    page, found = report.with_suffix(".html").read_text(), json.loads(report.read_text())
    assert all(f"<th>{name}</th>" in page for name in found["figures"] if not name.endswith("_interval"))
    assert found["model_hash"] in page and "not for diagnosis" in page
    assert page.count("<h2>") >= 8


def test_nothing_in_a_page_is_taken_for_markup(report):
    found = json.loads(report.read_text()) | {"model": "<script>alert(1)</script>"}
    assert "<script>" not in evaluation_page(found)


def test_copies_of_training_phantoms_are_found(models, tmp_path):
    places = ("--phantoms", str(models / "phantoms"), "--training-phantoms", str(models / "phantoms"))
    assert run(models, tmp_path / "out.json", *places, count=2) == 0
    found = json.loads((tmp_path / "out.json").read_text())
    low, high = found["figures"]["too_near_interval"]
    assert 0 <= low <= found["figures"]["too_near"] <= high <= 1
    assert found["tables"]["nearest_training_phantom"]["threshold"] >= 0
    assert found["tables"]["diversity"]["prompts"] == 4


def test_a_contact_sheet_lies_beside_it(report):
    with Image.open(report.with_suffix(".png")) as sheet:
        assert sheet.width > 1000 and sheet.height > 300


def test_a_killed_measurement_loses_nothing(models, tmp_path, monkeypatch):
    output, draw, many, calls = tmp_path / "out.json", drawing.draw, drawing.draw_together, []

    def counted(pipeline, recipe):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(recipe.seed)
        return draw(pipeline, recipe)

    phantoms = ("--phantoms", str(models / "phantoms"))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(drawing, "draw", counted)
        run(models, output, *phantoms)
    again = []
    with monkeypatch.context() as patch:
        patch.setattr(drawing, "draw", lambda p, r: again.append(r.seed) or draw(p, r))
        patch.setattr(drawing, "draw_together", lambda p, rs: again.extend(r.seed for r in rs) or many(p, rs))
        assert run(models, output, *phantoms) == 0
    assert len(calls) == 2 and len(again) == 1 + 4 * 8 and not set(calls) & set(again)
    assert len(json.loads(output.read_text())["pictures"]) == 3


def test_pictures_of_another_model_are_drawn_again(models, tmp_path):
    output, phantoms = tmp_path / "out.json", ("--phantoms", str(models / "phantoms"))
    assert run(models, output, *phantoms, count=1) == 0
    before = (tmp_path / "out_pictures" / "00000.png").read_bytes()
    other = make_tiny_pipeline(tmp_path / "other", seed=5)
    places = ["--model", str(other), "--judge", str(models / "judge"), "--output", str(output)]
    assert main([*places, "--count", "1", *phantoms]) == 0
    assert (tmp_path / "out_pictures" / "00000.png").read_bytes() != before


def test_without_phantoms_the_judges_own_report_is_the_ceiling(models, tmp_path, capsys):
    assert run(models, tmp_path / "out.json", count=1) == 1
    assert "report.json" in capsys.readouterr().err
    judged = {"figures": {"rash_all": 0.9, "rash_all_interval": [0.8, 0.95]}, "tables": {}}
    (models / "judge" / "report.json").write_text(json.dumps(judged))
    assert run(models, tmp_path / "out.json", count=1) == 0
    figures = json.loads((tmp_path / "out.json").read_text())["figures"]
    assert figures["rash_ceiling"] == 0.9 and figures["rash_ceiling_interval"] == [0.8, 0.95]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--count", "0"], "count is 0"),
        (["--judge", "nowhere"], "No usable judge"),
        (["--model", "gone"], "gone"),
    ],
)
def test_what_can_not_be_measured_is_said(models, tmp_path, capsys, arguments, words):
    places = ["--model", str(models / "model"), "--judge", str(models / "judge")]
    assert main([*places, "--output", str(tmp_path / "out.json"), *arguments]) == 1
    assert words in capsys.readouterr().err


def test_only_what_model_and_judge_both_know_is_asked(models):
    scale = scale_for(load_card(models / "model"), load_judge(models / "judge"))
    assert set(scale.rashes) == {"acne", "tinea", "clear"}
    assert scale.sites == ("face", "foot") and scale.tones == ("fair", "brown", "black")


def test_whole_rounds_ask_for_every_combination_equally_often():
    requests = plan_requests(SCALE, 36)
    assert Counter(r.attributes for r in requests) == dict.fromkeys(all_triples(*_keys()), 2)
    assert len({r.seed for r in requests}) == 36


def test_severities_and_views_take_turns_and_rashes_stay_where_they_occur():
    words = load_vocabulary()
    sites, tones = ("scalp", "face", "palm", "fingernails"), tuple(words.monk_tones)
    further = (tuple(words.severities), tuple(words.views))
    scale = Scale(tuple(words.rashes), sites, tones, *further, true_sites=True)
    asked = [request.attributes for request in plan_requests(scale, 360)]
    assert all(words.rashes[a.rash].is_drawn_at(a.site) for a in asked)
    severities = Counter(a.severity for a in asked if a.rash != "clear")
    assert None not in severities and max(severities.values()) - min(severities.values()) <= 2
    assert {a.severity for a in asked if a.rash == "clear"} == {None}
    assert set(Counter(a.view for a in asked)) == set(words.views)


def test_paraphrases_ask_for_the_same_things_in_sentences_that_training_never_saw():
    scale = Scale(("acne", "tinea"), ("foot", "cheek"), ("fair", "black"))
    requests = plan_paraphrases(scale, 8)
    assert len({request.seed for request in requests} & {r.seed for r in plan_requests(scale, 8)}) == 0
    for request in requests:
        trained, held_out = split_paraphrases(request.attributes)
        assert request.prompt in held_out and request.prompt not in trained
    assert len({request.attributes for request in requests}) == 8


def test_repeats_ask_for_a_few_prompts_by_many_seeds():
    requests = plan_repeats(SCALE, 2, 3)
    assert sorted(Counter(r.attributes for r in requests).values()) == [3, 3]
    assert len({r.seed for r in requests}) == 6
    assert not {r.seed for r in requests} & {r.seed for r in plan_requests(SCALE, 100)}


def test_tone_errors_are_0_at_the_reference_and_grow_with_distance():
    reference = build_reference([], [], [])
    lab = reference.at("face")["fair"]
    at = Judged(Attributes("acne", ("face",), "fair"), "acne", 1, "face", 1, "fair", 4, 50.0, lab, 0.1)
    darker = replace(at, lab=(lab[0] - 30, lab[1], lab[2]))
    nothing = replace(at, lab=None)
    found = tone_errors([at, nothing], reference, SCALE)
    assert found["fair"]["pictures"] == found["all"]["pictures"] == 1
    assert found["fair"]["delta_e"] == found["fair"]["ita"] == found["fair"]["monk"] == 0
    found = tone_errors([at, darker], reference, SCALE)["all"]
    assert found["delta_e"] > 5 and found["ita"] < 0 < found["monk"] and found["ita_absolute"] > 0
    assert "tan" not in tone_errors([at], reference, SCALE)


def test_held_out_combinations_are_asked_for_besides_and_compared(models, tmp_path):
    card = load_card(models / "model")
    write_card(models / "model", replace(card, held_out=0.4))
    output = tmp_path / "out.json"
    try:
        assert run(models, output, "--count-held-out", "5", count=6) == 0
    finally:
        write_card(models / "model", card)
    found = json.loads(output.read_text())
    assert (found["count"], found["count_held_out"], len(found["pictures"])) == (6, 5, 6)
    groups = found["tables"]["composition"]
    assert groups["seen"]["pictures"] + groups["held_out"]["pictures"] == 11
    assert groups["held_out"]["pictures"] >= 5
    drop, (low, high) = (found["figures"][name] for name in ("held_out_drop", "held_out_drop_interval"))
    assert drop == pytest.approx(groups["seen"]["all_right"] - groups["held_out"]["all_right"])
    assert -1 <= low <= drop <= high <= 1


def test_the_drop_counts_pictures_with_everything_right():
    share = 0.5
    triples = all_triples(*_keys())
    right = [seen((a.rash, a.sites[0], a.tone), a.rash, a.sites[0], a.tone) for a in triples]
    wrong = [replace(j, rash="none") if is_held_out(j.asked, share) else j for j in right]
    assert composition(right, share, SCALE)[0]["held_out_drop"] == 0
    figures, groups = composition(wrong, share, SCALE)
    assert figures["held_out_drop"] == 1 and groups["held_out"]["site"] == 1
    assert composition(right, 0.0, SCALE) == ({}, {})


def test_the_drops_interval_is_newcombes():
    # Newcombe 1998, Statistics in Medicine 17:873, table II, example (a): 56/70 - 48/80, method 10
    assert newcombe(Proportion(56, 70), Proportion(48, 80)) == pytest.approx([0.0524, 0.3339], abs=5e-5)


@pytest.mark.parametrize("count", [1, 5, 6, 9, 12, 25])
def test_a_part_of_a_round_is_balanced_in_every_attribute(count):
    requests = plan_requests(SCALE, count)
    assert len(requests) == count
    for pick in (lambda a: a.rash, lambda a: a.sites, lambda a: a.tone):
        counts = Counter(pick(r.attributes) for r in requests)
        assert max(counts.values()) - min(counts.values()) <= 1 or count < 3


def test_no_combination_is_chosen_twice_for_a_part():
    triples = all_triples(*_keys())
    assert len(set(balanced_part(triples, len(triples)))) == len(triples)


def _keys():
    return SCALE.rashes, SCALE.sites, SCALE.tones


def test_accuracies_equal_counting_by_hand():
    found = accuracies(JUDGED, SCALE)
    assert (found["rash_all"].right, found["rash_all"].total) == (3, 4)
    assert (found["rash_original_three"].right, found["rash_original_three"].total) == (2, 3)
    assert (found["site"].right, found["site"].total) == (3, 4)
    assert (found["tone_exact"].right, found["tone_within_one"].right) == (1, 2)


def test_a_picture_without_skin_counts_as_a_wrong_tone():
    found = tables(JUDGED, SCALE)["tone_confusion"]
    row = found["counts"][found["asked"].index("black")]
    assert row[found["seen"].index(NOT_SEEN)] == 1


def test_tables_name_asked_and_seen():
    found = tables(JUDGED, SCALE)["rash_confusion"]
    assert found["asked"] == found["seen"] == list(SCALE.rashes)
    assert found["counts"][0] == [1, 1, 0]
    assert tables(JUDGED, SCALE)["by_site"]["foot"]["pictures"] == 2
    assert tables(JUDGED, SCALE)["measured_tone"]["fair"]["monk"]["5"] == 2


def test_attributes_that_were_not_asked_are_not_scored():
    nothing = Judged(Attributes(None, ("face",), None), "acne", 1, "face", 1, "fair", 3, 50.0, (80, 1, 1), 0)
    figures = flat(accuracies([nothing], SCALE))
    assert set(figures) == {"site", "site_interval"}


def test_a_sheet_shows_at_most_what_it_should(tmp_path):
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.png")
    write_contact_sheet(tmp_path / "sheet.png", [(tmp_path / "a.png", JUDGED[0])] * 130, most=64)
    with Image.open(tmp_path / "sheet.png") as sheet:
        rows = sheet.height // (144 + 34)
        assert 5 <= rows <= 8
