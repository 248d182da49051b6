"""Air waybills, the smaller and the regional carriers, and licence plates: the second half of the table."""

from __future__ import annotations

from typing import Final

from agent.domain.identifiers.checks import DPD, GS1, LUHN, MOD7, ONTRAC_C, ONTRAC_D, UPS
from agent.domain.identifiers.formats import NumberFormat, Shape, define

_DATA = "tracking_number_data (MIT), github.com/jkeen/tracking_number_data"
_SHIPIT = "shipit (MIT), github.com/sailrish/shipit"
_IATA = "IATA Resolutions 600a and 606"
_DPD = "DPD Parcel Label Specification 2.4.1"
_ISO = "ISO/IEC 15459-1; data identifiers of ANSI MH10.8.2"

_U, _C, _X = Shape.UNIQUE, Shape.COMMON, Shape.CHANCE

OTHERS: Final[tuple[NumberFormat, ...]] = (
    # -- Air waybills ----------------------------------------------------------------------------------------
    define(
        "iata-awb:dashed",
        _U,
        r"(?P<airline>[0-9]{3})-(?P<_checked>(?P<serial>[0-9]{7})(?P<check>[0-9]))",
        "020-12345675",
        _IATA,
        check=MOD7,
        value=("airline", "_checked"),
    ),
    define(
        "iata-awb:bare",
        _C,
        r"(?P<airline>[0-9]{3})(?P<_checked>(?P<serial>[0-9]{7})(?P<check>[0-9]))",
        "02012345675",
        _IATA,
        check=MOD7,
        last=5,
    ),
    define(
        "iata-awb-piece:dashed",
        _U,
        r"(?P<airline>[0-9]{3})-(?P<_checked>(?P<serial>[0-9]{7})(?P<check>[0-9]))-?(?P<_tail>0(?P<piece>[0-9]{4}))",
        "020-12345675-00001",
        _IATA,
        check=MOD7,
        value=("airline", "_checked", "_tail"),
    ),
    define(
        "iata-awb-piece:bare",
        _C,
        r"(?P<airline>[0-9]{3})(?P<_checked>(?P<serial>[0-9]{7})(?P<check>[0-9]))0(?P<piece>0[0-9]{3})",
        "0201234567500001",
        _IATA,
        check=MOD7,
        last=1,
    ),
    # Of more than 999 pieces there are fewer than Canada Post numbers that read as one by chance.
    define(
        "iata-awb-piece:many",
        _X,
        r"(?P<airline>[0-9]{3})(?P<_checked>(?P<serial>[0-9]{7})(?P<check>[0-9]))0(?P<piece>[1-9][0-9]{3})",
        "0201234567501001",
        _IATA,
        check=MOD7,
    ),
    # -- Other parcel carriers -------------------------------------------------------------------------------
    define("amazon:logistics", _U, r"TB[ACM](?:[0-9]{3}|[A-Z]{3})[0-9]{9}", "TBA502887274000", _DATA),
    define("amazon:international", _C, r"[ACF][0-9]{10}", "C1004444443", _DATA),
    define(
        "amazon:shipment",
        _C,
        r"[0-9]{3}-[0-9]{7}-[0-9]{7}:[0-9]{13}",
        "110-4970488-4173016:2879726997123",
        _SHIPIT,
    ),
    define(
        "canada-post:16",
        _C,
        r"(?P<origin>[0-9]{7})[0-9]{8}(?P<check>[0-9])",
        "0073938000549297",
        _DATA,
        check=GS1,
        last=5,
    ),
    define("purolator:12", _C, r"[0-3][0-9]{11}", "320595463938", _DATA, check=LUHN),
    define("purolator:12-high", _C, r"[45][0-9]{11}", "431426749955", _DATA, check=LUHN, last=9),
    define("purolator:alpha", _C, r"[A-Z]{3}[0-9]{9}", "KYV009956937", _DATA),
    define("canpar:22", _U, r"[CDKLSUXZ][0-9]{21}", "D576002440000001718010", _DATA),
    define(
        "dpd:28",
        _C,
        r"(?P<postcode>[0-9A-Z]{7})(?P<number>[0-9]{14})(?P<service>[0-9]{3})(?P<country>[0-9]{3})(?P<check>[0-9A-Z])",
        "008182709980000020033350276C",
        _DPD,
        check=DPD,
        value=("number",),
    ),
    define(
        "dpd:barcode",
        _U,
        r"%(?P<postcode>[0-9A-Z]{7})(?P<number>[0-9]{14})(?P<service>[0-9]{3})(?P<country>[0-9]{3})",
        "%008182709980000020033350276",
        _DPD,
        value=("number",),
    ),
    define(
        "dpd:15",
        _C,
        r"(?P<number>[0-9]{14})(?P<check>[0-9A-Z])",
        "09980000020033F",
        _DPD,
        check=DPD,
        value=("number",),
        last=5,
    ),
    define("dpd:14", _C, r"[0-9]{14}", "09980000020033", _DPD, last=5),
    define(
        "ontrac:c",
        _U,
        r"C(?P<_checked>[0-35-9][0-9]{12}(?P<check>[0-9]))",
        "C11031500001879",
        _DATA,
        check=ONTRAC_C,
    ),
    define(
        "ontrac:c4", _U, r"C(?P<_checked>4[0-9]{12}(?P<check>[0-9]))", "C41031500001873", _DATA, check=UPS
    ),
    define(
        "ontrac:d",
        _U,
        r"D(?P<_checked>[0-46-9][0-9]{12}(?P<check>[0-9]))",
        "D10011354453707",
        _DATA,
        check=ONTRAC_D,
    ),
    define(
        "ontrac:d5", _U, r"D(?P<_checked>5[0-9]{12}(?P<check>[0-9]))", "D50011354453702", _DATA, check=UPS
    ),
    define("lasership:l", _C, r"L[A-Z][0-9]{8}", "LX17635036", _DATA),
    define("lasership:1ls", _U, r"1LS(?:7[12][0-9]{10}|[0-9]{17}|CX[0-9A-Z]{10})", "1LS717793482164", _DATA),
    define("lasership:1ls-piece", _U, r"1LS7[12][0-9]{2}01[1-4][0-9]{6}-?1", "1LS7119013618127-1", _DATA),
    define("lasership:q", _C, r"Q[0-9]{8}[A-Z]", "Q54631325C", _SHIPIT),
    define("landmark:ltn", _U, r"LTN[0-9]{8}N1", "LTN74207623N1", _DATA),
    define("yunexpress:yt", _U, r"YT[0-9]{16}", "YT2229521272164446", _DATA),
    define("gofo:us", _U, r"GFUS[0-9]{14}", "GFUS01011884214464", _DATA),
    define("old-dominion:pro", _C, r"(?:77[78]|780|072|80[0-9])[0-9]{8}", "07209562763", _DATA, check=LUHN),
    define("speedee:sp", _U, r"SP[0-9]{18}", "SP029692510000920746", _DATA),
    define("yodel:jd", _U, r"J?JD[0-9]{16}", "JJD0002257639032011", _DATA),
    # -- Licence plates --------------------------------------------------------------------------------------
    define(
        "iso15459:plate",
        _C,
        r"(?P<di>[1-6]J)(?P<plate>(?P<agency>[0-9]|[A-Z]{1,3})[0-9A-Z]{4,34})",
        "1JUN043325711MH8031200000000001",
        _ISO,
        value=("plate",),
    ),
    define(
        "iso15459:plate-j",
        _C,
        r"(?P<di>J)(?P<plate>(?P<agency>[A-Z]{1,3})[0-9]{9,31})",
        "JJFI65838710058291085",
        _ISO,
        value=("plate",),
        last=5,
    ),
)
