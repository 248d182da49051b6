"""An authority's answers: written as its guide has them, read back, never guessed at."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.domain.findings.disposition import Disposition
from agent.formats.air_cargo.placi import PSN_TEXTS, PlaciReason, write_per, write_psn
from agent.formats.air_cargo.placi_answers import (
    MAX_ANSWER,
    AnswerKind,
    AuthorityAnswer,
    read_camir,
    read_xml_answer,
)
from agent.formats.errors import AnswerInvalid

AT = datetime(2024, 11, 22, 19, 2, tzinfo=UTC)


def test_error_reports_are_written_as_the_guide_has_them() -> None:
    assert write_per("MISSING_WEIGHT", master="007-12345678", house="HAW0123456") == (
        "PER\n007-12345678-HAW0123456 ERR/422/MISSING_WEIGHT"
    )
    assert write_per(PlaciReason.BAD_WBL_FORMAT) == "PER\nERR/400/BAD_WBL_FORMAT"
    assert write_per(PlaciReason.MISSING_WBL_LINE, house="HAW1") == "PER\nHAW1 ERR/422/MISSING_WBL_LINE"
    with pytest.raises(ValueError, match="MISSING_LUCK"):
        write_per("MISSING_LUCK")


def test_status_notifications_are_written_as_the_guide_has_them() -> None:
    house = write_psn("7H", AT, master="007-12345678", house="ABC1022506")
    assert house == "PSN\n007-12345678-ABC1022506\nCSN/7H/22NOV1902/REQUEST FOR INFORMATION HOLD"
    local = AT.astimezone(timezone(timedelta(hours=8)))
    assert write_psn("SR", local) == "PSN\nCSN/SR/22NOV1902/NO ERRORS"
    with pytest.raises(ValueError, match="9H"):
        write_psn("9H", AT)
    with pytest.raises(ValueError, match="zone"):
        write_psn("SR", AT.replace(tzinfo=None))


HOLDS = {"7": Disposition.RFI, "8": Disposition.RFS, "6": Disposition.DNL}
KINDS = {"H": AnswerKind.HOLD_SET, "J": AnswerKind.HOLD_STANDS, "I": AnswerKind.HOLD_REMOVED}


@pytest.mark.parametrize("code", PSN_TEXTS)
def test_what_is_written_is_read_back(code: str) -> None:
    (answer,) = read_camir(write_psn(code, AT, master="007-12345678", house="ABC-1"), received=AT)
    assert (answer.code, answer.waybill, answer.at) == (code, "007-12345678-ABC-1", AT)
    assert (answer.master, answer.house, answer.text) == ("007-12345678", "ABC-1", PSN_TEXTS[code])
    if code in ("SR", "SF"):
        assert answer.kind is (AnswerKind.RECEIVED if code == "SR" else AnswerKind.COMPLETE)
        assert answer.disposition is None
    else:
        assert (answer.disposition, answer.kind) == (HOLDS[code[0]], KINDS[code[1]])


@pytest.mark.parametrize("reason", PlaciReason)
def test_every_reason_is_read_back(reason: PlaciReason) -> None:
    (answer,) = read_camir(write_per(reason, master="007-12345678", house="HAW0123456"))
    assert (answer.kind, answer.reason) == (AnswerKind.ERROR, reason)
    assert (answer.master, answer.house) == ("007-12345678", "HAW0123456")
    assert answer.code == ("400" if reason in ("INVALID_MESSAGE_TYPE", "BAD_WBL_FORMAT") else "422")


def test_answers_are_read_in_every_layout_the_guide_shows() -> None:
    text = (
        "PSN\r\n007-12345678- ABC31022506\r\nCSN/7H/22NOV1902/ PACT REQUEST FOR INFORMATION HOLD\r\n"
        "PER\r\n007-54400194-HAW\r\nERR/422/MISSING_HOUSE_BILL_NBR\r\n"
        "PER\r\n007-12345678-HAW1 ERR/422/ MISSING_CONSOL_INDI\r\n"
        "PSN\r\nCSN/SR/22NOV1902/NO ERRORS\r\n"
    )
    hold, missing, consol, receipt = read_camir(text.encode())
    assert (hold.waybill, hold.at) == ("007-12345678-ABC31022506", None)
    assert hold.text == "PACT REQUEST FOR INFORMATION HOLD"
    assert (missing.waybill, missing.reason) == ("007-54400194-HAW", "MISSING_HOUSE_BILL_NBR")
    assert (consol.waybill, consol.reason) == ("007-12345678-HAW1", "MISSING_CONSOL_INDI")
    assert (receipt.kind, receipt.waybill, receipt.master) == (AnswerKind.RECEIVED, None, None)


def test_a_waybill_without_a_master_is_a_house() -> None:
    (answer,) = read_camir("PSN\nHAW0123456\nCSN/SR/22NOV1902/NO ERRORS")
    assert (answer.master, answer.house) == (None, "HAW0123456")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PSN",
        "PSN\n007-12345678",
        "PSN\n007-12345678\nCSN/9Z/22NOV1902/NEW",
        "PER\n007-12345678\n007-12345678 ERR/422/MISSING_WEIGHT",
        "PSN\n007-12345678\nCSN/SR/22NOV1902/NO ERRORS\nand so on",
        "X" * (MAX_ANSWER + 1),
    ],
)
def test_what_is_no_answer_changes_nothing(text: str) -> None:
    with pytest.raises(AnswerInvalid):
        read_camir(text)


def xfnm(condition: str, reason: str) -> bytes:
    return f"""<rsm:Response xmlns:rsm="iata:response:3" xmlns:ram="iata:datamodel:3">
      <rsm:MessageHeaderDocument><ram:IssueDateTime>2025-02-14T09:33:48</ram:IssueDateTime>
      </rsm:MessageHeaderDocument>
      <rsm:BusinessHeaderDocument><ram:ID>000-12345623</ram:ID></rsm:BusinessHeaderDocument>
      <rsm:ResponseStatus><ram:ConditionCode>{condition}</ram:ConditionCode>
      <ram:Reason>{reason}</ram:Reason></rsm:ResponseStatus></rsm:Response>""".encode()


def xcsn(code: str, text: str, house: str = "") -> bytes:
    house = house and (
        "<ram:IncludedHouseConsignment><ram:AssociatedReferenceDocument>"
        f"<ram:ID>{house}</ram:ID><ram:TypeCode>703</ram:TypeCode>"
        "</ram:AssociatedReferenceDocument></ram:IncludedHouseConsignment>"
    )
    return f"""<c:CustomsStatusNotification xmlns:c="iata:customsstatusnotification:1"
      xmlns:ram="iata:datamodel:3"><c:BusinessHeaderDocument><ram:StatusCode>{code}</ram:StatusCode>
      <ram:Information>{text}</ram:Information><ram:IssueDateTime>2025-02-14T09:33:48+01:00</ram:IssueDateTime>
      </c:BusinessHeaderDocument><c:MasterConsignment><ram:AssociatedReferenceDocument>
      <ram:ID>000-77777770</ram:ID><ram:TypeCode>741</ram:TypeCode></ram:AssociatedReferenceDocument>
      {house}</c:MasterConsignment></c:CustomsStatusNotification>""".encode()


def test_xml_receipts_and_errors_are_read() -> None:
    (receipt,) = read_xml_answer(xfnm("Acknowledgement", "No Errors"))
    at = datetime(2025, 2, 14, 9, 33, 48, tzinfo=UTC)
    assert (receipt.kind, receipt.waybill, receipt.at) == (AnswerKind.RECEIVED, "000-12345623", at)
    (failed,) = read_xml_answer(xfnm("Error", "MISSING_SHP_ADDR"))
    assert (failed.kind, failed.reason) == (AnswerKind.ERROR, "MISSING_SHP_ADDR")


@pytest.mark.parametrize(
    ("code", "text", "kind", "disposition"),
    [
        ("RI", "PACT REQUEST FOR INFORMATION HOLD", AnswerKind.HOLD_SET, Disposition.RFI),
        (
            "RI",
            "PACT REQUEST FOR INFORMATION HOLD CURRENTLY IN PLACE",
            AnswerKind.HOLD_STANDS,
            Disposition.RFI,
        ),
        ("RS", "", AnswerKind.HOLD_SET, Disposition.RFS),
        ("CD", "PACT DO NOT LOAD HOLD", AnswerKind.HOLD_SET, Disposition.DNL),
        ("CO", "PACT DO NOT LOAD REMOVED", AnswerKind.HOLD_REMOVED, Disposition.DNL),
        ("CO", "PACT REQUEST FOR SCREENING HOLD REMOVED", AnswerKind.HOLD_REMOVED, Disposition.RFS),
        ("CO", "PACT ASSESSMENT COMPLETE", AnswerKind.COMPLETE, None),
        ("CO", "", AnswerKind.COMPLETE, None),
    ],
)
def test_xml_statuses_are_read_and_no_hold_is_lifted_by_silence(
    code: str, text: str, kind: AnswerKind, disposition: Disposition | None
) -> None:
    (answer,) = read_xml_answer(xcsn(code, text, house="ABC1"))
    assert (answer.kind, answer.disposition) == (kind, disposition)
    assert (answer.master, answer.house) == ("000-77777770", "ABC1")
    assert answer.at == datetime(2025, 2, 14, 8, 33, 48, tzinfo=UTC)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<Response/>",
        b"<a/>",
        xfnm("Maybe", ""),
        xcsn("ZZ", ""),
        b'<!DOCTYPE a [<!ENTITY e "x">]><Response>&e;</Response>',
        b"<Response>" * 100,
    ],
)
def test_what_is_no_xml_answer_changes_nothing(data: bytes) -> None:
    with pytest.raises(AnswerInvalid):
        read_xml_answer(data)


def kinds(answers: tuple[AuthorityAnswer, ...]) -> set[AnswerKind]:
    return {answer.kind for answer in answers}


@settings(deadline=None)
@given(
    lines=st.lists(
        st.one_of(
            st.sampled_from(["PSN", "PER", "CSN/SF/22NOV1902/OK", "CSN/7H/30FEB2561/", "ERR/422/X"]),
            st.text(max_size=20),
        ),
        max_size=8,
    )
)
def test_lines_of_any_kind_are_answers_or_invalid(lines: list[str]) -> None:
    with contextlib.suppress(AnswerInvalid):
        assert kinds(read_camir("\n".join(lines), received=AT))


@settings(deadline=None)
@given(
    data=st.sampled_from([xfnm("Error", "X"), xcsn("CO", "PACT DO NOT LOAD REMOVED")]),
    at=st.integers(0, 900),
    instead=st.binary(max_size=6),
)
def test_mutated_xml_answers_are_answers_or_invalid(data: bytes, at: int, instead: bytes) -> None:
    with contextlib.suppress(AnswerInvalid):
        assert kinds(read_xml_answer(data[: at % len(data)] + instead + data[at % len(data) + 1 :]))
