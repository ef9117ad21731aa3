"""The entry: reads the line, runs one command, and answers with an exit code."""

import errno
import sys
from collections.abc import Sequence

from jsonargparse import ArgumentParser, Namespace

from medmtl import __version__
from medmtl.cli import about, bench, cohorts, doctor, export, risks, runs
from medmtl.cli.parser import add_commands, new_parser, perform
from medmtl.errors import MedmtlError
from medmtl.log import set_up_logging
from medmtl.whole_file import in_whole_names

_ABOUT = """Multi-task learning on PET/CT: tumour segmentation and survival risk learned jointly, radiomics from the
predicted masks, a fused Cox model, scores with intervals, and a page that shows them.

Begin with `medmtl demo --out runs/demo`. With patients of your own: write a manifest (docs/run_folder.md), look through
it with `medmtl check`, then `medmtl run --config configs/sts.yaml --cohort COHORT/manifest.csv --out runs/mine`.
Exit codes: 0 done, 1 a fault of medmtl, 2 a fault in what was given."""

COMMANDS = (
    about.DEMO,
    *cohorts.COMMANDS,
    *runs.COMMANDS,
    *risks.COMMANDS,
    *export.COMMANDS,
    bench.BENCH,
    doctor.DOCTOR,
    about.INFO,
)

_NO_PLACE = {  # the last three: a file where a folder should be, or the reverse
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG),
    *(errno.ENOTDIR, errno.EEXIST, errno.EISDIR),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; exit with 2 and one message where what was given is wrong."""
    parser = new_parser(_ABOUT)
    parser.add_argument("--version", action="version", version=f"medmtl {__version__}")
    add_commands(parser, COMMANDS)
    try:
        given = _parse(parser, arguments)
    except UnicodeDecodeError as error:
        parser.error(f"every file and word that is given must be UTF-8. Found {error}")
    set_up_logging()
    try:
        perform(given, COMMANDS)
    except MedmtlError as error:
        sys.stderr.write(f"medmtl {given.command}: {error}\n")
        sys.exit(2)
    except OSError as error:
        if error.errno not in _NO_PLACE:
            raise
        found = in_whole_names(error)
        sys.stderr.write(f"medmtl {given.command}: files must be readable, and folders writable. Found {found}.\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. The same command goes on from here.\n")
        sys.exit(130)


def _parse(parser: ArgumentParser, arguments: Sequence[str] | None) -> Namespace:
    try:
        return parser.parse_args(arguments)
    except AttributeError:  # jsonargparse stumbles over a class given twice, in a file and on the line
        sys.stderr.write(
            "medmtl: a class_path or init_args must be written in the YAML, not on the line beside --config.\n"
        )
        sys.exit(2)
