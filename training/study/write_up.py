"""Writes the study up: parts of a Markdown file between marks, curves and grids beside it.

<!-- study: NAME -->      what stands between is replaced; everything else is left as it was written
<!-- end -->
"""

import re
from collections.abc import Mapping
from pathlib import Path

from core.errors import TrainingError
from core.files import write_files
from training.study.curves import write_curves
from training.study.encoders import measured_encoders
from training.study.findings import Finding, findings
from training.study.grids import write_grids
from training.study.judge_table import base_table
from training.study.plan import DISEASE, STOCK, WORDS, StudyPlan
from training.study.tables import (
    drift_table,
    encoders_table,
    main_table,
    names_table,
    progress_line,
    sizes_table,
)

REPORT_NAME = "report.md"
NOT_YET = "Not run yet."
SECTIONS = ("progress", "base", WORDS, "names", DISEASE, "sizes", "encoders", "drift")
"""Names that a document may mark."""

MARK = re.compile(r"(<!-- study: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def write_up(plan: StudyPlan, document: Path | None = None) -> Path | None:
    """Fills ``document``, or DIR/report/report.md, with all that is finished; None before anything is.

    Raises:
        TrainingError: the document has a mark of an unknown name, or none.
    """
    found, encoders = findings(plan), measured_encoders(plan)
    drawn = any(f.cell.arm == STOCK for f in found)
    if not drawn and not encoders:
        print("Nothing to write up yet: encoders or the stock arm come first.", flush=True)
        return None
    path = document or plan.folder("report") / REPORT_NAME
    pictures = path.with_suffix("")
    pictures.mkdir(parents=True, exist_ok=True)
    sections = dict.fromkeys(SECTIONS, NOT_YET)
    if encoders:
        sections["encoders"] = encoders_table(encoders)
    if drawn:
        write_curves(plan, found, pictures)
        write_grids(plan, found, pictures)
        sections |= _sections(plan, found)
    text = path.read_text(encoding="utf-8") if document else _plain(sections)
    write_files({path: filled(text, sections, path).encode()})
    print(f"Written to {path}.", flush=True)
    return path


def filled(text: str, sections: Mapping[str, str], path: Path) -> str:
    """The text with every marked part replaced.

    Raises:
        TrainingError: a mark of an unknown name, or no mark at all.
    """
    names = [match.group(2) for match in MARK.finditer(text)]
    if unknown := [name for name in names if name not in sections]:
        known = ", ".join(sections)
        raise TrainingError(f"{path} asks for '{unknown[0]}', which the study does not have. Known: {known}.")
    if not names:
        raise TrainingError(
            f"{path} has no part to be filled: mark one by <!-- study: NAME --> and <!-- end -->."
        )
    return MARK.sub(lambda match: f"{match.group(1)}{sections[match.group(2)]}\n{match.group(3)}", text)


def _sections(plan: StudyPlan, found: list[Finding]) -> dict[str, str]:
    return {
        "progress": progress_line(plan, found),
        "base": base_table(plan, found),
        WORDS: main_table(plan, found, WORDS),
        "names": names_table(plan, found),
        DISEASE: main_table(plan, found, DISEASE),
        "sizes": sizes_table(plan, found),
        "drift": drift_table(found),
    }


def _plain(sections: Mapping[str, str]) -> str:
    marked = (f"## {name}\n\n<!-- study: {name} -->\n<!-- end -->\n" for name in sections)
    return "# The encoder study\n\n" + "\n".join(marked)
