"""The lines between the rooms, read from the source: who imports whom, and what a page may cost to open."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EMBEDDED = ROOT / "data" / "models" / "embedded"
ROOMS = ("core", "db", "pages", "training")
NEURAL = {"torch", "diffusers", "transformers", "accelerate", "peft"}
DATABASE = {"sqlalchemy", "alembic", "sqlite3"}

FORBIDDEN = {
    "core": {"streamlit", "db", "pages", "training"} | DATABASE,
    "db": {"streamlit", "pages", "training"} | NEURAL,
    "pages": {"training"} | NEURAL | DATABASE,
    "training": {"streamlit", "db", "pages"} | DATABASE,
}

DESCRIBING = (
    "commands",
    "drawing.comparisons",
    "drawing.composing",
    "drawing.phantom_starts",
    "drawing.sheets",
    "drawing.starts",
    "drawing.uploads",
    "errors",
    "exporting.background",
    "files",
    "folder_names",
    "generate",
    "images",
    "jobs",
    "language.attributes",
    "language.captions",
    "language.matching",
    "language.occurrence",
    "language.reading",
    "language.tokens",
    "language.vocabulary",
    "measuring.colour",
    "measuring.nearness",
    "measuring.training_index",
    "photographs.captioning",
    "photographs.claims",
    "photographs.coverage",
    "photographs.dataset_edits",
    "photographs.dataset_exports",
    "photographs.dataset_imports",
    "photographs.datasets",
    "photographs.photographs",
    "photographs.suggestions",
    "provenance.outgoing",
    "provenance.verdict",
    "recipes",
    "review.agreement",
    "review.checklists",
    "review.shares",
    "review.studies",
    "review.study_figures",
    "review.study_plan",
    "roles",
    "settings",
    "trainings.curves",
    "trainings.endings",
    "trainings.runs",
    "trainings.starts",
    "trainings.wishes",
    "twins",
    "verify",
    "weights.candidates",
    "weights.checkpoints",
    "weights.encoder_checks",
    "weights.encoder_runs",
    "weights.gate",
    "weights.lora_checks",
    "weights.lora_layers",
    "weights.loras",
    "weights.model_cards",
    "weights.origins",
    "weights.picture_checks",
    "worker",
)
"""Modules of core that a page or a dry run imports: opening a page never waits for torch."""


def sources(*rooms: str) -> list[Path]:
    files = [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]
    return [*files, ROOT / "streamlit_app.py"] if "pages" in rooms else files


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST, path: Path) -> Iterator[str]:
    """Dotted names a tree imports, those inside functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = name_of(path).split(".") if node.level else []
            above = here[: len(here) - node.level]
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def imports_when_loaded(path: Path) -> set[str]:
    """Dotted names imported as soon as the module is: not those in functions or for type checking only."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= set(imports(ast.Module([node], []), path))
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
            waiting.extend(node.orelse if typing_only else ast.iter_child_nodes(node))
    return found


@cache
def project_file(dotted: str) -> Path | None:
    """The project's file behind an imported name, which may be a module or something in one."""
    for name in (dotted, dotted.rpartition(".")[0]):
        place = ROOT.joinpath(*name.split("."))
        for candidate in (place.with_suffix(".py"), place / "__init__.py"):
            if name.split(".")[0] in ROOMS and candidate.is_file():
                return candidate
    return None


def reached_when_loaded(path: Path) -> dict[str, list[str]]:
    """Outside packages reached by loading a file, each with the chain of modules that leads there."""
    reached: dict[str, list[str]] = {}
    seen, waiting = {path}, [(path, [name_of(path)])]
    while waiting:
        current, chain = waiting.pop()
        for dotted in imports_when_loaded(current):
            inside = project_file(dotted)
            if inside is None:
                reached.setdefault(dotted.split(".")[0], [*chain, dotted])
            elif inside not in seen:
                seen.add(inside)
                waiting.append((inside, [*chain, name_of(inside)]))
    return reached


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {dotted}"
        for path in sources(room)
        for dotted in imports(ast.parse(path.read_text(encoding="utf-8")), path)
        if dotted.split(".")[0] in FORBIDDEN[room]
    ]
    assert wrong == []


def test_nobody_outside_db_asks_the_database_directly() -> None:
    wrong = []
    for path in sources("core", "pages", "training"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            asks = getattr(called, "id", getattr(called, "attr", "")) == "select"
            written = str(node.value).lstrip() if isinstance(node, ast.Constant) else ""
            if asks or written.startswith(("SELECT ", "INSERT INTO ")):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []


def test_a_page_is_under_eighty_lines() -> None:
    screens = [*sorted((ROOT / "pages").glob("*.py")), ROOT / "streamlit_app.py"]
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in screens}
    assert {name: length for name, length in lengths.items() if length >= 80} == {}


def test_a_module_is_under_two_hundred_and_fifty_lines() -> None:
    """Migrations are exempt: each is one frozen record of a schema."""
    modules = [path for path in sources(*ROOMS) if "versions" not in path.parts]
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert {name: length for name, length in lengths.items() if length >= 250} == {}


def test_every_module_says_what_it_is() -> None:
    silent = [
        name_of(path)
        for path in sources(*ROOMS)
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


@pytest.mark.parametrize("path", sources("pages", "db"), ids=name_of)
def test_no_page_and_no_store_reaches_torch_when_loaded(path: Path) -> None:
    reached = reached_when_loaded(path)
    assert [" -> ".join(reached[package]) for package in sorted(NEURAL & reached.keys())] == []


def test_the_describing_modules_and_the_store_really_load_without_torch() -> None:
    modules = [*(f"core.{name}" for name in DESCRIBING), "db.repository", "db.records"]
    modules += [name_of(path) for path in sorted((ROOT / "pages" / "components").rglob("*.py"))]
    program = (
        f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        "print(sorted({'torch', 'diffusers', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


@pytest.mark.embedded
@pytest.mark.skipif(not (EMBEDDED / "model_index.json").is_file(), reason="the embedded model is not built")
def test_a_dry_run_draws_nothing_and_loads_no_torch() -> None:
    program = (
        "import sys\nfrom core.generate import main\n"
        "code = main(['--rash', 'tinea', '--site', 'foot', '--tone', 'brown', '--seed', '7', '--dry-run'])\n"
        "sys.exit(code or ('torch' in sys.modules and 'torch was imported'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "tinea type of rash at the foot area on a brown skin" in done.stdout


def test_the_reader_of_imports_sees_nested_relative_and_typing_ones(tmp_path: Path) -> None:
    source = (
        "import a\nfrom b import c\n"
        "if TYPE_CHECKING:\n    import d\nelse:\n    import e\n"
        "try:\n    import f\nexcept ImportError:\n    pass\n"
        "def work():\n    import g\n"
        "class Thing:\n    import h\n"
    )
    path = ROOT / "core" / "imagined.py"
    assert sorted(imports(ast.parse(source), path)) == ["a", "b.c", "d", "e", "f", "g", "h"]
    assert list(imports(ast.parse("from . import x\nfrom .y import z"), path)) == ["core.x", "core.y.z"]
    (tmp_path / "m.py").write_text(source)
    assert imports_when_loaded(tmp_path / "m.py") == {"a", "b.c", "e", "f", "h"}
