"""Tells how training goes: a table on disk and a line per validation."""

import csv
import logging
import time
from pathlib import Path
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer
from torch import Tensor

from medmtl.whole_file import whole_file

_LOG = logging.getLogger(__name__)
_EVERY_EPOCH = ("train_", "weight_", "gradient_", "sharing_")  # what begins so is known without a validation


class EpochTable(Callback):
    """Writes every epoch's figures to `metrics.csv`; a resumed training goes on with the rows it had."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Add the epoch and write the table anew."""
        validated = (trainer.current_epoch + 1) % (trainer.check_val_every_n_epoch or 1) == 0
        figures = {k: float(v) for k, v in trainer.callback_metrics.items() if validated or k.startswith(_EVERY_EPOCH)}
        self._rows.append({"epoch": trainer.current_epoch, "step": trainer.global_step, **figures})
        if trainer.is_global_zero:
            self._write()

    def state_dict(self) -> dict[str, Any]:
        """Return the rows, kept in the checkpoint."""
        return {"rows": self._rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the rows of the checkpoint."""
        self._rows = [dict(row) for row in state_dict["rows"]]

    def _write(self) -> None:
        columns = list(dict.fromkeys(name for row in self._rows for name in row))
        with whole_file(self._path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self._rows)


class EpochLines(Callback):
    """Logs a line per validation: epoch, losses, validation figures and the time that is left."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = 0.0
        self._first = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._began, self._first = time.monotonic(), trainer.current_epoch

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the line where the epoch was validated, or was the last."""
        done, total = trainer.current_epoch + 1, trainer.max_epochs or 0
        if (done % (trainer.check_val_every_n_epoch or 1) and done != total) or not trainer.is_global_zero:
            return
        left = (time.monotonic() - self._began) / (done - self._first) * (total - done)
        figures = "  ".join(f"{name} {float(value):.3f}" for name, value in _shown(trainer))
        _LOG.info("%s  epoch %d/%d  %s  %.0f s left", self._title, done, total, figures, left)


def _shown(trainer: Trainer) -> list[tuple[str, Tensor]]:
    """Return the losses and validation figures by name; weights and gradients are for the table."""
    return sorted((k, v) for k, v in trainer.callback_metrics.items() if not k.startswith(_EVERY_EPOCH[1:]))
