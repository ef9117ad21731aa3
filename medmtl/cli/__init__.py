"""The command `medmtl`: thin commands over the stages; one file per group of commands."""

from medmtl.cli.main import main

__all__ = ["main"]
