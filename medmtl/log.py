"""Where the log goes: to standard error, medmtl's own lines and the warnings of others."""

import logging
import sys
import warnings

REPLACED = "A worker stopped while some jobs were given"  # joblib's, of a process that grew by 300 MB: no fault


def set_up_logging() -> None:
    """Show the log of this process; the Lightning of a further process says nothing but its warnings."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    for handler in logging.getLogger().handlers:
        handler.addFilter(lambda record: record.name.startswith("medmtl") or record.levelno >= logging.WARNING)
    logging.getLogger("pytorch_lightning").handlers.clear()
    warnings.filterwarnings("ignore", REPLACED, UserWarning)


def is_set_up() -> bool:
    """Return whether this process shows its log."""
    return logging.getLogger().hasHandlers()
