"""Files are short, say their idea first, and neither print nor unpickle."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "medmtl"
FILES = sorted(PACKAGE.rglob("*.py"))
FAMILIES = ("losses", "encoders", "sharing", "tasks", "balancing")  # whose members are named in YAML


def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Yield the calls of functions that are written like this."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            yield node


def test_files_are_short() -> None:
    lengths = {str(path.relative_to(PACKAGE)): len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert {name: length for name, length in lengths.items() if length > 300} == {}
    assert statistics.median(lengths.values()) <= 90


def test_nothing_prints() -> None:
    assert [path.name for path in FILES for _ in calls(tree_of(path), "print")] == []


def test_nothing_is_unpickled() -> None:
    for path in FILES:
        tree = tree_of(path)
        imports = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)}
        names = {line.split()[1].split(".")[0] for line in imports}
        assert not names & {"pickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal"}, path
        for call in calls(tree, "torch.load"):
            assert "weights_only=True" in ast.unparse(call), path
        for call in calls(tree, "np.load", "np.savez"):
            assert "allow_pickle=False" in ast.unparse(call), path
        assert not list(calls(tree, "joblib.load", "pd.read_pickle", "eval", "exec")), path


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_one_abstract_class_in_its_base(family: str) -> None:
    classes = [node for node in tree_of(PACKAGE / family / "base.py").body if isinstance(node, ast.ClassDef)]
    assert sum("ABC" in {ast.unparse(base) for base in node.bases} for node in classes) == 1


def test_no_file_is_a_drawer_for_everything() -> None:
    names = {part.removesuffix(".py") for path in FILES for part in path.relative_to(PACKAGE).parts}
    assert not names & {"utils", "util", "common", "helpers", "helper", "core", "misc", "base_utils"}


def test_every_module_begins_with_its_idea_in_a_sentence() -> None:
    first_lines = {path: (ast.get_docstring(tree_of(path)) or "").partition("\n")[0] for path in FILES}
    assert [str(path) for path, line in first_lines.items() if not line.strip()] == []
