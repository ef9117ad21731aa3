"""Which blocks enter a model: rules that look at the training rows only, and say why a block stays out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from medmtl.cohort.clinical import fit_clinical
from medmtl.evaluation.concordance import concordance_interval
from medmtl.evaluation.settings import EvaluationSettings
from medmtl.risk.blocks import ClinicalBlock, DeepBlock, FeaturesBlock, FittedBlock, ImageBlock, RadiomicsBlock
from medmtl.risk.radiomics import fit_radiomics
from medmtl.risk.rows import Block, RiskRows
from medmtl.risk.selection import cross_fitted_score, fit_score
from medmtl.risk.settings import BlockName, RiskSettings


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A block that enters, with its columns of the training rows, which for a score are cross-fitted."""

    block: FittedBlock
    columns: Block


def enter_blocks(
    names: Sequence[BlockName], rows: RiskRows, settings: RiskSettings
) -> tuple[list[Entry], dict[str, str]]:
    """Return what enters of the named blocks, and for each that does not, the reason. `rows` all have endpoints."""
    names = [BlockName(name) for name in names]
    alone = len(names) == 1
    reasons = {name: _objection(name, alone=alone, rows=rows, settings=settings) for name in names}
    rows, surplus = (rows, {}) if alone else _limit_clinical(rows, settings)
    entries = [_enter(name, rows, settings) for name in names if not reasons[name]]
    clinical = surplus | _silent_columns(rows) if BlockName.CLINICAL in names else {}
    return entries, {name.value: reason for name, reason in reasons.items() if reason} | clinical


def _limit_clinical(rows: RiskRows, settings: RiskSettings) -> tuple[RiskRows, dict[str, str]]:
    """Keep as many clinical columns as the events bear beside others: the first of the schema, which no data chose."""
    events = int(rows.event.sum())
    if events >= settings.elastic_net_min_events:
        return rows, {}
    limit = settings.clinical_if_few if events < settings.deep_evidence_events else settings.clinical_if_some
    reason = f"with {events} training events a mixed model takes the first {limit} clinical columns of the schema"
    return replace(rows, columns=rows.columns[:limit]), {column.name: reason for column in rows.columns[limit:]}


def _silent_columns(rows: RiskRows) -> dict[str, str]:
    """Name the clinical columns that have one value, or none, in all these rows: no column of the model is theirs."""
    values = {column.name: {case.clinical.get(column.name) for case in rows.cases} for column in rows.columns}
    return {
        name: "constant or missing in all training cases" for name, seen in values.items() if len(seen - {None}) < 2
    }


def _objection(name: BlockName, alone: bool, rows: RiskRows, settings: RiskSettings) -> str:
    events = int(rows.event.sum())
    if name is BlockName.RADIOMICS and events < settings.radiomics_score_min_events:
        return f"a radiomics score needs {settings.radiomics_score_min_events} training events. Found {events}"
    if name in (BlockName.RADIOMICS, BlockName.ALL_RADIOMICS) and not np.isfinite(rows.radiomics.values).any():
        return "no training case has radiomics"
    if name is BlockName.DEEP and not alone and settings.deep_entry == "evidence":
        return _missing_evidence(rows, settings) if events < settings.deep_evidence_events else ""
    return ""


def _missing_evidence(rows: RiskRows, settings: RiskSettings) -> str:
    """Below some 30 events a deep risk without a signal of its own costs more than it brings."""
    seen = rows.take(np.isfinite(rows.deep))
    resampling = EvaluationSettings(seed=settings.seed)
    found = concordance_interval(seen.time_days, seen.event, seen.deep, seen.fold, resampling)
    if found.low is not None and found.low > 0.5:
        return ""
    limits = f"[{found.low:.3f}, {found.high:.3f}]" if found.low is not None else "not known"
    return (
        f"with fewer than {settings.deep_evidence_events} training events the deep risk's own C-index within folds "
        f"must have an interval above 0.5. Found {limits}"
    )


def _enter(name: BlockName, rows: RiskRows, settings: RiskSettings) -> Entry:
    if name is BlockName.RADIOMICS:
        score = cross_fitted_score(rows, settings)
        return Entry(RadiomicsBlock(fit_score(rows, settings)), Block(("radiomics_score",), score[:, None]))
    block = _block(name, rows, settings)
    return Entry(block, block.columns(rows))


def _block(name: BlockName, rows: RiskRows, settings: RiskSettings) -> FittedBlock:
    if name is BlockName.ALL_RADIOMICS:
        return FeaturesBlock(fit_radiomics(rows, settings))
    if name is BlockName.CLINICAL:
        return ClinicalBlock(fit_clinical(rows.cases, rows.columns))
    if name is BlockName.DEEP:
        return DeepBlock()
    return ImageBlock(("volume_ml",) if name is BlockName.VOLUME else ("volume_ml", "suv_max"))
