"""The grid of a comparison: one experiment, its single-task baselines, and variants that each change something."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medmtl.errors import MedmtlError
from medmtl.experiment import Experiment, check_experiment

_WHOLE = {"tasks", "init_args"}  # replaced as a whole: what is named anew has nothing of the old


class Grid(BaseModel):
    """What is compared, and how often."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "comparison"
    seeds: int = Field(5, ge=1, description="Each seed divides the cohort and begins the weights anew.")
    every_fold: bool = Field(False, description="Test each fold of a seed's division, not its first alone.")
    cases: int = Field(96, ge=12, description="Phantoms, where no cohort is given.")
    base: dict[str, Any] = Field(default_factory=dict, description="The experiment that all have in common.")
    baselines: dict[str, dict[str, Any]] = Field(
        description="`segmentation` and `survival`: what each single task's network changes of it."
    )
    variants: dict[str, dict[str, Any]] = Field(description="What each way of learning both changes of it.")

    def experiment(self, name: str, seed: int) -> Experiment:
        """Return the experiment of a baseline or variant with this seed."""
        change = (self.baselines | self.variants)[name]
        return check_experiment(_merged(self.base, change) | {"seed": seed}, f"{self.name}, {name}")


def read_grid(path: Path) -> Grid:
    """Read a grid, and check every experiment of it; raise MedmtlError that names what is wrong."""
    try:
        grid = Grid.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MedmtlError(f"{path}: the comparison cannot be read: {error}.") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise MedmtlError(f"{path}: the comparison must be mended: {faults}.") from error
    if set(grid.baselines) != {"segmentation", "survival"} or set(grid.baselines) & set(grid.variants):
        raise MedmtlError(f"{path}: baselines must be segmentation and survival. Found {sorted(grid.baselines)}.")
    for name in (*grid.baselines, *grid.variants):
        if not name or name.startswith(".") or set(name) & set('/\\:*?"<>|') or not name.isprintable():
            raise MedmtlError(f"{path}: a variant's name is part of a folder's. Found {name!r}; use letters.")
        grid.experiment(name, 0)
    return grid


def _merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the base with the change in it; a member with another class, and `tasks`, are replaced as a whole."""
    found = dict(base)
    for key, value in change.items():
        old = found.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping) and key not in _WHOLE and "class_path" not in value:
            found[key] = _merged(old, value)
        else:
            found[key] = value
    return found
