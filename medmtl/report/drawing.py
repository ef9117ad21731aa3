"""Draws a figure as inline SVG whose colours follow the page, in light, dark and print."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import Any

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# The light palette, from Okabe and Ito (2008). In the page each becomes a variable of page.css, which has the dark one.
INK, MUTED, LINE = "#1b2733", "#5f6c78", "#d5dbe1"
LOW, HIGH, ACCENT, CARD = "#0072b2", "#d55e00", "#00866b", "#fefefe"
_VARIABLES = {INK: "ink", MUTED: "muted", LINE: "line", LOW: "low", HIGH: "high", ACCENT: "accent", CARD: "card"}
BACKED = {"boxstyle": "square,pad=0.12", "facecolor": CARD, "edgecolor": "none"}  # keeps a line from crossing words
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # words stay words: searchable, in the page's own type
    "svg.hashsalt": "medmtl",  # the same run gives the same bytes
    "text.parse_math": False,  # a case may be called $x$
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "lines.solid_capstyle": "round",
}


@dataclass(frozen=True, slots=True)
class Panel:
    """A figure with its title and caption; without `svg`, `words` say why there is nothing to draw."""

    title: str
    svg: Markup | None
    words: str


def draw(name: str, size: tuple[float, float], paint: Callable[[Figure], None]) -> Markup:
    """Return what `paint` draws on a figure of this size [inches]; `name` keeps its ids apart from other figures'."""
    with rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        paint(figure)
        buffer = StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    return _inline(buffer.getvalue(), name)


def stand_alone(svg: Markup) -> str:
    """Return the figure as a file of its own: with its name space, its size, a white ground and the light colours."""
    for colour, variable in _VARIABLES.items():
        svg = Markup(svg.replace(f"var(--{variable})", colour))
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    size = f' width="{box[1]}" height="{box[2]}"' if box else ""
    style = 'style="background: white; font-family: sans-serif"'
    return str(svg).replace("<svg", f'<svg xmlns="http://www.w3.org/2000/svg"{size} {style}', 1) + "\n"


def rule(axes: Axes, value: float, words: str, *, strong: bool = False) -> None:
    """Draw an upright line of reference with its words at the top."""
    axes.axvline(value, color=INK if strong else MUTED, linewidth=1, linestyle=(0, (4, 3)) if strong else "-", zorder=0)
    axes.annotate(
        words, (value, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
        ha="center", va="bottom", color=INK if strong else MUTED, fontsize=9,
    )  # fmt: skip


def _inline(svg: str, name: str) -> Markup:
    """Return the bare <svg> element: no prologue, no addresses, no fixed size, ids of its own, the page's type."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\s(?:xmlns(?::\w+)?|width|height)="[^"]*"', "", svg[: svg.index(">")]) + svg[svg.index(">") :]
    svg = re.sub(r'(\bid="|xlink:href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"font: (?:(\w+) )?([\d.]+)px [^;\"]*", _font, svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return Markup(svg.replace("xlink:href", "href").replace("<svg", '<svg role="img"', 1))


def _font(found: re.Match[str]) -> str:
    weight = f"; font-weight: {found[1]}" if found[1] else ""
    return f"font-size: {found[2]}px{weight}"
