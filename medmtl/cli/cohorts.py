"""`medmtl import` and `medmtl check`: a cohort before a run."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from medmtl.cli.dicom import DICOM
from medmtl.cli.given import experiment_of, manifest_of, say
from medmtl.cli.parser import Command
from medmtl.experiment import Experiment


def _sts_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--images", type=Path, required=True, help="Folder with the patients' folders STS_xxx, at any depth."
    )
    parser.add_argument("--clinical", type=Path, required=True, help="The clinical sheet as published (CSV).")
    parser.add_argument(
        "--out", type=Path, required=True, help="Folder of the cohort; gets manifest.csv and schema.yaml."
    )
    parser.add_argument("--jobs", type=int, default=-1, help="Patients read at once; -1 is one per core.")


def _import_sts(given: Namespace) -> None:
    from medmtl.stages.import_sts import import_sts

    say(str(import_sts(given.images, given.clinical, given.out, given.jobs)))


def _hecktor_options(parser: ArgumentParser) -> None:
    years = "2020 and 2021 (GTVt), 2022, 2025 and 2026 (GTVp, GTVn)"
    parser.add_argument("--edition", type=int, required=True, help=f"Year of the challenge: {years}.")
    parser.add_argument("source", type=Path, help="Folder with its images and tables, as unpacked, at any depth.")
    parser.add_argument(
        "--out", type=Path, required=True, help="Folder of the cohort; gets manifest.csv and schema.yaml."
    )
    parser.add_argument(
        "--suv-table",
        type=Path | None,
        default=None,
        help="The organisers' suv_conversion_tags.csv, for PETs in Bq/mL; else one that lies in the folder.",
    )
    parser.add_argument("--crop", action="store_true", help="Cut every image to the bounding box of its case.")
    parser.add_argument("--jobs", type=int, default=-1, help="Cases read at once; -1 is one per core.")


def _import_hecktor(given: Namespace) -> None:
    from medmtl.stages.import_hecktor import HecktorRequest, import_hecktor

    request = HecktorRequest(given.source, given.edition, given.suv_table, given.crop)
    say(str(import_hecktor(request, given.out, given.jobs)))


def _check_options(parser: ArgumentParser) -> None:
    parser.add_argument("cohort", type=Path, help="The manifest (CSV) of the cohort, or its folder.")
    parser.add_argument("--config", action="config", help="YAML of the experiment that is planned.")
    parser.add_argument(
        "--out",
        type=Path | None,
        default=None,
        help="Folder of check.html, check.json and findings.csv; else `check` beside the manifest. Overwritten.",
    )
    parser.add_class_arguments(Experiment)


def _check(given: Namespace) -> None:
    from medmtl.stages.check import check_cohort

    experiment = experiment_of(given)
    planned = bool(given.config) or experiment.endpoint != Experiment().endpoint
    say(check_cohort(manifest_of(given.cohort), experiment, given.out, planned))


_STS = "The soft-tissue sarcoma cohort of The Cancer Imaging Archive, as NIfTI or DICOM."
_HECKTOR = "The HECKTOR challenge of 2020, 2021, 2022, 2025 or 2026: PET/CT of the head and neck."

COMMANDS = (
    Command(
        "import",
        "Turn what a hospital exports, or a published cohort, into a manifest.",
        parts=(
            DICOM,
            Command("sts", _STS, _sts_options, _import_sts),
            Command("hecktor", _HECKTOR, _hecktor_options, _import_hecktor),
        ),
    ),
    Command(
        "check",
        "Look through a cohort: every fault at once, and a page with a picture of every case.",
        _check_options,
        _check,
        usage="medmtl check COHORT [--config YAML] [--out FOLDER] [--section.option=value ...]",
    ),
)
