"""GS1 readings: element strings, Digital Link, SSCC, GTIN, UPC-E. The element strings are parsed by biip."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from biip import ParseConfig, ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString
from biip.gs1_messages import GS1Message
from biip.upc import Upc

from agent.domain.identifiers.candidates import Candidate, Payload, Rank, checked
from agent.domain.identifiers.formats import GS

FNC1_AIMS = frozenset({"C1", "J1", "Q3", "d2", "e0"})
"""Symbology identifiers whose text begins with FNC1. Source: ISO/IEC 15424."""

MAX_MESSAGE, MAX_ELEMENTS, MAX_GUESS = 1024, 64, 128
"""Characters of a message, element strings in it, characters where nothing but its digits says it is one.

What a label holds is a third of that; the parser's work grows with the square of what it is given.
"""

_EAN_AIMS = frozenset({"E0", "E1", "E2", "E3", "E4"})
_CARRIER_AIMS = frozenset({"A0", "C0", "L0", "L1", "L2", "U0", "U1", "z0"})
_SSCC = re.compile(r"(?:00)?([0-9]{18})")
_DIGITS = re.compile(r"[0-9]+")
_LINK = re.compile(r"(?:https?|HTTPS?)://[\x21-\x7e]+")
_GTIN_KINDS = {8: "gtin8", 12: "gtin12", 13: "gtin13", 14: "gtin14"}
_UPCE = re.compile(r"[01][0-9]{5}[0-9][0-9]")

# A production date of zeros is common and no reason to lose the SSCC beside it.
_CONFIG = ParseConfig(gs1_element_strings_verify_date=False)


def read_gs1(payload: Payload) -> Iterator[tuple[int, Candidate]]:
    """Element strings, and the SSCC and GTIN inside them.

    Without FNC1 the message is a guess (a GTIN-13 that begins with 7032 also reads as AI 7032), so it ranks
    as one; an SSCC with its AI 00 in front is still an SSCC.
    """
    text = payload.text
    typed = text.startswith("(")
    if not (payload.fnc1 or typed or text[:2].isdecimal()):
        return  # every application identifier begins with two digits
    meant = payload.fnc1 or typed
    if not meant and len(text) > MAX_GUESS:
        return
    try:
        if len(text) > MAX_MESSAGE or text.count(GS) + text.count("(") > MAX_ELEMENTS:
            raise ParseError  # noqa: TRY301 - as faulty as what the parser refuses
        message = GS1Message.parse_hri(text) if typed else GS1Message.parse(text, config=_CONFIG)
    except (ParseError, ValueError, ArithmeticError):
        # biip promises ParseError; the others are what its dates and decimals could let through.
        if payload.fnc1:
            yield (
                Rank.FAILED,
                Candidate(kind="gs1", value=text, valid=False, reason="gs1_syntax"),
            )
        return
    yield from _elements("gs1", message.as_hri(), message.element_strings, meant=meant)


def read_digital_link(payload: Payload) -> Iterator[tuple[int, Candidate]]:
    """A GS1 Digital Link URI of any domain, in any two-dimensional symbol; its value is the canonical URI.

    Source: GS1 Digital Link Standard: URI Syntax. The scheme is in one case, as scanners must tell it.
    """
    if len(payload.text) > MAX_MESSAGE or _LINK.fullmatch(payload.text) is None:
        return
    try:
        link = GS1DigitalLinkURI.parse(payload.text, config=_CONFIG)
        canonical = link.as_canonical_uri()
    except (ParseError, ValueError, ArithmeticError):
        return
    yield from _elements("digital-link", canonical, link.element_strings, meant=True)


def read_bare_gs1(payload: Payload) -> Iterator[tuple[int, Candidate]]:
    """Digits alone: SSCC, GTIN or UPC-E by their length."""
    digits = payload.text.replace(" ", "")
    if _DIGITS.fullmatch(digits) is None:
        return
    sscc = _SSCC.fullmatch(digits)
    if sscc is not None:
        yield checked("sscc", sscc[1], Rank.CHECKED, Rank.FAILED, _sscc_parts(sscc[1]))
    rank, failed = _product_ranks(payload.aim, len(digits))
    if len(digits) == 13 and digits[0] == "0":
        # A UPC-A is sent with a zero in front once symbology identifiers are on.
        yield checked("gtin12", digits[1:], rank, failed, {"gtin14": f"0{digits}"})
        rank, failed = rank + 1, failed + 1
    if len(digits) in _GTIN_KINDS:
        first = 1 if payload.aim == "E0" and _UPCE.fullmatch(digits) else 0  # EAN-8 announces itself by ]E4
        kind, parts = _GTIN_KINDS[len(digits)], {"gtin14": digits.zfill(14)}
        yield checked(kind, digits, rank + first, failed + first, parts)
    if len(digits) in (6, 7, 8) and payload.aim != "E4":
        yield from _upce(digits, rank, failed, announced=payload.aim in _EAN_AIMS)


def _product_ranks(aim: str | None, length: int) -> tuple[int, int]:
    """Ranks of a trade item number whose check passed, and of one whose check failed."""
    if aim in _EAN_AIMS or (aim == "I1" and length == 14):
        return Rank.SYMBOLOGY, Rank.SYMBOLOGY_FAILED
    return (Rank.PRODUCT_ON_CARRIER if aim in _CARRIER_AIMS else Rank.PRODUCT), Rank.CHANCE_FAILED


def _upce(digits: str, rank: int, failed: int, *, announced: bool) -> Iterator[tuple[int, Candidate]]:
    # Six or seven digits carry no check digit, so anything of that length reads as a UPC-E.
    likely = len(digits) == 8 or announced
    try:
        upc = Upc.parse(digits)
    except ParseError:
        if _UPCE.fullmatch(digits):
            yield failed, Candidate(kind="upce", value=digits, valid=False, reason="check_digit")
        return
    parts = {"gtin14": upc.as_upc_a().zfill(14)}
    yield (rank if likely else Rank.CHANCE), Candidate(kind="upce", value=upc.as_upc_e(), parts=parts)


def _elements(
    kind: str, value: str, elements: Iterable[GS1ElementString], *, meant: bool
) -> Iterator[tuple[int, Candidate]]:
    """The keys among element strings, and then the whole of them with a part for each AI."""
    faulty = False
    parts: dict[str, str] = {}
    for element in elements:
        ai, element_value = element.ai.ai, element.value
        parts.setdefault(ai, element_value)
        if ai == "00":
            ranks = (Rank.SYMBOLOGY, Rank.SYMBOLOGY_FAILED) if meant else (Rank.CHECKED, Rank.FAILED)
            rank, key = checked("sscc", element_value, *ranks, _sscc_parts(element_value))
        elif ai == "01":
            ranks = (Rank.PRODUCT, Rank.PRODUCT_ON_CARRIER) if meant else (Rank.CHANCE, Rank.CHANCE_FAILED)
            rank, key = _gtin14(element_value, *ranks)
        else:
            continue
        faulty = faulty or not key.valid
        yield rank, key
    if not parts:
        return
    rank = Rank.MESSAGE if meant else Rank.CHANCE_FAILED if faulty else Rank.CHANCE
    reason = "check_digit" if faulty else None
    yield rank, Candidate(kind=kind, value=value, parts=parts, valid=not faulty, reason=reason)


def _sscc_parts(digits: str) -> dict[str, str]:
    return {"extension": digits[0], "company_and_serial": digits[1:-1], "check": digits[-1]}


def _gtin14(digits: str, rank: int, failed: int) -> tuple[int, Candidate]:
    """A GTIN in the fourteen digits of AI 01, named by its own length: leading zeros are padding."""
    bare = digits.lstrip("0")
    length = next((n for n in (8, 12, 13, 14) if len(bare) <= n), 14)
    return checked(_GTIN_KINDS[length], digits[-length:], rank, failed, {"gtin14": digits})
