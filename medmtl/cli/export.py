"""`medmtl export`: predictions as DICOM."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from medmtl.cli.given import manifest_of, say
from medmtl.cli.parser import Command
from medmtl.errors import MedmtlError


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("run", type=Path, help="Folder of a run, or of predictions for new cases.")
    parser.add_argument("--dicom", type=Path, required=True, help="Folder or zip archive with the DICOM of the cases.")
    parser.add_argument("--out", type=Path, required=True, help="Folder for the DICOM; nothing in it is overwritten.")
    parser.add_argument(
        "--case-by",
        default="patient",
        choices=["patient", "study", "folder", "subfolder"],
        help="What makes a case of the DICOM, as it was for `medmtl import dicom`.",
    )
    parser.add_argument(
        "--series", action="append", help="UID of the series to lie beside, where a case has several; repeat for more."
    )
    parser.add_argument("--cases", nargs="+", default=[], help="Cases to export; else all that were predicted.")
    parser.add_argument("--deidentify", action="store_true", help="Give new ids and no dates; needs --key-file.")
    parser.add_argument(
        "--key-file", type=Path | None, default=None, help="The key to the new ids, outside --out; used again if there."
    )


def _report_options(parser: ArgumentParser) -> None:
    _options(parser)
    parser.add_argument(
        "--cohort", type=Path | None, default=None, help="Manifest whose PETs are measured; a run knows its own."
    )


def _seg(given: Namespace) -> None:
    _export("seg", given)


def _rtstruct(given: Namespace) -> None:
    _export("rtstruct", given)


def _sr(given: Namespace) -> None:
    _export("sr", given)


def _export(kind: str, given: Namespace) -> None:
    from medmtl.dicom.groups import CaseBy
    from medmtl.stages.export import ExportOptions, export
    from medmtl.stages.export_kinds import Kind

    if given.deidentify != (given.key_file is not None):
        raise MedmtlError("--deidentify and --key-file go together: new ids need a key that leads back.")
    cohort = given.get("cohort")
    options = ExportOptions(
        source=given.dicom,
        out=given.out,
        cases=tuple(given.cases),
        cohort=cohort and manifest_of(cohort),
        key_file=given.key_file,
        case_by=CaseBy(given.case_by),
        series=tuple(given.series or ()),
    )
    say(export(Kind(kind), given.run, options))


_SEG = "The masks as DICOM segmentations (SEG)."
_RTSTRUCT = "The outlines of the masks as structure sets (RTSTRUCT)."
_SR = "Volume, SUV, TLG and risk as structured reports (SR, TID 1500), which lead to the SEG where --out has it."

COMMANDS = (
    Command(
        "export",
        "Give predictions away as DICOM, beside the CT.\n\n"
        "  medmtl export seg runs/sts --dicom HOSPITAL --out exported",
        parts=(
            Command("seg", _SEG, _options, _seg),
            Command("rtstruct", _RTSTRUCT, _options, _rtstruct),
            Command("sr", _SR, _report_options, _sr),
        ),
    ),
)
