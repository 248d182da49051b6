"""How scales speak, written from their makers' manuals and not from our parsers: each checks the other."""

from __future__ import annotations

from types import MappingProxyType

from drivers.simulators.speech import (
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
from drivers.simulators.speech.showing import Reply, Showing, Speech, Tells

__all__ = ["SPEECHES", "Reply", "Showing", "Speech", "Tells"]

SPEECHES = MappingProxyType(
    {
        speech.name: speech
        for speech in (
            mt_sics.MT_SICS,
            toledo_8217.TOLEDO_8217,
            toledo_8217.TOLEDO_PS60,
            toledo_continuous.TOLEDO_CONTINUOUS,
            nci.NCI,
            sma.SMA,
            ups_string.UPS,
            rice_lake.RICE_LAKE,
            cardinal.CARDINAL,
            cardinal.CARDINAL_SCOREBOARD,
            and_standard.AND,
            comma.COMMA,
            rinstrum.RINSTRUM,
            ohaus.OHAUS,
            sbi.SBI,
            radwag.RADWAG,
            adam.ADAM,
            kern.KERN,
            kern_vibra.KERN_VIBRA,
            magellan.MAGELLAN,
            cas_pd2.CAS_PD2,
            dibal.DIBAL,
            hid.HID,
        )
    }
)
"""Every scale protocol that can be simulated, by the catalogue's name."""
