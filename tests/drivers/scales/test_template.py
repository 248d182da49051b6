"""A scale that is read as its site describes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.errors import BadTemplate
from drivers.events import Event, Noise, Status, WeightReading
from drivers.line_settings import LineSettings
from drivers.scales.template import TemplateSettings, template_profile
from drivers.scales.template_pattern import compile_pattern
from drivers.simulators.scale import with_parity
from tests.drivers.scales.rows import TEMPLATE_LINE, TEMPLATE_STREAM, assert_reads


def parse(settings: TemplateSettings, frame: bytes) -> Event:
    ends = settings.end.encode("latin-1")[:1]
    (event,) = template_profile(settings).new_parser().feed(settings.start.encode() + frame + ends)
    return event


@pytest.mark.parametrize(
    ("settings", "frame", "digits", "unit", "stable", "status"),
    [
        (TEMPLATE_STREAM, b"   12.34KG ", "12.34", "kg", True, set()),
        (TEMPLATE_STREAM, b"-   1.50LN ", "-1.50", "lb", True, {Status.NET, Status.NEGATIVE}),
        (TEMPLATE_STREAM, b"+   1.50LGM", "1.50", "lb", False, {Status.MOTION}),
        (TEMPLATE_LINE, b"ST,  12.34 kg", "12.34", "kg", True, set()),
        (TEMPLATE_LINE, b"US,- 12.34 g", "-12.34", "g", False, {Status.NEGATIVE, Status.MOTION}),
    ],
)
def test_a_weight_is_read_by_columns_or_by_a_pattern(
    settings: TemplateSettings, frame: bytes, digits: str, unit: str, stable: bool, status: set[Status]
) -> None:
    assert_reads(parse(settings, frame), digits, unit, stable, status, raw=frame)


@pytest.mark.parametrize(
    ("settings", "frame", "status"),
    [
        (TEMPLATE_STREAM, b"   150.1KGO", Status.OVERLOAD),
        (TEMPLATE_STREAM, b" -------KGO", Status.OVERLOAD),
        (TEMPLATE_LINE, b"OL, 12.34 kg", Status.OVERLOAD),
        (TEMPLATE_LINE, b"ST, ------ kg", Status.OVERLOAD),
        (replace(TEMPLATE_LINE, under=("-----",)), b"ST, ----- kg", Status.UNDERLOAD),
        (TEMPLATE_LINE, b"ST, 12 pcs", Status.NOT_WEIGHT),
    ],
)
def test_a_status_in_place_of_a_weight_has_no_value(
    settings: TemplateSettings, frame: bytes, status: Status
) -> None:
    event = parse(settings, frame)
    assert isinstance(event, WeightReading)
    assert event.value is None
    assert status in event.status


@pytest.mark.parametrize(
    ("settings", "frame"),
    [
        (TEMPLATE_STREAM, b"   12.34KG"),
        (TEMPLATE_STREAM, b"   12.34KG  "),
        (TEMPLATE_STREAM, b"   12.34KGX"),
        (TEMPLATE_STREAM, b"   12.34TG "),
        (TEMPLATE_STREAM, b"?  12.34KG "),
        (TEMPLATE_STREAM, b"-  -1.50KG "),
        (TEMPLATE_STREAM, b"   1.2.4KG "),
        (TEMPLATE_STREAM, b"        KG "),
        (TEMPLATE_LINE, b"ST,  12,34 kg"),
        (TEMPLATE_LINE, b"T,  12.34 kg"),
        (TEMPLATE_LINE, b"ST,  12.34 lb"),
        (TEMPLATE_LINE, b"ST,  12.34 kg and more"),
        (TEMPLATE_LINE, b"ST, ---- kg"),
    ],
)
def test_what_the_description_does_not_list_is_noise(settings: TemplateSettings, frame: bytes) -> None:
    assert parse(settings, frame) == Noise(discarded=len(frame), reason="not_template")


def test_stable_is_what_is_said_to_be_stable_and_not_what_says_nothing() -> None:
    settings = TemplateSettings(
        pattern=r"(?P<weight>[\d.]+)kg(?P<state>[S ]?)", marks={"state": {"S": "stable", "": "nothing"}}
    )
    marked, unmarked = parse(settings, b"1.23kgS"), parse(settings, b"1.23kg")
    assert isinstance(marked, WeightReading)
    assert isinstance(unmarked, WeightReading)
    assert (marked.stable, unmarked.stable) == (True, False)


def test_where_nothing_is_said_of_motion_stability_is_unknown_and_the_profile_says_so() -> None:
    settings = TemplateSettings(pattern=r"(?P<weight>[\d.]+)")
    event = parse(settings, b"1.23")
    assert isinstance(event, WeightReading)
    assert (event.unit, event.stable) == (None, None)
    profile = template_profile(settings)
    assert not profile.names_unit
    assert {"whether the weight is stable", "whether the range is exceeded"} <= set(profile.cannot_tell)


def test_motion_or_zero_without_digits_is_a_status_alone() -> None:
    settings = TemplateSettings(
        pattern=r"(?P<state>[MZ]?)(?P<weight>[\d.]*)",
        marks={"state": {"M": "motion", "Z": "zero", "": "nothing"}},
    )
    for frame, status in ((b"M", Status.MOTION), (b"Z", Status.ZERO)):
        event = parse(settings, frame)
        assert isinstance(event, WeightReading)
        assert (event.value, event.status) == (None, {status})


def test_tare_time_and_record_are_kept() -> None:
    settings = TemplateSettings(
        pattern=r"(?P<record>\d+) (?P<time>[\d:]+) (?P<weight>[\d.]+) (?P<tare>[\d.]+) (?P<unit>kg)"
    )
    event = parse(settings, b"0017 12:34:56 1.25 0.10 kg")
    assert isinstance(event, WeightReading)
    assert (str(event.value), str(event.tare)) == ("1.25", "0.10")
    assert (event.record, event.device_time) == ("0017", "12:34:56")


def test_a_line_that_tells_the_tare_is_not_the_load() -> None:
    settings = TemplateSettings(
        pattern="(?P<kind>[GT])(?P<weight>[0-9.]+)kg", marks={"kind": {"G": "nothing", "T": "tare"}}
    )
    event = parse(settings, b"T1.25kg")
    assert isinstance(event, WeightReading)
    assert (event.value, str(event.tare)) == (None, "1.25")


@pytest.mark.parametrize(
    ("point", "decimals", "frame", "digits"),
    [
        (",", None, b"1,250", "1.250"),
        (",", None, b"1.250", None),
        (".", 3, b"001250", "1.250"),
        (".", 2, b"-125", "-1.25"),
        (".", 3, b"1.250", None),
    ],
)
def test_the_point_is_where_the_site_says(
    point: str, decimals: int | None, frame: bytes, digits: str | None
) -> None:
    settings = TemplateSettings(
        pattern="(?P<sign>-?)(?P<weight>[0-9.,]+)", point="," if point == "," else ".", decimals=decimals
    )
    event = parse(settings, frame)
    assert (str(event.value) if isinstance(event, WeightReading) else None) == digits


def test_a_line_shorter_than_the_devices_others_has_lost_a_byte() -> None:
    whole, cut = b"ST,  12.34 kg\r\n", b"ST,  1.34 kg\r\n"
    events = template_profile(TEMPLATE_LINE).new_parser().feed(whole * 3 + cut)
    assert events[-1] == Noise(discarded=12, reason="width")
    events = template_profile(replace(TEMPLATE_LINE, width="any")).new_parser().feed(whole * 3 + cut)
    assert isinstance(events[-1], WeightReading)


def test_the_profile_is_not_verified_and_carries_the_line_and_the_commands() -> None:
    line = LineSettings(baudrate=4800, byte_size=7, parity="O")
    profile = template_profile(replace(TEMPLATE_STREAM, line=line, poll_command="W\r", start_command="\x05"))
    assert (profile.name, profile.verified, profile.names_unit) == ("template", False, True)
    assert (profile.settings, profile.poll_command, profile.start_command) == (line, b"W\r", b"\x05")


@pytest.mark.parametrize(
    ("change", "subject", "remedy"),
    [
        ({"pattern": "", "columns": {}}, "the frame", "give columns or a pattern"),
        ({"columns": {"weight": (1, 7)}}, "the frame", "describe it by one of them"),
        ({"pattern": "(?P<unit>kg)", "marks": {}}, "the frame", "call the part with the digits weight"),
        ({"marks": {}}, "part 'state'", "say in marks"),
        ({"marks": {"state": {"ST": "steady"}}}, "mark 'state'", "use one of stable"),
        ({"marks": {"state": {" ST": "stable"}}}, "mark 'state'", "without blanks"),
        ({"marks": {**TEMPLATE_LINE.marks, "mode": {}}}, "mark 'mode'", "name it in columns or pattern"),
        ({"marks": {**TEMPLATE_LINE.marks, "unit": {}}}, "mark 'unit'", "name it in columns or pattern"),
        ({"ceiling": 8}, "ceiling", "use 16 to 256 bytes"),
        ({"end": ""}, "end", "give the byte behind a frame"),
        ({"start": "\r"}, "end", "not one that starts it"),
        ({"end": "\u20ac"}, "end", "write"),
        ({"decimals": 9}, "decimals", "use 0 to 6"),
        ({"pattern": "", "columns": {"weight": (0, 7)}}, "column 'weight'", "count from 1"),
        ({"pattern": "", "columns": {"weight": (9, 7)}}, "column 'weight'", "count from 1"),
        ({"pattern": "", "columns": {"Weight": (1, 7)}}, "column 'Weight'", "use lower case"),
        ({"pattern": "", "columns": {"weight": (1, 7)}, "length": 5, "marks": {}}, "length", "at least that"),
    ],
)
def test_a_description_that_cannot_be_used_is_refused_with_the_remedy(
    change: dict[str, object], subject: str, remedy: str
) -> None:
    with pytest.raises(BadTemplate) as refused:
        template_profile(replace(TEMPLATE_LINE, **change))  # type: ignore[arg-type]
    assert refused.value.subject == subject
    assert remedy in str(refused.value)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?P<weight>(?:\d+)+)",
        r"(?P<weight>\d+)*",
        r"(?P<weight>\d+){2}",
        r"(?P<weight>\d+?)",
        r"(?P<weight>\d++)",
        r"(\d+)",
        r"(?=\d)(?P<weight>\d+)",
        r"(?P<weight>\d+)(?P=weight)",
        r"(?P<weight>\d+)\1",
        r"^(?P<weight>\d+)$",
        r"(?P<weight>\d+",
        r"(?P<weight>\d+))",
        r"*(?P<weight>\d+)",
        r"(?P<weight>\d{300})",
        r"(?P<weight>\d{3,2})",
        r"(?P<weight>[\d--.]+)",
        r"(?P<weight>[[:digit:]]+)",
        r"(?P<weight>[z-a])",
        r"(?P<weight>\d)(?P<weight>\d)",
        "(?P<weight>\u20ac)",
        "(?P<weight>" + "a" * 400 + ")",
    ],
)
def test_a_pattern_that_could_go_back_or_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(BadTemplate):
        compile_pattern(pattern)


def test_a_repetition_gives_nothing_back() -> None:
    assert compile_pattern(r"[ \d]*(?P<weight>\d)").fullmatch(b"  123") is None
    assert compile_pattern(r" *(?P<weight>\d+)(?:kg|g)?").fullmatch(b"  123kg")


def test_a_pattern_of_many_repetitions_and_alternatives_ends_on_the_longest_frame() -> None:
    pattern = compile_pattern("(?:a|a)?" * 20 + "a*" * 100 + "b")
    assert pattern.fullmatch(b"a" * 256) is None


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_device_that_sends_seven_bits_is_told_by_its_parity(parity: str) -> None:
    events = (
        template_profile(TEMPLATE_LINE)
        .new_parser()
        .feed(with_parity(b"ST,  12.34 kg\r\nUS,  12.35 kg\r\n", parity))
    )
    assert events
    assert all(isinstance(event, Noise) and event.reason == f"parity_{parity}" for event in events)
