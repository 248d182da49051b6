"""A scale that no protocol of the catalogue speaks for, read as its site describes the frames.

The frame's parts stand in fixed columns, or a pattern (``template_pattern``) names them:

``weight``
    Its digits; the only part that must be there.
``sign``, ``unit``, ``tare``, ``time``, ``record``
    As their names say. A scale that names no unit needs the site's.
any other name
    A mark: ``marks`` says for each text that it may have what that means. A text that is not listed makes the
    frame noise, since an unknown state must not pass for a good one.

Nothing here was held against the scale, and its health says so (``verified``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Literal

from drivers.errors import BadTemplate
from drivers.events import NO_WEIGHT, Event, Noise, Status
from drivers.framing.frames import DelimitedFramer, LineFramer
from drivers.framing.parser import FrameParser
from drivers.line_settings import LineSettings
from drivers.profile import DeviceKind, DeviceProfile
from drivers.scales.reading import no_weight, number, reading
from drivers.scales.template_pattern import compile_pattern
from drivers.scales.width import LearnedWidth

CEILINGS = range(16, 257)
"""Bytes that a frame may be allowed to have."""

MEANINGS: Mapping[str, Status | None] = MappingProxyType(
    {
        "stable": None,
        "nothing": None,
        **{status.value: status for status in Status if status not in {Status.NEGATIVE, Status.PRINT}},
    }
)
"""What a mark can mean; ``nothing`` is for a text that says nothing that matters."""

_PARTS = frozenset({"weight", "sign", "unit", "tare", "time", "record"})
_SIGNS = {"": "", "+": "", "-": "-"}
_NAME = re.compile(r"[a-z][a-z_]*", re.ASCII)

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSettings:
    """How one scale writes its frames. Texts stand for bytes (ISO 8859-1): ``\\x02`` is STX.

    Args:
        start: The bytes of which each begins a frame; empty if only the end shows where one is.
        end: The bytes of which each ends a frame.
        ceiling: Bytes a frame may have; a longer one is noise.
        columns: First and last column of each part, from 1; ``length`` is how long a frame is then, the last
            column unless given.
        pattern: Instead of columns.
        marks: For each mark, what its texts mean (``MEANINGS``). Blanks around a text do not count.
        units: The scale's spelling of a unit and ours; a unit that is not listed makes the frame noise. Empty
            if it spells them as everybody does.
        over, under: What stands in place of the weight when it is out of range.
        point: The decimal point; ``decimals`` is where it stands if the frame has none.
        width: Whether a frame shorter than those before has lost a byte (``learned``), or the scale pads
            nothing (``any``); with columns all have one length.
        start_command, poll_command: As in a profile.
    """

    start: str = ""
    end: str = "\r\n"
    ceiling: int = 128
    columns: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    length: int | None = None
    pattern: str = ""
    marks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    over: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    point: Literal[".", ","] = "."
    decimals: int | None = None
    width: Literal["learned", "any"] = "learned"
    start_command: str = ""
    poll_command: str = ""
    line: LineSettings = field(default_factory=LineSettings)


def template_profile(settings: TemplateSettings) -> DeviceProfile:
    """The profile of a scale that is read as described.

    Raises:
        BadTemplate: The description has no weight, contradicts itself, or cannot be a frame.
    """
    fields_of, names = _by_columns(settings) if settings.columns else _by_pattern(settings)
    if settings.ceiling not in CEILINGS:
        raise BadTemplate("ceiling", f"is {settings.ceiling}", f"use {CEILINGS[0]} to {CEILINGS[-1]} bytes")
    if "weight" not in names:
        raise BadTemplate("the frame", "names no weight", "call the part with the digits weight")
    _check_marks(settings, names)
    start, end = _bytes("start", settings.start), _bytes("end", settings.end)
    if not end or set(start) & set(end):
        raise BadTemplate("end", "ends no frame", "give the byte behind a frame, and not one that starts it")
    if settings.decimals is not None and settings.decimals not in range(7):
        raise BadTemplate("decimals", f"is {settings.decimals}", "use 0 to 6")
    return DeviceProfile(
        name="template",
        title="as the site describes it",
        kind=DeviceKind.SCALE,
        new_parser=partial(Template, settings, fields_of),
        settings=settings.line,
        start_command=_bytes("start_command", settings.start_command),
        poll_command=_bytes("poll_command", settings.poll_command),
        names_unit="unit" in names,
        cannot_tell=tuple(_untold(settings)),
        source="the site's configuration",
        verified=False,
    )


class Template(FrameParser):
    """Parser of one scale that is read as its site describes."""

    __slots__ = ("_fields_of", "_judges", "_settings", "_width")
    protocol = "template"

    def __init__(self, settings: TemplateSettings, fields_of: Callable[[bytes], Fields | None]) -> None:
        start, end = settings.start.encode("latin-1"), settings.end.encode("latin-1")
        super().__init__(
            DelimitedFramer(settings.ceiling, starts=start, ends=end)
            if start
            else LineFramer(settings.ceiling, ends=end)
        )
        self._settings = settings
        self._fields_of = fields_of
        self._judges = _meant(settings) & {"stable", Status.MOTION}
        self._width = LearnedWidth() if settings.width == "learned" else None

    def _parse(self, frame: bytes) -> Event | None:
        fields = self._fields_of(frame)
        meanings = None if fields is None else self._meanings(fields)
        if fields is None or meanings is None:
            return None
        status = {meant for meaning in meanings if (meant := MEANINGS[meaning]) is not None}
        stable = self._stable(meanings)
        shown = fields["weight"].strip()
        # A row of dashes may have given its first one to the sign.
        texts = {shown, fields.get("sign", "").strip() + shown}
        if texts & set(self._settings.over):
            return no_weight(Status.OVERLOAD, raw=frame)
        if texts & set(self._settings.under):
            return no_weight(Status.UNDERLOAD, raw=frame)
        if status & NO_WEIGHT or (not shown and status & {Status.MOTION, Status.ZERO}):
            return no_weight(*status, raw=frame, stable=stable)
        return self._weight(fields, shown, status, frame, stable=stable)

    def _weight(
        self, fields: Fields, shown: str, status: set[Status], frame: bytes, *, stable: bool | None
    ) -> Event | None:
        unit = self._unit(fields)
        value = self._number(fields.get("sign", "").strip(), shown)
        sent = fields.get("tare", "").strip()
        tare = self._number("", sent) if sent else None
        if value is None or unit is None or (sent and tare is None):
            return None
        if self._width is not None and not self._width.fits(len(frame)):
            return Noise(discarded=len(frame), reason="width")
        tells_the_tare = Status.TARE in status
        return reading(
            None if tells_the_tare else value,
            unit,
            stable=stable,
            raw=frame,
            status=status,
            tare=value if tells_the_tare else tare,
            device_time=fields.get("time", "").strip() or None,
            record=fields.get("record", "").strip() or None,
        )

    def _meanings(self, fields: Fields) -> set[str] | None:
        """What the marks of a frame say; None for one that says what nobody listed."""
        meant = {texts.get(fields.get(name, "").strip()) for name, texts in self._settings.marks.items()}
        return None if None in meant else {meaning for meaning in meant if meaning is not None}

    def _stable(self, meanings: set[str]) -> bool | None:
        """Stable is what is said to be; where only motion is ever said, what is not said to move."""
        if not self._judges:
            return None
        return Status.MOTION not in meanings and ("stable" in meanings or "stable" not in self._judges)

    def _unit(self, fields: Fields) -> str | None:
        text = fields.get("unit", "").strip()
        return self._settings.units.get(text) if self._settings.units and text else text

    def _number(self, sign: str, digits: str) -> Decimal | None:
        if sign not in _SIGNS or (sign and digits[:1] in {"+", "-"}):
            return None
        if self._settings.point == ",":
            digits = "x" if "." in digits else digits.replace(",", ".")
        value = number(_SIGNS[sign] + digits)
        if value is None or self._settings.decimals is None:
            return value
        return None if "." in digits else value.scaleb(-self._settings.decimals)


def _by_columns(settings: TemplateSettings) -> tuple[Callable[[bytes], Fields | None], frozenset[str]]:
    if settings.pattern:
        raise BadTemplate("the frame", "has columns and a pattern", "describe it by one of them")
    for name, (first, last) in settings.columns.items():
        if not _NAME.fullmatch(name):
            raise BadTemplate(f"column {name!r}", "has no usable name", "use lower case and _")
        if not 1 <= first <= last <= settings.ceiling:
            raise BadTemplate(
                f"column {name!r}", f"is {first} to {last}", f"count from 1 up to {settings.ceiling}"
            )
    longest = max(last for _, last in settings.columns.values())
    length = longest if settings.length is None else settings.length
    if length < longest:
        raise BadTemplate("length", f"is {length}", f"a column ends at {longest}; give at least that")
    slices = {name: slice(first - 1, last) for name, (first, last) in settings.columns.items()}

    def fields_of(frame: bytes) -> Fields | None:
        if len(frame) != length:
            return None
        text = frame.decode("latin-1")
        return {name: text[part] for name, part in slices.items()}

    return fields_of, frozenset(slices)


def _by_pattern(settings: TemplateSettings) -> tuple[Callable[[bytes], Fields | None], frozenset[str]]:
    if not settings.pattern:
        raise BadTemplate("the frame", "is not described", "give columns or a pattern")
    pattern = compile_pattern(settings.pattern)

    def fields_of(frame: bytes) -> Fields | None:
        match = pattern.fullmatch(frame)
        if match is None:
            return None
        return {name: (text or b"").decode("latin-1") for name, text in match.groupdict().items()}

    return fields_of, frozenset(pattern.groupindex)


def _check_marks(settings: TemplateSettings, names: frozenset[str]) -> None:
    if unmarked := sorted(names - _PARTS - set(settings.marks)):
        raise BadTemplate(f"part {unmarked[0]!r}", "has no meaning", "say in marks what its texts mean")
    for name, texts in settings.marks.items():
        if name not in names - _PARTS:
            raise BadTemplate(f"mark {name!r}", "is not part of the frame", "name it in columns or pattern")
        for text, meaning in texts.items():
            if meaning not in MEANINGS:
                raise BadTemplate(
                    f"mark {name!r}", f"has {text!r} mean {meaning!r}", f"use one of {', '.join(MEANINGS)}"
                )
            if text != text.strip():
                raise BadTemplate(f"mark {name!r}", f"lists {text!r}", "write it without blanks around it")


def _bytes(subject: str, text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise BadTemplate(
            subject, "has a character of more than one byte", "write \\u0000 to \\u00FF"
        ) from None


def _meant(settings: TemplateSettings) -> set[str]:
    return {meaning for texts in settings.marks.values() for meaning in texts.values()}


def _untold(settings: TemplateSettings) -> list[str]:
    meant = _meant(settings)
    untold = ["a division wider than the last digit", "anything that the site's description leaves out"]
    if not meant & {"stable", Status.MOTION}:
        untold.append("whether the weight is stable")
    if not settings.over and not meant & {Status.OVERLOAD, Status.OUT_OF_RANGE}:
        untold.append("whether the range is exceeded")
    return untold
