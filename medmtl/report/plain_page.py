"""Frames a page of one topic as the report is framed: it needs no other file, and fits any screen, light or dark."""

from collections.abc import Sequence
from importlib import resources

from markupsafe import Markup

from medmtl import __version__
from medmtl.report.drawing import Panel
from medmtl.report.model_checks import Sheet

_PAGE = Markup(
    '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="color-scheme" content="light dark">\n<title>{title}</title>\n<style>\n{style}\n</style>\n</head>\n'
    '<body>\n<header>\n  <p class="kicker">medmtl {version} · radiomics</p>\n  <h1>{title}</h1>\n'
    '  <p class="lead">{lead}</p>\n</header>\n<main>\n<section>\n{body}</section>\n</main>\n<footer></footer>\n'
    "</body>\n</html>\n"
)
_FIGURE = Markup(
    '<figure class="panel wide">\n<h3>{title}</h3>\n<div class="sideways" tabindex="0">{svg}</div>\n'
    "<figcaption>{words}</figcaption>\n</figure>\n"
)
_NOTHING = Markup('<figure class="panel wide">\n<h3>{title}</h3>\n<p class="nothing">{words}</p>\n</figure>\n')
_SHEET = Markup(
    '<h3>{title}</h3>\n<div class="scroll">\n<table class="scores">\n<thead><tr>{head}</tr></thead>\n'
    '<tbody>\n{rows}</tbody>\n</table>\n</div>\n<p class="legend">{words}</p>\n'
)


def plain_page(title: str, lead: str, parts: Sequence[Markup]) -> str:
    """Return a page of these parts."""
    style = resources.files("medmtl.report").joinpath("page.css").read_text("utf-8")
    return str(
        _PAGE.format(title=title, lead=lead, version=__version__, style=Markup(style), body=Markup("").join(parts))
    )


def figure(panel: Panel) -> Markup:
    """Return a figure over the whole width; where the screen is too narrow to read it, it scrolls sideways."""
    shape = _NOTHING if panel.svg is None else _FIGURE
    return shape.format(title=panel.title, svg=panel.svg, words=panel.words)


def table(sheet: Sheet) -> Markup:
    """Return a table with its title and the words below it; without a row, the words alone."""
    if not sheet.rows:
        return _NOTHING.format(title=sheet.title, words=sheet.words)
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(column) for column in sheet.columns)
    lines = (Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row) for row in sheet.rows)
    rows = Markup("").join(Markup("<tr>{}</tr>\n").format(line) for line in lines)
    return _SHEET.format(title=sheet.title, head=head, rows=rows, words=sheet.words)
