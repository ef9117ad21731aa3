"""`medmtl extract`: radiomics of a run's predicted masks, or of any images and masks."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from jsonargparse import ArgumentParser, Namespace

from medmtl.cli.given import say
from medmtl.cli.parser import Command
from medmtl.errors import MedmtlError
from medmtl.experiment import ParallelSettings

if TYPE_CHECKING:
    from medmtl.features.image_row import ExtractionPlan

_EXTRACT = """Extract radiomics from the predicted masks of a run, or from any images and masks.

  medmtl extract RUN                                                        a stage of a run
  medmtl extract --images CSV --out FOLDER --settings params.yaml --jobs 8   alone, as PyRadiomics' batch

The CSV has the columns Image and Mask, and may have ID, Label, Pet, Members and any others; params.yaml is a
PyRadiomics parameter file, or settings of medmtl (docs/radiomics.md). The same command resumes what was stopped."""

_ALONE = ("out", "settings", "jobs", "regions", "labels", "union", "lesions", "suv", "perturb", "centre")


_BACKEND = Literal["loky", "threading", "dask"]


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("run", type=Path | None, nargs="?", default=None, help="Folder of a run; else --images.")
    parser.add_argument("--images", type=Path | None, default=None, help="CSV with the columns Image and Mask.")
    parser.add_argument("--out", type=Path | None, default=None, help="Folder of the tables; the same one resumes.")
    parser.add_argument("--settings", type=Path | None, default=None, help="YAML; else PyRadiomics' own defaults.")
    parser.add_argument(
        "--jobs", type=int | None, default=None, help="Lines measured at once; -1, one per core, if not given."
    )
    parser.add_argument(
        "--regions", type=str, nargs="+", default=None, help="Regions of each mask, such as mask shell_4mm; or all."
    )
    parser.add_argument(
        "--labels", type=str, nargs="+", default=None, help="Labels to measure, as 1 2 or GTVp=1 GTVn=2; else Label."
    )
    parser.add_argument("--union", action="store_true", help="Measure all labels together as well.")
    parser.add_argument("--lesions", action="store_true", help="Measure every connected component as well.")
    parser.add_argument("--suv", action="store_true", help="The images are PET in SUV: the clinic's measures as well.")
    parser.add_argument("--perturb", action="store_true", help="Measure slight changes too: which features keep still.")
    parser.add_argument(
        "--centre",
        type=str | None,
        default=None,
        help="Column of the CSV: how well the features tell it.",
    )
    parser.add_argument(
        "--backend",
        type=_BACKEND | None,
        default=None,
        help="loky (processes), threading, dask: who works.",
    )
    parser.add_argument(
        "--address", type=str | None, default=None, help="Of Dask's scheduler, as tcp://host:8786; implies dask."
    )


def _run(given: Namespace) -> None:
    if (given.run is None) == (given.images is None):
        raise MedmtlError(
            "either the folder of a run or --images must be given. Found " + ("both." if given.run else "neither.")
        )
    if given.run is not None:
        _of_run(given)
    else:
        _of_images(given)


def _of_run(given: Namespace) -> None:
    from medmtl.stages.extract import extract_run
    from medmtl.stages.run import open_run

    foreign = [f"--{name}" for name in _ALONE if given[name] not in (None, False)]
    if foreign:
        raise MedmtlError(f"{', '.join(foreign)}: only with --images. A run's radiomics are set in its experiment.")
    run = open_run(given.run)
    asked = _parallel(given)
    if asked is not None:
        run = replace(run, experiment=run.experiment.model_copy(update={"parallel": asked}))
    extract_run(run)


def _parallel(given: Namespace) -> ParallelSettings | None:
    """Return who shares the work, as the options say; None where they do not."""
    if given.backend is None and given.address is None:
        return None
    return ParallelSettings(backend=given.backend or "dask", address=given.address)


def _of_images(given: Namespace) -> None:
    from medmtl.features.image_row import ExtractionPlan
    from medmtl.features.parameters import read_labels, read_parameters, read_regions
    from medmtl.stages.extract_alone import extract_images
    from medmtl.stages.parallel import spread

    if given.out is None:
        raise MedmtlError("--images needs --out: the folder of the tables.")
    plan = ExtractionPlan(
        settings=read_parameters(given.settings),
        regions=read_regions(given.regions or ()),
        labels=read_labels(given.labels or ()),
        union=given.union,
        lesions=given.lesions,
        suv=given.suv,
        perturb=given.perturb,
    )
    jobs = -1 if given.jobs is None else given.jobs
    with spread(_parallel(given) or ParallelSettings()):
        summary = extract_images(given.images, plan, given.out, jobs, given.centre)
    _tell_more(plan, given)
    say(str(summary))


def _tell_more(plan: "ExtractionPlan", given: Namespace) -> None:
    """Write what the features themselves say; what draws it is loaded where it is asked for alone."""
    if plan.perturb:
        from medmtl.stages.stability import write_stability

        write_stability(plan, given.out)
    if given.centre is not None:
        from medmtl.stages.centres import write_image_centres

        write_image_centres(plan, given.centre, given.out)


EXTRACT = Command("extract", _EXTRACT, _options, _run, usage="medmtl extract RUN | --images CSV --out FOLDER [options]")
