"""What air cargo messages say, in either notation: values, parties and customs notes into a declaration.

A message without a required element is still a message: what is absent is None, and ``placi`` says what an
authority would answer. What is there and cannot be read refuses the row.

Source: Transport Canada, PACT Technical Implementation Guide 1.9; IATA Cargo-IMP and Cargo-XML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple, ParamSpec, TypeVar

from agent.domain.consignment.declaration import CEILINGS, MAX_PIECES, Label, Party, Piece, Security
from agent.domain.identifiers import label_of
from agent.domain.values.money import Money
from agent.formats.profiles.dialect import OUR_WAY
from agent.formats.rows import CLIP, CellFault, RowError
from agent.formats.tabular.cells import read_count, read_grams, read_hs, read_money

_P = ParamSpec("_P")
_T = TypeVar("_T")

MAX_HOUSE = 35
"""Longest house waybill number. Source: PACT guide, INVALID_HOUSE_BILL_NBR."""

AIRPORT = re.compile(r"[A-Z]{3}")

_MASTER = re.compile(r"[0-9]{3}-[0-9]{8}")
_HOUSE = re.compile(r"[A-Z0-9](?:[A-Z0-9 ._/-]*[A-Z0-9])?")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NO_VALUE = frozenset({"", "NVD", "NCV", "XXX"})
"""No value declared for carriage, for customs, amount of insurance nil."""
_STAMP = re.compile(r"([0-9]{2})([A-Z]{3})([0-9]{2})?([0-9]{2})?")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def error(line: int, fault: CellFault) -> RowError:
    """A fault as the report of the file names it; the value is clipped and free of control characters."""
    value = ascii(fault.value or "")[1:-1] if _CONTROL.search(fault.value or "") else fault.value or ""
    return RowError(
        line=line,
        column=fault.column,
        code=fault.code,
        message=fault.message,
        value=value[:CLIP],
        hint=fault.hint,
    )


class Draft:
    """One waybill while it is being read: every fault of it is found, not the first alone."""

    def __init__(self) -> None:
        self.faults: list[RowError] = []

    def read(self, line: int, reader: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T | None:
        """What ``reader`` gives; None and a fault noted where it refuses."""
        try:
            return reader(*args, **kwargs)
        except CellFault as fault:
            self.faults.append(error(line, fault))
            return None

    def text(self, line: int, text: str | None, sort: str, column: str) -> str | None:
        """``text`` with single spaces, if it fits the ceiling of ``sort``; None when nothing is given."""
        return self.read(line, fitted, text, sort, column)


def fitted(text: str | None, sort: str, column: str) -> str | None:
    """Text with single spaces, or None for none; E004 when too long, E005 for control characters."""
    text = " ".join((text or "").split())
    if not text:
        return None
    if _CONTROL.search(text):
        raise CellFault("E005", column, ascii(text), "control characters", "send plain text")
    if len(text) > CEILINGS[sort]:
        message = f"{len(text)} characters, the most is {CEILINGS[sort]}"
        raise CellFault("E004", column, text, message, "shorten it, or look for a missing line end")
    return text


def read_master(text: str) -> str:
    """A master air waybill number, ``nnn-nnnnnnnn``.

    The check digit is not asked for: authorities take numbers without a sound one, and a row refused here
    would fly unassessed. Source: IATA Resolution 600a.
    """
    if _MASTER.fullmatch(text) is None:
        message = "not an air waybill number"
        raise CellFault("E052", "master", text, message, "write nnn-nnnnnnnn, as 020-12345675")
    return text


def read_waybill_number(text: str) -> str:
    """The number of a master, where there must be one."""
    if not text:
        hint = "write it as 020-12345675"
        raise CellFault("E051", "master", None, "the waybill number is missing", hint)
    return read_master(text)


def read_house(text: str) -> str:
    """A house waybill number, upper case."""
    number = " ".join(text.split()).upper()
    if not number:
        message = "the house waybill number is missing"
        raise CellFault("E053", "house", None, message, "give each house its number")
    if len(number) > MAX_HOUSE or _HOUSE.fullmatch(number) is None:
        hint = f"at most {MAX_HOUSE} letters, digits and dashes"
        raise CellFault("E054", "house", text, "not a house waybill number", hint)
    return number


def read_pieces(text: str | None) -> int | None:
    """A whole number of pieces; None when none is given."""
    return read_count(text, "piece_count") if text else None


def read_weight(text: str | None, unit: str | None, units: Mapping[str, str]) -> int | None:
    """Grams of a weight; ``units`` names those the notation knows. None when no weight is given."""
    if not text:
        return None
    name = units.get(unit or "")
    if name is None:
        hint = f"write one of {', '.join(units)}"
        raise CellFault("E206", "weight_unit", unit, "not a unit of weight", hint)
    return read_grams(text, "gross_weight", name, OUR_WAY)


def read_value(text: str | None, currency: str | None) -> Money | None:
    """A value declared for customs; NVD and NCV say that there is none."""
    if text is None or text in _NO_VALUE:
        return None
    return read_money(text, "value", currency or None, OUR_WAY)


def read_tariff(text: str) -> str | None:
    """A tariff number without its dots."""
    return fitted(read_hs(text, "hs_code"), "hs", "hs_code")


def read_country(text: str | None, column: str) -> str | None:
    """Two letters as written: whether any country has that code is for the assessment to say."""
    code = (text or "").strip().upper()
    if len(code) > CEILINGS["country"] or (not code.isalnum() and code):
        raise CellFault("E401", column, text, "not an ISO country code", "write two letters, as US or CN")
    return code or None


def instant(stamp: str, received: datetime | None) -> datetime | None:
    """The UTC instant of ``30JAN1530``, in the year that brings it nearest to when the message was received.

    None without ``received``, without an hour, and for a day that no calendar has.
    """
    match = _STAMP.fullmatch(stamp)
    if match is None or received is None or match[4] is None or match[2] not in _MONTHS:
        return None
    day, month, hour, minute = int(match[1]), _MONTHS.index(match[2]) + 1, int(match[3]), int(match[4])
    candidates = []
    for year in (received.year - 1, received.year, received.year + 1):
        try:
            candidates.append(datetime(year, month, day, hour, minute, tzinfo=UTC))
        except ValueError:
            continue
    return min(candidates, key=lambda at: abs(at - received), default=None)


def labelled(number: str, pieces: int | None) -> tuple[Piece, ...]:
    """The pieces of a waybill, each with the number that its label shows; none where labels cannot show it.

    A direct master's pieces also carry its number and their own in one. Source: IATA Resolution 606.
    """
    if _MASTER.fullmatch(number) is None:
        label = label_of(number)
        return ((label,),) * min(pieces or 1, MAX_PIECES) if label is not None else ()
    bare = number.replace("-", "")
    of_piece = (f"{bare}{piece:05d}" for piece in range(1, min(pieces or 1, MAX_PIECES) + 1))
    return tuple((Label("plain", bare), Label("plain", text)) for text in of_piece)


class PartyText(NamedTuple):
    """A party's parts as the message writes them, and the line of the message that each fault will name."""

    line: int
    name: str | None = None
    street: str | None = None
    city: str | None = None
    state: str | None = None
    postcode: str | None = None
    country: str | None = None
    phone: str | None = None
    email: str | None = None


class CustomsNote(NamedTuple):
    """One line of other customs information (OCI; in Cargo-XML an ``IncludedCustomsNote``)."""

    line: int
    country: str
    subject: str
    code: str
    content: str


_SUBJECTS = {"consignor": "SHP", "consignee": "CNE"}
_ISSUERS = frozenset({"RA", "KC", "AC"})
_STATUSES = frozenset({"SPX", "SCO", "SHR"})
_PHONES = frozenset({"TE", "CT", "U"})
_PHONE = re.compile(r"[+0-9][0-9 ()./-]{4,39}")
_MOST_METHODS = 16


def read_party(draft: Draft, text: PartyText | None, side: str, notes: Iterable[CustomsNote]) -> Party:
    """A party, with the contact data and numbers that customs notes give of it."""
    subject = _SUBJECTS[side]
    own = [note for note in notes if note.subject == subject]
    if text is None and not own:
        return Party()
    text = text or PartyText(own[0].line)
    phone, email, registration = text.phone, text.email, None
    for note in own:
        content = note.content.replace("(AT)", "@")
        if note.code == "EM" or ("@" in content and note.code != "T"):
            email = email or content
        elif note.code in _PHONES and _PHONE.fullmatch(content):
            phone = phone or content
        elif note.code == "T":
            registration = registration or content
    line = text.line
    return Party(
        draft.text(line, text.name, "name", f"{side}_name"),
        draft.text(line, text.street, "street", f"{side}_street"),
        draft.text(line, text.city, "city", f"{side}_city"),
        draft.text(line, text.state, "state", f"{side}_state"),
        draft.text(line, text.postcode, "postcode", f"{side}_postcode"),
        draft.read(line, read_country, text.country, f"{side}_country"),
        draft.text(line, phone, "phone", f"{side}_phone"),
        draft.text(line, email, "email", f"{side}_email"),
        draft.text(line, registration, "code", f"{side}_registration"),
    )


def read_security(draft: Draft, notes: Iterable[CustomsNote], handling: Iterable[str]) -> Security:
    """The consignment security declaration out of customs notes and special handling codes.

    A known consignor (KC) of aviation security is kept as the issuer it is; whether the shipper is a verified
    known consignor in the sense of a customs regime, a message cannot say.
    """
    status = next((code for code in handling if code in _STATUSES), None)
    issuer = issued_on = None
    methods: dict[str, None] = {}
    for note in notes:
        if note.subject != "ISS" or not note.content:
            continue
        if note.code in _ISSUERS and issuer is None:
            text = " ".join((note.country, note.content)).strip()
            issuer = draft.text(note.line, f"{note.code}/{text}", "code", "security")
        elif note.code == "SS" or (note.code == "SM" and note.content in _STATUSES):
            status = draft.text(note.line, note.content, "code", "security")
        elif note.code == "SM" and len(methods) < _MOST_METHODS:
            method = draft.text(note.line, note.content, "code", "security")
            methods |= {method: None} if method else {}
        elif note.code == "SD" and issued_on is None:
            issued_on = draft.text(note.line, note.content, "time", "security")
    return Security(status=status, issuer=issuer, methods=tuple(methods), issued_on=issued_on)


def inherited(notes: Iterable[CustomsNote]) -> Iterator[CustomsNote]:
    """Notes whose empty country and subject are those of the note before: so a security block is written."""
    country = subject = ""
    for note in notes:
        if note.subject:
            country, subject = note.country, note.subject
        yield note._replace(country=note.country or country, subject=subject)
