"""The ledger of who saw whom: every deep risk, mask and feature row carries its fold and its checkpoint."""

from collections.abc import Mapping, Sequence

from medmtl.errors import CaseError
from medmtl.records import Fold
from medmtl.risk.rows import RiskRows, check_out_of_fold


def check_ledger(rows: RiskRows, folds: Sequence[Fold], checkpoints: Mapping[int, str]) -> None:
    """Raise CaseError for the first row that may hold what a network learned from that very case.

    The fold that made the row must hold the case as a test case, and not in its training or validation part; and the
    row must have been made by that fold's checkpoint as it is now (`checkpoints`, SHA-256 by fold), else its fold's
    number says nothing.
    """
    check_out_of_fold(rows, folds)
    for case, fold, made_by in zip(rows.cases, rows.fold.tolist(), rows.checkpoint, strict=False):
        present = checkpoints.get(fold)
        if made_by != present:
            owner = next((other for other, hash_ in checkpoints.items() if hash_ == made_by), None)
            found = "a checkpoint that is no longer there" if owner is None else f"that of fold {owner}"
            raise CaseError(
                case.case_id,
                f"its deep risk must be made by the checkpoint of fold {fold}, {str(present)[:12]}. Found {found}, "
                f"{made_by[:12]}: it may have been trained on the case. Run `medmtl predict` again.",
            )
