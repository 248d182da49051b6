"""Bytes in any order and any cut: the same events, nothing raised, never more held than a frame.

One row a grammar; ``test_scales.py`` holds the same protocols to what their simulators send.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.catalogue import SCALES
from drivers.events import Event, Parser, WeightReading
from drivers.profile import DeviceProfile
from drivers.scales import (
    adam,
    and_standard,
    cardinal,
    cas_pd2,
    comma,
    dibal,
    hid,
    kern,
    kern_vibra,
    magellan,
    mt_sics,
    nci,
    ohaus,
    radwag,
    rice_lake,
    rinstrum,
    sbi,
    sma,
    toledo_8217,
    toledo_continuous,
    ups_string,
)
from drivers.scales.template import template_profile
from drivers.scales.width import UNLEARN_AFTER
from tests.drivers.scales.rows import TEMPLATE_LINE, TEMPLATE_STREAM


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """One way of speaking.

    Args:
        new: A new parser of it.
        weights: Whole frames, each a weight by itself, with the bytes that end them.
        others: Other pieces that are likely to meet: states, echoes, ends.
        letters: What its frames are written with.
        ceiling: Most bytes that a parser may hold.
        ends: What ends a frame that was cut, so that the next one is read.
    """

    new: Callable[[], Parser]
    weights: tuple[bytes, ...]
    others: tuple[bytes, ...] = ()
    letters: str
    ceiling: int
    ends: bytes = b"\r\n"

    def streams(self) -> st.SearchStrategy[bytes]:
        pieces = st.one_of(
            st.binary(max_size=80),
            st.sampled_from([*self.weights, *self.others, self.ends]),
            st.text(self.letters, max_size=80).map(lambda text: text.encode("latin-1")),
        )
        return st.lists(pieces, max_size=12).map(b"".join)


def _template(profile: DeviceProfile, *weights: bytes, ends: bytes) -> Grammar:
    letters = "\x02STUOLGNK, 0123456789.+-kg\r\n"
    return Grammar(new=profile.new_parser, weights=weights, letters=letters, ceiling=128, ends=ends)


def _check_of_pd2(body: bytes) -> bytes:
    check = 0
    for byte in body:
        check ^= byte
    return b"\x01\x02" + body + bytes([check]) + b"\x03\x04"


GRAMMARS = {
    "adam": Grammar(
        new=lambda: adam.Adam(label="bare"),
        weights=(b"G    +    2.00 kg\r\n", b"N    +    1.00 kg\r\n"),
        letters="GNT+- 0123456789./:kglbPCS\r\n",
        ceiling=adam.CEILING,
    ),
    "and": Grammar(
        new=and_standard.AndStandard,
        weights=(b"ST,+001234.5  g\r\n",),
        others=(b"OL,+9999999E+19\r\n", b"\x06"),
        letters="STUOLQ,+-0123456789.E kg\r\n\x06",
        ceiling=and_standard.CEILING,
    ),
    "cardinal": Grammar(
        new=cardinal.Cardinal,
        weights=(b"\r+0012.34  lb g  \x03",),
        others=(b"\r+0012.34m lb g  \x03",),
        letters="\r\x03+- 0123456789.mokglbn",
        ceiling=cardinal.CEILING,
        ends=b"\x03",
    ),
    "cardinal-scoreboard": Grammar(
        new=cardinal.CardinalScoreboard,
        weights=(b"  112.34 LB G    \r",),
        others=(b"   12.34 LB G MO \r",),
        letters="\r- 0123456789.LBKGMOCZ",
        ceiling=cardinal.CEILING,
        ends=b"\r",
    ),
    "cas-pd2": Grammar(
        new=cas_pd2.CasPd2,
        weights=(_check_of_pd2(b"S  1.234kg"),),
        letters="\x01\x02\x03\x04\x06SU 0123456789.-kg",
        ceiling=13,
        ends=b"\x03\x04",
    ),
    "comma": Grammar(
        new=comma.Comma,
        weights=(b"ST,GS,   1.234kg\r\n",),
        others=(b"OL,GS,   1.234kg\r\n", b"\x02"),
        letters="STUOLGN,12 0123456789.+-kg\r\n\x02",
        ceiling=comma.CEILING,
    ),
    "dibal": Grammar(
        new=dibal.Dibal,
        weights=(b"9900031600000004\r\n",),
        others=(b"9910021210000001\r\n",),
        letters="0123456789:\r\n",
        ceiling=dibal.CEILING,
    ),
    "hid": Grammar(
        new=hid.HidScale,
        weights=(bytes.fromhex("03040bff4e00"),),
        others=(b"\x03", b"\x00"),
        letters="\x00\x02\x03\x04\x05\x0b\xfd\xfe\xff",
        ceiling=hid.LENGTH,
        ends=b"\x00" * hid.LENGTH,
    ),
    "kern": Grammar(
        new=kern.Kern,
        weights=(b"       1.234 kg \r\n", b"       1.234    \r\n"),
        letters="M- 0123456789.kgEro\r\n",
        ceiling=kern.CEILING,
    ),
    "kern-vibra": Grammar(
        new=lambda: kern_vibra.KernVibra(width="any"),
        weights=(b"+0123.45 G S\r\n", b"+008.12/2 G U\r\n"),
        letters="+- 0123456789./GKSUE\r\n",
        ceiling=kern_vibra.CEILING,
    ),
    "magellan": Grammar(
        new=magellan.Magellan,
        weights=(b"S1440123\r",),
        others=(b"S141\r", b"S08F1101234567891\r", b"S08\r", b"S08\x1d12\r"),
        letters="S0148F1-9\r\n",
        ceiling=magellan.CEILING,
        ends=b"\r",
    ),
    "mt-sics": Grammar(
        new=lambda: mt_sics.MtSics(width="any"),
        weights=(b"S S      1.234 kg\r\n", b"S D      1.234 kg\r\n"),
        letters="SIDTZ@E 0123456789.+-kg\r\n",
        ceiling=256,
    ),
    "nci": Grammar(
        new=nci.Nci,
        weights=(b"\n  12.34lb\r\n00\r\x03",),
        others=(b"\n  2.10lb\r00\x03", b"\n?\r\x03", b"\n", b"\r", b"\n10\r\x03"),
        letters="\n\r\x03?0123456789. kglboz",
        ceiling=nci.CEILING,
        ends=b"\x03",
    ),
    "ohaus": Grammar(
        new=ohaus.Ohaus,
        weights=(b"   1.234 kg\r\n",),
        others=(b"   1.234 kg   ?N\r\n",),
        letters="   0123456789.+-kgNET?\r\n",
        ceiling=ohaus.CEILING,
    ),
    "radwag": Grammar(
        new=radwag.Radwag,
        weights=(b"SI ?       18.5 kg \r\n", b"SI         18.5 kg \r\n"),
        letters="SIU?^v- 0123456789.[]kgA\r\n",
        ceiling=radwag.CEILING,
    ),
    "rice-lake": Grammar(
        new=rice_lake.RiceLake,
        weights=(b"\x02   12.34KG \r\n",),
        letters="\x02   0123456789.+-KLGNMOZ\r\n\x03",
        ceiling=rice_lake.CEILING,
    ),
    "rinstrum": Grammar(
        new=rinstrum.Rinstrum,
        weights=(b"\x02   12.34G\x03",),
        others=(b"\x02   12.34M  -   \x03",),
        letters="\x02\x03- 0123456789.GNMOUEkgZS",
        ceiling=rinstrum.CEILING,
        ends=b"\x03",
    ),
    "sbi": Grammar(
        new=sbi.Sbi,
        weights=(b"+   1255.7 kg \r\n", b"N     +    0.006 g  \r\n"),
        others=(b"Stat High\r\n",),
        letters="   0123456789.+-[]/kgNGHStat\r\n",
        ceiling=sbi.CEILING,
    ),
    "sma": Grammar(
        new=sma.Sma,
        weights=(b"\n 1G       5.025lb \r",),
        others=(b"\n?\r", b"\nCAP:kg :6000:1:0 \r", b"\n", b"\r"),
        letters="\n\r?: 0123456789.GNMZkglb",
        ceiling=sma.CEILING,
        ends=b"\r",
    ),
    "template (columns)": _template(template_profile(TEMPLATE_LINE), b"ST,  12.34 kg\r\n", ends=b"\r\n"),
    "template (pattern)": _template(template_profile(TEMPLATE_STREAM), b"\x02   12.34KG \r", ends=b"\r"),
    "toledo-8217": Grammar(
        new=toledo_8217.Toledo8217,
        weights=(b"\x0205.250\r",),
        others=(b"\x02?p\r", b"\x02E\r", b"\x02", b"\r", b"\n"),
        letters="\x02\r\n?Ep0123456789.",
        ceiling=toledo_8217.CEILING,
        ends=b"\r",
    ),
    "ups-string": Grammar(
        new=ups_string.UpsString,
        weights=(b"  12.35 lb GR  \r\n",),
        others=(b" 150.05 lb GR  \r\n\x04", b"\x04", b"\r", b"\n", b"  12.35 lb GR  "),
        letters=" 0123456789.lbkgGRr\r\n\x04",
        ceiling=ups_string.CEILING,
    ),
}
"""Toledo continuous has switches that change its frames: its own tests turn each of them."""

every_grammar = pytest.mark.parametrize("name", GRAMMARS)


def in_pieces(parser: Parser, data: bytes, sizes: list[int]) -> list[Event]:
    events, rest = [], data
    for size in sizes:
        events += parser.feed(rest[:size])
        rest = rest[size:]
    return events + parser.feed(rest) + parser.idle()


def test_every_scale_of_the_catalogue_has_a_row() -> None:
    spoken = {type(profile.new_parser()) for profile in SCALES}
    assert spoken - {type(grammar.new()) for grammar in GRAMMARS.values()} == {
        toledo_continuous.ToledoContinuous
    }


@every_grammar
def test_chunking_never_changes_the_events(name: str) -> None:
    grammar = GRAMMARS[name]

    @settings(max_examples=60)
    @given(data=grammar.streams(), sizes=st.lists(st.integers(1, 9), max_size=40))
    def chunked(data: bytes, sizes: list[int]) -> None:
        whole = grammar.new()
        assert in_pieces(grammar.new(), data, sizes) == whole.feed(data) + whole.idle()

    chunked()


@every_grammar
def test_no_more_than_a_frame_is_ever_held_and_the_next_weight_is_read(name: str) -> None:
    grammar = GRAMMARS[name]

    @settings(max_examples=60)
    @given(streams=st.lists(grammar.streams(), max_size=6))
    def bounded(streams: list[bytes]) -> None:
        parser = grammar.new()
        for data in streams:
            parser.feed(data)
            assert parser.held_bytes() <= grammar.ceiling
        parser.feed(grammar.ends)
        parser.idle()
        # A width that noise taught is unlearnt by frames of another, and not by one of them.
        events = [
            event for _ in range(UNLEARN_AFTER) for event in parser.feed(grammar.weights[0])
        ] + parser.idle()
        assert any(isinstance(event, WeightReading) for event in events)

    bounded()
