"""One thread at a time: the processes of an extraction share the cores between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import SimpleITK as sitk  # noqa: N813  (its documentation's own abbreviation)
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # ships no types


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep ITK and linear algebra to one thread; more take up to 100 times as long over a small eigenvalue problem."""
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        with _threadpools().limit(limits=1):
            yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


@cache
def _threadpools() -> ThreadpoolController:
    return ThreadpoolController()
