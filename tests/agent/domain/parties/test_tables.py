"""The packs behind the checks of parties."""

from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.errors import PolicyInvalid
from agent.domain.parties.tables import PartyTables, parse_party_tables, phrases, shipped
from agent.domain.values.countries import ISO_COUNTRIES

NAMES = ("parties.toml", "us-zip.toml", "phones.toml")
PACKS = tuple(files("agent.domain.packs").joinpath(name).read_bytes() for name in NAMES)


def parsed(**changes: bytes) -> PartyTables:
    parties, zips, phones = PACKS
    given_ = {"parties": parties, "zips": zips, "phones": phones, **changes}
    return parse_party_tables(given_["parties"], given_["zips"], given_["phones"])


def test_the_shipped_packs_read_and_say_their_dates() -> None:
    assert shipped().ids == ("parties 2026-11-24", "us-zip 2026-11-24", "phones 2026-11-24")
    assert parsed().placeholders == shipped().placeholders
    assert shipped() is shipped()


def test_every_list_of_names_says_its_source() -> None:
    without = PACKS[0].replace(
        b'source = "CBP CSMS 61339949 (2024-07-15), consignees named as invalid"\n', b""
    )
    with pytest.raises(PolicyInvalid, match=r"names\[0\]\.source"):
        parsed(parties=without)


@pytest.mark.parametrize(
    ("pack", "old", "new", "words"),
    [
        ("zips", b'"090-099"', b'"90-99"', "three digits"),
        ("zips", b"\n[also]\n", b'\n[also]\nZZ = ["001"]\n', "not a state"),
        ("phones", b'"CN"', b'"XX"', "not a country"),
        ("phones", b"\n86 = ", b"\n8x = ", "one to three digits"),
        ("parties", b"format = 1", b"format = 2", "format 2"),
        ("parties", b'class = "literal"', b'class = "sly"', "placeholder"),
        ("parties", b"[keyboard]", b"[keybord]", "unknown key"),
        ("zips", b"format", b"format = 1 =", "not TOML"),
        ("zips", b"", b"\xff", "not TOML"),
    ],
)
def test_a_broken_pack_is_refused_with_its_place(pack: str, old: bytes, new: bytes, words: str) -> None:
    whole = PACKS[("parties", "zips", "phones").index(pack)]
    assert old in whole
    with pytest.raises(PolicyInvalid, match=words):
        parsed(**{pack: whole.replace(old, new, 1)})


def test_a_pack_past_the_ceiling_is_refused_unread() -> None:
    with pytest.raises(PolicyInvalid, match="the most that is read"):
        parsed(phones=b"#" * (2**20 + 1))


def test_every_country_that_has_people_has_a_calling_code() -> None:
    served = set().union(*shipped().calling_codes.values())
    assert ISO_COUNTRIES - served == {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}


def test_a_phrase_is_found_at_the_borders_of_words_and_anywhere_where_words_have_none() -> None:
    known = phrases({"box": ["po box"], "store": ["转运仓"]})
    assert known.within(["at", "po", "box", "5"]) == "box"
    assert known.within(["depo", "box"]) is None
    assert known.within(["俄勒冈转运仓a"]) == "store"
    assert known.within([]) is None


@given(st.binary(max_size=60))
def test_garbage_for_a_pack_is_refused_and_raises_nothing_else(data: bytes) -> None:
    with pytest.raises(PolicyInvalid):
        parsed(phones=data)
