"""What posts number: items (UPU S10) and receptacles (UPU S9)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.domain.identifiers.candidates import Candidate, Payload, Rank
from agent.domain.identifiers.formats import compact
from agent.domain.identifiers.s10 import parse_s10
from agent.domain.values.countries import ISO_COUNTRIES

_S9 = re.compile(
    r"(?P<dispatch_id>(?P<origin>[A-Z]{5}[A-Z0-9])(?P<destination>[A-Z]{5}[A-Z0-9])(?P<category>[A-D])"
    r"(?P<subclass>[A-Z][A-Z0-9])(?P<year>[0-9])(?P<dispatch>[0-9]{4}))(?P<receptacle>[0-9]{3})"
    r"(?P<highest>[0-9])(?P<registered>[0-9])(?P<weight_100g>[0-9]{4})"
)


def read_s10(payload: Payload) -> Iterator[tuple[int, Candidate]]:
    """The thirteen characters of a postal item."""
    number = parse_s10(payload.text)
    if number is None:
        return
    parts = {
        "service": number.service,
        "serial": number.serial,
        "check": number.check,
        "country": number.country,
    }
    rank = Rank.SYMBOLOGY if number.fault is None else Rank.SYMBOLOGY_FAILED
    yield (
        rank,
        Candidate(
            kind="s10", value=number.value, parts=parts, valid=number.fault is None, reason=number.fault
        ),
    )


def read_s9(payload: Payload) -> Iterator[tuple[int, Candidate]]:
    """The twenty-nine characters of a receptacle: a bag, tray or container of mail.

    Parts: ``dispatch_id`` (UPU S8, twenty characters), ``origin`` and ``destination`` (IMPC codes),
    ``category`` (A air, B surface air lifted, C surface, D priority surface), ``subclass``, ``year`` (its
    last digit), ``dispatch`` and ``receptacle`` (serials), ``highest`` (1 on the last of a dispatch),
    ``registered`` (1 when it holds registered or insured items) and ``weight_100g``, the weight on its label
    in units of 100 g. There is no check digit; two countries must exist.

    Source: UPU standard S9.
    """
    match = _S9.fullmatch(compact(payload) or "")
    if match is None:
        return
    parts = match.groupdict()
    sound = {parts["origin"][:2], parts["destination"][:2]} <= ISO_COUNTRIES
    rank = Rank.SYMBOLOGY if sound else Rank.SYMBOLOGY_FAILED
    reason = None if sound else "country"
    yield rank, Candidate(kind="s9", value=match[0], parts=parts, valid=sound, reason=reason)
