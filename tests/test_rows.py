"""Every method that the documentation offers exists, is proved by a test that exists, and stands in the table."""

import ast
import importlib
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_SPEC = importlib.util.spec_from_file_location("rows", ROOT / "docs" / "rows.py")
assert _SPEC is not None
assert _SPEC.loader is not None
rows = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(rows)
ROWS = rows.rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_row_names_what_exists_and_the_test_that_proves_it(row: dict[str, str]) -> None:
    assert set(row) == {"name", "member", "test", "measured"}
    module, _, name = row["member"].rpartition(".")
    assert getattr(importlib.import_module(module), name)
    file, _, test = row["test"].partition("::")
    functions = {
        node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.FunctionDef)
    }
    assert test in functions


def test_every_balancer_and_way_of_sharing_has_a_row() -> None:
    told = {row["member"].split(".")[2] for row in ROWS}
    found = {
        path.stem
        for family in ("balancing", "sharing")
        for path in (ROOT / "medmtl" / family).glob("*.py")
        if any(isinstance(n, ast.ClassDef) and not n.name.startswith("_") for n in ast.parse(path.read_text()).body)
    }
    bases = {"base", "scalar", "gradient", "gramian", "seeded", "at_cut", "cut"}
    assert found - bases - told == set()


def test_the_page_holds_the_table_of_the_rows() -> None:
    page = (ROOT / "docs" / "multi_task.md").read_text("utf-8")
    assert rows.with_table(page) == page
