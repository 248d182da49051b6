"""GS1 readings: element strings, SSCC, GTIN, UPC-E. The element strings are parsed by biip."""

from __future__ import annotations

import re
from collections.abc import Iterator

from biip import ParseConfig, ParseError
from biip.gs1_messages import GS1Message
from biip.upc import Upc

from agent.domain.candidates import Candidate, Payload, Rank, checked

FNC1_AIMS = frozenset({"C1", "J1", "Q3", "d2", "e0"})
"""Symbology identifiers whose text begins with FNC1. Source: ISO/IEC 15424."""

_EAN_AIMS = frozenset({"E0", "E3", "E4", "I1"})
_SSCC = re.compile(r"(?:00)?([0-9]{18})")
_DIGITS = re.compile(r"[0-9]+")
_GTIN_KINDS = {8: "gtin8", 12: "gtin12", 13: "gtin13", 14: "gtin14"}

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
    try:
        message = GS1Message.parse_hri(text) if typed else GS1Message.parse(text, config=_CONFIG)
    except (ParseError, ValueError, ArithmeticError):
        # biip promises ParseError; the others are what its dates and decimals could let through.
        if payload.fnc1:
            failed = Candidate(kind="gs1", value=text, valid=False, reason="gs1_syntax")
            yield Rank.MESSAGE + Rank.INVALID, failed
        return
    meant = payload.fnc1 or typed
    faulty = False
    parts: dict[str, str] = {}
    for element in message.element_strings:
        ai, value = element.ai.ai, element.value
        parts.setdefault(ai, value)
        if ai == "00":
            rank, sscc = checked("sscc", value, Rank.SYMBOLOGY if meant else Rank.CHECKED, _sscc_parts(value))
            faulty = faulty or not sscc.valid
            yield rank, sscc
        elif ai == "01":
            rank, gtin = _gtin14(value, Rank.PRODUCT if meant else Rank.CHANCE)
            faulty = faulty or not gtin.valid
            yield rank, gtin
    if parts:
        rank = (Rank.MESSAGE if meant else Rank.CHANCE) + (Rank.INVALID if faulty else 0)
        reason = "check_digit" if faulty else None
        yield (
            rank,
            Candidate(kind="gs1", value=message.as_hri(), parts=parts, valid=not faulty, reason=reason),
        )


def read_bare_gs1(payload: Payload) -> Iterator[tuple[int, Candidate]]:
    """Digits alone: SSCC, GTIN or UPC-E by their length."""
    digits = payload.text.replace(" ", "")
    if _DIGITS.fullmatch(digits) is None:
        return
    length = len(digits)
    rank = Rank.SYMBOLOGY if payload.aim in _EAN_AIMS else Rank.PRODUCT
    sscc = _SSCC.fullmatch(digits)
    if sscc is not None:
        yield checked("sscc", sscc[1], Rank.CHECKED, _sscc_parts(sscc[1]))
    if length in _GTIN_KINDS:
        yield checked(_GTIN_KINDS[length], digits, rank, {"gtin14": digits.zfill(14)})
    if length in (6, 7, 8):
        try:
            upc = Upc.parse(digits)
        except ParseError:
            return
        # Six or seven digits carry no check digit, so anything of that length reads as a UPC-E.
        upce_rank = rank if length == 8 or payload.aim in _EAN_AIMS else Rank.CHANCE
        gtin = upc.as_upc_a()
        yield upce_rank + 1, Candidate(kind="upce", value=upc.as_upc_e(), parts={"gtin14": gtin.zfill(14)})


def _sscc_parts(digits: str) -> dict[str, str]:
    return {"extension": digits[0], "company_and_serial": digits[1:-1], "check": digits[-1]}


def _gtin14(digits: str, rank: int) -> tuple[int, Candidate]:
    """A GTIN in the fourteen digits of AI 01, named by its own length: leading zeros are padding."""
    bare = digits.lstrip("0")
    length = next((n for n in (8, 12, 13, 14) if len(bare) <= n), 14)
    return checked(_GTIN_KINDS[length], digits[-length:], rank, {"gtin14": digits})
