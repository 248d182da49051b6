"""What carriers print, as data: one record for each way of writing a number.

A new carrier is a record here or in ``carriers_other``, and its genuine numbers in the test's table. The
order of records decides between readings that are otherwise equal, after ``last``.
"""

from __future__ import annotations

from typing import Final

from agent.domain.identifiers.carriers_other import OTHERS
from agent.domain.identifiers.checks import FEDEX, FEDEX_92, GS1, MOD7, UPS, UPS_FREIGHT, USPS_91
from agent.domain.identifiers.formats import NumberFormat, Shape, define

_DATA = "tracking_number_data (MIT), github.com/jkeen/tracking_number_data"
_UPS = "UPS tracking number formats, ups.com/help-center"
_FEDEX = "FedEx Ground Bar Code & Label Layout Specification"
_USPS = "USPS Publication 199, Intelligent Mail package barcode"
_DHL = "DHL licence plate, ISO/IEC 15459"
_SHIPIT = "shipit (MIT), github.com/sailrish/shipit"

# An IMpb names the class (three digits) and the mailer; these mailers hand over to USPS for the last mile.
_FEDEX_MAILERS = "927007687|909834979"
_DHL_MAILERS = "903361287"
_IMPB = r"(?P<ai>9[1-5])(?P<class>[0-9]{3})(?P<serial>[0-9]{16}(?:[0-9]{4}){0,3})(?P<check>[0-9])"
_ROUTED = r"(?:420(?P<zip>[0-9]{5}(?:[0-9]{4})?))?"
_LEGACY = r"(?!00)(?P<service>[0-9]{2})(?P<mailer>[0-9]{9})(?P<serial>[0-9]{8})(?P<check>[0-9])"
_TAIL = r"(?P<_checked>[0-9]{2}(?P<number>[0-9]{12}))"


_U, _C, _X = Shape.UNIQUE, Shape.COMMON, Shape.CHANCE

_INTEGRATORS: Final[tuple[NumberFormat, ...]] = (
    # -- UPS -------------------------------------------------------------------------------------------------
    define(
        "ups:1z",
        _U,
        r"1Z(?P<_checked>(?P<account>[0-9A-Z]{6})(?P<service>[0-9A-Z]{2})(?P<package>[0-9A-Z]{7})(?P<check>[0-9A-Z]))",
        "1Z5R89390357567127",
        _UPS,
        check=UPS,
    ),
    define("ups:freight", _C, r"H[0-9]{9}(?P<check>[0-9])", "H9205817377", _SHIPIT, check=UPS_FREIGHT),
    define(
        "ups:waybill",
        _C,
        r"[AFHJKMQTVW](?P<_checked>[0-9]{9}(?P<check>[0-9]))",
        "K2479825491",
        _DATA,
        check=UPS,
    ),
    define("ups:mi", _C, r"MI(?P<customer>[0-9]{6})(?P<serial>[0-9A-Z]{1,22})", "MI123456AB12345678", _UPS),
    define(
        "ups:mi-impb",
        _U,
        rf"{_ROUTED}(?P<_checked>92748(?P<mailer>[0-9]{{9}})[0-9]{{12}})",
        "92748931507708513018050063",
        _SHIPIT,
        check=GS1,
        value=("_checked",),
        last=5,
    ),
    define("ups:9", _C, r"[0-9]{9}", "123456789", _UPS),
    define("ups:12", _X, r"[0-9]{12}", "123456789012", _UPS),
    define("ups:mms", _X, r"[0-9]{18}", "123456789012345678", _UPS),
    # -- FedEx -----------------------------------------------------------------------------------------------
    define("fedex:express", _C, r"[0-9]{12}", "986578788855", _DATA, check=FEDEX, last=5),
    define("fedex:door-tag", _U, r"DT(?P<_checked>[0-9]{12})", "DT771613423732", _SHIPIT, check=FEDEX),
    define("fedex:ground", _C, r"[0-9]{15}", "041441760228964", _FEDEX, check=GS1),
    define(
        "fedex:ground-96",
        _U,
        r"96(?P<container>[0-9]{2})(?P<service>[0-9]{3})(?P<_checked>(?P<shipper>[0-9]{7})(?P<package>[0-9]{7})(?P<check>[0-9]))",
        "9611020987654312345672",
        _FEDEX,
        check=GS1,
        value=("_checked",),
    ),
    define(
        "fedex:34",
        _U,
        rf"96(?P<container>[0-9]{{2}})[0-9]{{5}}(?P<gsn>[0-9]{{10}})[0-9]{_TAIL}",
        "9622001900000000000000776632517510",
        _FEDEX,
        check=FEDEX,
        value=("number",),
    ),
    define(
        "fedex:34-express",
        _U,
        rf"10[0-9]{{13}}(?P<zip>[0-9]{{5}}){_TAIL}",
        "1001921334250001000300779017972697",
        _DATA,
        check=FEDEX,
        value=("number",),
    ),
    define(
        "fedex:34-other",
        _C,
        rf"(?!420)[0-8][0-9]{{14}}(?P<zip>[0-9]{{5}}){_TAIL}",
        "2001921334250001000300779017972697",
        _DATA,
        check=FEDEX,
        value=("number",),
        last=5,
    ),
    define(
        "fedex:astra",
        _C,
        r"3[0-9]{15}(?P<_checked>[0-9]{12})(?P<form>[0-9]{4})",
        "32971514560102447849175802862014",
        _DATA,
        check=FEDEX,
        value=("_checked",),
    ),
    define(
        "fedex:economy", _C, r"(?P<class>[0-9]{3})9[0-9]{16}", "61299998820821171811", _DATA, check=FEDEX_92
    ),
    define(
        "fedex:economy-impb",
        _U,
        rf"(?:420(?P<zip>[0-9]{{5}}))?(?P<_checked>92(?P<class>[0-9]{{3}})(?P<mailer>{_FEDEX_MAILERS})[0-9]{{8}})",
        "9261292700768711948021",
        _DATA,
        check=GS1,
        value=("_checked",),
    ),
    define(
        "fedex:sscc",
        _C,
        r"(?P<container>0[0-4])(?P<_checked>[0-9]{16})",
        "000123450000000027",
        _FEDEX,
        check=GS1,
        last=9,
    ),
    # -- USPS ------------------------------------------------------------------------------------------------
    define(
        "usps:impb",
        _U,
        rf"(?:420(?P<zip>[0-9]{{5}}))?(?P<_checked>{_IMPB})",
        "9400111206206406260787",
        _USPS,
        check=GS1,
        value=("_checked",),
        last=3,
    ),
    define(
        "usps:impb-zip9",
        _U,
        rf"420(?P<zip>[0-9]{{9}})(?P<_checked>{_IMPB})",
        "4201002334249200190132607600833457",
        _USPS,
        check=GS1,
        value=("_checked",),
        last=2,
    ),
    define("usps:20", _C, _LEGACY, "03071790000523483741", _USPS, check=GS1),
    define("usps:20-of-22", _C, _LEGACY, "71969010756003077385", _USPS, check=USPS_91, last=1),
    define(
        "usps:20-routed",
        _U,
        r"420(?P<zip>[0-9]{5})(?P<_checked>(?P<serial>[078][0-9]{18})(?P<check>[0-9]))",
        "4209021003071790000523483741",
        _USPS,
        check=GS1,
        value=("_checked",),
        last=3,
    ),
    define(
        "usps:gxg", _C, r"82[0-9]{8}", "8200000000", "USPS tracking number formats, Global Express Guaranteed"
    ),
    # -- DHL -------------------------------------------------------------------------------------------------
    define("dhl:express", _C, r"(?P<serial>[0-9]{9})(?P<check>[0-9])", "3318810025", _DATA, check=MOD7),
    define(
        "dhl:express-11",
        _C,
        r"(?P<serial>[0-9]{10})(?P<check>[0-9])",
        "73891051146",
        _DATA,
        check=MOD7,
        last=9,
    ),
    define("dhl:plate", _U, r"(?:J?JD|JVGL)[0-9]{9,20}", "JD014600011678034918", _DHL, last=1),
    define("dhl:ecommerce", _C, r"GM[0-9A-F]{16,20}", "GM2951173225174494", _DATA),
    define(
        "dhl:ecommerce-long",
        _C,
        r"(?:GM|LX|RX|UV|CN|SG|TH|IN|HK|MY)[0-9]{10,39}",
        "GM295117494011169042",
        _DATA,
        last=1,
    ),
    define("dhl:ecommerce-14", _C, r"(?:601|510)[0-9]{11}", "60120172242323", _DATA),
    define(
        "dhl:ecommerce-impb",
        _U,
        rf"(?:420(?P<zip>[0-9]{{5}}))?(?P<_checked>92(?P<class>[0-9]{{3}})(?P<mailer>{_DHL_MAILERS})[0-9]{{8}})",
        "420902459261290336128704042634",
        _DATA,
        check=GS1,
        value=("_checked",),
    ),
    define(
        "dhl:station", _X, r"(?P<station>[A-Z]{3})[0-9]{7}", "SEA1234567", "DHL same-day waybill, dhl.com"
    ),
)
"""The four that carry most parcels, in this order."""

FORMATS: Final = (*_INTEGRATORS, *OTHERS)
"""Every format of a carrier, the air waybill and the licence plate among them."""
