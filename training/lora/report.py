"""The run folder of a LoRA as people read it: curves, previews, report and README."""

from pathlib import Path
from typing import Any

from core.weights.loras import RESULT, WEIGHTS
from training.clip_tuning.report import epochs_of, write_curves, write_report
from training.lora.pictures import Previews, write_preview_sheet

PREVIEWS_NAME = "previews.png"
CAUTION = (
    "A LoRA can repeat what it learned from, all the more the fewer pictures there were and the longer it "
    "trained. Treat it as the photographs themselves are treated: their licence and consent hold for it, and "
    "for what is drawn with it. Synthetic pictures, not for diagnosis."
)


def write_run(folder: Path, report: dict[str, Any], previews: tuple[Previews, Previews], epoch: int) -> None:
    """Writes everything for people, the report last: it says that the run is finished."""
    name = folder.resolve().name
    before, after = previews
    if before.paths:
        write_preview_sheet(folder / PREVIEWS_NAME, f"{name}: before and after", before, after)
    write_curves(folder, {name: epochs_of(folder, epoch)})
    write_report(folder, report, readme(name, report, bool(before.paths)))


def readme(name: str, report: dict[str, Any], has_previews: bool) -> str:
    """What was asked, what came of it, under which terms, and what to do next, as Markdown."""
    config, before, after = report["config"], report["before"], report["after"]
    figures = [f"| {n} | {before[n]:.4g} | {after[n]:.4g} |" for n in before]
    asked = [f"- {n}: {value}" for n, value in config.items() if n != "pace"]
    previews = [f"![before and after]({PREVIEWS_NAME})", ""] if has_previews else []
    return "\n".join(
        [
            f"# {name}: a LoRA of a UNet, trained by `python -m training.finetune_unet`",
            "",
            f"{report['training_pictures']} pictures to learn from, {report['held_out_pictures']} held out, "
            f"{report['distinct_captions']} distinct captions, {report['prior_pictures']} pictures of the "
            f"model's own to be held to. {report['steps']} steps moved {report['trained_weights']:,} "
            f"weights; their average is in `{RESULT}/{WEIGHTS}`, in the form that diffusers reads.",
            "",
            *previews,
            *("## Held-out figures", "", "| figure | before | after |", "|---|---|---|", *figures, ""),
            *("## Terms", "", *_terms(report), "", CAUTION, ""),
            "Of the photographs this folder keeps neither pixels nor latents.",
            "",
            *("![loss](loss.svg)", "", "![samples per second](samples_per_second.svg)", ""),
            *("## What was asked", "", *asked, ""),
            *("## Next", "", f"`{report['next']}`, or choose it on Generate under *Advanced settings*.", ""),
        ]
    )


def _terms(report: dict[str, Any]) -> list[str]:
    unknown = "not recorded: the pictures are no dataset of `training.prepare`"
    return [f"- {name.capitalize()}: {report[name] or unknown}" for name in ("licence", "consent")]
