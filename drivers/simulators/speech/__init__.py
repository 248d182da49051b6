"""How scales speak, written from their makers' manuals and not from our parsers: each checks the other."""

from __future__ import annotations

from types import MappingProxyType

from drivers.simulators.speech import american, commas, lines, retail, toledo
from drivers.simulators.speech.showing import Reply, Showing, Speech, Tells

__all__ = ["SPEECHES", "Reply", "Showing", "Speech", "Tells"]

SPEECHES = MappingProxyType(
    {
        speech.name: speech
        for speech in (
            lines.MT_SICS,
            toledo.TOLEDO_8217,
            toledo.TOLEDO_PS60,
            toledo.TOLEDO_CONTINUOUS,
            american.NCI,
            american.SMA,
            american.UPS,
            american.RICE_LAKE,
            american.CARDINAL,
            american.CARDINAL_SCOREBOARD,
            commas.AND,
            commas.COMMA,
            commas.RINSTRUM,
            lines.OHAUS,
            lines.SBI,
            lines.RADWAG,
            lines.ADAM,
            lines.KERN,
            lines.KERN_VIBRA,
            retail.MAGELLAN,
            retail.CAS_PD2,
            retail.DIBAL,
            retail.HID,
        )
    }
)
"""Every scale protocol that can be simulated, by the catalogue's name."""
