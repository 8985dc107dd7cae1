"""Hands a captioned dataset on: a ZIP of image and caption pairs, or JSON lines beside the images.

    python -m db.export_dataset --data data/datasets/mine --output mine.zip

The ZIP's README.md repeats licence and consent, and who captioned. That it was handed on, and by whom, is
written into the library's audit log.
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from core.errors import Script2SkinError
from core.photographs.dataset_exports import write_export
from core.settings import Settings
from db.audit import at_the_command_line
from db.repository import open_repository


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code (0, or 1 with a sentence on stderr)."""
    parser = ArgumentParser(
        "python -m db.export_dataset", None, __doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DATASET", help="the dataset's folder")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="new .zip or .jsonl file")
    parser.add_argument("--user", help="who exports (default: the account it runs under)")
    asked = parser.parse_args(argv)
    try:
        with closing(open_repository(Settings.from_environment())) as repository:
            count = write_export(asked.data, asked.output)
            subject = f"dataset {asked.data.resolve().name}"
            detail = f"{count} photographs to {asked.output.name}"
            repository.audit.exported(asked.user or at_the_command_line(), subject, detail)
    except Script2SkinError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{asked.output}: {count:,} photographs.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
