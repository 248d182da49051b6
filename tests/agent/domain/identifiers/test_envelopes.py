"""Messages in two-dimensional symbols and links: what numbers they hold, and what else they tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.identifiers import MAX_PAYLOAD, identify

GS, RS, EOT = "\x1d", "\x1e", "\x04"

UPS_HEAD = ("96336091062", "840", "002", "1Z14647438", "UPSN", "410E1W", "195")
UPS_TAIL = ("", "1/1", "12", "Y", "135LIGHTNER", "TAMPA", "FL")
# A FedEx Express label of 2004 as decoders publish it: FS parts fields within a field.
FEDEX = (
    f"[)>{RS}01{GS}0210011{GS}840{GS}26{GS}7910002710790201{GS}FDE{GS}131189974{GS}151{GS} {GS}1/1{GS}1LB"
    f"{GS}N{GS}1 WEST STREET{GS}NEW YORK{GS}NY{GS}A B{RS}06{GS}10ZED003{GS}13Z0000\x1c{GS}18Z197806818\x1cE3"
    f"{GS}20Z0.00\x1c1{GS}28Z{GS}K {GS}26Z09c6\x1c{GS}{RS}{EOT}"
)


def message(*segments: tuple[str, ...]) -> str:
    return f"[)>{RS}" + "".join(GS.join(fields) + RS for fields in segments) + EOT


def kinds(payload: str, aim: str | None = None) -> list[tuple[str, str]]:
    return [(c.kind, c.value) for c in identify(payload, aim)]


def test_a_ups_maxicode_gives_the_whole_tracking_number_and_its_fields() -> None:
    best = identify(message(("01", *UPS_HEAD, *UPS_TAIL)), "]U1")[0]
    assert (best.kind, best.value, best.valid) == ("ups", "1Z410E1W0214647438", True)
    events = {"postcode": "336091062", "country": "840", "account": "410E1W", "piece": "1/1", "weight": "12"}
    assert events.items() <= best.parts.items()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        # The separator after UPSN is optional.
        (message(("01", "9641352", "276", "068", "1Z50147020", "UPSN123A7V", "196")), "1Z123A7V6850147020"),
        # The rest is packed as free text, with CR and FS in it.
        (
            message(
                ("01", "9641352", "276", "068", "1Z50147020", "UPSN", "123A7V"), (")#$X2AFM*\r&3WA\x1cD4",)
            ).replace(f"{RS})", f"{RS}07)"),
            "1Z123A7V6850147020",
        ),
        # Some readers keep the primary message to themselves; then only a whole number is one.
        (message(("01", "961Z999AA10123456784", "UPSN", "999AA1")), "1Z999AA10123456784"),
        # A trailer that was cut off takes nothing from the number.
        (message(("01", *UPS_HEAD)).rstrip(RS + EOT), "1Z410E1W0214647438"),
    ],
)
def test_a_ups_message_is_read_in_every_form_printers_make_of_it(text: str, number: str) -> None:
    assert kinds(text)[:2] == [("ups", number), ("plain", number)]


def test_a_ups_number_that_cannot_be_completed_or_fails_its_check_is_not_made_up() -> None:
    assert identify(message(("01", "961Z14647438", "UPSN", "410E1W")), None) == ()
    wrong = identify(message(("01", *UPS_HEAD[:3], "1Z14647439", *UPS_HEAD[4:])), None)[0]
    assert (wrong.kind, wrong.valid, wrong.reason) == ("ups", False, "check_digit")


def test_a_fedex_label_gives_the_number_without_its_form() -> None:
    best = identify(FEDEX, "]L0")[0]
    assert (best.kind, best.value, best.valid) == ("fedex", "791000271079", True)
    assert {
        "form": "0201",
        "postcode": "10011",
        "carrier": "FDE",
        "weight": "1LB",
    }.items() <= best.parts.items()


def test_a_fedex_ground_label_gives_the_number_inside_the_long_one() -> None:
    text = message(("01", "0210011", "840", "019", "9622001900000000000000776632517510", "FDEG", "1234567"))
    assert kinds(text)[0] == ("fedex", "776632517510")


def test_data_identifiers_give_the_licence_plate_and_who_prints_it() -> None:
    text = message(("06", "JJD014600005555555555", "2L840:90210", "7Q12.5KG"))
    readings = {c.kind: c for c in identify(text, "]d1")}
    assert next(iter(readings)) == "dhl"
    plate = readings["iso15459"]
    assert (plate.value, plate.parts["agency"], plate.parts["7Q"]) == ("JD014600005555555555", "JD", "12.5KG")


@pytest.mark.parametrize("di", ["J", "1J", "2J", "3J", "4J", "5J", "6J"])
def test_every_licence_plate_identifier_is_known(di: str) -> None:
    findings = next(
        c for c in identify(message(("06", f"{di}UN043325711MH8031200000001")), None) if c.kind == "iso15459"
    )
    assert (findings.value, findings.parts["di"], findings.parts["agency"]) == (
        "UN043325711MH8031200000001",
        di,
        "UN",
    )


def test_package_numbers_under_other_identifiers_are_read_as_they_are_in_plain_symbols() -> None:
    assert kinds(message(("06", "3S1Z5R89390357567127", "Q1")))[0] == ("ups", "1Z5R89390357567127")
    assert kinds(message(("12", "1K02012345675")))[0] == ("iata-awb", "02012345675")
    assert kinds(message(("06", "Q12", "PABC", "JAB", "J" + "A" * 60, "Jab1234567"))) == []


def test_element_strings_in_an_envelope_read_like_those_in_a_symbol() -> None:
    text = message(("05", "00106141412345678908", "42090210"))
    assert kinds(text) == [("sscc", "106141412345678908"), ("gs1", "(00)106141412345678908(420)90210")]


@pytest.mark.parametrize("hostile", ["\x00", "\x1b", "\x07", "\n", "\x7f", "\x9b", "\ud800"])
def test_an_envelope_with_a_control_character_that_parts_nothing_is_refused(hostile: str) -> None:
    assert identify(message(("01", *UPS_HEAD, hostile)), None) == ()
    assert identify(message(("01", *UPS_HEAD), ("07" + hostile,)), None) == ()


@pytest.mark.parametrize("control", [RS, EOT, "\x1c", "\x1f", "\r"])
def test_what_parts_a_message_is_refused_outside_of_one(control: str) -> None:
    assert identify(f"1Z5R89390{control}357567127", None) == ()


def test_an_envelope_has_its_ceilings() -> None:
    assert identify(message(*[("06", "Q1")] * 20, ("06", "3S1Z5R89390357567127")), None) == ()
    assert identify(message(("06", *["Q1"] * 100, "3S1Z5R89390357567127")), None) == ()
    assert identify(message(("06", "3S" + "1" * MAX_PAYLOAD)), None) == ()


@given(
    fields=st.lists(
        st.sampled_from(["JJD0146000055555", "3S986578788855", "1K02012345675", "S420"]), max_size=64
    ),
    segments=st.integers(0, 30),
)
def test_readings_grow_with_what_is_read_never_with_what_is_sent(fields: list[str], segments: int) -> None:
    assert len(identify(message(*[("06", *fields)] * segments)[:MAX_PAYLOAD], None)) <= 40


@pytest.mark.parametrize("aim", [None, "]Q1", "]d1", "]Q3"])
def test_a_link_of_any_domain_gives_the_key_in_it(aim: str | None) -> None:
    readings = identify("https://shop.example/a/00/106141412345678908?420=90210&3302=001234", aim)
    assert [(c.kind, c.valid) for c in readings[:2]] == [("sscc", True), ("digital-link", True)]
    assert readings[1].parts == {"00": "106141412345678908", "420": "90210", "3302": "001234"}
    assert readings[1].value == "https://id.gs1.org/00/106141412345678908?3302=001234&420=90210"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("HTTPS://example.com/01/12312312312333?99=TEST", [("digital-link", True), ("gtin14", True)]),
        ("http://example.com/01/09506000134352/10/AB%2FC", [("digital-link", True), ("gtin13", True)]),
        ("https://example.com/00/106141412345678909", [("sscc", False), ("digital-link", False)]),
        ("HtTps://example.com/01/12312312312333?99=TEST", []),
        ("https://example.com/tracking?number=1", []),
        ("https://[::1/01/12312312312333", []),
        ("https://example.com/01/12312312312333?15=999999", []),
    ],
)
def test_a_link_is_one_only_as_the_standard_writes_it(link: str, expected: list[tuple[str, bool]]) -> None:
    assert [(c.kind, c.valid) for c in identify(link, "]Q1") if c.kind != "plain"] == expected


@pytest.mark.parametrize(
    ("payload", "aim", "expected"),
    [
        ("986578788855", "]C0", "fedex"),
        ("986578788855", "]E0", "gtin12"),
        ("012345678905", None, "gtin12"),
        ("09506000134352", "]I1", "gtin14"),
        ("09506000134352", "]C0", "dpd"),
        ("0109506000134352\x1d3102001234", "]J1", "gs1"),
        ("420902109400111206206406260787", "]C1", "usps"),
        ("42090210\x1d9400111206206406260787", "]C1", "usps"),
        ("9611020987654312345672", "]C1", "fedex"),
        ("00106141412345678908", "]C0", "sscc"),
        ("RR473124829GB", "]C0", "s10"),
        ("96385074", "]E4", "gtin8"),
        ("04252614", "]E0", "upce"),
        ("2112345678900|]e099COMPOSITE\x1d98XYZ", "]E0", "gtin13"),
        ("011231231231233310ABC123\x1d99TESTING", "]e0", "gs1"),
        ("TESTING", "]Q1", "plain"),
    ],
)
def test_the_symbology_speaks_first(payload: str, aim: str | None, expected: str) -> None:
    assert identify(payload, aim)[0].kind == expected


def test_a_number_wrapped_by_its_carrier_is_also_found_as_a_manifest_lists_it() -> None:
    assert ("plain", "9400111206206406260787") in kinds("420902109400111206206406260787", "]C1")
    assert ("plain", "779017972697") in kinds("1001921334250001000300779017972697")
    assert ("plain", "02012345675") in kinds("020-12345675")
    assert ("plain", "779017972698") not in kinds("1001921334250001000300779017972698")


def test_a_receptacle_tells_its_dispatch_and_its_weight() -> None:
    best = identify("GBLALAUSJFKSACN60123001100123", "]C0")[0]
    assert best.parts == {
        "dispatch_id": "GBLALAUSJFKSACN60123",
        "origin": "GBLALA",
        "destination": "USJFKS",
        "category": "A",
        "subclass": "CN",
        "year": "6",
        "dispatch": "0123",
        "receptacle": "001",
        "highest": "1",
        "registered": "0",
        "weight_100g": "0123",
    }
    strange = identify("QQLALAUSJFKSACN60123001100123", None)[0]
    assert (strange.kind, strange.valid, strange.reason) == ("s9", False, "country")


def test_weights_and_postal_codes_are_parts_under_their_application_identifiers() -> None:
    findings = next(
        c for c in identify("001061414123456789083302001234340100500042184090210", "]C1") if c.kind == "gs1"
    )
    assert {"3302": "001234", "3401": "005000", "421": "84090210"}.items() <= findings.parts.items()
