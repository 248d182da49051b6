"""Texts for senders: complete in every language, short, and never more than the finding says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.consignment.declaration import (
    Account,
    Declaration,
    IdentityDocument,
    Item,
    Party,
    Transport,
)
from agent.domain.consignment.effective import Claim, SourceRole, effective
from agent.domain.findings.code import Corrector
from agent.domain.findings.codes import FACT_OF_CODE, codes_corrected_by
from agent.domain.findings.finding import Severity
from agent.domain.policy.pack import Policy
from agent.domain.values.money import Money
from agent.texts.catalogue import FINDINGS, LANGUAGES, words_of
from agent.texts.findings import codes, field_of, source_faults, source_of, text_of


def test_every_code_has_its_source_and_every_fact_its_name_and_example() -> None:
    assert list(source_faults()) == []


def test_every_code_that_a_sender_can_correct_has_a_text() -> None:
    correctable = codes_corrected_by(Corrector.SENDER)
    assert len(correctable) > 40
    assert correctable - FACT_OF_CODE.keys() - set(codes()) == set()


def test_the_shipped_pack_brings_the_words_of_all_its_rules_in_every_language(policy: Policy) -> None:
    brought = {(text.code, text.lang) for text in policy.texts}
    assert brought == {(rule.code, language) for rule in policy.rules.rules for language in LANGUAGES}
    for text in policy.texts:
        if text.code in codes():
            known = text_of(text.code, {}, text.lang)
            assert (text.reason, text.remedy, text.example) == (known.reason, known.remedy, known.example)


def test_every_text_is_of_a_code_that_a_sender_can_correct_or_of_a_rule_of_the_shipped_pack(
    policy: Policy,
) -> None:
    of_rules = {rule.code for rule in policy.rules.rules}
    assert set(codes()) - codes_corrected_by(Corrector.SENDER) - of_rules == {"MISSING"}


def test_every_rule_of_the_shipped_pack_that_asks_for_a_correction_has_a_text(policy: Policy) -> None:
    asked = {rule.code for rule in policy.rules.rules if rule.severity is Severity.CORRECTABLE}
    assert len(asked) >= 3
    assert asked - set(codes()) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_reads_in_every_language_with_its_source(language: str) -> None:
    for code in (*codes(), *FACT_OF_CODE):
        events = text_of(code, {"field": "consignee.name", "other": "goods.hs"}, language)
        assert events.reason
        assert events.remedy
        assert "{" not in events.reason + events.remedy
        assert events.citation is not None
        assert source_of(events.citation)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_missing_fact_is_named_and_shown_by_an_example(language: str) -> None:
    for code, fact in FACT_OF_CODE.items():
        events = text_of(code, {"regime": "us-acas"}, language)
        assert field_of(fact, language) in events.reason
        assert events.example


def test_each_language_says_it_in_its_own_words() -> None:
    for code in codes():
        assert len({text_of(code, {"field": "goods.hs"}, language).remedy for language in LANGUAGES}) == 6


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        ("en", "Placeholder given: recipient's name"),
        ("zh-CN", "填了占位词：收件人姓名或名称"),
        ("es", "Texto de relleno: nombre (destinatario)"),
        ("vi", "Ghi chữ giữ chỗ: tên người nhận"),
        ("tr", "Geçici sözcük yazılmış: alıcı: ad"),
        ("hi", "भरती का शब्द लिखा है: प्राप्तकर्ता – नाम"),
    ],
)
def test_the_reason_is_as_precise_as_the_finding(language: str, reason: str) -> None:
    params = {"field": "consignee.name", "reason": "placeholder"}
    assert text_of("PARTY_REFUSED", params, language).reason == reason
    general = text_of("PARTY_REFUSED", {**params, "reason": "only_digits"}, language)
    assert general.reason == text_of("PARTY_REFUSED", {"field": "consignee.name"}, language).reason
    assert general.reason != reason


def test_a_class_a_term_and_a_choice_of_facts_are_put_into_words() -> None:
    assert (
        text_of("ADDRESS_CLASS", {"field": "consignee.street", "class": "po_box"}, "en").reason
        == "Address is a PO box"
    )
    vague = text_of("DESCRIPTION_REFUSED", {"reason": "stop_term", "term": "GIFT"}, "es")
    assert vague.reason == "Demasiado vago: GIFT"
    either = text_of("MISSING_CONSIGNEE_EMAIL", {"regime": "x", "or": "consignee.phone goods.hs"}, "en")
    assert either.remedy == "Add one of these: recipient's e-mail address, recipient's phone number, HS code."


def test_the_example_is_of_the_code_or_else_of_the_field() -> None:
    assert text_of("HS_MALFORMED", {}, "hi").example == "610910"
    assert text_of("PHONE_REFUSED", {"field": "consignor.phone"}, "en").example == "+86 755 8123 4567"
    assert text_of("SOURCES_DISAGREE", {"field": "nothing.known"}, "en").example is None


def test_a_code_without_a_text_is_shown_as_it_is() -> None:
    events = text_of("NOBODY_WROTE_THIS", {"field": "goods.hs"}, "vi")
    assert events.as_dict() == {
        "reason": "NOBODY_WROTE_THIS",
        "remedy": None,
        "example": None,
        "citation": None,
    }


def test_a_language_without_a_catalogue_falls_back_on_its_kin_and_then_on_english() -> None:
    words = {
        tag: text_of("STATE_UNKNOWN", {"field": "consignee.state"}, tag).remedy
        for tag in ("zh_TW", "es-MX", "fr")
    }
    assert words == {
        "zh_TW": words_of(FINDINGS, "zh-CN")["remedy.STATE_UNKNOWN"],
        "es-MX": words_of(FINDINGS, "es")["remedy.STATE_UNKNOWN"],
        "fr": words_of(FINDINGS, "en")["remedy.STATE_UNKNOWN"],
    }


def test_every_field_that_sources_can_disagree_on_has_a_name() -> None:
    party = Party(name="A", street="B", phone="1", email="e", country="CN")
    other = Party(name="C", street="D", phone="2", email="f", country="US")

    def words(role: SourceRole, who: Party, mark: str, grams: int) -> Claim:
        declaration = Declaration(
            consignment="X1", transport=Transport.EXPRESS, consignor=who, consignee=who, seller=who,
            purchaser=who, description=mark, hs=mark, quantity=grams, gross_weight_g=grams, house=mark,
            value=Money(grams, "USD"), master=mark, marketplace=mark, receptacle=mark, flight=mark,
            items=(Item(hs=mark),), mailed_on=mark, account=Account(number=mark),
            identity_document=IdentityDocument(number=mark),
        )  # fmt: skip
        return Claim(role=role, party=role.value, received="2026-01-01T00:00:00Z", declaration=declaration)

    claims = [words(SourceRole.CARRIER, party, "a", 1), words(SourceRole.SELLER, other, "b", 2)]
    fields = [conflict.field for conflict in effective(claims).conflicts]
    assert len(fields) > 20
    assert [field for field in fields if field_of(field, "hi") == field] == []


@given(
    code=st.sampled_from(codes()) | st.text(max_size=20),
    params=st.dictionaries(
        st.sampled_from(["field", "other", "or", "class", "term", "reason", "calling_code"])
        | st.text(max_size=8),
        st.text(max_size=300) | st.integers(),
        max_size=5,
    ),
    lang=st.sampled_from(LANGUAGES) | st.text(max_size=8),
)
def test_any_code_and_parameters_read_without_error_and_no_value_is_a_pattern(
    code: str, params: dict[str, str | int], lang: str
) -> None:
    events = text_of(code, params, lang)
    assert events == text_of(code, params, lang)
    nested = text_of("DESCRIPTION_REFUSED", {"reason": "stop_term", "term": "{field}{term}\\1"}, "en")
    assert nested.reason == "Too vague: {field}{term}\\1"
