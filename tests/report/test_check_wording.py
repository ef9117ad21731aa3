"""Every rule of the check has a title on the page and a line in the documentation, and none is invented there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from medmtl.report.check_page.wording import TITLES

ROOT = Path(__file__).parents[2]
LEVELS = {"fault", "warning", "note"}


def _codes_of_source() -> Iterator[str]:
    """Yield the codes that are written out in calls of `fault`, `warning`, `note`, `Finding`, `_rule` and `_filled`."""
    place = {**dict.fromkeys(LEVELS, 0), "Finding": 1, "_rule": 1, "_filled": 1}
    doctor = ROOT / "medmtl" / "stages" / "doctor.py"  # its findings are of an installation, not of a cohort
    for path in set((ROOT / "medmtl").rglob("*.py")) - {doctor}:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in place:
                given = node.args[place[node.func.id] : place[node.func.id] + 1]
                yield from (one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str))


def _documented() -> dict[str, str]:
    rows = re.findall(r"^\| `([\w-]+)` \| (\w+) \|", (ROOT / "docs" / "check.md").read_text("utf-8"), re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a rule stands twice"
    return dict(rows)


def test_every_rule_is_documented_and_has_a_title() -> None:
    written = set(_codes_of_source())
    assert len(written) > 40
    assert written - set(TITLES) == set()
    assert set(_documented()) == set(TITLES)


def test_the_documentation_names_a_level_for_every_rule() -> None:
    assert set(_documented().values()) <= LEVELS
