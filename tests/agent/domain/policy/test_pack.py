"""Policy packs: every fault at once, and nothing accepted that is not understood."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.consignment.effective import ClaimOrder, SourceRole
from agent.domain.errors import PolicyInvalid
from agent.domain.findings.codes import pack_code
from agent.domain.findings.disposition import Disposition
from agent.domain.findings.finding import Disclosure, Finding, Severity
from agent.domain.packs.shipped import shipped_pack
from agent.domain.policy.pack import MAX_BYTES, OnAbsent, Policy, fill, parse_policy

SMALL = b"""
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
required = ["sdn"]
by_list = { sdn = 3 }
[outcomes]
mend = "RFS"
[outcomes.codes]
KNOWN_ISSUE = "none"
BAD_GOODS = "DNL"
[[regime]]
id = "acas"
from = 2018-06-12T00:00:00
to = 2025-11-21T00:00:00
citation = "19 CFR 122.48b"
requires = ["consignee.name"]
[[rule]]
id = "one"
code = "ONE"
regime = "acas"
from = 2025-08-29T00:01:00
severity = "stop"
citation = "a test"
when = "known.goods.hs"
"""


def errors_of(data: bytes) -> list[str]:
    with pytest.raises(PolicyInvalid) as refused:
        parse_policy(data, source="pack.toml")
    assert "pack.toml" in str(refused.value)
    return [str(error) for error in refused.value.errors]


def test_a_small_pack_is_read_with_its_defaults() -> None:
    policy = parse_policy(SMALL)
    assert (policy.id, policy.sequence, policy.issued) == ("small", 3, datetime(2025, 3, 1, tzinfo=UTC))
    assert (policy.tolerance.repeat_window_ms, policy.tolerance.fold_window_ms) == (10_000, 800)
    assert policy.model is None
    assert (policy.lists.fresh_for("sdn"), policy.lists.fresh_for("other")) == (3, 10)


def test_a_date_without_an_offset_is_read_in_the_packs_zone() -> None:
    (rule,) = parse_policy(SMALL).rules.rules
    assert rule.starts == datetime(2025, 8, 29, 4, 1, tzinfo=UTC)


def test_a_rule_ends_with_its_regime() -> None:
    (rule,) = parse_policy(SMALL).rules.rules
    assert rule.ends == datetime(2025, 11, 21, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "severity", "outcome"),
    [
        ("KNOWN_ISSUE", Severity.STOP, None),
        ("BAD_GOODS", Severity.NOTE, Disposition.DNL),
        ("OTHER", Severity.STOP, Disposition.DNL),
        ("OTHER", Severity.REFER, Disposition.RFS),
        ("OTHER", Severity.CORRECTABLE, Disposition.RFS),
        ("OTHER", Severity.NOTE, None),
    ],
)
def test_what_follows_goes_by_code_and_else_by_severity(
    code: str, severity: Severity, outcome: Disposition | None
) -> None:
    assert parse_policy(SMALL).outcome_of(Finding(code=pack_code(code, severity))) == outcome


def test_without_a_word_of_the_pack_mending_is_asked_for() -> None:
    policy = parse_policy(SMALL.replace(b'mend = "RFS"', b""))
    assert policy.outcome_of(Finding(code=pack_code("X"))) is Disposition.RFI


def test_an_unknown_format_is_refused_by_number_and_nothing_else_is_looked_at() -> None:
    assert errors_of(SMALL.replace(b"format = 1", b"format = 9")) == [
        "format, line 2, column 10: policy of format 9; this program reads format 1, update it first"
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "format"), (b"\xff", "not TOML"), (b"a = ", "not TOML"), (b"x" * (MAX_BYTES + 1), "bytes")],
)
def test_what_is_no_pack_is_refused(data: bytes, message: str) -> None:
    (error,) = errors_of(data)
    assert message in error


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"sequence = 3", b"sequence = 0", "sequence, line 4, column 12: 0 is not a whole number"),
        (b"sequence = 3", b"sequence = true", "sequence, line 4, column 12: True is not a whole number"),
        (b"sequence = 3", b"", "sequence: is missing"),
        (
            b"sequence = 3",
            b"sequence = 3\nsequense = 4",
            "sequense, line 5, column 12: unknown key; did you mean sequence?",
        ),
        (b'id = "small"', b'id = "Small Pack"', "lower-case letters"),
        (b"2025-03-01T00:00:00Z", b"2025-03-01T00:00:00", "offset"),
        (b"2025-03-01T00:00:00Z", b"'soon'", "a date with a time"),
        (b"America/New_York", b"America/Nowhere", "time zone"),
        (b"America/New_York", b"../etc/passwd", "time zone"),
        (b"audit_permille = 10", b"audit_permille = 1001", "audit_permille"),
        (b"settle_timeout_ms = 2000", b"settle_timeout_ms = 1.5", "settle_timeout_ms"),
        (b'mend = "RFS"', b'mend = "CLEAR"', "not one of RFI, RFS, DNL, none"),
        (b'BAD_GOODS = "DNL"', b'BAD_GOODS = "HOLD"', "outcomes.codes.BAD_GOODS"),
        (b'"consignee.name"', b'"consignee.nmae"', "not a fact"),
        (b'regime = "acas"', b'regime = "akas"', "not a regime"),
        (b'severity = "stop"', b'severity = "fatal"', "note or mend or refer or stop"),
        (b'code = "ONE"', b'code = "LISTED_PARTY"', "must be sealed"),
        (b'code = "ONE"', b'code = "one"', "upper-case letters"),
        (
            b'when = "known.goods.hs"',
            b'when = "goods.hs"',
            "rule[0].when (rule one), line 36, column 9: it gives STRING",
        ),
        (b'when = "known.goods.hs"', b'when = "known.x"', "rule[0].when (rule one), line 36, column 14"),
        (b'when = "known.goods.hs"', b'when = "known.goods.hs"\nmode = "sea"', "express or mail"),
        (
            b'when = "known.goods.hs"',
            b'when = "known.goods.hs"\norigin = ["China"]',
            "two upper-case",
        ),
        (
            b'when = "known.goods.hs"',
            b'when = "known.goods.hs"\nto = 2025-01-01T00:00:00',
            "window would be empty",
        ),
        (b'when = "known.goods.hs"', b'when = "known.goods.hs"\nparams = { rule = 1 }', "params.rule"),
        (b"from = 2025-08-29T00:01:00", b"from = 2025-11-02T01:30:00", "comes twice"),
        (b"from = 2025-08-29T00:01:00", b"from = 2025-03-09T02:30:00", "skipped"),
        (b"from = 2025-08-29T00:01:00", b"from = 2025-08-29", "a date with a time"),
        (b'citation = "a test"', b"", "rule[0].citation (rule one), line 29, column 1: is missing"),
        (
            b"[outcomes]",
            b"[model]\ndigest = 'any'\nrefer_at_permille = 500\n[outcomes]",
            "64 hexadecimal digits",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(old: bytes, new: bytes, message: str) -> None:
    assert old in SMALL
    assert any(message in error for error in errors_of(SMALL.replace(old, new, 1)))


def test_an_unknown_zone_is_told_once_and_not_again_at_every_date() -> None:
    assert len(errors_of(SMALL.replace(b"America/New_York", b"America/Nowhere"))) == 1


def test_every_fault_of_a_file_is_told_at_once() -> None:
    data = (
        SMALL.replace(b"sequence = 3", b"sequence = -1")
        .replace(b'severity = "stop"', b'severity = "fatal"')
        .replace(b"fresh_for_days = 10", b"fresh_for_days = 0")
    )
    data += SMALL[SMALL.index(b"[[rule]]") :].replace(b'"one"', b'"two"').replace(b"known.goods.hs", b"1")
    assert [error.split(":")[0] for error in errors_of(data)] == [
        "sequence, line 4, column 12",
        "lists.fresh_for_days, line 15, column 18",
        "rule[0].severity (rule one), line 34, column 12",
        "rule[1].when (rule two), line 44, column 9",
    ]


def test_two_rules_or_regimes_of_one_id_are_refused() -> None:
    tables = SMALL[SMALL.index(b"[[regime]]") :]
    assert [error for error in errors_of(SMALL + tables) if "given twice" in error] == [
        "regime[1].id (regime acas), line 38, column 6: 'acas' is given twice",
        "rule[1].id (rule one), line 44, column 6: 'one' is given twice",
    ]


def test_the_default_pack_is_filled_and_read(policy: Policy) -> None:
    assert policy.model is not None
    assert (policy.model.digest, policy.model.on_absent) == ("ab" * 32, OnAbsent.REFER)
    assert policy.tolerance.repeat_window_ms == 10_000
    assert all(rule.citation for rule in policy.rules.rules)
    assert [rule.id for rule in policy.rules.rules if rule.disclosure is Disclosure.SEALED] == ["pill-press"]


def test_the_time_of_issue_is_written_in_utc() -> None:
    template = shipped_pack()
    east = datetime.fromisoformat("2026-01-01T08:00:00+08:00")
    assert b'issued = "2026-01-01T00:00:00Z"' in fill(template, model_digest="0" * 64, issued=east)


@pytest.mark.parametrize(
    ("template", "digest", "issued", "message"),
    [
        (b"@MODEL_DIGEST@ @ISSUED@", "any", datetime(2026, 1, 1, tzinfo=UTC), "SHA-256"),
        (b"@MODEL_DIGEST@ @ISSUED@", "0" * 64, datetime(2026, 1, 1), "offset"),  # noqa: DTZ001
        (b"@ISSUED@", "0" * 64, datetime(2026, 1, 1, tzinfo=UTC), "@MODEL_DIGEST@"),
        (b"@MODEL_DIGEST@", "0" * 64, datetime(2026, 1, 1, tzinfo=UTC), "@ISSUED@"),
    ],
)
def test_a_template_is_never_filled_halfway(
    template: bytes, digest: str, issued: datetime, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fill(template, model_digest=digest, issued=issued)


LINES = SMALL.splitlines(keepends=True)


@given(st.lists(st.one_of(st.sampled_from(LINES), st.binary(max_size=12)), max_size=40), st.booleans())
def test_any_bytes_are_a_pack_or_refused_with_reasons(lines: list[bytes], whole: bool) -> None:
    data = (SMALL if whole else b"format = 1\n") + b"".join(lines)
    try:
        accepted: Policy | None = parse_policy(data)
    except PolicyInvalid as exc:
        accepted = None
        reasons = exc.errors
    assert accepted is not None or reasons


def test_a_pack_says_whose_word_counts_and_for_which_field() -> None:
    pack = (
        SMALL
        + b"""
[claims]
usual = ["post", "carrier"]
[claims.by_field]
gross_weight_g = ["carrier"]
"consignee.address" = ["seller"]
"""
    )
    order = parse_policy(pack).claims
    assert order.of("description") == (SourceRole.POST, SourceRole.CARRIER)
    assert order.of("gross_weight_g") == (SourceRole.CARRIER,)
    assert order.of("consignee.address") == (SourceRole.SELLER,)
    assert parse_policy(SMALL).claims == ClaimOrder()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b'[claims]\nusual = ["captain"]', "'captain' is not a role"),
        (b'[claims]\nusual = ["post", "post"]', "is given twice"),
        (b'[claims.by_field]\nweight = ["post"]', "no field is claimed by that name"),
    ],
)
def test_an_order_of_claims_that_names_nobody_or_nothing_is_refused(table: bytes, words: str) -> None:
    (error,) = errors_of(SMALL + table + b"\n")
    assert words in error
