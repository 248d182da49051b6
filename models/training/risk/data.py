"""Made parcels: a catalogue, sellers with habits, a scale, faults and their benign twins.

Every month has its own generator, so that adding a month changes no other. The catalogue and the sellers'
factors are this module's own: the features see only what a declaration and a scale would show. Shapes follow
published figures for e-commerce parcels (log-normal weights and prices per HS chapter, HSCodeComp) and
customs practice (undervaluation, misdescription, goods not on the manifest); the rates are our assumptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import exp

import numpy as np

from models.risk.features import DocumentFacts, PhysicalFacts

SEED = 20_260_101
SELLERS = 500
FAULT_RATE = 0.03
DETECTION = 0.85
"""Share of faults an inspection finds."""
FALSE_FINDING = 0.004


class Kind(StrEnum):
    """What the parcel truly is; never seen by the features."""

    PLAIN = "plain"
    UNDERVALUED = "undervalued"
    MISDESCRIBED = "misdescribed"
    UNMANIFESTED = "unmanifested"
    TWIN_SALE = "benign: flash sale or used"
    TWIN_CODE = "benign: copied HS code"
    TWIN_WEIGHT = "benign: wet, padded or weighed with another"


FAULTS = (Kind.UNDERVALUED, Kind.MISDESCRIBED, Kind.UNMANIFESTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What was declared and weighed, and what an inspection found."""

    kind: Kind
    positive: bool
    document: DocumentFacts
    physical: PhysicalFacts


@dataclass(frozen=True, slots=True)
class _Product:
    hs: str
    text: str
    grams: int
    cents: int
    low_duty: bool


def _catalogue() -> tuple[_Product, ...]:
    lines = [line.split("|") for line in _CATALOGUE.strip().splitlines()]
    return tuple(_Product(hs, text, int(g), int(c), duty == "low") for hs, text, g, c, duty in lines)


_CATALOGUE = """
330430|gel nail polish set of 6 colours|160|1450|low
330499|face cream moisturizer 50 ml|110|1900|low
392690|silicone phone case with stand|55|720|low
392690|acrylic display stand|240|1150|low
391990|wall sticker vinyl decal|90|560|low
420222|women crossbody bag pu|420|2600|high
420292|nylon travel backpack 30 l|780|3900|high
420231|leather wallet slim card holder|95|2100|high
491199|canvas poster abstract art|210|1200|low
490199|children picture book|340|1100|low
490890|scrapbook transfer stickers|60|430|low
580890|lace trim 10 yards|130|520|low
581099|embroidered iron on patch|25|380|low
610910|cotton tshirt short sleeve|190|1500|high
611020|pullover hoodie with pocket|560|3100|high
611595|ankle socks five pairs|170|980|high
610463|yoga leggings high waist|230|1900|high
620442|summer maxi dress floral|330|3600|high
620343|men cargo pants|520|4100|high
620293|winter parka jacket hooded|980|7800|high
620640|chiffon blouse long sleeve|170|2300|high
630260|bath towel cotton|430|1400|high
630140|fleece throw blanket|720|2200|high
630790|pet bandana triangle|30|420|low
640299|platform sandals|640|2300|high
640419|running sneakers mesh|820|4200|high
640520|house slippers plush|380|1300|high
650500|bucket hat|95|900|high
670419|synthetic wig 24 inch|290|3400|low
670420|human hair lace frontal|260|14500|low
701399|glass vase small|520|1700|low
701890|cabochon dome 20 mm 50 pcs|85|480|low
711719|zinc alloy pendant|28|450|low
711311|sterling silver ring|14|2400|high
711719|earrings stainless set|22|620|low
711790|braided bracelet wood beads|26|390|low
732690|wall mounted steel hook|140|900|low
741980|brass spacer beads diy|75|650|low
821193|folding pocket knife|150|1600|low
820320|mini pliers for crafts|170|850|low
821300|sewing scissors|120|640|low
830890|bag clasp buckle 10 pcs|85|590|low
841459|desk fan usb|480|1750|low
842139|vacuum filter replacement|260|1300|low
842489|spray nozzle garden|190|1150|low
844332|label printer thermal portable|680|5200|low
850440|usb c charger 65 w|160|2200|low
851830|wireless earbuds with case|110|3600|low
851713|smartphone 128 gb unlocked|410|21000|low
854370|remote control module|70|900|low
850760|power bank 20000 mah|430|2900|low
853650|light switch touch panel|150|1400|low
871410|motorcycle mirror pair|620|2700|low
871494|bicycle disc pads|60|750|low
902519|digital meat thermometer|95|1500|low
900410|sunglasses polarized|70|1300|low
903180|laser level meter|520|5900|low
910211|quartz wristwatch|85|2700|low
911390|nylon watchband|24|560|low
940542|nordic pendant lamp led|1350|6900|low
940399|floating wall shelf|1600|4300|low
950300|building blocks toy 300 pcs|620|2600|low
950450|handheld game console|330|4800|low
950590|birthday balloon arch|280|1200|low
950790|fishing lures soft bait|110|880|low
960329|hair comb detangling|75|520|low
960810|gel pens 12 colours|130|640|low
961620|makeup puff velour|35|410|low
"""

_VAGUE_TEXTS = (
    "gift", "accessories", "daily necessities", "household goods", "sample", "spare parts", "craft item",
    "electronic parts", "clothing accessories", "mixed goods", "home product", "regalo", "accesorios varios",
    "fashion items", "daily use product", "日用品", "配件",
)  # fmt: skip

_STUFFING = (
    "new",
    "2025",
    "women",
    "men",
    "fashion",
    "high quality",
    "outdoor",
    "for gift",
    "pcs",
    "vintage",
)


@dataclass(frozen=True, slots=True)
class _Seller:
    products: tuple[int, ...]
    price: float
    vague: float
    rounds_to_g: int
    sloppy: float


def _sellers(rng: np.random.Generator, products: int) -> tuple[_Seller, ...]:
    return tuple(
        _Seller(
            tuple(int(p) for p in rng.choice(products, size=int(rng.integers(2, 9)), replace=False)),
            float(rng.normal(0.0, 0.35)),
            float(rng.beta(1.0, 11.0)),
            int(rng.choice((1, 10, 10, 50))),
            float(rng.uniform(0.01, 0.08)),
        )
        for _ in range(SELLERS)
    )


def parcels(month: int, count: int, *, seed: int = SEED) -> Iterator[Parcel]:
    """``count`` parcels of one month (0, 1, …); the mix of faults drifts from month to month."""
    catalogue = _catalogue()
    sellers = _sellers(np.random.default_rng([seed, 999_983]), len(catalogue))
    rng = np.random.default_rng([seed, month])
    fault_rate = FAULT_RATE * float(rng.uniform(0.8, 1.25))
    mix = rng.dirichlet((8.0, 7.0, 6.0))
    weights = 1.0 / np.arange(1, SELLERS + 1) ** 0.8
    chosen = rng.choice(SELLERS, size=count, p=weights / weights.sum())
    kinds = rng.choice(
        [*FAULTS, Kind.TWIN_SALE, Kind.TWIN_CODE, Kind.TWIN_WEIGHT, Kind.PLAIN],
        size=count,
        p=[*(mix * fault_rate), 0.04, 0.025, 0.05, 1.0 - 0.115 - fault_rate],
    )
    for seller, kind in zip(chosen, kinds, strict=True):
        yield _parcel(rng, catalogue, sellers[int(seller)], Kind(kind))


def _parcel(rng: np.random.Generator, catalogue: tuple[_Product, ...], seller: _Seller, kind: Kind) -> Parcel:
    true = stated = catalogue[int(rng.choice(seller.products))]
    if kind is Kind.MISDESCRIBED:
        others = [p for p in catalogue if p.low_duty and p.hs[:2] != true.hs[:2]]
        stated = others[int(rng.integers(len(others)))]
    quantity = int(min(rng.geometric(0.7), 12))
    contents = quantity * _around(rng, true.grams, 0.3)
    gross = contents + float(rng.uniform(15.0, 90.0)) + contents * float(rng.uniform(0.03, 0.12))
    price = quantity * _around(rng, true.cents, 0.4) * exp(seller.price)
    value = price
    if kind is Kind.MISDESCRIBED:
        value = (price * quantity * _around(rng, stated.cents, 0.5)) ** 0.5 * float(rng.uniform(0.4, 1.0))
    elif kind is Kind.UNDERVALUED:
        value = price * (0.03 + 0.6 * float(rng.beta(1.6, 3.4)))
    elif kind is Kind.TWIN_SALE:
        value = price * float(rng.uniform(0.25, 0.75))
    hs, text = stated.hs, stated.text
    retold = float(rng.random())
    if kind is Kind.MISDESCRIBED and retold < 0.45:
        text = true.text if retold < 0.2 else _VAGUE_TEXTS[int(rng.integers(len(_VAGUE_TEXTS)))]
    elif kind is Kind.TWIN_CODE:
        hs = catalogue[int(rng.integers(len(catalogue)))].hs
    if kind is not Kind.MISDESCRIBED and rng.random() < seller.vague:
        text = _VAGUE_TEXTS[int(rng.integers(len(_VAGUE_TEXTS)))]
    elif rng.random() < 0.5:
        text = f"{_STUFFING[int(rng.integers(len(_STUFFING)))]} {text}"
    declared = gross * float(rng.normal(1.0, seller.sloppy))
    declared_g = max(round(declared / seller.rounds_to_g), 1) * seller.rounds_to_g
    positive = rng.random() < (DETECTION if kind in FAULTS else FALSE_FINDING)
    return Parcel(
        kind=kind,
        positive=bool(positive),
        document=DocumentFacts(
            declared_g=_unless(rng, 0.03, declared_g),
            value_minor=_unless(rng, 0.02, max(round(value / 5.0) * 5, 5)),
            currency="USD" if rng.random() > 0.05 else "CNY",
            quantity=_unless(rng, 0.03, quantity),
            hs=_hs(rng, hs),
            description=text,
            pieces=_unless(rng, 0.02, int(min(rng.geometric(0.93), 6))),
        ),
        physical=_weigh(rng, gross, kind),
    )


def _weigh(rng: np.random.Generator, gross: float, kind: Kind) -> PhysicalFacts:
    if kind is Kind.UNMANIFESTED:
        gross += min(_around(rng, 170, 0.9), 2500.0)
    elif kind is Kind.TWIN_WEIGHT:
        gross += min(_around(rng, 60, 0.9), 2500.0) + gross * float(rng.uniform(0.0, 0.08))
    drift = float(rng.normal(0.0, 4.0))
    measured_g = max(round(gross + drift), 1)
    return PhysicalFacts(measured_g=_unless(rng, 0.03, measured_g), u_grams=5 if gross < 3000.0 else 10)


def _around(rng: np.random.Generator, median: float, sigma: float) -> float:
    return median * exp(float(rng.normal(0.0, sigma)))


def _unless(rng: np.random.Generator, rate: float, value: int) -> int | None:
    return None if rng.random() < rate else value


def _hs(rng: np.random.Generator, hs: str) -> str | None:
    roll = rng.random()
    if roll < 0.04:
        return None
    return hs if roll < 0.6 else f"{hs}{int(rng.integers(10_000)):04d}"
