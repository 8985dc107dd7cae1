"""Hands pictures of the library on: all, those that a filter lets through, or single ones.

    python -m db.export --format pairs --output acne.zip --rash acne
    python -m db.export --format imagefolder --output DIR --rated --min-realism 5
    python -m db.export --format ratings --output ratings --ids 3 7 12
    python -m db.export --format ratings --output answers.zip --study "Tinea on brown skin"

--output is a new folder, or a ZIP if it ends in .zip. Private pictures of others are left out; so are
people's names, unless --names is given, and pictures marked as too near to a training picture, unless
--include-near is given. --study takes the drawn pictures of a reader study, with the ratings given there;
"ratings" then holds every answer, those to photographs too. --user must lead it. Ctrl+C stops; nothing
half-written is left. Formats:

{formats}
"""

import signal
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from types import FrameType

from core.errors import ExportCancelled, InputError, Script2SkinError
from core.exporting.formats import FORMATS
from core.exporting.items import Order
from core.exporting.run import Progress, export
from core.settings import Settings
from db.audit import at_the_command_line
from db.export_items import Choice, export_order
from db.records import HistoryFilter
from db.repository import Repository, open_repository
from db.study_export import study_order

NOBODY = "Local user"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code (0, 1 with a sentence on stderr, 130 when stopped)."""
    asked = _parser().parse_args(argv)
    try:
        with closing(open_repository(Settings.from_environment())) as repository:
            asking = asked.user or _first_user(repository.users.list())
            order = _order(repository, asked, asking)
            with _asked_to_stop() as stop:
                done = export(order, asked.format, asked.output, _progress(stop))
    except (ExportCancelled, KeyboardInterrupt):
        print("\nStopped; nothing was left.", file=sys.stderr)
        return 130
    except Script2SkinError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{done.output}: {done.pictures:,} pictures.")
    if done.left_out:
        print(f"{done.left_out:,} too near to a training picture were left out (--include-near takes them).")
    return 0


def _order(repository: Repository, asked: Namespace, asking: str) -> Order:
    choice, by = _choice(asked), asked.user or at_the_command_line()
    if asked.study is None:
        return export_order(repository, choice, asking, asked.names, asked.margin, by)
    if replace(choice, near=False) != Choice():
        raise InputError("--study takes the pictures of a study as they are; leave filters and --ids out.")
    study = repository.studies.named(asked.study, asking)
    return study_order(repository, study, asking, asked.names, asked.margin, choice.near, by)


def _parser() -> ArgumentParser:
    formats = "\n".join(f"    {name:12} {form.note}" for name, form in FORMATS.items())
    help = (__doc__ or "").format(formats=formats)
    parser = ArgumentParser(
        "python -m db.export", description=help, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--format", choices=FORMATS, required=True)
    parser.add_argument("--output", type=Path, required=True, help="new folder or .zip file")
    parser.add_argument(
        "--user",
        help="who exports; what is private to others is left out (default: the library's first person; the "
        "audit log then names the account it runs under)",
    )
    parser.add_argument("--names", action="store_true", help="name raters and owners")
    parser.add_argument(
        "--margin",
        type=float,
        default=1.0,
        help="difference in mean realism of preference pairs (default: 1)",
    )
    parser.add_argument(
        "--ids", type=int, nargs="+", metavar="ID", help="these pictures, whatever the filter"
    )
    parser.add_argument("--study", metavar="NAME", help="the pictures and ratings of this reader study")
    for name in ("rash", "site", "tone", "model"):
        parser.add_argument(f"--{name}", action="append", default=[], help=f"this {name} (repeatable)")
    parser.add_argument("--text", default="", help="words of the prompt")
    parser.add_argument("--owner", help="pictures of this person")
    parser.add_argument("--rated", action="store_true", help="rated pictures only")
    parser.add_argument("--starred", action="store_true", help="pictures starred by --user")
    parser.add_argument("--min-realism", type=float, help="mean realism at least")
    parser.add_argument(
        "--include-near", action="store_true", help="also pictures too near to a training picture"
    )
    parser.add_argument("--since", type=_day, help="drawn on this day (2026-03-07, UTC) or later")
    parser.add_argument("--until", type=_day, help="drawn before this day")
    return parser


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


def _choice(asked: Namespace) -> Choice:
    wanted = HistoryFilter(
        rashes=tuple(asked.rash),
        sites=tuple(asked.site),
        tones=tuple(asked.tone),
        models=tuple(asked.model),
        rated=True if asked.rated else None,
        min_realism=asked.min_realism,
        owner=asked.owner,
        starred=asked.starred,
        text=asked.text,
        since=asked.since,
        until=asked.until,
    )
    return Choice(wanted, tuple(asked.ids) if asked.ids else None, asked.include_near)


def _first_user(users: Sequence) -> str:
    """The library's first person, as the app chooses."""
    return min(users, key=lambda user: user.id).name if users else NOBODY


@contextmanager
def _asked_to_stop() -> Iterator[Event]:
    """Set by Ctrl+C, and looked at between two pictures: raised at once, it could fall into the library that
    signs and be lost there. A second Ctrl+C does not wait."""
    asked, before = Event(), signal.getsignal(signal.SIGINT)

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _progress(stop: Event) -> Progress:
    """A line that is written over, where somebody looks on."""

    def show(done: int, total: int) -> None:
        if stop.is_set():
            raise ExportCancelled("The export was stopped; nothing of it was kept.")
        if sys.stderr.isatty() and (done % 20 == 0 or done == total):
            print(f"\r{done:,} of {total:,}", end="\n" if done == total else "", file=sys.stderr)

    return show


if __name__ == "__main__":
    raise SystemExit(main())
