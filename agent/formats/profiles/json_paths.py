"""Dotted paths into decoded JSON, as ``orders[*].lines[*].title``; just what mapping profiles need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from agent.formats.errors import FormatsError

MAX_STEPS = 32

_STEP = re.compile(r"([^.\[\]*]{1,100})?((?:\[(?:\*|[0-9]{1,4})\])*)")
_INDEX = re.compile(r"\[(\*|[0-9]{1,4})\]")


class PathInvalid(FormatsError):
    """A path that cannot be read."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:60]!r} is not a path; write names with dots, and [*] or [0] after a list")


class JsonPath:
    """A way into a document: names of objects' members, ``[*]`` for each element of a list, ``[n]`` for one.

    >>> list(JsonPath("a[*].b").find({"a": [{"b": 1}, {"c": 2}, {"b": 3}]}))
    [1, 3]

    Raises:
        PathInvalid: ``text`` is empty, longer than ``MAX_STEPS`` steps, or not of that shape.
    """

    __slots__ = ("_steps", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        steps: list[str | int | None] = []
        for place, part in enumerate(text.split(".")):
            match = _STEP.fullmatch(part)
            if match is None or not part or (not match[1] and place):
                raise PathInvalid(text)
            if match[1]:
                steps.append(match[1].strip())
            steps += [None if one == "*" else int(one) for one in _INDEX.findall(match[2])]
        if len(steps) > MAX_STEPS:
            raise PathInvalid(text)
        self._steps = tuple(steps)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsonPath) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def find(self, document: Any) -> Iterator[Any]:
        """Everything the path leads to, in the order of the document."""
        return _walk(document, self._steps)

    def first(self, document: Any) -> Any:
        """The first thing the path leads to, or None."""
        return next(self.find(document), None)


def _walk(here: Any, steps: tuple[str | int | None, ...]) -> Iterator[Any]:
    if not steps:
        yield here
        return
    step, rest = steps[0], steps[1:]
    if isinstance(step, str):
        if isinstance(here, dict) and step in here:
            yield from _walk(here[step], rest)
    elif isinstance(here, list):
        if step is None:
            for one in here:
                yield from _walk(one, rest)
        elif step < len(here):
            yield from _walk(here[step], rest)
