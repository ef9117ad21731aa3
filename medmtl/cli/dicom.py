"""`medmtl import dicom`: a folder of a hospital's DICOM becomes a cohort."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from medmtl.cli.given import say
from medmtl.cli.parser import Command

_ABOUT = """A folder of DICOM, of any nesting and in zip archives too: PET becomes SUV, CT stays HU, contours a mask.

  medmtl import dicom EXPORT --out COHORT
  medmtl import dicom EXPORT --out COHORT --endpoints clinical.csv --endpoint os=days,dead --predictors age sex
  medmtl import dicom EXPORT --out COHORT --roi GTVp='GTV.*prim.*' --roi GTVn='LN.*'

A case is a patient with an attenuation-corrected PET, the CT of its frame of reference, and the contours (RTSTRUCT or
SEG) drawn on them. What is chosen where there are several, and what became of every series, is in import_report.csv and
import_series.csv; docs/import_dicom.md has the rules. Weight, dose and half-life are never invented: columns such as
weight_kg and dose_mbq of the table may supply them. One bad case does not stop the rest, and the same command goes on
after an interruption."""


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("source", type=Path, help="Folder or zip archive with the DICOM files.")
    parser.add_argument("--out", type=Path, required=True, help="Folder of the cohort; it must be new or empty.")
    parser.add_argument(
        "--roi",
        action="append",
        help="LABEL=REGEX: the regions that make a label, by the whole of their names. Once per label; the first label "
        "is 1 in the mask, the next 2. Without it, GTVp and GTVn by their usual names.",
    )
    parser.add_argument("--jobs", type=int, default=-1, help="Patients converted at once; -1 is one per core.")
    _table_options(parser)
    _choice_options(parser)


def _table_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--endpoints", type=Path | None, default=None, help="Table (CSV or XLSX), one line per patient."
    )
    parser.add_argument("--sheet", type=str | None, default=None, help="Sheet of the workbook, where it has several.")
    parser.add_argument(
        "--id", type=str | None, default=None, help="Column of the ids; else case_id, PatientID and the like."
    )
    parser.add_argument(
        "--endpoint",
        action="append",
        help="NAME=DAYS,EVENT by the names of columns; with dates NAME=START..END,EVENT; with words for an event "
        "NAME=DAYS,STATUS:DEAD. Once per endpoint; without it, columns named NAME_days and NAME_event.",
    )
    parser.add_argument(
        "--predictors",
        nargs="+",
        default=[],
        help="Columns to predict from, known at baseline; others are carried in the manifest alone.",
    )
    parser.add_argument("--centre", default="unknown", help="The hospital, where the table has no column centre.")


def _choice_options(parser: ArgumentParser) -> None:
    parser.add_argument("--study", action="append", help="Of several studies: first, last, or a UID; repeat for more.")
    parser.add_argument("--series", action="append", help="UID of a series to take; repeat for more.")
    parser.add_argument("--pet", default="", help="REGEX that the description of a PET must hold.")
    parser.add_argument("--ct", default="", help="REGEX that the description of a CT must hold.")
    parser.add_argument(
        "--case-by",
        default="patient",
        choices=["patient", "study", "folder", "subfolder"],
        help="What makes a case: PatientID, StudyInstanceUID, each folder or zip in SOURCE, or each folder in those.",
    )


def _run(given: Namespace) -> None:
    from medmtl.cohort.patient_table import TableWishes
    from medmtl.dicom.groups import CaseBy
    from medmtl.dicom.wishes import Wishes
    from medmtl.stages.dicom_plan import Choosing
    from medmtl.stages.import_dicom import DicomImport, import_dicom, parse_roi

    wishes = Wishes(tuple(given.study or ()), tuple(given.series or ()), given.ct, given.pet)
    table = TableWishes(given.sheet, given.id, tuple(given.endpoint or ()), tuple(given.predictors))
    wanted = DicomImport(
        source=given.source,
        out=given.out,
        endpoints=given.endpoints,
        table=table,
        choosing=Choosing(wishes, parse_roi(given.roi or ())),
        case_by=CaseBy(given.case_by),
        centre=given.centre,
        jobs=given.jobs,
    )
    say(str(import_dicom(wanted)))


DICOM = Command("dicom", _ABOUT, _options, _run)
