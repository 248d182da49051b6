"""Reading a TOML table key by key, so that every fault of a file is found in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from agent.domain.errors import PolicyError

_E = TypeVar("_E", bound=StrEnum)
_T = TypeVar("_T")


class Table:
    """One table of a file. Each getter takes a key; ``done`` reports the keys nobody asked for.

    A getter that finds a fault notes it and returns a harmless value of the type asked for: reading on
    finds the other faults too, and ``errors`` must be looked at before using what was read.
    """

    def __init__(
        self,
        data: object,
        path: str,
        errors: list[PolicyError],
        *,
        rule: str | None = None,
        sort: str = "rule",
    ) -> None:
        self.path = path
        self.errors = errors
        self.rule = rule
        self.sort = sort
        self._asked: set[str] = set()
        self._data: Mapping[str, Any] = {}
        if isinstance(data, Mapping):
            self._data = data
        else:
            errors.append(self._error(path, f"{data!r:.40} is not a table"))

    def _error(self, path: str, message: str) -> PolicyError:
        return PolicyError(path=path, rule=self.rule, sort=self.sort, message=message)

    def fault(self, key: str, message: str) -> None:
        """Note a fault of ``key``."""
        self.errors.append(self._error(f"{self.path}.{key}" if self.path else key, message))

    def text(self, key: str, default: str | None = None, *, most: int = 200) -> str:
        """A text that is not empty, of ``most`` characters at most."""
        value = self._take(key, default)
        if not isinstance(value, str) or not value.strip():
            return self._wrong(key, value, "a text", "")
        if len(value) > most:
            self.fault(key, f"longer than {most} characters")
        return value

    def optional_text(self, key: str) -> str | None:
        """A text, or None when the key is absent."""
        self._asked.add(key)
        return self.text(key) if key in self._data else None

    def whole(self, key: str, default: int | None = None, *, least: int = 0, most: int = 2**53 - 1) -> int:
        """A whole number from ``least`` to ``most``."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            return self._wrong(key, value, f"a whole number from {least} to {most}", least)
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._take(key, default)
        return value if isinstance(value, bool) else self._wrong(key, value, "true or false", default)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when the key is absent."""
        value = self._take(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(x, str) and x.strip() for x in value):
            return self._wrong(key, value, "a list of texts", ())
        return tuple(value)

    def groups(self, key: str) -> tuple[tuple[str, ...], ...]:
        """A list of lists of texts, none of them empty; empty when the key is absent."""
        value = self._take(key, ())
        if not isinstance(value, list | tuple) or not all(
            isinstance(group, list) and group and all(isinstance(x, str) and x.strip() for x in group)
            for group in value
        ):
            return self._wrong(key, value, "a list of lists of texts", ())
        return tuple(tuple(group) for group in value)

    def scalar(self, key: str) -> str | int | bool:
        """A text, a whole number, or true or false."""
        value = self._take(key, None)
        if not isinstance(value, str | int):
            return self._wrong(key, value, "a text, a whole number, true or false", "")
        return value

    def choice(self, key: str, kind: type[_E], default: _E | None = None) -> _E:
        """A member of ``kind`` by its value."""
        value = self._take(key, default)
        first = next(iter(kind))
        if not isinstance(value, str) or value not in [member.value for member in kind]:
            return self._wrong(key, value, " or ".join(member.value for member in kind), first)
        return kind(value)

    def instant(self, key: str, zone: tzinfo | None) -> datetime:
        """A date and time. Without an offset it is read in ``zone``, where it must occur exactly once."""
        value = self._take(key, None)
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                value = None
        if not isinstance(value, datetime):
            return self._wrong(key, value, "a date with a time, as 2025-08-29T00:01:00-04:00", _EPOCH)
        if value.tzinfo is not None:
            return value
        if zone is None:
            return self._wrong(key, value, "a time with its offset from UTC", _EPOCH)
        early, late = value.replace(tzinfo=zone, fold=0), value.replace(tzinfo=zone, fold=1)
        if early.utcoffset() != late.utcoffset():
            self.fault(key, f"{value} is skipped or comes twice in {zone} as clocks change; give its offset")
        return early

    def optional_instant(self, key: str, zone: tzinfo | None) -> datetime | None:
        """As ``instant``, or None when the key is absent."""
        self._asked.add(key)
        return self.instant(key, zone) if key in self._data else None

    def table(self, key: str) -> Table:
        """The table under ``key``; an absent one is empty."""
        path = f"{self.path}.{key}" if self.path else key
        return Table(self._take(key, {}), path, self.errors, rule=self.rule, sort=self.sort)

    def tables(self, key: str, *, most: int = 10_000) -> list[Table]:
        """The tables ``[[key]]``; none when the key is absent."""
        value = self._take(key, [])
        if not isinstance(value, list) or len(value) > most:
            self._wrong(key, value, f"a list of at most {most} tables", None)
            return []
        tables: list[Table] = []
        for place, data in enumerate(value):
            name = data.get("id") if isinstance(data, Mapping) else None
            rule = name if isinstance(name, str) else self.rule
            tables.append(Table(data, f"{key}[{place}]", self.errors, rule=rule, sort=key))
        return tables

    def items(self) -> Mapping[str, Any]:
        """All keys of a table whose keys are data themselves."""
        self._asked.update(self._data)
        return self._data

    def has(self, key: str) -> bool:
        """Whether the file gives ``key``."""
        return key in self._data

    def done(self) -> None:
        """Note every key that was never asked for, with the nearest known one."""
        for key in self._data:
            if key not in self._asked:
                near = get_close_matches(key, self._asked, n=1)
                self.fault(key, f"unknown key; did you mean {near[0]}?" if near else "unknown key")

    def _take(self, key: str, default: object) -> object:
        self._asked.add(key)
        return self._data.get(key, default)

    def _wrong(self, key: str, value: object, wanted: str, harmless: _T) -> _T:
        given = f"{value!r:.60} is not" if key in self._data else "is missing: it must be"
        self.fault(key, f"{given} {wanted}")
        return harmless


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
