"""Texts made comparable: names of parties, descriptions of goods."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.domain.descriptions import Terms, check_description, structural_fault
from agent.domain.findings import Severity
from agent.domain.names import Entry, Hit, PartyList, fold, key, normalise

ISSUED = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("DOE, Jane", "jane doe"),
        ("José  García-López", "GARCIA LOPEZ, JOSE"),
        ("Łukasz Øster", "lukasz oster"),
        ("O'Brien", "OBRIEN"),
        ("O’Brien", "OBRIEN"),
        ("Example Trading Co., Ltd.", "EXAMPLE TRADING CO LTD"),
        ("Example S.A.", "example sa"),
        ("ＡＣＭＥ", "acme"),
        ("Straße", "STRASSE"),
        ("ja\u200bne doe", "jane doe"),
        ("张 三", "张三"),
    ],
)
def test_two_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Example Ltd", "Example GmbH"), ("Jane Doe", "Jane Do"), ("Иван", "Ivan")]
)
def test_two_names_keep_two_keys(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_an_invisible_character_does_not_part_a_word() -> None:
    assert fold("ja\u200bne") == "jane"


def test_fold_keeps_the_order_of_words_and_normalise_sorts_them() -> None:
    assert (fold("Zoë, Ann"), normalise("Zoë, Ann")) == ("zoe ann", "ann zoe")


@given(st.text(max_size=60))
@example("ß\u0345İ")
@example("a' b ﬁ ㎏")
@example("0:00:0")
def test_folding_a_folded_name_changes_nothing_and_leaves_words_with_single_spaces(name: str) -> None:
    once = fold(name)
    assert fold(once) == once
    assert once == " ".join(once.split())
    assert key(once) == key(name)


@given(words=st.lists(st.text("abcdef", min_size=2, max_size=6), max_size=6), data=st.data())
def test_the_order_of_words_never_matters(words: list[str], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(words))
    assert normalise(", ".join(words)) == normalise(" ".join(shuffled))


def test_a_list_finds_names_and_aliases_and_each_entry_once() -> None:
    listed = PartyList(
        id="test-list",
        issued=ISSUED,
        entries=(
            Entry(id="7", names=("DOE, Jane", "Janey Doe", "Jane Doe")),
            Entry(id="8", names=("Jane DOE",)),
            Entry(id="9", names=("...",)),
        ),
    )
    seven, eight = Hit(list_id="test-list", entry_id="7"), Hit(list_id="test-list", entry_id="8")
    assert listed.match(["jane doe", "JANEY DOE"]) == (seven, eight)
    assert listed.match(["John Doe", "", "---"]) == ()


def test_a_list_without_an_offset_in_its_date_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        PartyList(id="x", issued=datetime(2025, 3, 1), entries=())  # noqa: DTZ001


TERMS = Terms(
    stop=("gift", "said to contain", "spare parts", "parts", "accessories", "merc.", "礼品"),
    fillers=("of", "for", "new"),
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \u200b ", "empty"),
        ("...", "only_special"),
        ("#?!", "only_special"),
        ("12345", "only_digits"),
        ("12 345", "only_digits"),
        ("12-345", "special_and_digits"),
        ("xxx", "identical_characters"),
        ("1111", "identical_characters"),
        (".pdf", "file_extension"),
        ("2 pcs", "nothing_said"),
        ("G1FT", "nothing_said"),
        ("AB-1234X", "nothing_said"),
        ("for the", None),
        ("of for", "nothing_said"),
        ("Gift", "stop_term"),
        ("GIFTS", "stop_term"),
        ("ｇｉｆｔ", "stop_term"),
        ("gi\u200bft", "stop_term"),
        ("2 pcs new gift, accessories", "stop_term"),
        ("accessory", "stop_term"),
        ("Said to contain: spare parts", "stop_term"),
        ("merc", "stop_term"),
        ("礼品", "stop_term"),
        ("said to", None),
        ("gift card holder", None),
        ("brake pads", None),
        ("glass", None),
        ("棉质衬衫", None),
        ("USB-C cable 2m", None),
    ],
)
def test_a_description_is_refused_for_its_reason_or_taken(text: str, reason: str | None) -> None:
    found = check_description(text, TERMS)
    assert (found.params["reason"] if found else None) == reason


def test_the_finding_names_the_term_and_never_repeats_the_text() -> None:
    found = check_description(
        "2 new spare parts for Jane's 4711", Terms(stop=("spare parts", "jane"), fillers=("for", "new"))
    )
    assert found is not None
    assert (found.code, found.severity) == ("DESCRIPTION_REFUSED", Severity.MEND)
    assert dict(found.params) == {"reason": "stop_term", "term": "SPARE PART"}


@given(st.text(max_size=80))
@example("\u0345")
def test_any_text_is_judged_without_error_and_case_does_not_matter(text: str) -> None:
    found = check_description(text, TERMS)
    assert found is None or found.params["reason"]
    if structural_fault(text) is not None:
        assert found is not None


@given(
    st.lists(
        st.sampled_from(["GIFT", "gifts", "2", "pcs", "spare parts", "of", "said to contain"]), max_size=30
    )
)
def test_stop_terms_and_fillers_never_add_up_to_a_description(words: list[str]) -> None:
    assert check_description(" ".join(words), TERMS) is not None
