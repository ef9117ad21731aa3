"""Figures follow the page's colours and leave no trace outside themselves."""

import matplotlib
from matplotlib.figure import Figure

from medmtl.report.drawing import HIGH, draw


def _paint(figure: Figure) -> None:
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=HIGH)
    axes.set_title("$5 < 6$ & more")


def test_colours_become_the_pages_variables() -> None:
    svg = str(draw("one", (3, 2), _paint))

    assert "stroke: var(--high)" in svg
    assert HIGH not in svg


def test_words_stay_words_and_are_escaped() -> None:
    assert "$5 &lt; 6$ &amp; more</text>" in str(draw("one", (3, 2), _paint))


def test_the_size_is_the_pages_affair() -> None:
    svg = str(draw("one", (3, 2), _paint))
    opening = svg[: svg.index(">")]

    assert 'viewBox="0 0 216 144"' in opening
    assert " width=" not in opening


def test_two_figures_of_one_page_share_no_id() -> None:
    one, two = str(draw("one", (3, 2), _paint)), str(draw("two", (3, 2), _paint))

    assert 'id="one-figure_1"' in one
    assert 'id="two-figure_1"' in two


def test_matplotlibs_settings_are_as_they_were() -> None:
    before = dict(matplotlib.rcParams)

    draw("one", (3, 2), _paint)

    assert dict(matplotlib.rcParams) == before
