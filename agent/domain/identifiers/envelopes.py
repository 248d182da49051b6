"""ISO/IEC 15434 messages: what MaxiCode, PDF417 and Data Matrix on a transport label hold.

``[)>`` RS, then segments that RS ends, each with its two-digit format, then EOT. Format 01 is a shipment with
its fields in order (UPS, FedEx), 05 are GS1 element strings, 06 and 12 carry data identifiers, 07 is free
text. Its numbers are what anybody reads in a plain symbol; only UPS writes a tracking number in pieces.

Source: ISO/IEC 15434; ANSI MH10.8.2 for data identifiers; UPS Guide to Bar Coding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from agent.domain.identifiers.candidates import Candidate, Payload, Rank

START = "[)>\x1e"
MAX_SEGMENTS, MAX_FIELDS = 8, 64
"""A label holds a handful of either; what is beyond is not read."""

_RS, _GS, _EOT = "\x1e", "\x1d", "\x04"
_NOT_TEXT = re.compile("[\x00-\x03\x05-\x1b\x7f-\x9f\ud800-\udfff]")
# FS and US part fields within fields. UPS packs its free text into six bits a character, CR among them.
_NOT_FREE_TEXT = re.compile("[\x00-\x03\x05-\x0c\x0e-\x1b\x7f-\x9f\ud800-\udfff]")
_ITEM = re.compile(r"(?P<di>[0-9]{0,3}[A-Z])(?P<data>.+)", re.DOTALL)
_PLATE = re.compile(r"[1-6]?J")
_PLATE_DATA = re.compile(r"(?P<agency>[0-9]|[A-Z]{1,3})[0-9A-Z]{4,49}")
_NUMBERED = frozenset({"S", "3S", "4S", "K", "1K", "2K", "3K"})
"""Data identifiers of packages and shipments whose number a carrier may have given."""
_SHIPMENT = tuple(
    "postcode country class number carrier account day shipment piece weight".split()  # noqa: SIM905 - in order
)
_UPS_SHORT = re.compile(r"1Z[0-9A-Z]{8}")
_FEDEX_FORM = re.compile(r"(?P<number>[0-9]{12})(?P<form>[0-9]{4})")
_KINDS = {"UPSN": "ups", "FDE": "fedex", "FDEG": "fedex", "FDEN": "fedex", "FXSP": "fedex", "USPS": "usps"}

Ranked = tuple[int, Candidate]
Read = Callable[[Payload], Iterator[Ranked]]
"""Every reading of a text that is not an envelope itself."""


def is_sound(text: str) -> bool:
    """Whether an envelope holds only what one may hold; NUL and escapes are an attack or a defect."""
    fixed, _, free = text.partition(f"{_RS}07")
    return not (_NOT_TEXT.search(fixed) or _NOT_FREE_TEXT.search(free))


def read_envelope(text: str, read: Read) -> Iterator[Ranked]:
    """The readings of the numbers inside the envelope ``text``, with its other fields as their parts."""
    for segment in text[len(START) :].split(_RS)[:MAX_SEGMENTS]:
        fields = segment.rstrip(_EOT).split(_GS)[:MAX_FIELDS]
        if fields[0] == "01" and len(fields) > 1:
            yield from _shipment(fields[1:], read)
        elif fields[0] == "05":
            yield from read(Payload(text=_GS.join(fields[1:]), aim="d2", fnc1=True))
        elif fields[0] in ("06", "12"):
            yield from _identified(fields[1:], read)


def _shipment(fields: list[str], read: Read) -> Iterator[Ranked]:
    """Format 01: two digits of version stand before the postal code."""
    fields = [fields[0][2:], *fields[1:]]
    if fields[0].startswith("1Z"):
        fields = ["", "", "", *fields]  # from a reader that keeps a MaxiCode's primary message to itself
    if len(fields) > 4 and fields[4].startswith("UPSN") and fields[4] != "UPSN":
        fields[4:5] = ["UPSN", fields[4][4:]]  # the separator after UPSN is optional
    named = dict(zip(_SHIPMENT, fields, strict=False))
    carrier, number = named.get("carrier", ""), named.pop("number", "")
    form = _FEDEX_FORM.fullmatch(number)
    if carrier == "UPSN" and _UPS_SHORT.fullmatch(number):
        number = _completed(number, named)
    elif form is not None and carrier.startswith("FD"):
        number, named["form"] = form["number"], form["form"]
    kind = _KINDS.get(carrier)
    for rank, candidate in _readings(number, read):
        if kind is None or candidate.kind in (kind, "plain"):
            yield rank, _with(candidate, named)


def _completed(short: str, named: dict[str, str]) -> str:
    """1Z and the last eight characters, with account and class of service between; empty if either lacks."""
    account, service = named.get("account", ""), named.get("class", "")[-2:]
    return f"1Z{account}{service}{short[2:]}" if len(account) == 6 and len(service) == 2 else ""


def _identified(fields: list[str], read: Read) -> Iterator[Ranked]:
    """Formats 06 and 12: each field begins with its data identifier."""
    items = [candidate for candidate in map(_ITEM.fullmatch, fields) if candidate is not None]
    named = {item["di"]: item["data"] for item in reversed(items)}
    for item in items:
        if _PLATE.fullmatch(item["di"]):
            yield from _plate(item["di"], item["data"], named, read)
        elif item["di"] in _NUMBERED:
            yield from ((rank, _with(candidate, named)) for rank, candidate in _readings(item["data"], read))


def _plate(di: str, data: str, named: dict[str, str], read: Read) -> Iterator[Ranked]:
    """A licence plate, and what a carrier makes of it; the identifier may count as part of its number."""
    plate = _PLATE_DATA.fullmatch(data)
    if plate is None:
        return
    parts = {"di": di, "plate": data, "agency": plate["agency"]}
    yield Rank.SYMBOLOGY + 10, _with(Candidate(kind="iso15459", value=data, parts=parts), named)
    for number in (f"{di}{data}", data):
        for rank, candidate in _readings(number, read):
            if candidate.kind != "iso15459":
                yield rank, _with(candidate, named)


def _readings(number: str, read: Read) -> Iterator[Ranked]:
    number = number.strip(" ")
    if number:
        yield from read(Payload(text=number, aim=None, fnc1=False))


def _with(candidate: Candidate, named: dict[str, str]) -> Candidate:
    """``candidate`` with the message's other fields; what the number itself says of them stands."""
    if candidate.kind == "plain":
        return candidate
    return replace(candidate, parts={**{k: v for k, v in named.items() if v}, **candidate.parts})
