"""``preclear assess`` and ``preclear schema``: the contract for programs outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from agent.cli import main
from agent.domain.consignment.declaration import Declaration
from agent.domain.errors import DeclarationInvalid
from agent.domain.policy.facts import FACTS
from agent.domain.values.money import Money
from agent.formats.consignment_json import consignment_schema, field_of, read_consignment

WHOLE: dict[str, Any] = {
    "id": "SKY-1",
    "mode": "express",
    "consignor": {
        "name": "Pearl Ridge Trading Ltd", "street": "88 Xinghu Road", "city": "Shenzhen", "country": "CN",
    },
    "consignee": {
        "name": "Avery Bellwether", "street": "12 Dunmore Street", "city": "Portland", "state": "OR",
        "postcode": "97205", "country": "US", "phone": "+1 503 223 8761", "email": "avery@bellwether.org",
    },
    "description": "men's knitted cotton shirt, short sleeve",
    "hs": "6109100012",
    "quantity": 1,
    "piece_count": 1,
    "gross_weight": {"amount": "0.29", "unit": "kg"},
    "value": {"amount": "799.99", "currency": "USD"},
    "origin_country": "CN",
    "pickup_place": "Shenzhen",
    "known_consignor": True,
}  # fmt: skip
NOW = "2026-11-24T12:00:00Z"


def preclear(*arguments: str | Path, given: str = "") -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)], input=given)


def assessed(*lines: Mapping[str, Any] | str, at: str = NOW, extra: tuple[str, ...] = ()) -> Result:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return preclear("assess", "--at", at, *extra, given=text + "\n")


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_consignment_is_answered_with_findings_regime_and_disposition() -> None:
    result = assessed(WHOLE)
    assert result.exit_code == 0
    (answer,) = answers(result)
    assert (answer["id"], answer["regime"], answer["disposition"]) == ("SKY-1", "us-informal-entry", "CLEAR")
    assert answer["evaluated_for"] == NOW
    assert "us-acas-enhanced" in answer["regimes"]
    (note,) = [f for f in answer["findings"] if f["code"] == "NO_DE_MINIMIS"]
    assert note == {
        "code": "NO_DE_MINIMIS", "severity": "note", "field": "value.amount",
        "citation": "91 FR 37789; 19 CFR 10.151 (suspension codified)",
    }  # fmt: skip


def test_what_is_missing_names_its_field_in_the_words_of_the_schema() -> None:
    claim = {k: v for k, v in WHOLE.items() if k not in ("gross_weight", "hs", "pickup_place")}
    (answer,) = answers(assessed(claim | {"consignee": WHOLE["consignee"] | {"email": None}}))
    fields = {f["field"]: f for f in answer["findings"] if f["severity"] == "mend"}
    assert fields.keys() == {"gross_weight", "hs", "pickup_place", "consignee.email"}
    assert "90 FR 52796" in fields["consignee.email"]["citation"]
    assert answer["disposition"] == "RFI"


@pytest.mark.parametrize(
    ("at", "regime"),
    [
        ("2025-08-29T00:00:59-04:00", "us-section-321"),
        ("2025-08-29T00:01:00-04:00", "us-informal-entry"),
        ("2025-08-29T04:01:00Z", "us-informal-entry"),
    ],
)
def test_the_second_decides(at: str, regime: str) -> None:
    (answer,) = answers(assessed(WHOLE | {"origin_country": "GB"}, at=at))
    assert answer["regime"] == regime


def test_the_expected_arrival_goes_before_the_time_of_assessment() -> None:
    claim = WHOLE | {"origin_country": "GB", "expected_arrival": "2025-08-29T00:01:00-04:00"}
    (answer,) = answers(assessed(claim, at="2025-08-28T00:00:00Z"))
    assert (answer["regime"], answer["evaluated_for"]) == ("us-informal-entry", "2025-08-29T04:01:00Z")


def test_a_sealed_reason_shows_as_neutral() -> None:
    (answer,) = answers(assessed(WHOLE | {"description": "steel tablet press for pharmacies"}))
    assert answer["disposition"] == "RFS"
    assert answer["findings"][0] == {
        "code": "SCREENING",
        "severity": "refer",
        "field": None,
        "citation": None,
    }


def test_every_finding_but_the_neutral_one_has_its_citation() -> None:
    wrong = {
        "id": "W", "mode": "express", "description": "gift", "hs": "61", "origin_country": "XX",
        "consignee": {"name": "Unknown", "street": "...", "country": "US", "postcode": "1"},
        "value": {"amount": 3000, "currency": "EUR"}, "entry_type": "86", "expected_arrival": "soon",
    }  # fmt: skip
    (answer,) = answers(assessed(wrong))
    codes = {f["code"] for f in answer["findings"]}
    assert codes >= {
        "DESCRIPTION_REFUSED", "HS_MALFORMED", "COUNTRY_UNKNOWN", "PARTY_REFUSED", "VALUE_NOT_COMPARABLE",
        "ENTRY_TYPE_CLOSED", "EXPECTED_ARRIVAL_UNREADABLE", "POSTCODE_MALFORMED",
    }  # fmt: skip
    assert [f for f in answer["findings"] if not f["citation"]] == []
    assert [f for f in answer["findings"] if not f["field"]] == []


def test_a_bad_line_is_answered_in_its_place_and_ends_with_3() -> None:
    result = assessed(WHOLE, '{"id": 1}', "", "nonsense", WHOLE | {"id": "SKY-2"})
    assert result.exit_code == 3
    first, wrong, nonsense, last = answers(result)
    assert (first["id"], last["id"]) == ("SKY-1", "SKY-2")
    assert "`$.id`" in wrong["error"]
    assert "schema consignment" in nonsense["error"]


@pytest.mark.parametrize("at", ["2025-08-29T00:01:00", "2025-08-29", "soon", ""])
def test_a_time_without_its_offset_is_a_usage_error_with_an_example(at: str) -> None:
    result = assessed(WHOLE, at=at)
    assert result.exit_code == 2
    assert "2025-08-29T00:01:00-04:00" in result.stderr


def test_another_pack_is_a_folder_or_a_file_and_its_faults_are_told(tmp_path: Path) -> None:
    text = """
format = 1
id = "own"
sequence = 1
issued = 2026-01-01T00:00:00Z
fresh_for_days = 30
zone = "UTC"
validity_hours = 1
audit_permille = 0
[tolerance]
weight_tolerance_g = 1
weight_tolerance_permille = 1
settle_timeout_ms = 1000
[lists]
fresh_for_days = 1
"""
    rule = (
        '[[rule]]\nid = "x"\ncode = "ALWAYS"\nfrom = 2020-01-01T00:00:00Z\nseverity = "stop"\n'
        'citation = "ours"\nwhen = "true"\n'
    )
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "pack.toml").write_text(text)
    (tmp_path / "own" / "rules.toml").write_text(rule)
    (tmp_path / "one.toml").write_text(text + rule)
    for pack in ("own", "one.toml"):
        (answer,) = answers(assessed(WHOLE, extra=("--policy", str(tmp_path / pack))))
        assert answer["disposition"] == "DNL"
        assert {"code": "ALWAYS", "severity": "stop", "field": None, "citation": "ours"} in answer["findings"]
    (tmp_path / "own" / "rules.toml").write_text(rule.replace('"true"', '"tru"'))
    refused = assessed(WHOLE, extra=("--policy", str(tmp_path / "own")))
    assert refused.exit_code == 3
    assert "rules.toml, rule[0].when (rule x), line 7, column 9" in refused.stderr


# -- the schema ----------------------------------------------------------------------------------------------


def test_the_schema_is_printed_and_describes_every_field() -> None:
    result = preclear("schema", "consignment")
    assert result.exit_code == 0
    schema = json.loads(result.stdout)
    assert schema == json.loads(json.dumps(consignment_schema()))
    consignment = schema["$defs"]["Consignment"]
    assert consignment["required"] == ["id", "mode"]
    assert consignment["additionalProperties"] is False
    assert WHOLE.keys() <= consignment["properties"].keys()


def test_every_fact_has_a_field_of_the_schema() -> None:
    defs = consignment_schema()["$defs"]

    def there(path: str) -> bool:
        properties = defs["Consignment"]["properties"]
        first, _, rest = path.partition(".")
        if first not in properties:
            return False
        reference = str(properties[first]).partition("#/$defs/")[2].partition("'")[0]
        return not rest or rest in defs[reference]["properties"]

    without = {"consignment.items", "consignment.label_kinds"}
    assert [fact for fact in FACTS if fact not in without and not there(field_of(fact))] == []


def test_facts_are_listed_with_their_types() -> None:
    events = preclear("schema", "facts").stdout.splitlines()
    assert "consignment.value_minor  int" in events
    assert json.loads(preclear("schema", "facts", "--json").stdout)["facts"]["goods.words"] == "LIST"


# -- reading one line ----------------------------------------------------------------------------------------


def read(**claim: Any) -> Declaration:
    return read_consignment(json.dumps({"id": "A", "mode": "mail", **claim}).encode())


@pytest.mark.parametrize(
    ("amount", "unit", "grams"),
    [
        ("0.29", "kg", 290),
        (290, "g", 290),
        ("1.25", "lb", 567),
        ("0.5", "oz", 14),
        ("2.5", "g", 2),
        ("3.5", "g", 4),
    ],
)
def test_weights_become_whole_grams(amount: str | int, unit: str, grams: int) -> None:
    assert read(gross_weight={"amount": amount, "unit": unit}).gross_weight_g == grams


@pytest.mark.parametrize(
    ("amount", "currency", "money"),
    [
        ("799.99", "USD", Money(79_999, "USD")),
        (800, "USD", Money(80_000, "USD")),
        ("980", "JPY", Money(980, "JPY")),
    ],
)
def test_amounts_become_minor_units(amount: str | int, currency: str, money: Money) -> None:
    assert read(value={"amount": amount, "currency": currency}).value == money


def test_lines_of_goods_are_read_like_the_whole() -> None:
    declaration = read(
        items=[
            {"description": "shirt", "value": {"amount": "5", "currency": "USD"}},
            {"net_weight": {"amount": "0.1", "unit": "kg"}, "origin_country": "CN"},
        ],
        category="gift",
    )
    assert [item.value for item in declaration.items] == [Money(500, "USD"), None]
    assert [item.net_weight_g for item in declaration.items] == [None, 100]
    assert declaration.mail_category == "gift"


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ({"mode": "sea"}, "`$.mode`"),
        ({"valeu": 1}, "unknown field `valeu`"),
        ({"value": {"amount": 799.99, "currency": "USD"}}, 'write decimals as text, as "799.99"'),
        ({"value": {"amount": "1.999", "currency": "USD"}}, "`$.value`"),
        ({"value": {"amount": "1", "currency": "XXX"}}, "`$.value`"),
        ({"value": {"amount": "-1", "currency": "USD"}}, "not an amount"),
        ({"items": [{}, {"value": {"amount": "x", "currency": "USD"}}]}, "`$.items[1].value`"),
        ({"gross_weight": {"amount": "1e3", "unit": "kg"}}, "`$.gross_weight`"),
        ({"gross_weight": {"amount": "0", "unit": "kg"}}, "is not a weight"),
        ({"gross_weight": {"amount": "999999", "unit": "kg"}}, "is not a weight"),
        ({"gross_weight": {"amount": "1", "unit": "stone"}}, "`$.gross_weight.unit`"),
        ({"consignee": {"name": "x" * 201}}, "`$.consignee.name`"),
        ({"known_consignor": "yes"}, "`$.known_consignor`"),
    ],
)
def test_what_is_no_consignment_is_refused_with_the_field(claim: dict[str, Any], reason: str) -> None:
    with pytest.raises(DeclarationInvalid) as refused:
        read(**claim)
    assert reason in str(refused.value)


KEYS = st.sampled_from([*WHOLE, "amount", "unit"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@given(st.binary(max_size=60) | JSON.map(lambda made: json.dumps(made).encode()))
def test_any_line_is_a_declaration_or_refused(line: bytes) -> None:
    try:
        declaration: Declaration | None = read_consignment(line)
    except DeclarationInvalid as error:
        declaration, reason = None, str(error)
    assert declaration is not None or reason


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_beyond_all_years_is_refused(at: str) -> None:
    result = CliRunner().invoke(main, ["assess", "--at", at], input="{}")
    assert (result.exit_code, "years" in result.output) == (2, True)


def test_where_no_law_is_known_nothing_is_cleared() -> None:
    line = '{"id": "A", "mode": "mail", "value": {"amount": "10", "currency": "USD"}}'
    result = CliRunner().invoke(main, ["assess", "--at", "1990-01-01T00:00:00Z"], input=line)
    hits = json.loads(result.stdout)
    assert (hits["disposition"], [f["code"] for f in hits["findings"]]) == ("RFS", ["NO_REGIME"])


def test_what_the_goods_lines_say_of_the_whole_need_not_be_said_again() -> None:
    value = {"amount": "10", "currency": "USD"}
    item = {
        "description": "wool socks",
        "hs": "611594",
        "quantity": 2,
        "value": value,
        "origin_country": "GB",
    }
    line = json.dumps({"id": "A", "mode": "mail", "items": [item, item]})
    result = CliRunner().invoke(main, ["assess", "--at", "2026-11-24T00:00:00Z"], input=line)
    codes = {f["code"] for f in json.loads(result.stdout)["findings"]}
    assert not codes & {
        "MISSING_GOODS_DESCRIPTION",
        "MISSING_GOODS_QUANTITY",
        "MISSING_CONSIGNMENT_VALUE_MINOR",
    }
