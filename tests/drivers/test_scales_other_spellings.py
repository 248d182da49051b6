"""Forms of a protocol that its usual device does not send: spelt from the manuals, read by the parser."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from operator import xor
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.catalogue import profile_of
from drivers.events import WeightReading
from drivers.simulators.speech import Showing
from drivers.simulators.speech.showing import in_unit


class Form(NamedTuple):
    protocol: str
    unit: str
    spell: Callable[[Showing], str]
    lowest_g: int = -2000
    switches: dict[str, str] = {}  # noqa: RUF012  (read only)


def _status(showing: Showing) -> str:
    return chr(0x30 | (not showing.stable) | showing.zero << 1) + "0"


def _lamp(showing: Showing) -> str:
    return chr(0x80 | showing.stable << 6 | 1 << 2 | showing.zero)


def _cas_whole(showing: Showing) -> str:
    """As Pinnacle sends it: with SOH and STX the check comes out as it does with ETX alone."""
    body = f"\x01\x02{'S' if showing.stable else 'U'}{showing.minus}{showing.digits:>6}{showing.unit:>2}"
    return body + chr(reduce(xor, body.encode())) + "\x03\x04"


FORMS = {
    "NCI SCP-02": Form("nci", "lb", lambda s: f"\n{s.value:>6f}LB\r\nS{_status(s)}\r\x03"),
    "NCI SCP-12": Form(
        "nci",
        "lb",
        lambda s: f"\n{s.minus}{s.digits:>6} {s.unit}\r{_status(s)}\x03",
        switches={"motion": "normal"},
    ),
    "NCI SCP-12 with the motion bit turned round": Form(
        "nci",
        "lb",
        lambda s: f"\n{s.minus}{s.digits:>6} {s.unit}\r{chr(ord(_status(s)[0]) ^ 1)}0\x03",
        switches={"motion": "inverted"},
    ),
    "UPS string of Detecto": Form(
        "ups-string",
        "lb",
        lambda s: f"{s.value:>9f} LB {'GR' if s.stable else 'gr'}  \r\n\x04",
        switches={"eot": "every"},
    ),
    "comma with a comma behind the mode": Form(
        "comma", "g", lambda s: f"{'ST' if s.stable else 'US'},GS,{s.value:>8f} g\r\n"
    ),
    "comma of CAS, with its lamps": Form(
        "comma",
        "kg",
        lambda s: f"{'ST' if s.stable else 'US'},GS,1{_lamp(s)},{s.minus}{s.digits:0>7} kg\r\n",
    ),
    "comma of Kern KFB": Form(
        "comma", "kg", lambda s: f"{'ST' if s.stable else 'US'},GS{s.minus}{s.digits:>7}KG\r\n"
    ),
    "Ohaus Defender 5000": Form(
        "ohaus", "kg", lambda s: f"{s.value:>11f} kg    {' ' if s.stable else '?'} G\r\n"
    ),
    "Ohaus Ranger": Form("ohaus", "g", lambda s: f"{s.value:>9f} g {'' if s.stable else '?'}\r\n"),
    "Sartorius in sixteen columns": Form(
        "sbi", "g", lambda s: f"{s.plus} {s.digits:>8} {s.unit if s.stable else '':<3}\r\n"
    ),
    "Rinstrum with a plus": Form(
        "rinstrum", "kg", lambda s: f"\x02{s.minus}{s.digits:>7}{'G' if s.stable else 'M'}\x03"
    ),
    "Cardinal in capitals": Form(
        "cardinal",
        "lb",
        lambda s: f"\r{s.plus}{s.digits:0>7}{' ' if s.stable else 'M'} {s.unit.upper()} G  \x03",
    ),
    "Toledo 8213 in grams": Form("toledo-8217", "g", lambda s: f"\x02{s.digits:0>6}\r", lowest_g=0),
    "Toledo continuous without a tare": Form(
        "toledo-continuous",
        "kg",
        lambda s: f"\x02-{chr(0x30 | (s.value < 0) << 1 | (not s.stable) << 3)} {s.whole:06}\r",
        switches={"tare": "not_sent"},
    ),
    "Kern without trailing blanks": Form(
        "kern", "g", lambda s: f" {s.minus}{s.digits:>10}{' g' if s.stable else ''}\r\n"
    ),
    "ViBRA with eight columns": Form(
        "kern-vibra", "g", lambda s: f"{s.plus}{s.digits:>8} G {'S' if s.stable else 'U'}\r\n"
    ),
    "CAS with a check over the whole frame": Form("cas-pd2", "kg", _cas_whole, switches={"bcc": "etx"}),
    "A&D in capitals": Form(
        "and", "kg", lambda s: f"{'ST' if s.stable else 'US'},{s.plus}{s.digits:0>8} KG\r\n"
    ),
    "Rice Lake with a plus": Form(
        "rice-lake", "lb", lambda s: f"\x02{s.plus}{s.digits:>7}LG{' ' if s.stable else 'M'}\r\n"
    ),
    "MT-SICS that answers SI with SI": Form(
        "mt-sics", "kg", lambda s: f"SI {'S' if s.stable else 'D'} {s.value:>10f} kg\r\n"
    ),
}

UNSTABLE_UNTOLD = {"Toledo 8213 in grams"}


@pytest.mark.parametrize("form", FORMS)
def test_another_form_of_a_protocol_is_read_as_it_was_spelt(form: str) -> None:
    protocol, unit, spell, lowest_g, switches = FORMS[form]
    profile = profile_of(protocol).adapted(switches)

    @settings(max_examples=30, deadline=None)
    @given(grams=st.integers(lowest_g, 30_000), stable=st.booleans())
    def holds(grams: int, stable: bool) -> None:
        stable = stable or form in UNSTABLE_UNTOLD
        value = in_unit(grams, unit)
        parser = profile.new_parser()
        events = parser.feed(
            spell(Showing(value=value, unit=unit, stable=stable, zero=value == 0)).encode("latin-1")
        )
        (event,) = [*events, *parser.idle()]
        assert isinstance(event, WeightReading), event
        assert event.value == value
        assert event.value is not None
        assert event.value.as_tuple().exponent == Decimal(value).as_tuple().exponent
        assert event.unit in ({unit, None} if not stable or not profile.names_unit else {unit})
        assert event.stable is stable

    holds()
