"""What the demonstration's parcels hold, who sends them, who gets them: all made up.

Median weights and prices per HS chapter follow HSCodeComp (Apache-2.0); names are invented.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Article:
    """A kind of article: median grams and US cents, and its spread on the log scale."""

    description: str
    hs: str
    grams: int
    cents: int
    spread: float


ARTICLES = (
    Article("Women's knitted cotton t-shirt, short sleeve", "6109100040", 210, 1290, 0.25),
    Article("Men's knitted polyester hoodie with zip", "6110303053", 480, 2390, 0.25),
    Article("Girls' woven polyester dress, lined", "6204434030", 290, 2590, 0.3),
    Article("Men's woven cotton chinos trousers", "6203424051", 460, 2890, 0.2),
    Article("Knitted acrylic socks, five pairs", "6115969020", 240, 890, 0.2),
    Article("Running shoes, textile upper, rubber sole", "6404119020", 690, 2990, 0.2),
    Article("Leather sandals, cow hide, women's", "6403599045", 540, 2490, 0.2),
    Article("Canvas backpack, 20 litres, cotton", "4202923120", 520, 2190, 0.25),
    Article("Leather wallet with card pockets", "4202316000", 130, 1490, 0.25),
    Article("Silicone phone case, transparent", "3926909989", 60, 590, 0.25),
    Article("Acrylic bathroom shelf, self-adhesive", "3924905650", 380, 1190, 0.3),
    Article("USB-C charger, 65 W, two ports", "8504409550", 190, 1890, 0.2),
    Article("Bluetooth headphones with charging box", "8518302000", 120, 2290, 0.2),
    Article("LED desk lamp, dimmable, aluminium", "9405216010", 820, 2690, 0.25),
    Article("Power bank lithium battery 10000 mAh", "8507600020", 260, 1990, 0.15),
    Article("Kitchen blender jug, 1.5 litres, glass", "7013499000", 940, 2190, 0.2),
    Article("Stainless steel chef's knife, 20 cm", "8211924060", 250, 1590, 0.2),
    Article("Cordless drill bit set, 30 bits, steel", "8207506000", 610, 1790, 0.25),
    Article("Plastic construction bricks toy, 400 parts", "9503000073", 640, 2490, 0.3),
    Article("Plush bear toy, polyester, 40 cm", "9503000073", 350, 1590, 0.3),
    Article("Fishing lure set, twelve lures with hooks", "9507907000", 220, 1390, 0.3),
    Article("Yoga mat, TPE foam, 6 mm", "9506910030", 980, 2290, 0.15),
    Article("Silver plated necklace with pendant", "7117909000", 35, 890, 0.3),
    Article("Quartz wrist watch, steel strap", "9102118010", 110, 2990, 0.25),
    Article("Nail gel polish set, six colours", "3304300000", 180, 1290, 0.2),
    Article("Human hair wig, 50 cm, lace front", "6704200000", 280, 8990, 0.2),
    Article("Cotton bath towel, 70 by 140 cm", "6302600020", 520, 1390, 0.2),
    Article("Polyester curtain, two panels, blackout", "6303922010", 1250, 2690, 0.25),
    Article("Bicycle brake pad set, resin", "8714941000", 90, 990, 0.25),
    Article("Polarised sunglasses, plastic frame", "9004100000", 80, 1490, 0.25),
    Article("Infrared thermometer, battery powered", "9025198080", 140, 1890, 0.2),
    Article("Watercolour brush set, nylon hair, 12 pieces", "9603304000", 130, 990, 0.25),
)

VAGUE = ("Gift", "Accessories", "Daily necessities", "Parts", "Samples", "General merchandise", "Goods")

MARKETPLACES = ("Lanternfish Market", "Kestrel Mall", "Hello Harbor", "Nine Bridges Trade")

SELLERS = (
    ("Pearl Ridge Trading", "88 Xinghu Road", "Shenzhen", "GD", "518000", "CN"),
    ("Jade Orchard Commerce", "12 Binjiang Street", "Guangzhou", "GD", "510000", "CN"),
    ("Blue Kiln Household", "301 Canal Lane", "Yiwu", "ZJ", "322000", "CN"),
    ("Quiet Lake Apparel", "7 Silk Avenue", "Hangzhou", "ZJ", "310000", "CN"),
    ("Saigon Loom Works", "45 Nguyen Trai", "Ho Chi Minh City", "SG", "700000", "VN"),
    ("Anatolia Home Textiles", "19 Mimar Sinan Cad.", "Bursa", "BU", "16000", "TR"),
    ("Deccan Craft Exports", "210 MG Road", "Hyderabad", "TG", "500001", "IN"),
    ("Harbour Light Electronics", "5 Kwun Tong Road", "Kowloon", "HK", "000000", "HK"),
)

GIVEN = [
    "Avery",
    "Blake",
    "Casey",
    "Dana",
    "Elliot",
    "Frances",
    "Gray",
    "Harper",
    "Indigo",
    "Jordan",
    "Kendall",
    "Logan",
    "Morgan",
    "Noel",
    "Oakley",
    "Parker",
    "Quinn",
    "Reese",
    "Sawyer",
    "Taylor",
    "Umber",
    "Vale",
    "Wren",
    "Yael",
    "Zion",
]
FAMILY = [
    "Abernathy",
    "Bellwether",
    "Carraway",
    "Dunmore",
    "Ellery",
    "Fairbourne",
    "Greenhalgh",
    "Hollander",
    "Inskeep",
    "Jessop",
    "Kirkbride",
    "Lindqvist",
    "Marchbanks",
    "Northcott",
    "Oakhurst",
    "Pemberton",
    "Quarles",
    "Ravenscroft",
    "Silverton",
    "Thackeray",
    "Underhill",
    "Vandermeer",
    "Whitlock",
    "Yarborough",
]

PLACES = (
    ("Portland", "OR", "97205"),
    ("Columbus", "OH", "43215"),
    ("Albany", "NY", "12207"),
    ("Savannah", "GA", "31401"),
    ("Boise", "ID", "83702"),
    ("Tucson", "AZ", "85701"),
    ("Madison", "WI", "53703"),
    ("Raleigh", "NC", "27601"),
    ("Tulsa", "OK", "74103"),
    ("Spokane", "WA", "99201"),
)

LISTED_NAME = "Obsidian Meridian Procurement"
"""An invented firm: the one entry of the demonstration's watchlist that a parcel is planted for."""
LISTED_OTHERS = ("Cinder Vale Holdings", "Mirage Delta Shipping", "North Sable Freight")
