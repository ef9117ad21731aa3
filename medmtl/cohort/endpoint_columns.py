"""Which columns of a table make an endpoint: a time in days, or two dates, and an event."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from medmtl.cohort.tables import Table, plain
from medmtl.errors import MedmtlError
from medmtl.records import Endpoint

_FORM = "NAME=DAYS,EVENT, with columns' names; dates are START..END,EVENT, and words for an event COLUMN:WORD|WORD"


@dataclass(frozen=True, slots=True)
class EndpointColumns:
    """The columns of one endpoint; `end` is None where `days` is a time, else both are dates, from `days` to `end`.

    `observed` are the words, in lower case, that tell of an event, all others of none; empty for 1 and 0, yes and no.
    """

    name: str
    days: str
    event: str
    end: str | None = None
    observed: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(name for name in (self.days, self.end, self.event) if name)

    def read(self, table: Table, line: int) -> Endpoint | None:
        """Return what was observed, None where nothing is known; raises MedmtlError where half of it is missing."""
        time = table.days(line, self.days) if self.end is None else table.days_between(line, self.days, self.end)
        event = self._event(table, line)
        if time is None and event is None:
            return None
        if time is None or event is None:
            missing = self.event if event is None else self.end or self.days
            raise table.fault(line, missing, f"a value must stand here for {self.name}; or empty its other cells")
        return Endpoint(time, event)

    def _event(self, table: Table, line: int) -> bool | None:
        cell = table.text(line, self.event)
        if self.observed and cell is not None:
            return cell.lower() in self.observed
        return table.event(line, self.event)


def asked_endpoints(wishes: Sequence[str], table: Table) -> tuple[EndpointColumns, ...]:
    """Return the endpoints that were asked for, each as `pfs=DAYS,EVENT`, `pfs=START..END,EVENT` or `os=DAYS,STATUS:D`.

    Raises MedmtlError where a wish is not of this form, a column is not there, or no line has one of the words.
    """
    return tuple(_asked(wish, table) for wish in wishes)


def found_endpoints(table: Table) -> tuple[EndpointColumns, ...]:
    """Return the endpoints whose columns are named `NAME_days` and `NAME_event`, whatever case and separators."""
    stems = [plain(str(name)).removesuffix("days") for name in table.cells.columns if plain(str(name)).endswith("days")]
    pairs = [(stem, table.find(f"{stem}days"), table.find(f"{stem}event")) for stem in stems if stem]
    return tuple(EndpointColumns(stem, days, event) for stem, days, event in pairs if days and event)


def _asked(wish: str, table: Table) -> EndpointColumns:
    name, _, columns = wish.partition("=")
    if not name.strip().isidentifier():
        raise MedmtlError(f"--endpoint must be {_FORM}; the name is one word, such as pfs. Found {wish!r}.")
    fitting = list(_fitting(name.strip(), columns, table))
    if not fitting:
        there = ", ".join(map(str, table.cells.columns))
        raise MedmtlError(f"--endpoint must be {_FORM}. Found {wish!r}; {table.path} has the columns {there}.")
    return fitting[0]


def _fitting(name: str, columns: str, table: Table) -> Iterator[EndpointColumns]:
    """Yield each way of taking the wish apart in which every column exists, as names may hold commas themselves."""
    for place, sign in enumerate(columns):
        if sign == ",":
            start, _, end = columns[:place].partition("..")
            event, words = _event_column(columns[place + 1 :], table)
            days, last = table.find(start), table.find(end) if end else None
            if days and event and bool(last) == bool(end):
                yield EndpointColumns(name, days, event, last, words)


def _event_column(text: str, table: Table) -> tuple[str | None, tuple[str, ...]]:
    column, _, words = text.rpartition(":")
    if table.find(text) or not column:
        return table.find(text), ()
    observed = tuple(word.strip().lower() for word in words.split("|"))
    event = table.find(column)
    known = {str(cell).lower() for cell in table.cells[event] if cell is not None} if event else set(observed)
    if not known & set(observed):
        raise MedmtlError(f"{table.path}: column {event} must hold one of {words}. Found {', '.join(sorted(known))}.")
    return event, observed
