"""Writes the table of docs/multi_task.md from docs/rows.toml: `python docs/rows.py`."""

import tomllib
from pathlib import Path

HERE = Path(__file__).parent
BEGIN, END = "<!-- rows -->", "<!-- end of rows -->"


def rows() -> list[dict[str, str]]:
    """Return the rows in their order."""
    found: list[dict[str, str]] = tomllib.loads((HERE / "rows.toml").read_text("utf-8"))["row"]
    return found


def table() -> str:
    """Return the table."""
    lines = ["| method | class or function | proved by | measured |", "|---|---|---|---|"]
    for row in rows():
        file, _, name = row["test"].partition("::")
        cells = (row["name"], f"`{row['member']}`", f"`{Path(file).name}`: {_said(name)}")
        lines.append(f"| {' | '.join(cells)} | {row['measured']} |")
    return "\n".join(lines)


def with_table(page: str) -> str:
    """Return the page with the table between its marks."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


def _said(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


if __name__ == "__main__":
    place = HERE / "multi_task.md"
    place.write_text(with_table(place.read_text("utf-8")), "utf-8")
