"""A device's entry in the configuration file: added as a person would, with comments and layout kept."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, Comment, InlineTable, Table, Whitespace

from agent.config.file import load_config
from agent.errors import AgentError, ConfigInvalid
from drivers.line_settings import LineSettings
from drivers.profile import DeviceProfile

Role = Literal["scale", "scanner"]

_PARITY = {"N": "none", "E": "even", "O": "odd"}


class EntryRefused(AgentError):
    """The configuration cannot take this device as it is; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEntry:
    """A device as it will be configured; ``profile`` is its protocol as the catalogue has it."""

    station: str
    role: Role
    port: str
    profile: DeviceProfile
    settings: LineSettings
    switches: dict[str, str] = field(default_factory=dict)
    unit: str | None = None

    def values(self) -> dict[str, Any]:
        """Keys of the device's table; the line's settings only where they differ from the protocol's."""
        usual, line = self.profile.settings, self.settings
        values: dict[str, Any] = {"port": self.port, "protocol": self.profile.name}
        for name, value, other in (
            ("baud", line.baudrate, usual.baudrate),
            ("bits", line.byte_size, usual.byte_size),
            ("parity", _PARITY[line.parity], _PARITY[usual.parity]),
            ("stop_bits", line.stop_bits, usual.stop_bits),
        ):
            if value != other:
                values[name] = value
        if self.switches:
            values["switches"] = dict(self.switches)
        if self.unit is not None:
            values["unit"] = self.unit
        return values

    def lines(self) -> list[str]:
        """The entry as a table of its own, for people to read."""
        return [f"[stations.{self.role}]", *_table(self.values()).as_string().splitlines()]

    def added_to(self, text: str) -> str:
        """The configuration with this device in it, everything else as it was.

        A device of a station whose others are inline tables is written as one too, and so is a station among
        inline ones.

        Raises:
            EntryRefused: The station has such a device, or is new and this is not its scanner; or the file is
                not TOML, or laid out in a way that cannot be kept.
        """
        text += "" if text.endswith("\n") or not text else "\n"
        document, before = _parsed(text)
        stations = document.get("stations")
        names = [station.get("name") for station in before.get("stations", [])]
        if self.station in names:
            place = names.index(self.station)
            if self.role in before["stations"][place]:
                raise EntryRefused(
                    f"{self.station} already has a {self.role}; remove its entry first, or edit by hand"
                )
            assert isinstance(stations, (AoT, Array))
            _add_device(stations[place], self.role, self.values())
            before["stations"][place][self.role] = self.values()
        elif self.role != "scanner":
            raise EntryRefused(
                f"there is no station {self.station!r}; add its scanner first, which makes the station"
            )
        else:
            _add_station(document, self.station, self.values())
            added = {"name": self.station, "scanner": self.values()}
            before["stations"] = [*before.get("stations", []), added]
        changed = tomlkit.dumps(document)
        if not _reads_as(changed, before):
            raise EntryRefused("the file is laid out in a way that cannot be kept; edit it by hand")
        return changed


def write_config(path: Path, text: str) -> Path:
    """Put a changed configuration in place once it has been loaded without errors.

    Returns:
        Where the previous one is kept.

    Raises:
        ConfigInvalid: The changed one has errors; the file is unchanged.
        OSError: It cannot be written; the file is unchanged.
    """
    # A link stays a link: what it leads to is changed.
    path = path.resolve()
    new = path.with_name(f".{path.name}.new")
    backup = path.with_name(f"{path.name}.bak")
    try:
        with new.open("w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        shutil.copymode(path, new)
        owner = path.stat()
        with contextlib.suppress(PermissionError):  # the hub's own user must still be able to read it
            os.chown(new, owner.st_uid, owner.st_gid)
        try:
            load_config(new)
        except ConfigInvalid as error:
            raise ConfigInvalid(path, error.problems) from error
        kept = path.with_name(f".{path.name}.kept")
        shutil.copy2(path, kept)
        kept.replace(backup)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return backup


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _parsed(text: str) -> tuple[tomlkit.TOMLDocument, dict[str, Any]]:
    """The file to be edited, and its values."""
    try:
        document, values = tomlkit.parse(text), tomllib.loads(text)
    except (TOMLKitError, tomllib.TOMLDecodeError) as error:
        raise EntryRefused(f"the file is not valid TOML ({error}); correct it first") from error
    if tomlkit.dumps(document) != text:
        raise EntryRefused("the file has other tables between its stations; edit it by hand")
    stations = values.get("stations", [])
    if not isinstance(stations, list) or not all(isinstance(station, dict) for station in stations):
        raise EntryRefused("`stations` is not a list of tables; see `preclear doctor`, and correct it first")
    return document, values


def _reads_as(text: str, values: Mapping[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == values
    except tomllib.TOMLDecodeError:
        return False


def _table(values: Mapping[str, Any]) -> Table:
    table = tomlkit.table()
    for name, value in values.items():
        table.add(name, _inline(value) if isinstance(value, dict) else value)
    return table


def _inline(values: Mapping[str, Any]) -> InlineTable:
    """An inline table with blanks inside its braces, as people write them."""
    pairs = (
        f"{tomlkit.key(name).as_string()} = "
        f"{(_inline(value) if isinstance(value, dict) else tomlkit.item(value)).as_string()}"
        for name, value in values.items()
    )
    made = tomlkit.parse(f"made = {{ {', '.join(pairs)} }}")["made"]
    assert isinstance(made, InlineTable)
    made.trivia.trail = "\n"  # as a value of a table; within an array or another one it is left out
    return made


def _add_device(station: Table | InlineTable, role: Role, values: Mapping[str, Any]) -> None:
    if isinstance(station, InlineTable):
        device = _inline(values)
        # The blank before the brace is an item of its own, and would end up before the comma.
        while isinstance(station.value.body[-1][1], Whitespace):
            device.trivia.trail = station.value.body.pop()[1].as_string()
        station.append(role, device)
    elif any(isinstance(station.get(other), InlineTable) for other in ("scanner", "scale")):
        _insert(station, role, _inline(values))
    else:
        _insert(station, role, _table(values))


def _add_station(document: tomlkit.TOMLDocument, name: str, values: Mapping[str, Any]) -> None:
    stations = document.get("stations")
    if isinstance(stations, Array):
        station = _inline({"name": name, "scanner": values})
        written = stations.as_string()
        if "\n" not in written:
            stations.append(station)
            return
        indent = re.search(r"\n([ \t]*)\{", written)
        stations.add_line(station, indent=indent[1] if indent is not None else "    ")
        return
    if stations is None:
        document.append("stations", stations := tomlkit.aot())
    assert isinstance(stations, AoT)
    tail = _cut_tail(stations[-1]) if stations else []
    table = tomlkit.table()
    table.add("name", name)
    table.trivia.indent = "\n"
    stations.append(table)
    device = _table(values)
    _insert(table, "scanner", device)
    for item in tail:
        device.add(item)


def _insert(station: Table, role: Role, device: Table | InlineTable) -> None:
    """Add the device at the end of its station, before what is written above the next one."""
    tail = _cut_tail(station)
    if isinstance(device, Table):
        device.trivia.indent = "\n"
    station.append(role, device)
    end = station
    while isinstance(last := end.value.body[-1][1], Table):
        end = last
    for item in tail:
        end.add(item)


def _cut_tail(table: Table) -> list[Comment | Whitespace]:
    """Take off a table's end what belongs to the next one: a blank line, and the comments after it."""
    body = table.value.body
    while body and isinstance(body[-1][1], Table):
        body = body[-1][1].value.body
    start = len(body)
    while start and isinstance(body[start - 1][1], (Comment, Whitespace)):
        start -= 1
    while start < len(body) and not isinstance(body[start][1], Whitespace):
        start += 1
    tail = [item for _, item in body[start:] if isinstance(item, (Comment, Whitespace))]
    del body[start:]
    return tail
