"""Keyboard layouts: which character a key gives, plain, with Shift and with AltGr.

A scanner that plays a keyboard sends keys, and has to be set to the layout that is named here. Keys are named
by their Linux codes (``linux/input-event-codes.h``), which follow the place of a key and not its print.

Sources: Microsoft, "Windows Keyboard Layouts" (US, German, French, United Kingdom): those are what scanners
imitate, dead keys included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# The keys that give characters, row by row: ` 1..=, Q..], A..' and \, the key beside the left Shift, Z../.
_KEYS = (41, *range(2, 14), *range(16, 28), *range(30, 41), 43, 86, *range(44, 54))

SPACE = 57


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """``plain``, ``shift`` and ``altgr`` by key code; ``dead`` holds the accents that wait for a letter."""

    plain: Mapping[int, str]
    shift: Mapping[int, str]
    altgr: Mapping[int, str]
    dead: frozenset[tuple[str, int]] = frozenset()


def _layout(
    plain: str, shift: str, altgr: Mapping[int, str], dead: frozenset[tuple[str, int]] = frozenset()
) -> Layout:
    def keys(characters: str) -> Mapping[int, str]:
        return MappingProxyType({**dict(zip(_KEYS, characters, strict=True)), SPACE: " "})

    return Layout(plain=keys(plain), shift=keys(shift), altgr=MappingProxyType(dict(altgr)), dead=dead)


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "us": _layout(
            "`1234567890-=qwertyuiop[]asdfghjkl;'\\\\zxcvbnm,./",
            '~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"||ZXCVBNM<>?',
            {},
        ),
        "uk": _layout(
            "`1234567890-=qwertyuiop[]asdfghjkl;'#\\zxcvbnm,./",
            '¬!"£$%^&*()_+QWERTYUIOP{}ASDFGHJKL:@~|ZXCVBNM<>?',
            {41: "¦", 5: "€", 18: "é", 22: "ú", 23: "í", 24: "ó", 30: "á"},
        ),
        "de": _layout(
            "^1234567890ß´qwertzuiopü+asdfghjklöä#<yxcvbnm,.-",
            "°!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_",
            {
                3: "²",
                4: "³",
                8: "{",
                9: "[",
                10: "]",
                11: "}",
                12: "\\",
                16: "@",
                18: "€",
                27: "~",
                86: "|",
                50: "µ",
            },
            frozenset({("plain", 41), ("plain", 13), ("shift", 13)}),
        ),
        "fr": _layout(
            "²&é\"'(-è_çà)=azertyuiop^$qsdfghjklmù*<wxcvbn,;:!",
            "²1234567890°+AZERTYUIOP¨£QSDFGHJKLM%µ>WXCVBN?./§",
            {
                3: "~",
                4: "#",
                5: "{",
                6: "[",
                7: "|",
                8: "`",
                9: "\\",
                10: "^",
                11: "@",
                12: "]",
                13: "}",
                18: "€",
                27: "¤",
            },
            frozenset({("plain", 26), ("shift", 26), ("altgr", 3), ("altgr", 8)}),
        ),
    }
)

KEYPAD: Mapping[int, str] = MappingProxyType(
    {
        82: "0",
        79: "1",
        80: "2",
        81: "3",
        75: "4",
        76: "5",
        77: "6",
        71: "7",
        72: "8",
        73: "9",
        83: ".",
        55: "*",
        74: "-",
        78: "+",
        98: "/",
    }
)
"""As with Num Lock on, whether it is or not: a scanner sends digits."""
