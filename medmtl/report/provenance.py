"""Lists where the numbers come from: versions, seed, hashes, seconds, and what the model's selection left out."""

from collections.abc import Iterator, Mapping
from typing import Any

from medmtl.report.contents import Contents


def provenance_rows(contents: Contents) -> list[tuple[str, str]]:
    """Return every entry of run.json by its path, such as `versions: torch`, in the order of the file."""
    return list(_flat(contents.run, ()))


def dropped_features(contents: Contents) -> list[tuple[str, str]]:
    """Return the features that the stored fused model left out, each with the reason that model.json gives."""
    models = contents.model.get("models") or {}
    model = models.get("fused") if isinstance(models, Mapping) and "fused" in models else contents.model
    dropped = (model or {}).get("dropped") or {}
    if isinstance(dropped, Mapping):
        return sorted((str(name), str(reason)) for name, reason in dropped.items())
    return sorted((str(row.get("feature")), str(row.get("reason"))) for row in dropped)


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(inner, (*path, str(name)))
    elif isinstance(value, float):
        yield ": ".join(path), f"{value:.4g}" if abs(value) < 1 else f"{value:.1f}"
    elif isinstance(value, list | tuple):
        yield ": ".join(path), ", ".join(map(str, value))
    else:
        yield ": ".join(path), "" if value is None else str(value)
