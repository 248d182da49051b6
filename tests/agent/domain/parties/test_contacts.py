"""Telephone numbers and e-mail addresses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Declaration, Party, Transport
from agent.domain.parties.check import check_parties
from agent.domain.parties.contacts import email_fault, phone_digits, phone_fault
from agent.domain.parties.tables import shipped
from agent.domain.policy.pack import Policy


def findings(policy: Policy, **fields: Any) -> list[tuple[str, str, object]]:
    declaration = Declaration(consignment="X1", transport=Transport.EXPRESS, consignee=Party(**fields))
    return [
        (f.code, f.severity.value, f.params.get("reason", f.params.get("calling_code")))
        for f in check_parties(declaration, policy)
    ]


@pytest.mark.parametrize(
    ("country", "phone"),
    [
        ("US", "+1 503-555-0142"),
        ("US", "(503) 555-0142"),
        ("US", "1-503-555-0142"),
        ("US", "5035550142 x7"),
        ("US", "Tel: 503.555.0142"),
        ("US", "503-555-0142 / 503-555-0143"),
        ("US", "+1 503 555 0142; +1 503 555 0143"),
        ("PR", "+1 787 555 0142"),
        ("CN", "+86 138 0013 8000"),
        ("CN", "0086 755 8123 4567"),
        ("CN", "13800138000"),
        ("CN", "0755-8123 4567 转 801"),
        ("CN", "＋86 １３８００１３８０００"),
        ("GB", "+44 (0)20 7946 0018"),
        ("NU", "+683 4002"),
        ("SA", "+٩٦٦ ٥٠١٢٣٤٥٦٧"),
        ("IN", "+९१ ९८१२३ ४५६७८"),
        ("KZ", "+7 701 234 5678"),
        ("JM", "+1 876 555 0142"),
    ],
)
def test_a_number_that_can_be_dialled_passes(policy: Policy, country: str, phone: str) -> None:
    assert findings(policy, country=country, phone=phone) == []


@pytest.mark.parametrize(
    ("country", "phone", "reason"),
    [
        ("US", "0000000000", "identical_digits"),
        ("CN", "000", "identical_digits"),
        ("US", "+1 111 111 1111", "identical_digits"),
        ("US", "+1 2222222222", "identical_digits"),
        ("US", "1234567890", "sequence"),
        ("CN", "123456", "sequence"),
        ("CN", "+86 1234567890", "sequence"),
        ("US", "9876543210", "sequence"),
        ("CN", "138****8000", "characters"),
        ("US", "none", "characters"),
        ("US", "", "characters"),
        ("US", "+", "characters"),
        ("CN", "1234", "too_short"),
        ("CN", "+86 12", "too_short"),
        ("US", "555-0142", "too_short"),
        ("US", "8613800138000", "too_long"),
        ("CN", "+86 138 0013 8000 1380", "too_long"),
        ("US", "103-555-0142", "not_assignable"),
        ("US", "+1 503 155 0142", "not_assignable"),
        ("CN", "+999 1234 5679", "calling_code"),
    ],
)
def test_a_number_that_cannot_be_dialled_is_refused(
    policy: Policy, country: str, phone: str, reason: str
) -> None:
    assert findings(policy, country=country, phone=phone) == [("PHONE_REFUSED", "mend", reason)]


def test_a_number_of_another_country_is_noted(policy: Policy) -> None:
    assert findings(policy, country="US", phone="+86 138 0013 8000") == [
        ("PHONE_COUNTRY_DIFFERS", "note", 86)
    ]
    assert findings(policy, country="CN", phone="011 1 503 555 0142") == [
        ("PHONE_COUNTRY_DIFFERS", "note", 1)
    ]
    assert findings(policy, country="US", phone="+800 1234 5679") == []
    assert findings(policy, phone="+86 138 0013 8000") == []


@pytest.mark.parametrize(
    "email",
    [
        "jane@example.org",
        "Jane.Doe+parcels@mail.example.co.uk",
        "o'brien@example.ie",
        "张三@例子.公司",
        "иван@почта.рф",
        "अजय@डाटा.भारत",
        '"jane doe"@example.org',
        "a@b.museum",
        "x_y-z@a-b.xn--p1ai",
        "test@gmail.com",
        "123@qq.com",
    ],
)
def test_an_address_that_mail_can_be_sent_to_passes(policy: Policy, email: str) -> None:
    assert findings(policy, email=email) == []


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("", "syntax"),
        ("jane", "syntax"),
        ("jane@", "syntax"),
        ("@example.org", "syntax"),
        ("jane@example", "syntax"),
        ("jane@@example.org", "syntax"),
        ("jane doe@example.org", "syntax"),
        ("jane.@example.org", "syntax"),
        ("ja..ne@example.org", "syntax"),
        ("jane@-example.org", "syntax"),
        ("jane@example-.org", "syntax"),
        ("jane@example.o", "syntax"),
        ("jane@127.0.0.1", "syntax"),
        ("x" * 65 + "@example.org", "syntax"),
        ("jane@" + "x" * 64 + ".org", "syntax"),
        ("j***@example.org", "masked"),
        ("test@test.com", "placeholder"),
        ("NoEmail@noemail.com", "placeholder"),
        ("none@none.net", "placeholder"),
    ],
)
def test_an_address_no_mail_arrives_at_is_refused(policy: Policy, email: str, reason: str) -> None:
    assert findings(policy, email=email) == [("EMAIL_REFUSED", "mend", reason)]


def test_an_address_that_expires_by_design_is_noted(policy: Policy) -> None:
    for email in ("a.b@mailinator.com", "a.b@eu.Mailinator.com"):
        assert findings(policy, email=email) == [("EMAIL_DISPOSABLE", "note", None)]
    assert findings(policy, email="a.b@notmailinator.com") == []


def test_no_finding_repeats_a_contact(policy: Policy) -> None:
    party = Party(phone="138****8000", email="secret**@mailinator.com", country="US")
    declaration = Declaration(consignment="X1", transport=Transport.MAIL, consignee=party)
    events = [str(value) for f in check_parties(declaration, policy) for value in f.params.values()]
    assert len(events) == 4
    assert not any("138" in value or "secret" in value or "mailinator" in value for value in events)


_PHONE = st.text("+0123456789()-. /#x٣३３*转ext", max_size=40) | st.text(max_size=40)


@given(text=_PHONE, country=st.sampled_from(["US", "CN", "GB", None, "ZZ"]))
def test_any_text_for_a_number_is_judged_without_error(text: str, country: str | None) -> None:
    digits = phone_digits(text)
    kept = (digits, phone_fault(digits, country, shipped()))
    assert kept == (phone_digits.__wrapped__(text), phone_fault.__wrapped__(digits, country, shipped()))
    assert digits is None or (digits.lstrip("+").isascii() and digits.lstrip("+").isdecimal())
    if phone_fault(digits, country, shipped()) is None:
        assert digits is not None
        assert 5 <= len(digits.lstrip("+")) <= 15


@given(st.text(max_size=60) | st.from_regex(r"[a-z.]{0,8}@[a-z.-]{0,12}", fullmatch=True))
def test_any_text_for_an_address_is_judged_and_what_passes_has_a_domain(text: str) -> None:
    assert email_fault(text, shipped()) == email_fault.__wrapped__(text, shipped())
    if email_fault(text, shipped()) is None:
        local, _, domain = text.strip().rpartition("@")
        assert local
        assert "." in domain
        assert not domain.startswith(".")
