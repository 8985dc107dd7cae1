"""The benchmark of exports measures the real command, on a library that the command can read."""

from pathlib import Path

from core.images import read_recipe
from db.benchmark_export import interrupt, make_library, measure


def test_an_export_is_measured_and_one_is_stopped_half_way(tmp_path: Path) -> None:
    library, output = tmp_path / "made-up", tmp_path / "outputs" / "out.zip"
    for folder in (library, output.parent):
        folder.mkdir()
    make_library(library, 1000, 32, 3)
    pictures = sorted((library / "images").rglob("*.png"))
    assert len(pictures) == 1000 and len({read_recipe(path)[1] for path in pictures[::50]}) <= 3
    found = measure(library, "ratings", output)
    assert found["pictures"] == 1000 and found["peak_mb"] > 20 and found["seconds"] > 0
    assert not output.exists()
    stopped = interrupt(library, output, 20)
    assert (stopped["exit_code"], stopped["left"]) == (130, [])
    assert stopped["progress"].endswith("of 1,000")
