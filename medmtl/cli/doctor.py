"""`medmtl doctor`: whether the installation is whole."""

import json
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from medmtl.cli.given import say
from medmtl.cli.parser import Command
from medmtl.errors import MedmtlError

_DOCTOR = """Look at the installation: versions, who provides `radiomics`, cores, memory, GPU, and what to mend.

Exit code 0 where all that is needed is there, 2 where something is missing or does not fit."""


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=Path(), help="Where runs are to be written: its free space.")
    parser.add_argument("--json", action="store_true", help="Answer as JSON.")


def _run(given: Namespace) -> None:
    from medmtl.findings import faults
    from medmtl.stages.doctor import examine

    found = examine(given.folder)
    if given.json:
        say(json.dumps([one.to_dict() for one in found], indent=1))
    else:
        say("\n".join(f"{one.level.value:8}{one.code:10}{one.message}" for one in found))
    if faults(found):
        raise MedmtlError(
            f"{len(faults(found))} things are missing or do not fit; see the lines that begin with `fault`."
        )


DOCTOR = Command("doctor", _DOCTOR, _options, _run)
