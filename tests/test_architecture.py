"""Imports run one way, and every third-party library has its place."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "medmtl"
FILES = sorted(PACKAGE.rglob("*.py"))
LAYERS = (
    ("__init__",),
    ("whole_file",),
    ("errors",),
    ("log",),
    ("findings",),
    ("records",),
    ("tensors",),
    ("members",),
    ("cohort",),
    ("dicom",),
    ("imaging",),
    ("data",),
    ("losses",),
    ("encoders",),
    ("sharing",),
    ("tasks",),
    ("balancing",),
    ("network_settings", "network"),
    ("volume",),
    ("evaluation",),
    ("training",),
    ("inference",),
    ("features",),
    ("risk",),
    ("report",),
    ("experiment",),
    ("recipe",),
    ("comparison",),
    ("stages",),
    ("cli",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
WITHOUT_TORCH = {"records", "cohort", "dicom", "imaging", "evaluation", "features", "risk", "report", "experiment"}
MAY_IMPORT = {
    "lifelines": {"risk", "evaluation"},
    "radiomics": {"features"},
    "SimpleITK": {"dicom", "imaging", "features", "inference"},
    "pydicom": {"dicom"},
    "highdicom": {"dicom"},
    "pytorch_lightning": {"data", "training"},
    "monai": {"data", "encoders", "losses", "volume"},
    "matplotlib": {"report"},
    "torchjd": {"balancing"},
    "pandera": {"cohort"},
    "PIL": {"report"},
}
IN_ONE_FILE = (
    ("radiomics", "features"),
    ("lifelines", "evaluation"),
    ("pytorch_lightning", "data"),
    ("torchjd", "balancing"),
)


def layer_of(path: Path) -> str:
    """Return the folder of medmtl that holds the file, or the file's own name."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted name of every module that is imported anywhere in the tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "an import names its module in full"
            if node.module == "medmtl":
                yield from (f"medmtl.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def own_layers(path: Path) -> set[str]:
    """Return the layers of medmtl that a file imports."""
    names = {name.split(".")[1] for name in imported(tree_of(path)) if name.startswith("medmtl.")}
    return {name if name in RANK else "__init__" for name in names}


def test_every_module_has_a_layer() -> None:
    assert {layer_of(path) for path in FILES} <= set(RANK)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_its_own_layer_and_those_before_it(path: Path) -> None:
    own = RANK[layer_of(path)]
    assert [name for name in sorted(own_layers(path)) if RANK[name] > own] == []


def test_no_import_hides_in_a_function_but_for_the_command_line() -> None:
    found = [
        f"{path.name}:{node.lineno}"
        for path in FILES
        if layer_of(path) != "cli"
        for function in ast.walk(tree_of(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert found == []


@pytest.mark.parametrize("library", MAY_IMPORT)
def test_a_library_is_imported_only_where_it_belongs(library: str) -> None:
    users = {layer_of(path) for path in FILES for name in imported(tree_of(path)) if name.split(".")[0] == library}
    assert users
    assert users <= MAY_IMPORT[library]


@pytest.mark.parametrize(("library", "layer"), IN_ONE_FILE)
def test_some_libraries_are_met_in_one_file_of_a_layer(library: str, layer: str) -> None:
    files = {
        path
        for path in FILES
        if layer_of(path) == layer and any(name.split(".")[0] == library for name in imported(tree_of(path)))
    }
    assert len(files) == 1


def test_what_handles_files_and_numbers_knows_no_torch() -> None:
    heavy = {"torch", "monai", "pytorch_lightning"}
    found = [
        str(path)
        for path in FILES
        if layer_of(path) in WITHOUT_TORCH and {name.split(".")[0] for name in imported(tree_of(path))} & heavy
    ]
    assert found == []


@pytest.mark.parametrize("module", ["medmtl.experiment", "medmtl.records", "medmtl.risk.cross_fit", "medmtl.cli"])
def test_importing_what_needs_no_torch_imports_none(module: str) -> None:
    ask = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", ask], check=False, timeout=120).returncode == 0


def test_importing_everything_does_nothing_else(tmp_path: Path) -> None:
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in FILES]
    modules = [name.removesuffix(".__init__") for name in names]
    ask = (
        "import importlib, logging, torch\n"
        "before = torch.get_rng_state()\n"
        f"[importlib.import_module(name) for name in {modules!r}]\n"
        "assert bool((torch.get_rng_state() == before).all()), 'the generator moved'\n"
        "assert not logging.getLogger('medmtl').handlers, 'logging was set up'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []
