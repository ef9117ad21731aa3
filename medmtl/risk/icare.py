"""Bagged ICARE: the mean of signed, standardised columns, its median over many resamples; it learns signs, no weights.

From the description of the method: Rebaud L, Escobar T, Khalid F, Girum K, Buvat I, Simplicity is all you need: out-of-
the-box nnUNet followed by binary-weighted radiomic model for segmentation and outcome prediction in head and neck
PET/CT, HECKTOR 2022, LNCS 13626, 2023. Written anew.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from medmtl.errors import MedmtlError
from medmtl.risk.base import RiskModel
from medmtl.risk.coxph import known_rows
from medmtl.risk.entry import enter_blocks
from medmtl.risk.fitted_icare import FittedIcare, Voters
from medmtl.risk.hazard import build_hazard
from medmtl.risk.ridge import fit_ridge
from medmtl.risk.rows import RiskRows, join_blocks
from medmtl.risk.scaling import FLAT
from medmtl.risk.settings import BlockName, RiskSettings
from medmtl.risk.univariate_c import resampled_c

FLATTEST = 0.05  # log hazard per unit of the vote where votes out of bag tell nothing: it keeps the order
PENALTY = 0.01  # per case on that one slope, so that cases that the vote separates leave it finite
Floats = NDArray[np.float64]


class IcareRanges(BaseModel):
    """From where each resample draws its thresholds, evenly; the first two ranges span the published choices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_correlation: tuple[float, float] = (0.57, 0.87)
    min_c: tuple[float, float] = (0.51, 0.59)
    fraction: tuple[float, float] = (0.3, 1.0)


class BaggedIcare(RiskModel):
    """Bagged ICARE on these blocks; each resample draws its own three thresholds from the ranges.

    `fraction` of the columns are tried, those that correlate above `max_correlation` with one before are left out, and
    those whose own C is nearer to 0.5 than `min_c` is. Columns may have gaps.
    """

    def __init__(
        self,
        settings: RiskSettings,
        blocks: tuple[BlockName, ...],
        estimators: int = 100,
        ranges: IcareRanges | None = None,
    ) -> None:
        if estimators < 1:
            raise MedmtlError(f"A bagged ICARE needs at least one estimator. Found {estimators}.")
        self.blocks = blocks
        self._settings = settings
        self._estimators = estimators
        chosen = ranges or IcareRanges()
        self._ranges = np.array([chosen.max_correlation, chosen.min_c, chosen.fraction], dtype=float)

    def fit(self, rows: RiskRows) -> FittedIcare:
        """Learn everything from these rows; raise MedmtlError where no event is among them."""
        with threadpool_limits(1):
            return self._fit_known(known_rows(rows))

    def _fit_known(self, rows: RiskRows) -> FittedIcare:
        entries, dropped = enter_blocks(self.blocks, rows, self._settings)
        columns = join_blocks([entry.columns for entry in entries], len(rows.cases))
        counts = self._resamples(rows.event)
        voters = self._vote(columns.values, rows, counts)
        votes = voters.votes(columns.values)
        slope = _slope(_out_of_bag(votes, counts), rows)
        vote = np.median(votes, axis=1)
        outcome = (rows.time_days, rows.event)
        centre = float(vote.mean())
        hazard = build_hazard((vote - centre)[:, None], ("vote",), np.array([slope]), outcome, PENALTY)
        return FittedIcare(
            blocks=tuple(entry.block for entry in entries),
            names=columns.names,
            voters=voters,
            centre=centre,
            hazard=hazard,
            cut=float(np.median(slope * (vote - centre))),
            n=len(rows.cases),
            n_events=int(rows.event.sum()),
            dropped=dropped | dict.fromkeys(voters.unused(columns.names), "no resample found a sign for it"),
        )

    def _resamples(self, event: NDArray[np.bool_]) -> Floats:
        """Return how often each case is drawn [estimators, n]: events among events, censored among censored."""
        rng = np.random.default_rng(self._settings.seed)
        counts = np.zeros((self._estimators, len(event)))
        for seen in (True, False):
            group = np.flatnonzero(event == seen)
            if group.size:
                counts[:, group] = rng.multinomial(group.size, np.full(group.size, 1 / group.size), self._estimators)
        return counts

    def _vote(self, values: Floats, rows: RiskRows, counts: Floats) -> Voters:
        rng = np.random.default_rng(self._settings.seed + 1)
        c = resampled_c(values, rows.time_days, rows.event, counts)
        signs, means, sds = [], [], []
        for drawn, each in zip(counts, c, strict=True):
            mean, sd = _moments(values, drawn)
            max_correlation, min_c, fraction = rng.uniform(self._ranges[:, 0], self._ranges[:, 1])
            tried = rng.permutation(len(each))[: max(1, round(fraction * len(each)))]
            usable = [j for j in tried.tolist() if sd[j] > 0 and abs(each[j] - 0.5) >= min_c - 0.5]
            chosen = _uncorrelated((values - mean) / np.where(sd > 0, sd, 1.0), drawn, usable, max_correlation)
            sign = np.zeros(len(each))
            sign[chosen] = np.sign(each[chosen] - 0.5)
            signs.append(sign)
            means.append(mean)
            sds.append(np.where(sd > 0, sd, 1.0))
        return Voters(np.array(signs), np.array(means), np.array(sds))


def _moments(values: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation [p] of the known values, each case counted; 0 where nothing varies."""
    weight = counts[:, None] * np.isfinite(values)
    total = np.maximum(weight.sum(axis=0), 1.0)
    filled = np.where(np.isfinite(values), values, 0.0)
    mean = (weight * filled).sum(axis=0) / total
    sd = np.sqrt((weight * (filled - mean) ** 2).sum(axis=0) / total)
    return mean, np.where(sd > FLAT * np.maximum(np.abs(mean), 1.0), sd, 0.0)


def _uncorrelated(z: Floats, counts: Floats, tried: list[int], highest: float) -> list[int]:
    """Return the columns, in the order tried, that correlate with none kept before above `highest`."""
    drawn = np.where(np.isfinite(z[:, tried]), z[:, tried], 0.0) * np.sqrt(counts)[:, None]
    size = np.maximum(np.sqrt((drawn**2).sum(axis=0)), 1e-300)
    correlation = np.abs(drawn.T @ drawn) / np.outer(size, size)
    kept: list[int] = []
    for position in range(len(tried)):
        if not (correlation[position, kept] > highest).any():
            kept.append(position)
    return [tried[position] for position in kept]


def _out_of_bag(votes: Floats, counts: Floats) -> Floats:
    """Return each case's median vote [n] of the resamples that did not draw it, of all where every one did."""
    unseen = np.where(counts.T == 0, votes, np.nan)
    always = ~np.isfinite(unseen).any(axis=1)
    unseen[always] = votes[always]
    return np.asarray(np.nanmedian(unseen, axis=1), dtype=float)


def _slope(vote: Floats, rows: RiskRows) -> float:
    """Return the log hazard per unit of the vote, from votes of resamples that did not see the case."""
    found = fit_ridge((vote - vote.mean())[:, None], rows.time_days, rows.event, PENALTY)
    return max(float(found[0]), FLATTEST)
