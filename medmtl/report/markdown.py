"""Writes a comparison's table for reading."""

import pandas as pd

_COLUMNS = {
    "segmentation": ("mean Dice", 3),
    "survival": ("C-index", 3),
    "delta_m": ("delta_m [%]", 1),
    "segmentation_transfer": ("Dice less single task", 3),
    "survival_transfer": ("C less single task", 3),
}


def markdown_table(title: str, table: pd.DataFrame) -> str:
    """Return a table of one line per variant; intervals are 95 %, and a bold difference has one that excludes 0."""
    heads = ["variant", *(words for words, _ in _COLUMNS.values()), "gap Dice / C", "seconds", "parameters"]
    lines = [
        f"# {title}",
        "",
        f"{int(table['trainings'].max())} trainings each. Intervals: 95 %, trainings and cases resampled in pairs.",
        "",
    ]
    lines += ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for _, row in table.iterrows():
        cells = [str(row["variant"]), *(_cell(row, name, digits) for name, (_, digits) in _COLUMNS.items())]
        gaps = " / ".join(
            "-" if pd.isna(row[f"{t}_gap"]) else f"{row[f'{t}_gap']:.2f}" for t in ("segmentation", "survival")
        )
        lines.append("| " + " | ".join([*cells, gaps, f"{row['seconds']:.0f}", f"{int(row['parameters']):,}"]) + " |")
    return "\n".join(lines) + "\n"


def _cell(row: "pd.Series[float]", name: str, digits: int) -> str:
    if name not in row or pd.isna(row[name]):
        return "-"
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    found = f"{row[name]:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
    sure = "transfer" in name or name == "delta_m"
    return f"**{found}**" if sure and (low > 0 or high < 0) else found
