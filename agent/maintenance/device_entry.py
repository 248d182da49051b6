"""A device's entry in the configuration file: written as a person would, beside what is there."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from agent.config.file import load_config
from agent.errors import AgentError, ConfigInvalid
from drivers.line_settings import LineSettings
from drivers.profile import DeviceProfile

Role = Literal["scale", "scanner"]

_PARITY = {"N": "none", "E": "even", "O": "odd"}
_HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?\s*(#.*)?")
_NAME = re.compile(r"\s*name\s*=\s*(\"[^\"]*\"|'[^']*')\s*(#.*)?")


class EntryRefused(AgentError):
    """The configuration cannot take this device as it is; nothing was changed."""

    exit_code = 78


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A device as it will be configured; ``profile`` is its protocol as the catalogue has it."""

    station: str
    role: Role
    port: str
    profile: DeviceProfile
    settings: LineSettings
    switches: dict[str, str] = field(default_factory=dict)
    unit: str | None = None

    def lines(self) -> list[str]:
        """The table of the device; the line's settings only where they differ from the protocol's."""
        usual, line = self.profile.settings, self.settings
        pairs: list[tuple[str, str | int, str | int]] = [
            ("baud", line.baudrate, usual.baudrate),
            ("bits", line.byte_size, usual.byte_size),
            ("parity", _PARITY[line.parity], _PARITY[usual.parity]),
            ("stop_bits", line.stop_bits, usual.stop_bits),
        ]
        lines = [
            f"[stations.{self.role}]",
            f"port = {_text(self.port)}",
            f"protocol = {_text(self.profile.name)}",
            *(f"{name} = {json.dumps(value)}" for name, value, other in pairs if value != other),
        ]
        if self.switches:
            shown = ", ".join(f"{_text(name)} = {_text(value)}" for name, value in self.switches.items())
            lines.append(f"switches = {{ {shown} }}")
        if self.unit is not None:
            lines.append(f"unit = {_text(self.unit)}")
        return lines

    def added_to(self, text: str) -> str:
        """The configuration with this device in it.

        Raises:
            EntryRefused: The station has such a device, or is new and this is not its scanner.
        """
        lines = text.splitlines()
        block = _station(lines, self.station)
        if block is None:
            if self.role != "scanner":
                raise EntryRefused(
                    f"there is no station {self.station!r}; a station begins with its scanner, add that first"
                )
            head = ["", "[[stations]]", f"name = {_text(self.station)}", ""]
            return "\n".join([*lines, *head, *self.lines()]) + "\n"
        start, end = block
        if any(_header(line) == ("[", f"stations.{self.role}") for line in lines[start:end]):
            raise EntryRefused(
                f"{self.station} has a {self.role} already; take its table out first, or edit it by hand"
            )
        while end > start + 1 and not lines[end - 1].strip():
            end -= 1
        after = [""] if end < len(lines) and lines[end].strip() else []
        return "\n".join([*lines[:end], "", *self.lines(), *after, *lines[end:]]) + "\n"


def write_config(path: Path, text: str) -> Path:
    """Put a changed configuration in place, once it is known to be good.

    Returns:
        Where the one before it is kept.

    Raises:
        ConfigInvalid: The changed one has errors; the file is as it was.
        OSError: It cannot be written; the file is as it was.
    """
    # A link stays a link: what it leads to is changed.
    path = path.resolve()
    beside = path.with_name(f".{path.name}.new")
    backup = path.with_name(f"{path.name}.bak")
    try:
        with beside.open("w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        shutil.copymode(path, beside)
        owner = path.stat()
        with contextlib.suppress(PermissionError):  # the hub's own user must still be able to read it
            os.chown(beside, owner.st_uid, owner.st_gid)
        try:
            load_config(beside)
        except ConfigInvalid as error:
            raise ConfigInvalid(path, error.problems) from error
        kept = path.with_name(f".{path.name}.kept")
        shutil.copy2(path, kept)
        kept.replace(backup)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return backup


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _station(lines: list[str], name: str) -> tuple[int, int] | None:
    """Where the block of that station begins and ends; None if there is none."""
    headers = [(number, header) for number, line in enumerate(lines) if (header := _header(line)) is not None]
    starts = [number for number, header in headers if header == ("[[", "stations")]
    for start in starts:
        others = (n for n, (_, table) in headers if n > start and not table.startswith("stations."))
        end = next(others, len(lines))
        own = next((n for n, _ in headers if n > start), len(lines))
        named = (found[1] for line in lines[start:own] if (found := _NAME.fullmatch(line)) is not None)
        if next(named, "")[1:-1] == name:
            return start, end
    return None


def _header(line: str) -> tuple[str, str] | None:
    found = _HEADER.fullmatch(line)
    return None if found is None else (found[1], re.sub(r"[\s\"']", "", found[2]))


def _text(value: str) -> str:
    # A JSON string is a basic string of TOML, once DEL is out of the way.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
