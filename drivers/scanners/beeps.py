"""What makes a scanner beep: the makers' host commands.

A scanner beeps by itself for every barcode it reads. A host's beep is for what the scanner cannot know: a
parcel that is not to pass. So ``bad`` is the more useful half, and may be all there is.

Sources: Honeywell Xenon/Granit user guide, "Host ACK" (the comma ends a command; it is taken where host
acknowledgement is switched on); Datalogic Magellan and Gryphon product reference guides, "Host Commands";
Zebra product reference guides, "Beep on <BEL>"; CipherLab 1660 manual, "Host Serial Commands".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Beeps:
    """Two commands, either of them empty where the maker has none."""

    good: bytes = b""
    bad: bytes = b""


BEEPS: Mapping[str, Beeps] = MappingProxyType(
    {
        "honeywell": Beeps(good=b"\x1b7,", bad=b"\x1b8,\x1b8,"),
        # "Force good read" sounds even where the good-read beep is off. "Not on file" also switches some
        # models' reading off, until they are enabled again.
        "datalogic": Beeps(good=b"\x01", bad=b"FE"),
        # The only tone there is; it is meant for an illegal entry.
        "zebra": Beeps(bad=b"\x07"),
        "cipherlab": Beeps(bad=b"#@////\r"),
        # Single-cable models; three tones, since there is one kind only.
        "magellan": Beeps(good=b"S334\r", bad=b"S334\rS334\rS334\r"),
    }
)
