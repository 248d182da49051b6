"""A pack's folder, the one document made of it, and where in it a fault stands."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.errors import PolicyInvalid
from agent.domain.packs.shipped import shipped_pack
from agent.domain.packs.source import MAX_FILES, Places, join
from agent.domain.policy.pack import fill, parse_policy

HEAD = b"""# settings
format = 1
id = "small"
sequence = 3
issued = 2025-03-01T00:00:00Z
fresh_for_days = 30
zone = "America/New_York"
validity_hours = 72
audit_permille = 10
[tolerance]
weight_tolerance_g = 50
weight_tolerance_permille = 50
settle_timeout_ms = 2000
[lists]
fresh_for_days = 10
"""
RULES = b"""
[[rule]]
id = "one"
code = "ONE"
from = 2025-08-29T00:01:00
severity = "stop"
citation = "a test"
when = '''
known.goods.hs &&
goods.hs == "1"
'''

[[rule]]   # the second
id = "two"
code = "TWO"
from = 2025-08-29T00:01:00
severity = "stop"
citation = "a test"
when = "known.goods.hs"
params = { a = 1, b = "x # no comment [[rule]]" }
"""


def faults(files: dict[str, bytes]) -> list[str]:
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy(join(files, source="folder"), source="folder")
    return [str(error) for error in refused.value.errors]


def test_a_folder_is_one_document_that_reads_as_its_files() -> None:
    document = join({"rules.toml": RULES, "pack.toml": HEAD}, source="folder")
    assert document.startswith(b"#: file pack.toml\n")
    assert [rule.id for rule in parse_policy(document).rules.rules] == ["one", "two"]
    assert join({"pack.toml": HEAD, "rules.toml": RULES}, source="folder") == document


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (b'"stop"\ncitation = "a test"\nwhen = "', b'"halt"\ncitation = "a test"\nwhen = "',
         "rules.toml, rule[1].severity (rule two), line 17, column 12: 'halt' is not note or mend"),
        (b'goods.hs == "1"', b"goods.hs == 1",
         "rules.toml, rule[0].when (rule one), line 10, column 10: found no matching overload"),
        (b'"known.goods.hs"', b'"known.goods.hss"',
         "rules.toml, rule[1].when (rule two), line 19, column 20: undeclared reference"),
        (b'"known.goods.hs"', b"'''goods.hs'''",
         "rules.toml, rule[1].when (rule two), line 19, column 11: it gives STRING, it must give BOOL"),
        (b"{ a = 1", b"{ A = 1", "rules.toml, rule[1].params.A (rule two), line 20, column 10: a parameter"),
        (b'id = "two"\n', b"", "rules.toml, rule[1].id, line 13, column 1: is missing"),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_file_line_and_column(old: bytes, new: bytes, fault: str) -> None:
    assert old in RULES
    (events,) = faults({"pack.toml": HEAD, "rules.toml": RULES.replace(old, new, 1)})
    assert events.startswith(fault)


def test_faults_of_several_files_are_told_at_once() -> None:
    events = faults(
        {
            "pack.toml": HEAD.replace(b"= 72", b"= 0"),
            "rules.toml": RULES.replace(b'"ONE"', b'"one"').replace(
                b"known.goods.hs &&", b"known.goods.hz &&"
            ),
            "regimes.toml": (
                b'[[regime]]\nid = "r"\nfrom = 2025-01-01T00:00:00\ncitation = "a test"\nrequires = ["x"]\n'
            ),
        }
    )
    assert [fault.split(": ")[0] for fault in events] == [
        "pack.toml, validity_hours, line 8, column 18",
        "regimes.toml, regime[0].requires (regime r), line 5, column 12",
        "rules.toml, rule[0].code (rule one), line 4, column 8",
        "rules.toml, rule[0].when (rule one), line 9, column 12",
    ]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"rules.toml": RULES}, "there is no pack.toml"),
        ({"pack.toml": HEAD, "Rules.toml": RULES}, "Rules.toml: not a file name of a pack"),
        ({"pack.toml": HEAD, "../x.toml": b""}, "../x.toml: not a file name"),
        ({"pack.toml": HEAD, "a.toml": b"\n# loose\nx = 1\n"}, "a.toml, line 3, column 1: begins outside"),
        ({"pack.toml": HEAD, "a.toml": b"[a]\nb = '''open\n"}, "a.toml: not TOML"),
        ({"pack.toml": HEAD, "a.toml": b"[a]\nb = \n"}, "a.toml, line 2, column 5: not TOML: Invalid value"),
        ({"pack.toml": HEAD, "a.toml": b"[a]\nb = \xff\n"}, "a.toml: not TOML"),
        ({"pack.toml": HEAD, "a.toml": b"[lists]\n"}, "a.toml, line 1, column 7: not TOML: Cannot declare"),
        ({f"f{n}.toml": b"" for n in range(MAX_FILES + 1)}, "at most"),
        ({"pack.toml": b"#" * (4 * 2**20 + 1)}, "at most"),
    ],
)  # fmt: skip
def test_what_is_no_folder_of_a_pack_is_refused(given: dict[str, bytes], fault: str) -> None:
    assert any(fault in events for events in faults(given))


def test_a_fault_of_a_single_file_has_a_line_and_no_file() -> None:
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy(HEAD.replace(b"= 72", b'= "long"'))
    (error,) = refused.value.errors
    assert (error.file, error.line, error.column) == (None, 8, 18)


def test_the_shipped_pack_is_its_folder(pack: bytes) -> None:
    folder = files("agent.domain.packs").joinpath("us-origin")
    names = {file.name for file in folder.iterdir()}
    assert {"pack.toml", "regimes.toml", "rules.toml", "codes.toml", "notices.toml"} <= names
    for name in names:
        assert b"#: file %b\n" % name.encode() in shipped_pack()
    assert pack == fill(shipped_pack(), model_digest="ab" * 32, issued=datetime(2026, 1, 1, tzinfo=UTC))


@given(st.text(alphabet="ab[].=\"'#{}\n \\,1", max_size=200))
def test_places_are_found_in_anything_and_end(text: str) -> None:
    places = Places(text)
    place = places.of("a.b")
    assert place is None or (place.line >= 1 and place.column >= 1)


NAMES = st.sampled_from(["pack.toml", "rules.toml", "x.toml", "Y", ""])
PARTS = st.sampled_from([HEAD, RULES, b"[a]\n", b"x = 1\n", b'"""', b"\xff", b""])


@given(st.dictionaries(NAMES, PARTS, max_size=5))
def test_any_files_are_a_document_or_refused_with_reasons(given_files: dict[str, bytes]) -> None:
    try:
        document: bytes | None = join(given_files, source="any")
    except PolicyInvalid as refused:
        document, reasons = None, refused.errors
    if document is None:
        assert reasons
    else:
        assert all(data.strip() in document for data in given_files.values())
