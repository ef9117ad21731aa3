"""Compiles numeric loops, once per machine where the compiled form can be kept."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function as machine code, free of the interpreter's lock, kept on disk where that is writable."""
    try:
        made: Callable[P, R] = njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba finds no folder to keep it in: compile anew in every process
        made = njit(nogil=True)(function)
    return made
