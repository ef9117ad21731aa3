"""The parts of the training rows on which a penalty is chosen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medmtl.risk.coxph import scale_entries
from medmtl.risk.entry import enter_blocks
from medmtl.risk.ridge import Part, inner_folds
from medmtl.risk.rows import RiskRows, join_blocks
from medmtl.risk.settings import BlockName, RiskSettings

Floats = NDArray[np.float64]


def inner_parts(x: Floats, rows: RiskRows, blocks: Sequence[BlockName], settings: RiskSettings) -> list[Part]:
    """Return the parts; each leaves some training rows out of its fit.

    Without `risk.nested`, the columns [n, p] are those that were scaled on all training rows. With it, blocks, scales
    and radiomics score are learned anew in every part, and what one network held out is left out together.
    """
    inner = inner_folds(rows.event, settings.inner_folds, settings.seed)
    if not settings.nested:
        return [Part(inner != fold, x[inner != fold], x) for fold in np.unique(inner)]
    division = rows.fold if len(np.unique(rows.fold)) > 1 else inner
    fitted = [division != part for part in np.unique(division)]
    return [_relearned(rows, one, blocks, settings) for one in fitted if rows.event[one].any()]


def _relearned(rows: RiskRows, fitted: NDArray[np.bool_], blocks: Sequence[BlockName], settings: RiskSettings) -> Part:
    own = rows.take(fitted)
    entries, _ = enter_blocks(blocks, own, settings)
    x, scaler = scale_entries(entries, len(own.cases))
    columns = join_blocks([entry.block.columns(rows) for entry in entries], len(rows.cases))
    return Part(fitted, x, scaler.transform(columns))
