"""The study's base: a small model that never read the new names, and a judge that knows the new disease.

Made by the same commands as the released model (``training.build_embedded``), on smaller pictures.
"""

from dataclasses import replace
from pathlib import Path

from core.weights.model_cards import DrawingDefaults, ModelCard, load_card, write_card
from training.embedded.assembly import Parts, assemble, check_drawing, copy_judge
from training.embedded.redrawn import RECORD_NAME
from training.loop.stages import Stage, run_stage
from training.study.names import left_out
from training.study.plan import KNOWN, NEW_DISEASE, StudyPlan

GUIDANCE = 3.0


def base_stages(plan: StudyPlan) -> list[Stage]:
    """The trainings in order; assembly follows them."""
    base, root = plan.base, plan.folder("base")
    vae, clip = (str(root / name / "model") for name in ("autoencoder", "clip"))
    silent, held_out = ("--leave-out", *left_out()), ("--held-out", str(root / "phantoms_held_out"))
    places = ("--vae", vae, "--clip", clip, "--latents", str(root / "latents"))
    first, redrawn = str(root / "unet" / "model"), root / "redrawn"
    return [
        _drawing(plan, "phantoms", base.phantoms, 0, KNOWN),
        _drawing(plan, "phantoms_judge", base.judge_phantoms, 1, (*KNOWN, NEW_DISEASE)),
        _drawing(plan, "phantoms_held_out", base.held_out, 2, (*KNOWN, NEW_DISEASE)),
        _training(plan, "autoencoder", "phantoms", base.autoencoder),
        _training(plan, "clip", "phantoms", (*base.clip, *silent)),
        _training(plan, "unet", "phantoms", (*places, *base.unet, *silent)),
        _redrawing(plan, redrawn, (*places, "--unet", first)),
        _training(plan, "decoder", "phantoms", ("--init", vae, "--redrawn", str(redrawn), *base.decoder)),
        _training(plan, "unet_longer", "phantoms", (*places, "--init", first, *base.unet_longer, *silent)),
        _training(plan, "judge", "phantoms_judge", (*held_out, *base.judge)),
    ]


def _drawing(plan: StudyPlan, name: str, count: int, offset: int, rashes: tuple[str, ...]) -> Stage:
    return drawing_stage(plan, plan.folder("base") / name, count, plan.seed + offset, rashes)


def drawing_stage(plan: StudyPlan, folder: Path, count: int, seed: int, rashes: tuple[str, ...]) -> Stage:
    """Phantoms of the study's sites and tones, every rash equally often."""
    numbers = ("--count", str(count), "--seed", str(seed), "--size", str(plan.base.pixels), "--workers", "1")
    words = ("--rashes", *rashes, "--sites", *plan.sites, "--tones", *plan.tones, "--even-rashes")
    arguments = (*numbers, *words, "--output", str(folder))
    return Stage(folder.name, "render_phantoms", arguments, folder / "metadata.jsonl")


def _training(plan: StudyPlan, name: str, phantoms: str, arguments: tuple[str, ...]) -> Stage:
    root = plan.folder("base")
    places = ("--phantoms", str(root / phantoms), "--output", str(root / name), "--seed", str(plan.seed))
    command = f"train_{name.removesuffix('_longer')}"
    return Stage(name, command, (*places, *arguments), root / name / "model" / "config.json")


def _redrawing(plan: StudyPlan, folder: Path, places: tuple[str, ...]) -> Stage:
    phantoms, count = str(plan.folder("base") / "phantoms"), str(plan.base.redrawn)
    numbers = ("--count", count, "--seed", str(plan.seed))
    arguments = ("--phantoms", phantoms, *places, *numbers, "--output", str(folder))
    return Stage("redrawn", "redraw_latents", arguments, folder / RECORD_NAME)


def build_clip(plan: StudyPlan) -> None:
    """The base's CLIP alone, with the phantoms that it needs."""
    for stage in base_stages(plan):
        if stage.name in ("phantoms", "clip"):
            run_stage(stage)


def build_base(plan: StudyPlan) -> None:
    """Runs what is not there yet.

    Raises:
        TrainingError: a stage failed; it has said why.
    """
    for stage in base_stages(plan):
        run_stage(stage)
    if (plan.model / "model_card.json").is_file():
        return
    root = plan.folder("base")
    copy_judge(root / "judge" / "model", plan.judge)
    parts = Parts(*(root / name / "model" for name in ("unet_longer", "decoder", "clip")))
    assemble(parts, root / "phantoms", plan.model)
    write_card(plan.model, _card(plan))
    check_drawing(plan.model, plan.base.pixels)


def _card(plan: StudyPlan) -> ModelCard:
    """What assembly writes, under the study's own name and settings."""
    side = plan.base.pixels
    return replace(
        load_card(plan.model),
        label="Study base",
        description="The encoder study's base: it never read some names, nor saw one disease.",
        defaults=DrawingDefaults(plan.inference_steps, GUIDANCE, "ddim", side, side),
        judge=False,
        origin="Made by training.encoder_study from phantoms of training.render_phantoms alone.",
    )
