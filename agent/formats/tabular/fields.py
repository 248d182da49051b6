"""Which field of a declaration each column of a manifest gives, and how its cells are read.

Columns that need more than their own cell (labels, parties, weights, money, times) ``manifest_layout`` reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent.domain.consignment.declaration import Account, IdentityDocument
from agent.formats.profiles.columns import COLUMN_CEILINGS
from agent.formats.tabular.cells import (
    capitals,
    read_count,
    read_country,
    read_flag,
    read_hs,
    read_identifier,
    read_transport,
)

Reader = tuple[str, Callable[[str, str], object] | None]
"""The field of a column, and how its cells are read; None for as they stand."""

SIMPLE: Mapping[str, Reader] = {
    "transport": ("transport", read_transport),
    "receptacle": ("receptacle", read_identifier),
    "marketplace": ("marketplace", None),
    "master": ("master", read_identifier),
    "house": ("house", read_identifier),
    "piece_count": ("piece_count", read_count),
    "description": ("description", None),
    "hs_code": ("hs", read_hs),
    "quantity": ("quantity", read_count),
    "origin_country": ("origin_country", read_country),
    "shipped_country": ("shipped_country", read_country),
    "flight": ("flight", lambda text, _: capitals(text.replace(" ", ""))),
    "arrival_port": ("arrival_port", lambda text, _: capitals(text)),
    "packing_place": ("packing_place", None),
    "pickup_place": ("pickup_place", None),
    "known_consignor": ("known_consignor", read_flag),
    "product_link": ("product_link", None),
    "entry_type": ("entry_type", None),
    "entry_number": ("entry_number", read_identifier),
    "importer_of_record": ("importer_of_record", None),
    "order": ("order", read_identifier),
    "mail_service": ("mail_service", None),
    "mail_category": ("mail_category", lambda text, _: text.lower()[: COLUMN_CEILINGS["mail_category"]]),
}
WHOLES: Mapping[str, tuple[type[Account | IdentityDocument], Mapping[str, Reader]]] = {
    "account": (
        Account,
        {
            "account_holder": ("holder", None),
            "account_name": ("name", None),
            "account_issuer": ("issuer", None),
            "account_number": ("number", read_identifier),
            "account_opened_on": ("opened_on", None),
            "account_billing_type": ("billing_type", None),
            "account_ship_frequency": ("ship_frequency", None),
            "account_ip_at_opening": ("ip_at_opening", None),
            "account_ip_at_booking": ("ip_at_booking", None),
        },
    ),
    "identity_document": (
        IdentityDocument,
        {
            "identity_document_sort": ("sort", None),
            "identity_document_country": ("country", read_country),
            "identity_document_number": ("number", read_identifier),
        },
    ),
}
"""Parts of a declaration that are one value: its type, and the column of each of its fields."""

SIMPLE_ITEM: Mapping[str, Reader] = {
    "item_description": ("description", None),
    "item_hs": ("hs", read_hs),
    "item_quantity": ("quantity", read_count),
    "item_origin": ("origin_country", read_country),
}
