"""What a command is made of, and the parsers made from commands."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jsonargparse import ArgumentParser, Namespace

from medmtl.cli.place import check_place


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, what `--help` says, its options, and what it does with them.

    Either `run` is given, or `parts`: the commands below this one, of which one must be named (`import sts`). `usage`
    is for commands with too many options to list before the help has begun.
    """

    name: str
    summary: str
    options: Callable[[ArgumentParser], None] | None = None
    run: Callable[[Namespace], None] | None = None
    parts: tuple["Command", ...] = ()
    usage: str | None = None

    def __post_init__(self) -> None:
        """Refuse a command that could not be run."""
        if (self.run is None) == (not self.parts):
            raise ValueError(f"The command {self.name} must have either a function or commands below it.")


def new_parser(about: str, usage: str | None = None) -> ArgumentParser:
    """Return a parser in the house style."""
    return ArgumentParser(
        prog="medmtl",
        usage=usage,
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_commands(parser: ArgumentParser, commands: Sequence[Command], title: str = "commands") -> None:
    """Add the commands, and those below them, to a parser."""
    subcommands = parser.add_subcommands(required=True, dest="command", metavar="COMMAND", title=title)
    for command in commands:
        subparser = new_parser(command.summary, command.usage)
        subcommands.add_subcommand(command.name, subparser, help=command.summary.splitlines()[0])
        if command.options:  # only now: a command's own subcommands must come after it
            command.options(subparser)
        if command.parts:
            add_commands(subparser, command.parts)


def perform(given: Namespace, commands: Sequence[Command]) -> None:
    """Run the command that was named, with its own options; its `--out` must be a place to write to."""
    command = next(one for one in commands if one.name == given.command)
    options = given[command.name]
    if command.parts:
        perform(options, command.parts)
    elif command.run:
        if (out := options.get("out")) is not None:
            check_place(out)
        command.run(options)
