"""Rules: checked when loaded, dated to the second, and never silently skipped."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Declaration, Party, Transport
from agent.domain.consignment.effective import Effective
from agent.domain.errors import PolicyInvalid
from agent.domain.findings.finding import Disclosure, Finding, Severity
from agent.domain.policy.cel import RuleSet
from agent.domain.policy.entries import EntryKind, Regime, Rule, Unless
from agent.domain.policy.facts import FACTS, SCHEMA, FactValue, facts_of
from agent.domain.values.money import Money

EASTERN_SUMMER = timezone(timedelta(hours=-4))
STARTS = datetime(2025, 8, 29, 0, 1, tzinfo=EASTERN_SUMMER)
ENDS = datetime(2026, 2, 24, 0, 0, tzinfo=UTC)
WITHIN = datetime(2025, 12, 1, tzinfo=UTC)

RULE = Rule(
    id="low-value",
    code="LOW_VALUE",
    severity=Severity.CORRECTABLE,
    when="known.consignment.value_minor && consignment.value_minor <= 80000",
    starts=STARTS,
    ends=ENDS,
    citation="a test",
    params={"ceiling_minor": 80_000},
)


def facts(**changes: object) -> dict[str, FactValue]:
    base: dict[str, object] = {
        "consignment": "A1",
        "transport": Transport.EXPRESS,
        "value": Money(80_000, "USD"),
        "origin_country": "CN",
    }
    declaration = Declaration(**{**base, **changes})  # type: ignore[arg-type]
    return facts_of(Effective(declaration=declaration))


def codes(rule: Rule, known: dict[str, FactValue], at: datetime = WITHIN) -> list[str]:
    return [finding.code for finding in RuleSet([rule]).evaluate(known, at)]


def test_a_rule_that_holds_gives_its_finding_with_its_id_and_parameters() -> None:
    assert RuleSet([RULE]).evaluate(facts(), WITHIN) == (
        Finding(code=RULE.finding_code(), params={"ceiling_minor": 80_000, "rule": "low-value"}),
    )
    assert codes(RULE, facts(value=Money(80_001, "USD"))) == []


@pytest.mark.parametrize(
    ("at", "in_force"),
    [
        (STARTS - timedelta(seconds=1), False),
        (STARTS, True),
        (datetime(2025, 8, 29, 4, 0, 59, tzinfo=UTC), False),
        (datetime(2025, 8, 29, 4, 1, 0, tzinfo=UTC), True),
        (ENDS - timedelta(seconds=1), True),
        (ENDS, False),
        (datetime(2026, 2, 24, 8, 0, 0, tzinfo=timezone(timedelta(hours=8))), False),
        (datetime(2026, 2, 24, 7, 59, 59, tzinfo=timezone(timedelta(hours=8))), True),
    ],
)
def test_a_rule_is_in_force_from_its_first_second_up_to_not_at_its_end(at: datetime, in_force: bool) -> None:
    assert codes(RULE, facts(), at) == (["LOW_VALUE"] if in_force else [])


def test_a_rule_without_end_stays_in_force() -> None:
    assert codes(replace(RULE, ends=None), facts(), datetime(2999, 1, 1, tzinfo=UTC)) == ["LOW_VALUE"]


def test_an_instant_without_an_offset_is_refused() -> None:
    naive = datetime(2025, 12, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="offset"):
        RuleSet([RULE]).evaluate(facts(), naive)
    with pytest.raises(ValueError, match="offset"):
        replace(RULE, starts=naive)


def test_a_rule_over_an_absent_fact_is_not_evaluable_and_refers() -> None:
    unguarded = replace(RULE, when="consignment.value_minor <= 80000")
    (finding,) = RuleSet([unguarded]).evaluate(facts(value=None), WITHIN)
    assert (finding.code, finding.severity) == ("RULE_NOT_EVALUABLE", Severity.REFER)
    assert finding.params["rule"] == "low-value"


def test_a_guarded_rule_over_an_absent_fact_does_not_hold() -> None:
    assert codes(RULE, facts(value=None)) == []


@pytest.mark.parametrize("wrong", ["80000", ["80000"]])
def test_a_fact_of_the_wrong_type_is_not_evaluable(wrong: FactValue) -> None:
    assert codes(RULE, {**facts(), "consignment.value_minor": wrong}) == ["RULE_NOT_EVALUABLE"]


def test_an_error_inside_a_rule_is_not_evaluable() -> None:
    broken = replace(RULE, when='goods.origin_country.matches("a(")')
    assert codes(broken, facts()) == ["RULE_NOT_EVALUABLE"]


def test_white_space_around_a_dot_does_not_hide_a_fact() -> None:
    assert codes(replace(RULE, when="consignment . value_minor\n == 80000"), facts()) == ["LOW_VALUE"]


def test_a_sealed_rule_stays_sealed_even_where_it_cannot_be_evaluated() -> None:
    sealed = replace(RULE, when="goods.quantity > 1", disclosure=Disclosure.SEALED)
    (finding,) = RuleSet([sealed]).evaluate(facts(), WITHIN)
    assert (finding.code, finding.disclosure) == ("RULE_NOT_EVALUABLE", Disclosure.SEALED)


def test_a_rule_for_one_transport_or_origin_leaves_the_others_alone() -> None:
    assert codes(replace(RULE, mode=Transport.EXPRESS), facts()) == ["LOW_VALUE"]
    assert codes(replace(RULE, mode=Transport.MAIL), facts()) == []
    assert codes(replace(RULE, origin=("CN", "HK")), facts()) == ["LOW_VALUE"]
    assert codes(replace(RULE, origin=("CN", "HK")), facts(origin_country="VN")) == []


def test_a_rule_for_some_origins_cannot_be_told_of_goods_of_unknown_origin() -> None:
    assert codes(replace(RULE, origin=("CN",)), facts(origin_country=None)) == ["RULE_NOT_EVALUABLE"]


@pytest.mark.parametrize(
    ("when", "line", "column", "message"),
    [
        ("consignment.value_minor", 1, 1, "INT"),
        ('"yes"', 1, 1, "STRING"),
        ("dyn(1)", 1, 1, "DYN"),
        ("known.consignee.nme", 1, 16, "undeclared"),
        ("known.consignee.name &&\n consignee.name == 3", 2, 17, "overload"),
        ("1 +", 1, 4, "Syntax error"),
        ("", 1, 1, "Syntax error"),
    ],
)
def test_a_rule_that_is_not_bool_is_refused_when_loaded_with_its_place(
    when: str, line: int, column: int, message: str
) -> None:
    with pytest.raises(PolicyInvalid) as refused:
        RuleSet([RULE, replace(RULE, id="broken", when=when)])
    (error,) = refused.value.errors
    assert (error.rule, error.line, error.column) == ("broken", line, column)
    assert message in error.message


def test_every_broken_rule_is_named_at_once() -> None:
    with pytest.raises(PolicyInvalid) as refused:
        RuleSet([replace(RULE, id="one", when="1"), RULE, replace(RULE, id="two", when="2 +")])
    assert [error.rule for error in refused.value.errors] == ["one", "two"]


def test_every_fact_has_its_known_twin_and_given_facts_have_their_type() -> None:
    assert set(SCHEMA) == {*FACTS, *(f"known.{name}" for name in FACTS)}
    full = facts(
        consignee=Party("n", "s", "c", "st", "p", "US", "1", "e"),
        consignor=Party("n", "s", "c", "st", "p", "CN", "1", "e"),
        description="Men's cotton-shirt",
        quantity=2,
    )
    python = {"INT": int, "STRING": str, "BOOL": bool, "LIST": list}
    assert all(type(value) is python[SCHEMA[name]] for name, value in full.items())
    assert full["goods.words"] == ["MEN", "S", "COTTON", "SHIRT"]
    assert full["goods.text"] == "MEN S COTTON SHIRT"


@given(st.builds(Party, name=st.none() | st.text(max_size=9), country=st.none() | st.just("US")))
def test_a_fact_is_known_exactly_when_it_is_given(party: Party) -> None:
    result = facts(consignee=party)
    assert all(result[f"known.{name}"] is (name in result) for name in FACTS)


_GIVEN: st.SearchStrategy[FactValue | None] = st.sampled_from(
    [None, 0, 1, False, True, "1", ["1"], [], "USD"]
)


@given(st.lists(st.tuples(_GIVEN, _GIVEN), min_size=1, max_size=12))
@example([(0, True), (0, 1)])
def test_what_a_condition_keeps_is_what_it_would_answer_anew(
    parcels: list[tuple[FactValue | None, FactValue | None]],
) -> None:
    for quantity, known in parcels * 2:
        events = {"goods.quantity": quantity, "consignment.known_consignor": known}
        given_facts = {name: value for name, value in events.items() if value is not None}
        anew = RuleSet(KEPT.rules).evaluate(given_facts, WITHIN)
        assert KEPT.evaluate(given_facts, WITHIN) == anew


KEPT = RuleSet(
    [
        replace(RULE, id="number", when="goods.quantity == 1"),
        replace(RULE, id="either", when="consignment.known_consignor || goods.quantity == 1"),
    ]
)


@given(asked=st.frozensets(st.sampled_from(sorted(SCHEMA))), party=st.builds(Party, name=st.text(max_size=9)))
def test_of_the_facts_those_are_read_that_are_asked_for(asked: frozenset[str], party: Party) -> None:
    declaration = Declaration(
        consignment="A1", transport=Transport.MAIL, consignee=party, description="a cap", quantity=2
    )
    every = facts_of(Effective(declaration=declaration))
    result = facts_of(Effective(declaration=declaration), asked)
    assert {name: result[name] for name in asked & result.keys()} == {
        name: every[name] for name in asked & every.keys()
    }


def test_rules_ask_for_whatever_they_look_at() -> None:
    regime = Regime(
        id="some",
        title="Some",
        kind=EntryKind.DATA,
        starts=STARTS,
        citation="a test",
        given=("consignment.flight",),
        requires=("goods.hs",),
        requires_any=(("consignor.email", "consignor.phone"),),
        unless=Unless(fact="consignment.known_consignor", equals=True),
        when="goods.quantity > 1",
    )
    rules = RuleSet([RULE], [regime])
    assert rules.asked == {
        *("consignment.flight", "goods.hs", "consignor.email", "consignor.phone", "goods.quantity"),
        *("consignment.known_consignor", "consignment.value_minor", "known.consignment.value_minor"),
        *("consignment.transport", "goods.origin_country"),
    }
