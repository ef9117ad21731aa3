"""`medmtl bench`: comparisons that take a while."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace
from jsonargparse.typing import PositiveInt

from medmtl.cli.given import manifest_of, say
from medmtl.cli.parser import Command

_MTL = """Compare ways of sharing and balancing with single tasks, over several seeds, with intervals.

  medmtl bench mtl --out bench                                   on phantoms, as configs/bench/mtl.yaml says
  medmtl bench mtl --grid mine.yaml --cohort COHORT --out bench  on a cohort of one's own

Killed and started again, it goes on; table.md, table.csv and delta_m.svg are written at the end."""


def _mtl_options(parser: ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help="Folder of the comparison; the same folder resumes it.")
    parser.add_argument("--grid", type=Path | None, default=None, help="Another grid than configs/bench/mtl.yaml.")
    parser.add_argument("--cohort", type=Path | None, default=None, help="A manifest or its folder; else phantoms.")
    parser.add_argument(
        "--jobs", type=int | None, default=None, help="Trainings at once; one per core (8 at most), one on a GPU."
    )
    parser.add_argument("--seeds", type=PositiveInt | None, default=None, help="Other than the grid's number of seeds.")


def _mtl(given: Namespace) -> None:
    from medmtl.comparison.grid import read_grid
    from medmtl.stages.compare import compare
    from medmtl.stages.demo import shipped_config

    grid = read_grid(given.grid or shipped_config("bench/mtl.yaml"))
    grid = grid if given.seeds is None else grid.model_copy(update={"seeds": given.seeds})
    say(compare(grid, given.cohort and manifest_of(given.cohort), given.out, given.jobs).read_text("utf-8"))


BENCH = Command("bench", "Compare ways of learning.", parts=(Command("mtl", _MTL, _mtl_options, _mtl),))
