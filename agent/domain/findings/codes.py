"""The registry: every code of a finding that the program makes by itself, one row each.

A new code is a row here, its check, the call of that check, its words and a test; sets of codes are derived
below and never written by hand. Codes of a signed pack's rules stand in no row: see ``pack_code``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from agent.domain.findings.code import EMPTY, Corrector, Disclosure, FindingCode, Parameter, Severity

_NOTE, _CORRECTABLE = Severity.NOTE, Severity.CORRECTABLE
_REFER, _STOP = Severity.REFER, Severity.STOP
_SENDER, _OPERATOR = Corrector.SENDER, Corrector.OPERATOR
_HUB, _AUTHORITY = Corrector.HUB, Corrector.AUTHORITY

_REASON = Parameter(str, "why, in one snake_case word")
_FACT = Parameter(str, "name of a fact")
_FACTS = Parameter(str, "names of facts, parted by blanks")
_ID = Parameter(str, "id of an entry of the policy")
_LIST = Parameter(str, "id of a list")
_NAME = Parameter(str, "one of a closed set of names")
_TERM = Parameter(str, "term of the policy")
_STATION = Parameter(str, "name of a station")
_DAY = Parameter(str, "ISO 8601 date")
_INSTANT = Parameter(str, "ISO 8601, UTC")
_CURRENCY = Parameter(str, "ISO 4217")
_CHAPTER = Parameter(str, "HS chapter")
_CHAPTERS = Parameter(str, "HS chapters, parted by blanks")
_CODES = Parameter(str, "codes of findings, parted by blanks")
_UNIT = Parameter(str, "unit of weight")
_COUNT = Parameter(int, "1")
_PLACE = Parameter(int, "place in the list of items, from 1")
_SEQ = Parameter(int, "number of an entry of the log")
_GRAMS = Parameter(int, "g")
_MINOR = Parameter(int, "minor units of the currency")
_PERMILLE = Parameter(int, "thousandths")
_DAYS = Parameter(int, "days")
_SECONDS = Parameter(int, "s")
_CALLING_CODE = Parameter(int, "ITU-T E.164 country code")


def _row(
    name: str,
    severity: Severity,
    corrected_by: Corrector,
    /,
    *,
    sealed: bool = False,
    weight: bool = False,
    always: bool = False,
    more: Mapping[str, Parameter] = MappingProxyType({}),
    **params: Parameter,
) -> FindingCode:
    return FindingCode(
        name=name,
        severity=severity,
        disclosure=Disclosure.SEALED if sealed else Disclosure.OPEN,
        corrected_by=corrected_by,
        params=MappingProxyType({**params, **more}),
        with_weight=weight,
        always_shown=always,
    )


_PARTIES = ("consignor", "consignee", "seller", "purchaser")
_OF_A_PARTY = ("name", "street", "city", "state", "postcode", "country", "phone", "email", "registration")

MISSING_FACTS = (
    *(f"consignment.{part}" for part in (
        "transport", "receptacle", "pieces", "label_kinds", "gross_weight_g", "value_minor", "currency",
        "marketplace", "expected_arrival", "level", "master", "house", "piece_count", "items",
        "shipped_country", "packing_place", "pickup_place", "known_consignor", "entry_type", "entry_number",
        "importer_of_record", "product_link", "flight", "arrival_port", "mail_service", "mail_category",
        "mailed_on", "order", "departure",
    )),
    *(f"account.{part}" for part in (
        "holder", "name", "issuer", "number", "opened_on", "billing_type", "ship_frequency",
        "ip_at_opening", "ip_at_booking",
    )),
    "security.status", "security.issuer", "security.methods", "identity_document.number",
    "goods.description", "goods.hs", "goods.quantity", "goods.origin_country", "goods.words", "goods.text",
    *(f"{side}.{part}" for side in _PARTIES for part in _OF_A_PARTY),
)  # fmt: skip
"""Facts that a regime can ask for: those of ``policy.facts.FACTS``."""


def missing_code(fact: str) -> str:
    """The code of the finding that ``fact`` is not given.

    >>> missing_code("consignee.email")
    'MISSING_CONSIGNEE_EMAIL'
    """
    return f"MISSING_{fact.replace('.', '_').upper()}"


_ROWS = (
    # What was declared of the goods.
    _row("DESCRIPTION_REFUSED", _CORRECTABLE, _SENDER, reason=_REASON, term=_TERM),
    _row("DESCRIPTION_VAGUE", _NOTE, _SENDER, reason=_REASON, term=_TERM, score_permille=_PERMILLE),
    _row("HOUSE_BILLS_NEEDED", _NOTE, _SENDER, term=_TERM),
    _row("HS_MALFORMED", _CORRECTABLE, _SENDER, item=_PLACE),
    _row("HS_CHAPTER_UNKNOWN", _CORRECTABLE, _SENDER, item=_PLACE),
    _row("HS_TEXT_DIFFERS", _NOTE, _SENDER, chapter=_CHAPTER, likely=_CHAPTERS, item=_PLACE),
    # Parties and places.
    _row("PARTY_REFUSED", _CORRECTABLE, _SENDER, field=_FACT, reason=_REASON),
    _row("ORIGINAL_PARTY_NEEDED", _CORRECTABLE, _SENDER, field=_FACT),
    _row("PARTIES_IDENTICAL", _CORRECTABLE, _SENDER, field=_FACT),
    _row("COUNTRY_UNKNOWN", _CORRECTABLE, _SENDER, field=_FACT),
    _row("STATE_UNKNOWN", _CORRECTABLE, _SENDER, field=_FACT),
    _row("POSTCODE_MALFORMED", _CORRECTABLE, _SENDER, field=_FACT),
    _row("POSTCODE_UNASSIGNED", _CORRECTABLE, _SENDER, field=_FACT),
    _row("POSTCODE_OTHER_STATE", _CORRECTABLE, _SENDER, field=_FACT),
    _row("PHONE_REFUSED", _CORRECTABLE, _SENDER, field=_FACT, reason=_REASON),
    _row("EMAIL_REFUSED", _CORRECTABLE, _SENDER, field=_FACT, reason=_REASON),
    _row("PARTY_MAY_FORWARD", _NOTE, _SENDER, field=_FACT),
    _row("PARTIES_SHARE_NAME", _NOTE, _SENDER, field=_FACT),
    _row("ADDRESS_CLASS", _NOTE, _SENDER, field=_FACT, more={"class": _NAME}),
    _row("ADDRESS_REPEATS_NAME", _NOTE, _SENDER, field=_FACT),
    _row("POSTCODE_FILLER", _NOTE, _SENDER, field=_FACT),
    _row("PHONE_COUNTRY_DIFFERS", _NOTE, _SENDER, field=_FACT, calling_code=_CALLING_CODE),
    _row("EMAIL_DISPOSABLE", _NOTE, _SENDER, field=_FACT),
    _row("COUNTRIES_DIFFER", _NOTE, _SENDER, field=_FACT, other=_FACT),
    # Numbers, and the arrival.
    _row("MASTER_NUMBER_REFUSED", _CORRECTABLE, _SENDER, reason=_REASON),
    _row("HOUSE_NUMBER_REFUSED", _CORRECTABLE, _SENDER, reason=_REASON),
    _row("HOUSE_NUMBER_LONG", _NOTE, _SENDER, characters=_COUNT),
    _row("ENTRY_NUMBER_REFUSED", _CORRECTABLE, _SENDER, reason=_REASON),
    _row("IMPORTER_NUMBER_REFUSED", _CORRECTABLE, _SENDER),
    _row("PORT_REFUSED", _CORRECTABLE, _SENDER),
    _row("EXPECTED_ARRIVAL_UNREADABLE", _CORRECTABLE, _SENDER),
    _row("EXPECTED_ARRIVAL_IMPLAUSIBLE", _REFER, _SENDER, days=_DAYS),
    # Sources held against each other, parcels against a limit, and a weight against its declaration.
    _row("SOURCES_DISAGREE", _CORRECTABLE, _SENDER,
         field=_FACT, chosen=_NAME, other=_NAME, chosen_value=_COUNT, other_value=_COUNT),
    _row("DAY_TOTAL_ABOVE_LIMIT", _CORRECTABLE, _SENDER,
         limit=_ID, limit_minor=_MINOR, currency=_CURRENCY, parcels=_COUNT, days=_DAYS, bound=_NAME),
    _row("WEIGHT_MISMATCH", _REFER, _SENDER, declared_g=_GRAMS, measured_g=_GRAMS, allowed_g=_GRAMS),
    # The label, the scan and the weight.
    _row("UNMANIFESTED", _STOP, _HUB),
    _row("AMBIGUOUS_LABEL", _REFER, _OPERATOR, pieces=_COUNT),
    _row("CHECK_DIGIT", _NOTE, _OPERATOR, kind=_NAME),
    _row("DUPLICATE_SCAN", _NOTE, _OPERATOR, earlier_station=_STATION, earlier_seq=_SEQ),
    _row("SCAN_UNAUTHENTICATED", _NOTE, _HUB),
    _row("NO_WEIGHT", _REFER, _OPERATOR, reason=_REASON),
    _row("WEIGHT_NOT_COMPARABLE", _REFER, _HUB, measured_g=_GRAMS),
    _row("WEIGHT_STATED", _NOTE, _OPERATOR),
    _row("SCALE_OVERDUE", _REFER, _HUB, weight=True, due=_DAY),
    _row("SCALE_NOT_YET_VERIFIED", _REFER, _HUB, weight=True, verified=_DAY),
    _row("SCALE_ABOVE_MAX", _REFER, _OPERATOR, weight=True, max_g=_GRAMS),
    _row("SCALE_BELOW_MIN", _NOTE, _OPERATOR, weight=True, min_g=_GRAMS),
    _row("SCALE_NOT_CREDIBLE", _REFER, _HUB, weight=True),
    _row("SCALE_ZERO_OFF", _REFER, _OPERATOR, weight=True, zero_g=_GRAMS),
    _row("SCALE_NET", _REFER, _OPERATOR, weight=True),
    _row("SCALE_HIGH_RESOLUTION", _NOTE, _HUB, weight=True),
    _row("SCALE_UNIT_CONFIGURED", _NOTE, _HUB, weight=True, unit=_UNIT),
    _row("SCALE_STABLE_BY_WINDOW", _NOTE, _HUB, weight=True),
    # What the hub decides by: rules, lists, models, its clock.
    _row("LAW_CHANGED", _NOTE, _HUB, always=True,
         evaluated_for=_INSTANT, disposition=_NAME, entry=_ID, codes=_CODES),
    _row("NO_REGIME", _REFER, _HUB),
    _row("RULE_NOT_EVALUABLE", _REFER, _HUB, rule=_ID, regime=_ID),
    _row("POLICY_STALE", _REFER, _HUB, age_days=_DAYS),
    _row("LIST_STALE", _REFER, _HUB, list=_LIST, age_days=_DAYS),
    _row("LIST_ABSENT", _REFER, _HUB, list=_LIST),
    _row("CLOCK_BEHIND", _REFER, _HUB, seconds=_SECONDS),
    _row("MODEL_ABSENT", _REFER, _HUB),
    _row("GOODS_UNREAD", _REFER, _HUB),
    _row("TOTALS_BEHIND", _NOTE, _HUB),
    _row("MORE_FINDINGS", _NOTE, _HUB, count=_COUNT),
    # What the authority looks for.
    _row("LISTED_PARTY", _REFER, _AUTHORITY, sealed=True, list=_LIST, entry=_ID, party=_NAME),
    _row("RISK", _REFER, _AUTHORITY, sealed=True, permille=_PERMILLE),
    _row("RANDOM_AUDIT", _REFER, _AUTHORITY, sealed=True),
    _row("VALUES_BELOW_LIMIT", _NOTE, _AUTHORITY, sealed=True,
         limit=_ID, parcels=_COUNT, of=_COUNT, week_times=_COUNT, month_times=_COUNT),
    _row("ORDER_SPLIT", _NOTE, _AUTHORITY, sealed=True, limit=_ID, by=_NAME, parcels=_COUNT),
    _row("ADDRESS_SHARED", _NOTE, _AUTHORITY, sealed=True, standing=_NAME, names=_COUNT),
    _row("CONTACT_SHARED", _NOTE, _AUTHORITY, sealed=True, by=_NAME, names=_COUNT, places=_COUNT),
    _row("SCREENING", _REFER, _AUTHORITY),
    _row("SAFETY", _STOP, _AUTHORITY),
    # What a regime asks for and the declaration does not give.
    *(
        _row(missing_code(fact), _CORRECTABLE, _SENDER, regime=_ID, more={"or": _FACTS})
        for fact in MISSING_FACTS
    ),
)  # fmt: skip

CODES: Mapping[str, FindingCode] = MappingProxyType({row.name: row for row in _ROWS})
"""Every code of the program by its name."""

NEUTRAL_CODE = "SCREENING"
"""What the open part of a decision says when a sealed finding refers the piece."""

FACT_OF_CODE: Mapping[str, str] = MappingProxyType({missing_code(fact): fact for fact in MISSING_FACTS})
"""Back from the code of a missing fact to the fact."""

SEALED_CODES = frozenset(row.name for row in _ROWS if row.disclosure is Disclosure.SEALED)
"""Codes that would tell people at the hub what the authority looks for; never OPEN."""

SCALE_CODES = frozenset(row.name for row in _ROWS if row.with_weight)
"""Remarks on the scale that a weight comes from; they go wherever the weight goes."""

ALWAYS_SHOWN_CODES = frozenset(row.name for row in _ROWS if row.always_shown)
"""Codes that stand in a decision however many findings it has."""


def codes_corrected_by(*correctors: Corrector) -> frozenset[str]:
    """The program's codes that one of ``correctors`` can put right."""
    return frozenset(row.name for row in _ROWS if row.corrected_by in correctors)


def pack_code(
    name: str,
    severity: Severity = Severity.CORRECTABLE,
    disclosure: Disclosure = Disclosure.OPEN,
    params: Mapping[str, str | int] = EMPTY,
) -> FindingCode:
    """The code of a signed pack's rule: what it weighs, who may read it, and which parameters it gives.

    Raises:
        ValueError: The code is one that must be sealed, and the rule is open.
    """
    if disclosure is Disclosure.OPEN and name in SEALED_CODES:
        raise ValueError(f"{name} must be sealed")
    return FindingCode(
        name=name,
        severity=severity,
        disclosure=disclosure,
        corrected_by=_SENDER if severity is _CORRECTABLE else _HUB,
        params={key: Parameter(str if isinstance(value, str) else int, "") for key, value in params.items()},
    )
