"""What an authority answers, read: PSN and PER of CAMIR, XFNM and XCSN of Cargo-XML.

An answer that is not understood changes nothing: no hold is lifted by a text that does not say so.

Source: Transport Canada, PACT Technical Implementation Guide 1.9; CBP CAMIR for the status codes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from lxml import etree

from agent.domain.errors import ManifestRefused
from agent.domain.findings.disposition import Disposition
from agent.formats.air_cargo.values import instant
from agent.formats.air_cargo.xml_text import child, children, elements, local_name, text
from agent.formats.errors import AnswerInvalid

MAX_ANSWER = 1 << 20
"""Most bytes of what is read at once; an answer has some hundred, in Cargo-XML some thousand."""


class AnswerKind(StrEnum):
    """What an answer means for the waybill."""

    RECEIVED = "received"
    COMPLETE = "complete"
    """Assessed, and nothing asked. It lifts no hold."""
    HOLD_SET = "hold_set"
    HOLD_STANDS = "hold_stands"
    """The answer to an update sent while the hold stands."""
    HOLD_REMOVED = "hold_removed"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityAnswer:
    """One answer of an authority on one waybill, or on a flight manifest when it names none."""

    kind: AnswerKind
    code: str
    """As sent: SR, 7H … of CAMIR; Acknowledgement, Error, CO, RI … of Cargo-XML; the HTTP status of a PER."""
    waybill: str | None
    """Master, and house when there is one, as ``007-12345678-ABC1022506``."""
    disposition: Disposition | None = None
    """Which hold it speaks of: RFI, RFS or DNL."""
    reason: str | None = None
    """Of an error, as MISSING_SHP_ADDR."""
    text: str = ""
    at: datetime | None = None
    """UTC; None when the answer gives no year and its day of receipt is not known."""

    @property
    def master(self) -> str | None:
        """The master's number, where the waybill begins with one."""
        match = _WAYBILL.fullmatch(self.waybill or "")
        return match["master"] if match is not None else None

    @property
    def house(self) -> str | None:
        """The house's number; a waybill without a master is one."""
        match = _WAYBILL.fullmatch(self.waybill or "")
        return (match["house"] or None) if match is not None else self.waybill


_WAYBILL = re.compile(r"(?P<master>[0-9]{3}-[0-9]{8})(?:-(?P<house>.*))?")
_PER = re.compile(r"(?:(?P<waybill>[^/\s][^/]*?)\s+)?ERR/(?P<status>[0-9]{3})/\s*(?P<reason>[A-Z_]{1,40})")
_CSN = re.compile(r"CSN/(?P<code>[A-Z0-9]{2})/(?P<stamp>[0-9]{2}[A-Z]{3}[0-9]{4})(?:/(?P<text>.*))?")
_HOLDS = {"7": Disposition.RFI, "8": Disposition.RFS, "6": Disposition.DNL}
_KINDS = {"H": AnswerKind.HOLD_SET, "J": AnswerKind.HOLD_STANDS, "I": AnswerKind.HOLD_REMOVED}
_XML_HOLDS = {"RI": Disposition.RFI, "RS": Disposition.RFS, "CD": Disposition.DNL}
_XML_TEXTS = {
    "REQUEST FOR INFORMATION": Disposition.RFI,
    "REQUEST FOR SCREENING": Disposition.RFS,
    "DO NOT LOAD": Disposition.DNL,
}


def read_camir(data: bytes | str, *, received: datetime | None = None) -> tuple[AuthorityAnswer, ...]:
    """Every PSN and PER of a text, in its order.

    Args:
        data: One answer or several.
        received: When it came; gives the year that the lines leave out.

    Raises:
        AnswerInvalid: Anything in it is not a known answer. Nothing of it may be believed then.
    """
    if len(data) > MAX_ANSWER:
        raise AnswerInvalid(f"an answer of {len(data)} bytes; at most {MAX_ANSWER} are read")
    whole = data.decode("latin-1") if isinstance(data, bytes) else data
    lines = [line for raw in whole.replace("\r", "\n").split("\n") if (line := raw.strip())]
    answers = []
    at = 0
    while at < len(lines):
        answer, at = _camir(lines, at, received)
        answers.append(answer)
    if not answers:
        raise AnswerInvalid("the answer is empty; ask for it again")
    return tuple(answers)


def _camir(lines: list[str], at: int, received: datetime | None) -> tuple[AuthorityAnswer, int]:
    kind, following = lines[at], lines[at + 1 : at + 3]
    if kind == "PSN" and following:
        if match := _CSN.fullmatch(following[0]):
            return _psn(match, None, received), at + 2
        if len(following) == 2 and (match := _CSN.fullmatch(following[1])):
            return _psn(match, following[0], received), at + 3
    if kind == "PER" and following:
        if match := _PER.fullmatch(following[0]):
            return _per(match, None), at + 2
        if len(following) == 2 and (match := _PER.fullmatch(following[1])) and match["waybill"] is None:
            return _per(match, following[0]), at + 3
    raise AnswerInvalid(
        f"neither PSN nor PER at {lines[at][:40]!r}; check the message manually; existing holds remain"
    )


def _per(match: re.Match[str], waybill: str | None) -> AuthorityAnswer:
    named = waybill or match["waybill"]
    return AuthorityAnswer(
        kind=AnswerKind.ERROR,
        code=match["status"],
        waybill=_compact(named) if named else None,
        reason=match["reason"],
        text=match["reason"],
    )


def _psn(match: re.Match[str], waybill: str | None, received: datetime | None) -> AuthorityAnswer:
    code = match["code"]
    if code in ("SR", "SF"):
        kind, disposition = AnswerKind.RECEIVED if code == "SR" else AnswerKind.COMPLETE, None
    elif code[0] in _HOLDS and code[1] in _KINDS:
        kind, disposition = _KINDS[code[1]], _HOLDS[code[0]]
    else:
        raise AnswerInvalid(
            f"status code {code} is not known; check the message manually; existing holds remain"
        )
    return AuthorityAnswer(
        kind=kind,
        code=code,
        waybill=_compact(waybill) if waybill else None,
        disposition=disposition,
        text=(match["text"] or "").strip(),
        at=instant(match["stamp"], received),
    )


def _compact(waybill: str) -> str:
    """A space after a dash is a slip of the sender's layout."""
    return re.sub(r"\s*-\s*", "-", waybill.strip()).removesuffix("-")


def read_xml_answer(data: bytes) -> tuple[AuthorityAnswer, ...]:
    """The answers of a Cargo-XML message: XFNM (``Response``) or XCSN (``CustomsStatusNotification``).

    Raises:
        AnswerInvalid: It is not such a message, or its status is not known.
    """
    if len(data) > MAX_ANSWER:
        raise AnswerInvalid(f"an answer of {len(data)} bytes; at most {MAX_ANSWER} are read")
    answers: list[AuthorityAnswer] = []
    try:
        for _, message in elements(io.BytesIO(data), ("Response", "CustomsStatusNotification")):
            response = local_name(message) == "Response"
            answers += _response(message) if response else [_notification(message)]
    except ManifestRefused as exc:
        raise AnswerInvalid(str(exc)) from exc
    if not answers:
        raise AnswerInvalid(
            "no Response or CustomsStatusNotification; check the message manually; existing holds remain"
        )
    return tuple(answers)


def _response(message: etree._Element) -> Iterator[AuthorityAnswer]:
    waybill = text(message, "BusinessHeaderDocument", "ID") or None
    at = _xml_time(text(message, "MessageHeaderDocument", "IssueDateTime"))
    statuses = children(message, "ResponseStatus")
    if not statuses:
        raise AnswerInvalid("the response has no status; check the message manually; existing holds remain")
    for status in statuses:
        code, reason = text(status, "ConditionCode"), text(status, "Reason")
        if code not in ("Acknowledgement", "Error"):
            raise AnswerInvalid(
                f"condition {code[:40]!r} is not known; check the message manually; existing holds remain"
            )
        failed = code == "Error"
        yield AuthorityAnswer(
            kind=AnswerKind.ERROR if failed else AnswerKind.RECEIVED,
            code=code,
            waybill=waybill,
            reason=reason.strip() or None if failed else None,
            text=reason,
            at=at,
        )


def _notification(message: etree._Element) -> AuthorityAnswer:
    header = child(message, "BusinessHeaderDocument")
    code, information = text(header, "StatusCode"), text(header, "Information")
    upper = information.upper()
    disposition: Disposition | None
    if code in _XML_HOLDS:
        stands = "CURRENTLY IN PLACE" in upper
        kind, disposition = AnswerKind.HOLD_STANDS if stands else AnswerKind.HOLD_SET, _XML_HOLDS[code]
    elif code == "CO":
        # One code for two things: only the text tells a removed hold from a finished assessment.
        named = next((hold for words, hold in _XML_TEXTS.items() if words in upper), None)
        removed = named is not None and "REMOVED" in upper
        kind = AnswerKind.HOLD_REMOVED if removed else AnswerKind.COMPLETE
        disposition = named if removed else None
    else:
        raise AnswerInvalid(
            f"status {code[:40]!r} is not known; check the message manually; existing holds remain"
        )
    return AuthorityAnswer(
        kind=kind,
        code=code,
        waybill=_referred(message),
        disposition=disposition,
        text=information,
        at=_xml_time(text(header, "IssueDateTime")),
    )


def _referred(message: etree._Element) -> str | None:
    """Master (740, 741) and house (703) among the documents referred to."""
    numbers: dict[bool, str] = {}
    master = child(message, "MasterConsignment")
    for around in (master, *children(master, "IncludedHouseConsignment")):
        for document in children(around, "AssociatedReferenceDocument"):
            numbers.setdefault(text(document, "TypeCode") == "703", text(document, "ID"))
    parts = [part for part in (numbers.get(False), numbers.get(True)) if part]
    return "-".join(parts) or None


def _xml_time(written: str) -> datetime | None:
    """Times without an offset are UTC. Source: PACT guide 1.9."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    try:
        return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
    except OverflowError:
        return None
