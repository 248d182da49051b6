"""Numbers a declaration refers to: waybills, entries, importers, ports, headings. Shapes and check digits."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent.domain.consignment.declaration import Declaration, Transport
from agent.domain.findings.finding import Finding
from agent.domain.parties.addresses import is_american

_MASTER = re.compile(r"[0-9]{3}[- ]?([0-9]{7})([0-9])")
_HOUSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/. -]*")
_MOST_HOUSE, _MOST_HOUSE_ACAS = 35, 12
_ENTRY = re.compile(r"([A-Z0-9]{3})-?([0-9]{7})-?([0-9])")
_EMPLOYER = re.compile(r"[0-9]{2}-?[0-9]{7}[A-Z0-9]{2}|[0-9]{2}-[0-9]{7}")
_SOCIAL = re.compile(r"(?!000|666)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}")
_ASSIGNED = re.compile(r"[0-9]{6}-[0-9]{5}")
_PORT = re.compile(r"[A-Z]{3}|[A-Z]{2}[A-Z2-9]{3}|[0-9]{4}")
_HS = re.compile(r"([0-9]{2})[0-9]{4,8}")
_LETTERS = {letter: 1 + place % 9 for place, letter in enumerate("ABCDEFGHIJKLMNOPQR")} | {
    letter: 2 + place for place, letter in enumerate("STUVWXYZ")
}


def master_fault(number: str) -> str | None:
    """What is wrong with a master air waybill number: ``shape``, ``check_digit``, or None.

    Source: IATA Resolution 600a (last digit: the seven before it modulo 7); Transport Canada PACT guide 1.9.

    >>> master_fault("020-12345675"), master_fault("020-12345676"), master_fault("20-1234567")
    (None, 'check_digit', 'shape')
    """
    match = _MASTER.fullmatch(number)
    if match is None:
        return "shape"
    return None if int(match[1]) % 7 == int(match[2]) else "check_digit"


def house_fault(number: str) -> str | None:
    """What is wrong with a house waybill number: ``too_long``, ``characters``, or None.

    Source: Transport Canada PACT guide 1.9 (35 characters).
    """
    if len(number) > _MOST_HOUSE:
        return "too_long"
    return None if _HOUSE.fullmatch(number) else "characters"


def entry_check_digit(filer: str, number: str) -> int:
    """Check digit of a US entry number.

    Args:
        filer: Filer code, three upper-case letters or digits.
        number: The seven digits the filer gave.

    Source: CBP ACE CATAIR, appendix E: letters become digits, then every second one counts twice.

    >>> entry_check_digit("B76", "0324527")
    8
    """
    digits = [_LETTERS[c] if c in _LETTERS else int(c) for c in filer + number]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[1::2]]
    return -(sum(digits[::2]) + sum(doubled)) % 10


def entry_fault(number: str) -> str | None:
    """What is wrong with a US entry number, ``XXX-NNNNNNN-N``: ``shape``, ``check_digit``, or None.

    Source: 19 CFR 142.3a; CBP ACE CATAIR, appendix E.
    """
    match = _ENTRY.fullmatch(number)
    if match is None or match[1] == "000":
        return "shape"
    return None if entry_check_digit(match[1], match[2]) == int(match[3]) else "check_digit"


def is_importer_number(number: str) -> bool:
    """Whether ``number`` has the shape of an importer number.

    An employer's number (``NN-NNNNNNN`` with a suffix of two or without), a social security number
    (``NNN-NN-NNNN``), or one that CBP assigned (``YYDDPP-NNNNN``).

    Source: 19 CFR 24.5; CBP Form 5106; Social Security Administration (numbers that are never assigned).
    """
    return any(shape.fullmatch(number) for shape in (_EMPLOYER, _SOCIAL, _ASSIGNED))


def is_port(code: str) -> bool:
    """Whether ``code`` is an IATA airport, a UN/LOCODE or a port of CBP's Schedule D, by its shape."""
    return _PORT.fullmatch(code) is not None


def hs_fault(code: str, *, american: bool) -> str | None:
    """What is wrong with a tariff code of six to ten digits: ``shape``, ``chapter``, or None.

    Args:
        code: Digits alone.
        american: Whether the chapters 98 and 99 of the United States count.

    Source: WCO Harmonized System (chapters 01 to 97, 77 is reserved); HTSUS chapters 98 and 99.

    >>> [hs_fault(code, american=False) for code in ("610910", "770100", "9903011", "61091")]
    [None, 'chapter', 'chapter', 'shape']
    """
    match = _HS.fullmatch(code) if code.isascii() else None
    if match is None:
        return "shape"
    chapter = int(match[1])
    return None if (1 <= chapter <= 97 and chapter != 77) or (american and chapter > 97) else "chapter"


def check_numbers(declaration: Declaration) -> Iterable[Finding]:
    """Hold every number of ``declaration`` to its shape. No number is repeated in a finding.

    Returns:
        ``MASTER_NUMBER_REFUSED``, ``HOUSE_NUMBER_REFUSED``, ``ENTRY_NUMBER_REFUSED`` (``reason``),
        ``IMPORTER_NUMBER_REFUSED``, ``PORT_REFUSED``, ``HS_MALFORMED``, ``HS_CHAPTER_UNKNOWN`` (``item``,
        from 1, when it is an item's), all CORRECTABLE; and ``HOUSE_NUMBER_LONG`` (``characters``), a NOTE: US
        air manifests take twelve.
    """
    findings: list[Finding] = []
    if declaration.master is not None:
        findings += _refused("MASTER_NUMBER_REFUSED", master_fault(declaration.master))
    if declaration.house is not None:
        fault = house_fault(declaration.house)
        findings += _refused("HOUSE_NUMBER_REFUSED", fault)
        flown = declaration.transport is Transport.EXPRESS and is_american(declaration.consignee)
        if fault is None and flown and len(declaration.house) > _MOST_HOUSE_ACAS:
            findings.append(Finding(code="HOUSE_NUMBER_LONG", params={"characters": len(declaration.house)}))
    if declaration.entry_number is not None:
        findings += _refused("ENTRY_NUMBER_REFUSED", entry_fault(declaration.entry_number))
    importer = declaration.importer_of_record
    if importer is not None and not is_importer_number(importer):
        findings.append(Finding(code="IMPORTER_NUMBER_REFUSED"))
    if declaration.arrival_port is not None and not is_port(declaration.arrival_port):
        findings.append(Finding(code="PORT_REFUSED"))
    findings += _headings(declaration)
    return findings


def _headings(declaration: Declaration) -> Iterable[Finding]:
    """Of the consignment and of the first item that has the fault: one correction covers its like."""
    american = declaration.consignee.country is None or is_american(declaration.consignee)
    reported: set[str] = set()
    codes = ((0, declaration.hs), *((place, item.hs) for place, item in enumerate(declaration.items, 1)))
    for place, code in codes:
        fault = hs_fault(code, american=american) if code is not None else None
        if fault is not None and fault not in reported:
            reported.add(fault)
            name = "HS_MALFORMED" if fault == "shape" else "HS_CHAPTER_UNKNOWN"
            yield Finding(code=name, params={"item": place} if place else {})


def _refused(code: str, reason: str | None) -> Iterable[Finding]:
    return [Finding(code=code, params={"reason": reason})] if reason is not None else []
