"""`medmtl score` and `medmtl explain`: a frozen model on other patients, and why one case has its risk."""

from pathlib import Path
from typing import Literal

from jsonargparse import ArgumentParser, Namespace

from medmtl.cli.given import add_run, manifest_of, say
from medmtl.cli.parser import Command


def _score_options(parser: ArgumentParser) -> None:
    parser.add_argument("source", type=Path, help="Folder of a run, or a model document (risk/model.json).")
    parser.add_argument(
        "--cohort",
        type=Path,
        required=True,
        help="Manifest of the external cohort (with a run), or a table of its outcomes, clinical values and features.",
    )
    parser.add_argument("--out", type=Path, required=True, help="Folder for score.json, and for predictions if any.")
    parser.add_argument("--model", default="fused", help="Model of the document to score.")
    parser.add_argument(
        "--recalibrate",
        type=Literal["baseline", "slope"] | None,
        default=None,
        help="Write recalibrated.json as well: with the cohort's baseline hazard, or its slope and baseline hazard.",
    )


def _score(given: Namespace) -> None:
    from medmtl.report.scoring import score_in_words
    from medmtl.stages.score import ScoreRequest, score_external

    request = ScoreRequest(given.source, manifest_of(given.cohort), given.out, given.model, given.recalibrate)
    say(score_in_words(score_external(request)))


def _explain_options(parser: ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("case", help="Id of one of the run's cases.")
    parser.add_argument("--model", default="fused", help="Model of the run to explain.")
    parser.add_argument("--json", action="store_true", help="Answer as JSON, with every column.")


def _explain(given: Namespace) -> None:
    from medmtl.stages.explain import as_json, explain_case
    from medmtl.stages.run import open_run

    values, words = explain_case(open_run(given.run), given.case, given.model)
    say(as_json(values) if given.json else words)


_SCORE = """Score a frozen model on an external cohort, and offer it recalibrated.

  medmtl score runs/sts --cohort OTHER/manifest.csv --out scores
  medmtl score model.json --cohort other.csv --out scores --recalibrate baseline"""
_EXPLAIN = """Say what moved the risk of one case of a run, by the model that never saw it.

  medmtl explain runs/sts STS_002"""

COMMANDS = (
    Command("score", _SCORE, _score_options, _score),
    Command("explain", _EXPLAIN, _explain_options, _explain),
)
