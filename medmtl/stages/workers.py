"""How many processes work, and how they are set to work."""

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from joblib import Parallel, cpu_count

from medmtl.log import REPLACED


def workers(jobs: int, work: int) -> int:
    """Return how many processes to start for so much work; jobs -1 is one per core."""
    return max(1, min(cpu_count() if jobs < 0 else max(jobs, 1), work))


def as_they_come(work: Iterable[Any], at_once: int) -> Iterator[Any]:
    """Yield the results of joblib's delayed calls as they come, in no order, from so many processes.

    A process that grew by 300 MB between two calls is replaced by a fresh one, which is no fault, and not
    worth the library's warning.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", REPLACED, UserWarning)
        yield from Parallel(n_jobs=at_once, batch_size=1, return_as="generator_unordered")(work)
