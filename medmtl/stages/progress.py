"""Shows how far work over a cohort is: a bar on a terminal, a line now and then elsewhere."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_LOG = logging.getLogger(__name__)
_SECONDS_BETWEEN_LINES = 15.0


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[str], None]]:
    """Give a function to call with the name of each case that is done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(title, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=total)
        yield lambda case_id: bar.update(task, advance=1, description=f"{title} {case_id}")


def _lines(title: str, total: int) -> Callable[[str], None]:
    began = last = time.monotonic()
    done = 0

    def advance(case_id: str) -> None:
        nonlocal done, last
        done += 1
        now = time.monotonic()
        if done == total or now - last > _SECONDS_BETWEEN_LINES:
            last = now
            _LOG.info("%s  %d/%d  %s  %.0f s left", title, done, total, case_id, (now - began) / done * (total - done))

    return advance
