"""Where the values of typed records stand: the ``[records]`` table of a mapping profile.

Such a file has no header: the first cell of each record says what sort it is, and with many senders the
second one which version of that sort. What its cells mean is the sender's, so a profile names it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum

from agent.domain.packs.table import Table
from agent.formats.profiles.columns import COLUMNS, ITEM_COLUMNS

PASSED_OVER = "-"
"""In place of a column: a cell that means nothing to us."""

AND_MORE = "..."
"""At the end of the columns: whatever cells follow mean nothing to us."""

MAX_FIELDS = 256
_KEY = re.compile(r"([a-z0-9_.-]{1,32})(?: ([a-z0-9.]{1,8}))?")


class RecordLevel(StrEnum):
    """What a record belongs to."""

    MASTER = "master"
    """Holds for every parcel after it, until the next one."""
    PARCEL = "parcel"
    """Opens a parcel."""
    PACKAGE = "package"
    """One package of the parcel before it: weights are summed, packages counted."""
    ITEM = "item"
    """A goods line of the parcel before it."""
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordType:
    """One sort of record."""

    name: str
    """As in the profile: the sort, or sort and version."""
    level: RecordLevel
    columns: tuple[str | None, ...] = ()
    """Of each cell after the sort and the version; None for one that is passed over."""
    and_more: bool = False

    @property
    def behind(self) -> int:
        """Cells before the first one that has a column."""
        return 1 + (" " in self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLayouts:
    """All sorts of records of one sender."""

    separator: str = ","
    types: Mapping[str, RecordType] = field(default_factory=dict)
    """By sort, or sort and version, in lower case."""

    def of(self, cells: Sequence[str]) -> RecordType | None:
        """The sort of a record by its first cells; None where the profile does not know it."""
        sort = cells[0].strip().lower()
        version = cells[1].strip().lower() if len(cells) > 1 else ""
        return self.types.get(f"{sort} {version}") or self.types.get(sort)


def read_records(top: Table) -> RecordLayouts:
    """The ``[records]`` table; its faults are noted in ``top``."""
    table = top.table("records")
    separator = table.optional_text("separator") if table.has("separator") else ","
    if separator is None or len(separator) != 1 or separator in "\r\n\"'":
        table.fault("separator", "write one character, as , or ; or |")
    named = table.table("types")
    types = {key: _type(key, named.table(key), named) for key in named.items()}
    if types and not any(one.level is RecordLevel.PARCEL for one in types.values()):
        table.fault("types", 'one sort of record must open a parcel: give it level = "parcel"')
    table.done()
    return RecordLayouts(separator=separator or ",", types=types)


def _type(key: str, table: Table, named: Table) -> RecordType:
    if _KEY.fullmatch(key) is None:
        named.fault(
            key, "write the sort in lower case, and its version after a space where there are several"
        )
    level = table.choice("level", RecordLevel)
    names = list(table.texts("fields"))
    and_more = bool(names) and names[-1] == AND_MORE
    if and_more:
        names.pop()
    if len(names) > MAX_FIELDS:
        table.fault("fields", f"more than {MAX_FIELDS} of them")
    for name in names:
        _check(table, name, level)
    given = [name for name in names if name != PASSED_OVER]
    if len(given) != len(set(given)):
        table.fault("fields", "a column is named twice")
    table.done()
    columns = tuple(None if name == PASSED_OVER else name for name in names[:MAX_FIELDS])
    return RecordType(name=key, level=level, columns=columns, and_more=and_more)


def _check(table: Table, name: str, level: RecordLevel) -> None:
    if name == PASSED_OVER:
        return
    if name not in COLUMNS:
        near = get_close_matches(name, COLUMNS, n=1)
        table.fault(
            "fields", f"{name[:40]!r} is not a column" + (f"; did you mean {near[0]}?" if near else "")
        )
    elif (name in ITEM_COLUMNS) != (level is RecordLevel.ITEM) and name != "currency":
        wanted = "a record of level item" if name in ITEM_COLUMNS else "a record of another level than item"
        table.fault("fields", f"{name} belongs to {wanted}")
