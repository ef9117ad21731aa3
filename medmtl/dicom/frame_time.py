"""The moment to which a PET is decay corrected, as the times of its frames tell.

FrameReferenceTime [ms] counts from that moment: to the start of the frame (GE) or to the moment of its mean activity
(others; DICOM PS3.3 C.8.9.4.1.5). Where the decay factor or the series' time tells which, it is believed before the
maker's name: de-identification removes the name, and exports rewrite the times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from medmtl.dicom.tags import number, positive
from medmtl.errors import MedmtlError

AGREEMENT_S = 60.0  # between the slices' reference times; 1 % of F-18 decays in 95 s
Seconds = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Frames:
    """Per slice [s], NaN where not known: FrameReferenceTime; how far into the frame its mean activity lies.

    `told` is how far before the start of the frame the moment lies by the decay factor, and by the series' time.
    """

    offset: Seconds
    mean: Seconds
    told: tuple[Seconds, Seconds]


def from_frames(
    headers: Sequence[Dataset], acquired: Sequence[datetime], rate: float, series: datetime | None, by_ge: bool
) -> tuple[datetime, str] | None:
    """Return the moment and the branch (`frames` or `frame starts`), or None where a frame tells none.

    `rate` is the decay constant [1/s], `series` the time of the series where it may be right. Raises MedmtlError where
    the frames lead to several moments.
    """
    frames = _read(headers, acquired, rate, series)
    told = _counted_to_start(frames)
    to_start = by_ge if told is None else told
    back = frames.offset if to_start else frames.offset - frames.mean
    zero = frames.offset <= 0  # some exports write 0 for unknown
    unknown = told is None and (zero.all() if to_start else zero.any())
    if unknown or not np.isfinite(back).all():
        return None
    moments = sorted(start - timedelta(seconds=float(each)) for start, each in zip(acquired, back, strict=True))
    if (moments[-1] - moments[0]).total_seconds() > AGREEMENT_S:
        found = f"{moments[0]} to {moments[-1]}"
        raise MedmtlError(f"The slices' frame times must lead to one reference time. Found several, {found}")
    return moments[len(moments) // 2], "frame starts" if to_start else "frames"


def _read(headers: Sequence[Dataset], acquired: Sequence[datetime], rate: float, series: datetime | None) -> _Frames:
    offset = _seconds([number(header, "FrameReferenceTime") for header in headers]) / 1000
    mean = _mean_activity(_seconds([positive(header, "ActualFrameDuration") for header in headers]) / 1000, rate)
    factor = _seconds([positive(header, "DecayFactor") for header in headers])
    by_factor = np.log(np.where(factor > 1, factor, np.nan)) / rate - mean  # 1 stands for unknown as well
    by_series = _seconds([None if series is None else (start - series).total_seconds() for start in acquired])
    return _Frames(offset, mean, (by_factor, by_series))


def _counted_to_start(frames: _Frames) -> bool | None:
    """Return whether FrameReferenceTime counts to the start of the frame, or None where nothing tells."""
    for told in frames.told:
        apart = [float(np.median(np.abs(back - told))) for back in (frames.offset, frames.offset - frames.mean)]
        if np.isfinite(apart).all() and min(apart) <= AGREEMENT_S:
            return apart[0] < apart[1]
    return None


def _mean_activity(duration: Seconds, rate: float) -> Seconds:
    """Return how long after its start a frame has its mean activity [s]."""
    decays = rate * duration
    found: Seconds = np.log(decays / -np.expm1(-decays)) / rate
    return found


def _seconds(values: Sequence[float | None]) -> Seconds:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
