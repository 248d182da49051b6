"""A policy pack as it is written, a folder of TOML files, and as it is signed: one document.

The document is the files one after the other, each below a line with its name, so that a fault of the signed
document still names the file, line and column its author knows.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from agent.domain.errors import PolicyError, PolicyInvalid

HEAD = "pack.toml"
"""The file that comes first; it alone may have keys outside a table."""
MAX_FILES = 64
MAX_BYTES = 4 * 2**20
"""Largest pack that is parsed."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\.toml")
_MARK = re.compile(r"#: file ([a-z0-9][a-z0-9_-]{0,62}\.toml)[ \t]*\r?$")
_SYNTAX = re.compile(r" \(at line (\d+), column (\d+)\)$|\(at end of document\)$")
_HEADER = re.compile(r"(\[\[?)([^\]\r\n]+)\]")
_KEY = re.compile(r"""[ \t]*((?:"[^"\r\n]*"|'[^'\r\n]*'|[A-Za-z0-9_.\- \t])+?)[ \t]*=[ \t]*""")
_DELIMITERS = ('"""', "'''", '"', "'")


def join(files: Mapping[str, bytes], *, source: str) -> bytes:
    """One document of the files of a folder: ``pack.toml``, then the others in the order of their names.

    Args:
        files: Contents by name.
        source: What to call the folder in errors.

    Raises:
        PolicyInvalid: with every fault: a name that a pack's file cannot have, no ``pack.toml``, a file of
            broken syntax, or one that does not begin with a table and would add to the last of another.
    """
    errors = [PolicyError(path="", file=name[:80], message="not a file name of a pack, as rules.toml")
              for name in sorted(files) if _NAME.fullmatch(name) is None]  # fmt: skip
    if HEAD not in files:
        errors.append(
            PolicyError(path="", message=f"there is no {HEAD}: format, id and settings stand in it")
        )
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        message = f"a pack has at most {MAX_FILES} files and {MAX_BYTES} bytes"
        raise PolicyInvalid(source, [*errors, PolicyError(path="", message=message)])
    names = sorted(files, key=lambda name: (name != HEAD, name))
    parts: list[bytes] = []
    for name in names:
        try:
            text = files[name].decode()
            tomllib.loads(text)
            if name != HEAD and (line := _first_line(text)) is not None and not line[1].startswith("["):
                message = f"begins outside a table; only {HEAD} may"
                errors.append(PolicyError(path="", file=name, line=line[0], column=1, message=message))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
            errors.append(_syntax(exc, name))
            continue
        parts.append(f"#: file {name}\n{text.rstrip()}\n".encode())
    if errors:
        raise PolicyInvalid(source, errors)
    return b"\n".join(parts)


def parse(data: bytes, *, source: str) -> tuple[str, Mapping[str, object]]:
    """Text and content of a pack's document.

    Raises:
        PolicyInvalid: too large, or not TOML; with the place.
    """
    if len(data) > MAX_BYTES:
        fault = PolicyError(path="", message=f"{len(data)} bytes, the most that is read is {MAX_BYTES}")
        raise PolicyInvalid(source, [fault])
    try:
        text = data.decode()
        return text, tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
        error = _syntax(exc, None)
        if error.line is not None:
            lines = data.decode(errors="replace").splitlines()[: error.line]
            marks = [(n, m[1]) for n, line in enumerate(lines, 1) if (m := _MARK.match(line)) is not None]
            if marks:
                error = replace(error, file=marks[-1][1], line=error.line - marks[-1][0])
        raise PolicyInvalid(source, [error]) from exc


def _syntax(exc: Exception, name: str | None) -> PolicyError:
    match = _SYNTAX.search(str(exc))
    place = (int(match[1]), int(match[2])) if match is not None and match[1] is not None else (None, None)
    reason = _SYNTAX.sub("", str(exc)) if place[0] is not None else str(exc)
    return PolicyError(path="", file=name, line=place[0], column=place[1], message=f"not TOML: {reason}")


def _first_line(text: str) -> tuple[int, str] | None:
    """The first line that is neither blank nor a comment, and its number."""
    lines = enumerate(map(str.strip, text.splitlines()), 1)
    return next(((number, line) for number, line in lines if line and not line.startswith("#")), None)


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """Where a value begins. ``line`` and ``column`` count from 1."""

    file: str | None
    line: int
    column: int
    quotes: int = 0
    """How many a text begins with."""
    trimmed: bool = False
    """Whether a line break follows them, which does not belong to the text."""

    def inside(self, line: int, column: int) -> SourcePlace:
        """The place of ``line`` and ``column`` of the text that begins here; escapes are not counted."""
        if self.trimmed:
            return SourcePlace(self.file, self.line + line, column)
        if line > 1:
            return SourcePlace(self.file, self.line + line - 1, column)
        return SourcePlace(self.file, self.line, self.column + self.quotes + column - 1)


class Places:
    """Where the values of a document stand, by path (``rule[2].when``). The document is sound TOML."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._places: dict[str, SourcePlace] = {}
        self._counts: dict[str, int] = {}
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._line = 0
        self._file: tuple[str | None, int] = (None, 0)
        self._scan()

    def of(self, path: str) -> SourcePlace | None:
        """Where the value of ``path`` stands, or the nearest thing around it that is there."""
        while path:
            if path in self._places:
                return self._places[path]
            path = path.rpartition(".")[0]
        return None

    def _scan(self) -> None:
        text, table = self._text, ""
        while self._at < len(text):
            here = text[self._at]
            if here in " \t\r\n":
                self._at += 1
            elif here == "#":
                self._comment()
            elif here == "[" and (header := _HEADER.match(text, self._at)) is not None:
                table = self._table(header[1], header[2])
                self._places.setdefault(table, self._place())
                self._at = header.end()
                while self._at < len(text) and text[self._at] in "] \t":
                    self._at += 1
            elif (key := _KEY.match(text, self._at)) is not None:
                self._at = key.end()
                name = ".".join(part.strip().strip("\"'") for part in key[1].split("."))
                self._places[f"{table}.{name}" if table else name] = self._place()
                self._value()
            else:
                return

    def _place(self) -> SourcePlace:
        while self._line + 1 < len(self._starts) and self._starts[self._line + 1] <= self._at:
            self._line += 1
        opening = next((d for d in _DELIMITERS if self._text.startswith(d, self._at)), "")
        trimmed = len(opening) == 3 and self._text.startswith(("\n", "\r\n"), self._at + 3)
        return SourcePlace(
            self._file[0],
            self._line + 1 - self._file[1],
            self._at - self._starts[self._line] + 1,
            len(opening),
            trimmed,
        )

    def _comment(self) -> None:
        end = self._text.find("\n", self._at)
        end = len(self._text) if end < 0 else end
        mark = _MARK.match(self._text[self._at : end])
        if mark is not None:
            self._place()
            self._file = (mark[1], self._line + 1)
        self._at = end

    def _table(self, brackets: str, name: str) -> str:
        parts = [part.strip().strip("\"'") for part in name.split(".")]
        if brackets == "[[":
            path = ".".join(parts)
            self._counts[path] = self._counts.get(path, -1) + 1
            return f"{path}[{self._counts[path]}]"
        # A table below a list of tables belongs to its last one.
        first = f"{parts[0]}[{self._counts[parts[0]]}]" if parts[0] in self._counts else parts[0]
        return ".".join((first, *parts[1:]))

    def _value(self) -> None:
        """Pass over one value, and nothing behind it but blanks."""
        text, depth = self._text, 0
        while self._at < len(text):
            here = text[self._at]
            delimiter = next((d for d in _DELIMITERS if text.startswith(d, self._at)), None)
            if delimiter is not None:
                self._string(delimiter)
                continue
            if here == "#":
                end = text.find("\n", self._at)
                self._at = len(text) if end < 0 else end
                continue
            if here == "\n" and depth == 0:
                return
            depth += (here in "[{") - (here in "]}")
            self._at += 1

    def _string(self, delimiter: str) -> None:
        at = self._at + len(delimiter)
        while at < len(self._text) and not self._text.startswith(delimiter, at):
            at += 2 if self._text[at] == "\\" and delimiter[0] == '"' else 1
        at += len(delimiter)
        while len(delimiter) == 3 and self._text.startswith(delimiter[0], at):
            at += 1
        self._at = at
