"""From the text of a label to what it may mean.

A new family of numbers is a module with a ``Reader`` and a line in ``_READERS``; when it has a canonical form
that a manifest row must share, it is added to ``label_of`` too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.domain.candidates import Candidate, Payload, Rank, Reader
from agent.domain.declarations import Label
from agent.domain.gs1 import FNC1_AIMS, read_bare_gs1, read_gs1
from agent.domain.s10 import parse_s10

MAX_PAYLOAD = 4096
"""No symbology holds more alphanumeric text (QR Code: 4,296; Data Matrix: 2,335); longer input is noise."""

GS = "\x1d"

# Everything below 0x20 but EOT (04), GS (1D) and RS (1E), which structure GS1 and ISO/IEC 15434 messages.
# Lone surrogates are no text: nothing that holds one could be signed.
_CONTROL = re.compile("[\x00-\x03\x05-\x1c\x1f\x7f-\x9f\ud800-\udfff]")
_AIM = re.compile(r"\]?([A-Za-z][0-9A-Za-z])")
_AIM_IN_TEXT = re.compile(r"\]([A-Za-z][0-9A-Za-z])")
_PLAIN = re.compile(r"[A-Z0-9-]{6,40}")
_S10 = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_LABEL = re.compile(
    r"(?P<s10>[A-Z]{2}[0-9]{9}[A-Z]{2})|(?:00)?(?P<sscc>[0-9]{18})|(?P<plain>[A-Z0-9-]{6,40})"
)


def identify(payload: str, aim: str | None) -> tuple[Candidate, ...]:
    """Every reading of one payload, best first; the manifest chooses among them.

    Args:
        payload: Text of the symbol, without the scanner's own prefix and line end.
        aim: AIM symbology identifier with or without its bracket, or None when the scanner sent none.

    Returns:
        Readings without repetition. Empty for text that is empty, longer than ``MAX_PAYLOAD``, holds control
        characters other than GS, RS and EOT, or reads as nothing. Never raises.

    Source: ISO/IEC 15424 for symbology identifiers.

    >>> [c.kind for c in identify("00106141412345678908", "]C1")]
    ['sscc', 'gs1', 'plain']
    >>> [(c.kind, c.valid) for c in identify("RB 123 456 786 US", None)]
    [('plain', True), ('s10', False)]
    """
    cleaned = _clean(payload, aim)
    if cleaned is None:
        return ()
    readings = [ranked for reader in _READERS for ranked in reader(cleaned)]
    best: dict[tuple[str, str], Candidate] = {}
    for _, candidate in sorted(readings, key=lambda ranked: ranked[0]):
        best.setdefault((candidate.kind, candidate.value), candidate)
    return tuple(best.values())


def label_of(text: str) -> Label | None:
    """The label that a manifest's number stands for; None when it is no tracking number.

    Goes by shape alone, check digits aside: ``identify`` gives the same kind and value for the same text, so
    that a scan finds its row even where the number was printed wrong.

    >>> label_of("rr 473 124 829 gb")
    Label(kind='s10', value='RR473124829GB')
    """
    compact = text.replace(" ", "").upper()
    found = _LABEL.fullmatch(compact)
    if found is None or found.lastgroup is None:
        return None
    if found.lastgroup == "plain" and "-" in compact:
        bare = compact.replace("-", "")
        return Label("s10", bare) if _S10.fullmatch(bare) else Label("plain", compact)
    return Label(found.lastgroup, found[found.lastgroup])


def _clean(payload: str, aim: str | None) -> Payload | None:
    text = payload.strip(" ")
    if not text or len(text) > MAX_PAYLOAD or _CONTROL.search(text):
        return None
    code = _AIM.fullmatch(aim) if aim is not None else None
    if code is None:
        # Some scanners send the identifier inside the text and are read by a driver that expects none.
        code = _AIM_IN_TEXT.match(text)
        text = text[code.end() :] if code is not None else text
    # A scanner that passes FNC1 on sends it as GS, also where it leads the symbol.
    fnc1 = text.startswith(GS) or (code is not None and code[1] in FNC1_AIMS)
    text = text.lstrip(GS)
    return Payload(text=text, aim=code[1] if code is not None else None, fnc1=fnc1) if text else None


def _read_s10(payload: Payload) -> Iterator[tuple[int, Candidate]]:
    found = parse_s10(payload.text)
    if found is None:
        return
    parts = {
        "service": found.service,
        "serial": found.serial,
        "check": found.check,
        "country": found.country,
    }
    rank = Rank.SYMBOLOGY if found.fault is None else Rank.SYMBOLOGY + Rank.INVALID
    yield (
        rank,
        Candidate(kind="s10", value=found.value, parts=parts, valid=found.fault is None, reason=found.fault),
    )


def _read_plain(payload: Payload) -> Iterator[tuple[int, Candidate]]:
    compact = payload.text.replace(" ", "").upper()
    if _PLAIN.fullmatch(compact):
        yield Rank.PLAIN, Candidate(kind="plain", value=compact)


_READERS: tuple[Reader, ...] = (_read_s10, read_gs1, read_bare_gs1, _read_plain)
