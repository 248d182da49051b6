"""Patterns that a site may write: regular expressions that take one try.

Python's own go back and try again, and a careless one takes longer than the parcel. Here every repetition
takes all it can and gives nothing back, and of alternatives the first that fits is kept (possessive
quantifiers and atomic groups, as in Perl), so that the time grows with the length of the frame and with
nothing else. A repetition is of one character or class; a group may be left out (``?``) and not repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from drivers.errors import BadTemplate

LONGEST = 400
"""Characters of a pattern."""

MOST_REPEATS = 256
"""What a frame may have at most of anything."""

_SET_OPERATIONS = ("--", "&&", "~~", "||")
"""Reserved in a class for what a later Python will do with two of them."""

_TOKEN = re.compile(
    r"(?P<atom>\\x[0-9A-Fa-f]{2}|\\[dDwWsStrn]|\\[^A-Za-z0-9]|\.|\[\^?\]?(?:\\.|[^\]\\\[])*\]|[^\\.\[()|*+?{}^$])"
    r"|(?P<open>\(\?P<[a-z][a-z_]*>|\(\?:)"
    r"|(?P<close>\))"
    r"|(?P<either>\|)"
    r"|(?P<repeat>[*+?]|\{\d{1,3}(?:,\d{0,3})?\})",
    re.ASCII | re.DOTALL,
)


def compile_pattern(pattern: str) -> re.Pattern[bytes]:
    """The pattern, made so that it never goes back.

    Raises:
        BadTemplate: It is too long, or uses what such a pattern cannot.

    >>> compile_pattern(r"(?P<weight>[\\d.]+) *(?P<unit>kg|g)").fullmatch(b"1.25 kg").groupdict()
    {'weight': b'1.25', 'unit': b'kg'}
    """
    if len(pattern) > LONGEST:
        raise BadTemplate("pattern", f"has {len(pattern)} characters", f"use at most {LONGEST}")
    try:
        return re.compile("".join(_possessive(pattern)).encode("latin-1"), re.ASCII | re.DOTALL)
    except UnicodeEncodeError:
        raise BadTemplate(
            "pattern", "has a character of more than one byte", "write \\x00 to \\xFF"
        ) from None
    except (re.error, OverflowError) as error:
        raise BadTemplate("pattern", f"is not one ({error})", "correct it there") from None


def _possessive(pattern: str) -> Iterator[str]:
    closes: list[str] = []
    before, at = "", 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None:
            raise BadTemplate(
                "pattern",
                f"has {pattern[at : at + 3]!r} at character {at + 1}",
                "use characters, classes, (?P<name>...), (?:...), | and * + ? {n} {n,m} only; "
                "the pattern fits the whole frame as it is, without ^ and $",
            )
        kind, text = token.lastgroup or "", token[0]
        match kind:
            case "open":
                named = text.startswith("(?P")
                closes.append("))" if named else ")")
                text = text + "(?>" if named else "(?>"
            case "atom" if text[0] == "[" and any(operation in text for operation in _SET_OPERATIONS):
                raise BadTemplate(
                    "pattern", f"has the class {text}", "put a backslash before such characters"
                )
            case "close":
                if not closes:
                    raise BadTemplate("pattern", f"closes a group at character {at + 1}", "open it first")
                text = closes.pop()
            case "repeat":
                text = _repeat(text, before, at)
        yield text
        before, at = kind, token.end()
    if closes:
        raise BadTemplate("pattern", "leaves a group open", "close it with )")


def _repeat(text: str, before: str, at: int) -> str:
    if before == "close" and text != "?":
        raise BadTemplate(
            "pattern", f"repeats a group at character {at + 1}", "repeat a character or a class"
        )
    if before not in {"atom", "close"}:
        raise BadTemplate("pattern", f"repeats nothing at character {at + 1}", "put a character in front")
    if any(int(times) > MOST_REPEATS for times in re.findall(r"\d+", text)):
        raise BadTemplate("pattern", f"asks for {text}", f"a frame has at most {MOST_REPEATS} of anything")
    return text + "+"
