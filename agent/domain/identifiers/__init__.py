"""From the text of a label to what it may mean.

A way of writing numbers that fits the table is a record in ``carriers``; another family is a module with a
``Reader`` and a line in ``_READERS``. When it has a canonical form that a manifest row must share, it is
added to ``label_of`` too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from agent.domain.consignment.declaration import Label
from agent.domain.identifiers.candidates import Candidate, Payload, Rank, Reader
from agent.domain.identifiers.carriers import FORMATS
from agent.domain.identifiers.envelopes import START, is_sound, read_envelope
from agent.domain.identifiers.formats import GS, compact, readings
from agent.domain.identifiers.gs1 import FNC1_AIMS, read_bare_gs1, read_digital_link, read_gs1
from agent.domain.identifiers.postal import read_s9, read_s10

__all__ = ["MAX_PAYLOAD", "identify", "label_of"]

MAX_PAYLOAD = 4096
"""No symbology holds more alphanumeric text (QR Code: 4,296; Data Matrix: 2,335); longer input is noise."""

# Everything below 0x20 but GS, which parts GS1 element strings; envelopes have a rule of their own.
# Lone surrogates are not text: nothing that holds one could be signed.
_CONTROL = re.compile("[\x00-\x1c\x1e\x1f\x7f-\x9f\ud800-\udfff]")
_AIM = re.compile(r"\]?([A-Za-z][0-9A-Za-z])")
_AIM_IN_TEXT = re.compile(r"\]([A-Za-z][0-9A-Za-z])")
_COMPOSITE = "|]e0"
_PLAIN = re.compile(r"[A-Z0-9-]{6,40}")
_S10 = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_LABEL = re.compile(
    r"(?P<s10>[A-Z]{2}[0-9]{9}[A-Z]{2})|(?:00)?(?P<sscc>[0-9]{18})|(?P<plain>[A-Z0-9-]{6,40})"
)
_CARRIERS = frozenset(form.kind for form in FORMATS)


def identify(payload: str, aim: str | None) -> tuple[Candidate, ...]:
    """Every reading of one payload, best first; the manifest chooses among them.

    The symbology speaks first, then a shape like no other, then a passed check digit, then a mere shape.
    A failed check is flagged and never hides a reading: a number whose shape is unmistakable stands where it
    would have stood, any other after what could be right. ``plain`` comes last, but for readings that happen
    by chance; beside the whole text it also gives the bare number of what a carrier wraps, as a manifest
    lists it.

    Args:
        payload: Text of the symbol, without the scanner's own prefix and line end.
        aim: AIM symbology identifier with or without its bracket, or None when the scanner sent none.

    Returns:
        Readings without repetition. Empty for text that is empty, longer than ``MAX_PAYLOAD``, holds control
        characters other than GS (inside an ISO/IEC 15434 envelope also FS, RS, US and EOT, and CR in its free
        text), or reads as nothing. Never raises.

    Source: ISO/IEC 15424 for symbology identifiers.

    >>> [c.kind for c in identify("00106141412345678908", "]C1")]
    ['sscc', 'gs1', 'plain']
    >>> [(c.kind, c.valid) for c in identify("RB 123 456 786 US", None)]
    [('s10', False), ('plain', True)]
    >>> identify("420902109400111206206406260787", "]C1")[0].value    # a parcel of USPS, its ZIP code aside
    '9400111206206406260787'
    >>> [c.kind for c in identify("https://example.com/00/106141412345678908", "]Q1")]
    ['sscc', 'digital-link']
    """
    cleaned = _clean(payload, aim)
    if cleaned is None:
        return ()
    readings = read_envelope(cleaned.text, _read) if cleaned.text.startswith(START) else _read(cleaned)
    ranked = list(readings)
    best: dict[tuple[str, str], Candidate] = {}
    for _, candidate in sorted([*ranked, *_bare_numbers(ranked)], key=lambda one: one[0]):
        best.setdefault((candidate.kind, candidate.value), candidate)
    return tuple(best.values())


def label_of(text: str) -> Label | None:
    """The label that a manifest's number stands for; None when it is not a tracking number.

    Goes by shape alone, check digits aside: ``identify`` gives the same kind and value for the same text, so
    that a scan finds its row even where the number was printed wrong.

    >>> label_of("rr 473 124 829 gb")
    Label(kind='s10', value='RR473124829GB')
    """
    number = text.replace(" ", "").upper()
    match = _LABEL.fullmatch(number)
    if match is None or match.lastgroup is None:
        return None
    if match.lastgroup == "plain" and "-" in number:
        bare = number.replace("-", "")
        return Label("s10", bare) if _S10.fullmatch(bare) else Label("plain", number)
    return Label(match.lastgroup, match[match.lastgroup])


def _clean(payload: str, aim: str | None) -> Payload | None:
    text = payload.strip(" ")
    if not text or len(text) > MAX_PAYLOAD:
        return None
    code = _AIM.fullmatch(aim) if aim is not None else None
    if code is None:
        # Some scanners send the identifier inside the text and are read by a driver that expects none.
        code = _AIM_IN_TEXT.match(text)
        text = text[code.end() :] if code is not None else text
    if code is not None and code[1][0] == "E":
        text = text.partition(_COMPOSITE)[
            0
        ]  # the two-dimensional part above an EAN says nothing of the number
    if not is_sound(text) if text.startswith(START) else _CONTROL.search(text):
        return None
    # A scanner that passes FNC1 on sends it as GS, also where it leads the symbol.
    fnc1 = text.startswith(GS) or (code is not None and code[1] in FNC1_AIMS)
    text = text.lstrip(GS)
    return Payload(text=text, aim=code[1] if code is not None else None, fnc1=fnc1) if text else None


def _read(payload: Payload) -> Iterator[tuple[int, Candidate]]:
    for reader in _READERS:
        yield from reader(payload)


def _read_carriers(payload: Payload) -> Iterator[tuple[int, Candidate]]:
    text = compact(payload)
    if text is None:
        return
    yield from readings(FORMATS, text, payload.aim)
    if "-" in text:
        yield from readings(FORMATS, text.replace("-", ""), payload.aim, dashed=True)


def _read_plain(payload: Payload) -> Iterator[tuple[int, Candidate]]:
    text = payload.text.replace(" ", "").upper()
    if _PLAIN.fullmatch(text):
        yield Rank.PLAIN, Candidate(kind="plain", value=text)


def _bare_numbers(ranked: Iterable[tuple[int, Candidate]]) -> Iterator[tuple[int, Candidate]]:
    """What a carrier's number is without routing, postcode or envelope: so it stands in manifests."""
    for rank, candidate in ranked:
        meant = candidate.kind in _CARRIERS and candidate.valid and rank < Rank.PLAIN
        if meant and _PLAIN.fullmatch(candidate.value):
            yield Rank.PLAIN + 1, Candidate(kind="plain", value=candidate.value)


_READERS: tuple[Reader, ...] = (
    read_s10,
    read_s9,
    read_digital_link,
    read_gs1,
    _read_carriers,
    read_bare_gs1,
    _read_plain,
)
