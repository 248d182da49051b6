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
    found = parse_s10(payload.text)
    if found is None:
        return
    parts = {"service": found.service, "serial": found.serial, "check": found.check, "country": found.country}
    rank = Rank.SYMBOLOGY if found.fault is None else Rank.SYMBOLOGY_FAILED
    yield (
        rank,
        Candidate(kind="s10", value=found.value, parts=parts, valid=found.fault is None, reason=found.fault),
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
    found = _S9.fullmatch(compact(payload) or "")
    if found is None:
        return
    parts = found.groupdict()
    sound = {parts["origin"][:2], parts["destination"][:2]} <= ISO_COUNTRIES
    rank = Rank.SYMBOLOGY if sound else Rank.SYMBOLOGY_FAILED
    reason = None if sound else "country"
    yield rank, Candidate(kind="s9", value=found[0], parts=parts, valid=sound, reason=reason)
