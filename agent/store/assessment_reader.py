"""Assessments on disk with their declarations, read only, page by page."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from agent.domain.consignment.declaration import VERSION, Level
from agent.errors import UnknownName
from agent.store.assessment_table import StoredFinding
from agent.store.reader import StoredDeclarations
from agent.store.schema import REFERENCE

PAGE = 1_000
"""Declarations of one read: a longer read transaction would let the hub's write-ahead log grow."""

_SPAN = "SELECT min(received), max(received) FROM source"
_IDS = "SELECT min(id), max(id) FROM declaration"
_PARTIES = "SELECT DISTINCT party FROM source ORDER BY party"
_SOURCES = """SELECT coalesce(rows, 0), coalesce(rejected, 0), faults FROM source
    WHERE received >= ? AND received < ? AND (? IS NULL OR party = ?) ORDER BY id"""
# Present findings belong to the newest declaration, so they count for its sender and day. The order of the
# join is fixed, since a page is a range of declarations.
_PAGE = """SELECT d.id, d.consignment, s.party, s.received, d.body, a.read, a.body,
        EXISTS (SELECT 1 FROM declaration AS o WHERE o.era IN (SELECT number FROM era)
            AND o.consignment = d.consignment AND o.id <> d.id)
    FROM declaration AS d CROSS JOIN source AS s ON s.id = d.source
        LEFT JOIN assessment AS a ON a.consignment = d.consignment
    WHERE d.id BETWEEN :first AND :last AND s.received >= :since AND s.received < :until
        AND (:party IS NULL OR s.party = :party)
        AND NOT EXISTS (SELECT 1 FROM declaration AS n CROSS JOIN source AS t ON t.id = n.source
            WHERE n.era IN (SELECT number FROM era) AND n.consignment = d.consignment AND n.id > d.id
                AND (t.party = s.party OR NOT :apart))
    ORDER BY d.id"""


class _Shipper(msgspec.Struct, frozen=True, gc=False):
    name: str | None = None
    country: str | None = None


class _Goods(msgspec.Struct, frozen=True, gc=False):
    description: str | None = None


class DeclaredShipment(msgspec.Struct, frozen=True, tag_field="v", tag=VERSION):
    """Shipper and goods of a declaration; the rest of its body is passed over."""

    consignor: _Shipper = _Shipper()
    description: str | None = None
    items: tuple[_Goods, ...] = ()
    level: Level = Level.HOUSE


class _Findings(msgspec.Struct, array_like=True, frozen=True):
    """The first part of a ``StoredAssessment``: the sealed part is not even read."""

    findings: list[StoredFinding]


_SHIPMENT = msgspec.json.Decoder(DeclaredShipment)
_FINDINGS = msgspec.msgpack.Decoder(_Findings)


class AssessedDeclaration(NamedTuple):
    """The newest declaration of one consignment, and the open findings on it."""

    number: int
    consignment: str
    party: str
    received: str
    shipment: DeclaredShipment
    findings: list[StoredFinding] | None
    """None where it is not assessed, or was declared again since."""
    others: bool
    """Whether it was declared more than once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which declarations are read: days of receipt (UTC, both included), and optionally one sender's only."""

    since: date | None = None
    until: date | None = None
    party: str | None = None
    apart: bool = False
    """Each sender's newest declaration of a consignment, not only the newest of all."""

    @property
    def bounds(self) -> tuple[str, str]:
        """The first time and the one before which to end, as times are stored."""
        since = "" if self.since is None else self.since.isoformat()
        # "~" comes after every digit; the last day there is has no day after it.
        last = self.until is None or self.until == date.max
        return since, "~" if last or self.until is None else (self.until + timedelta(days=1)).isoformat()


class StoredAssessments(StoredDeclarations):
    """Declarations and assessments of one ``reference.db``.

    Raises:
        UnknownName: there is no such file, it is another program's, or an older program's.
        SchemaTooNew: a newer program's file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        if self.version < REFERENCE.version:
            self._conn.close()
            known = REFERENCE.version
            raise UnknownName(
                f"{path} has schema {self.version}, this command reads {known}; start the hub once"
            )

    def span(self) -> tuple[date, date] | None:
        """Days of the oldest and the newest file, UTC; None before the first one."""
        oldest, newest = self._conn.execute(_SPAN).fetchone()
        if oldest is None:
            return None
        return date.fromisoformat(oldest[:10]), date.fromisoformat(newest[:10])

    def parties(self) -> list[str]:
        """Every party that ever sent a file."""
        return [row[0] for row in self._conn.execute(_PARTIES)]

    def size(self) -> int:
        """The number up to which :meth:`pages` counts."""
        first, last = self._conn.execute(_IDS).fetchone()
        return 0 if first is None else int(last - first + 1)

    def sources(self, asked: Asked) -> Iterator[tuple[int, int, dict[str, int]]]:
        """Of each file: rows taken, rows refused, and refusals and corrections by code."""
        for rows, rejected, faults in self._conn.execute(_SOURCES, (*asked.bounds, asked.party, asked.party)):
            yield rows, rejected, json.loads(faults)

    def pages(self, asked: Asked) -> Iterator[tuple[int, list[AssessedDeclaration]]]:
        """Consignments in the order in which they were first stored, each once, and how many
        declarations were read so far.

        Raises:
            UnknownName: a declaration cannot be read.
        """
        first, last = self._conn.execute(_IDS).fetchone()
        if first is None:
            return
        since, until = asked.bounds
        given = {"since": since, "until": until, "party": asked.party, "apart": asked.apart}
        for begin in range(first, last + 1, PAGE):
            end = min(begin + PAGE - 1, last)
            rows = self._conn.execute(_PAGE, {**given, "first": begin, "last": end}).fetchall()
            yield end - first + 1, [_assessed(row) for row in rows]


def _assessed(row: Sequence[Any]) -> AssessedDeclaration:
    number, consignment, party, received, body, read, assessment, others = row
    try:
        shipment = _SHIPMENT.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        why = f"declaration {number} cannot be read: {error}; import its manifest again"
        raise UnknownName(why) from error
    findings = None
    if read and assessment is not None:
        with contextlib.suppress(msgspec.MsgspecError):  # another layout, or damaged: it is made again
            findings = _FINDINGS.decode(assessment).findings
    return AssessedDeclaration(number, consignment, party, received, shipment, findings, bool(others))
