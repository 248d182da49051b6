"""Names of parties made comparable."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.domain.screening.names import Hit, ListEntry, PartyList, fold, key, normalise

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
    assert (once, key(name)) == (fold.__wrapped__(name), key.__wrapped__(name)), (
        "what is kept is what is made"
    )


@given(words=st.lists(st.text("abcdef", min_size=2, max_size=6), max_size=6), data=st.data())
def test_the_order_of_words_never_matters(words: list[str], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(words))
    assert normalise(", ".join(words)) == normalise(" ".join(shuffled))


def test_a_list_finds_names_and_aliases_and_each_entry_once() -> None:
    listed = PartyList(
        id="test-list",
        issued=ISSUED,
        entries=(
            ListEntry(id="7", names=("DOE, Jane", "Janey Doe", "Jane Doe")),
            ListEntry(id="8", names=("Jane DOE",)),
            ListEntry(id="9", names=("...",)),
        ),
    )
    seven, eight = Hit(list_id="test-list", entry_id="7"), Hit(list_id="test-list", entry_id="8")
    assert listed.match(["jane doe", "JANEY DOE"]) == (seven, eight)
    assert listed.match(["John Doe", "", "---"]) == ()


def test_a_list_without_an_offset_in_its_date_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        PartyList(id="x", issued=datetime(2025, 3, 1), entries=())  # noqa: DTZ001
