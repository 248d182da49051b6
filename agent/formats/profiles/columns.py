"""The columns of a tabular manifest: their names in six languages, and how long their cells may be."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from agent.domain.consignment.declaration import CEILINGS

PARTIES = ("consignor", "consignee", "seller", "purchaser")
PARTY_FIELDS = ("name", "street", "city", "state", "postcode", "country", "phone", "email")
"""In the order of ``Party``."""

_ALONE = {
    "tracking_number": "identifier",
    "last_mile_number": "identifier",
    "receptacle": "identifier",
    "transport": "code",
    "marketplace": "marketplace",
    "master": "identifier",
    "house": "identifier",
    "piece_count": "code",
    "description": "description",
    "hs_code": "hs",
    "quantity": "code",
    "gross_weight": "code",
    "gross_weight_kg": "code",
    "gross_weight_g": "code",
    "weight_unit": "code",
    "value": "code",
    "currency": "code",
    "origin_country": "country",
    "shipped_country": "country",
    "expected_arrival": "time",
    "flight": "code",
    "arrival_port": "code",
    "packing_place": "place",
    "pickup_place": "place",
    "known_consignor": "code",
    "product_link": "link",
    "entry_type": "code",
    "entry_number": "code",
    "importer_of_record": "code",
    "mail_service": "code",
    "mail_category": "code",
    "mailed_on": "time",
    "order": "identifier",
    "departure": "time",
    "account_holder": "name",
    "account_name": "name",
    "account_issuer": "name",
    "account_number": "code",
    "account_opened_on": "time",
    "account_billing_type": "code",
    "account_ship_frequency": "code",
    "account_ip_at_opening": "code",
    "account_ip_at_booking": "code",
    "identity_document_sort": "code",
    "identity_document_country": "country",
    "identity_document_number": "code",
}
_ITEM = {
    "item_description": "description",
    "item_hs": "hs",
    "item_quantity": "code",
    "item_net_weight_kg": "code",
    "item_net_weight_g": "code",
    "item_value": "code",
    "item_origin": "country",
}
_SORTS = {
    **_ALONE,
    **{f"{party}_{part}": part for party in PARTIES for part in PARTY_FIELDS},
    **{f"{party}_street2": "street" for party in PARTIES},
    **_ITEM,
}

_BOUNDED = frozenset({"tracking_number", "last_mile_number", "transport", "piece_count", "quantity", "value"})
_BOUNDED |= frozenset(
    {"gross_weight", "gross_weight_kg", "gross_weight_g", "weight_unit", "currency", "mailed_on"}
)
_BOUNDED |= frozenset(
    {"expected_arrival", "item_quantity", "item_value", "item_net_weight_kg", "item_net_weight_g"}
)
_BOUNDED |= frozenset({"departure", "account_opened_on"})


def _is_bounded(column: str) -> bool:
    return column in _BOUNDED or _SORTS[column] == "country"


COLUMNS = tuple(sorted(_SORTS, key=_is_bounded))
"""Every column that is read, by its canonical name; first those whose length nothing but a ceiling bounds."""

ITEM_COLUMNS = frozenset(_ITEM)
"""Columns of a goods line: a file that has one of them has a row for each line of goods."""

WEIGHT_COLUMNS = ("gross_weight", "gross_weight_kg", "gross_weight_g")
"""A file gives at most one of them; ``gross_weight`` takes its unit from ``weight_unit`` or the profile."""

ID_COLUMNS = frozenset(
    {
        "tracking_number", "last_mile_number", "receptacle", "master", "house", "entry_number", "order",
        "account_number", "identity_document_number",
    }
)  # fmt: skip
"""Columns of numbers that nobody calculates with: a numeric cell may have lost digits of them."""

COLUMN_CEILINGS: Mapping[str, int] = MappingProxyType(
    {name: CEILINGS[sort] for name, sort in _SORTS.items() if not _is_bounded(name)}
)
"""Most characters of a cell, by column; what is missing here is held to its shape by its own reader."""

REPORT_SHEET = "rows"
"""The sheet of a report of ours that holds the rows to be corrected."""

_ADDED = "preclear"
"""How the headers of the columns begin that a report of ours adds to the sender's rows."""

_NOISE = re.compile(r"[\s_.,:;*#/\\()\[\]{}<>'\"’`·-]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_LETTERS = str.maketrans({"đ": "d", "ı": "i", "ø": "o", "ł": "l"})


def plain(header: str) -> str:
    """A header cell without what senders vary: case, accents of Latin letters, width, spaces, punctuation.

    >>> plain("Trọng lượng (KG)"), plain("毛重（kg）")
    ('trongluongkg', '毛重kg')
    """
    folded = unicodedata.normalize("NFKD", header).casefold()
    return _NOISE.sub("", _ACCENTS.sub("", folded).translate(_LETTERS))


def column_of(header: str) -> str | None:
    """The column a header cell names, in English, Chinese, Spanish, Vietnamese, Turkish or Hindi.

    >>> column_of("Tracking No."), column_of("收件人邮编"), column_of("Peso bruto (kg)"), column_of("colour")
    ('tracking_number', 'consignee_postcode', 'gross_weight_kg', None)
    """
    return _synonyms().get(plain(header))


def is_added(header: str) -> bool:
    """Whether a report of ours added that column, in whatever language: it is not a column of the sender's.

    >>> is_added("preclear says"), is_added("preclear 行号"), is_added("says")
    (True, True, False)
    """
    return plain(header[: 4 * len(_ADDED)]).startswith(_ADDED)


def is_total(cell: str) -> bool:
    """Whether a cell says that its row sums up the others.

    >>> is_total("Grand total:"), is_total("合计"), is_total("12")
    (True, True, False)
    """
    return plain(cell) in _totals()


def words() -> Iterator[tuple[str, str]]:
    """Every header that is known, made plain, with its column; the canonical names first."""
    for column in COLUMNS:
        yield plain(column), column
    for language in _pack()["language"]:
        for column, names in {**language["alone"], **language["column"]}.items():
            for name in (*names, *language["column"].get(column, ())):
                yield plain(name), column
        for party, parties in language["party"].items():
            for part, parts in language["field"].items():
                for pattern in language["patterns"]:
                    for one in parties:
                        for other in parts:
                            yield plain(pattern.format(party=one, field=other)), f"{party}_{part}"


@cache
def _synonyms() -> Mapping[str, str]:
    synonyms: dict[str, str] = {}
    for word, column in words():
        synonyms.setdefault(word, column)
    return MappingProxyType(synonyms)


@cache
def _totals() -> frozenset[str]:
    return frozenset(map(plain, _pack()["totals"]))


@cache
def _pack() -> dict[str, Any]:
    return tomllib.loads(files("agent.formats.profiles").joinpath("columns.toml").read_text(encoding="utf-8"))
