"""Lines in, lines out: shared by the commands that answer each line of standard input with one of JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import click

MAX_LINE = 1_048_576
"""Bytes of one line of input; a longer one is refused and skipped."""


class BadLine(ValueError):
    """One line of input cannot be read; the message says why."""


def each_line(
    answered: Callable[[bytes], Mapping[str, Any] | None], *, encode: Callable[[Any], str] = json.dumps
) -> None:
    """One JSON line, flushed, for each line of standard input that holds anything; then the program ends.

    Args:
        answered: Raises ``BadLine``, which is answered with ``{"error": ...}``; None gives no answer.
        encode: Makes the text of an answer.

    The exit code is 3 if a line was bad, else 0.
    """
    bad = False
    with quiet_pipe():
        for line in bounded_lines(sys.stdin.buffer):
            try:
                if line is None:
                    raise BadLine(f"longer than {MAX_LINE} bytes; split it")  # noqa: TRY301 - answered as the others
                answer = answered(line)
            except BadLine as error:
                bad = True
                answer = {"error": str(error)}
            if answer is not None:
                click.echo(encode(answer))
    sys.exit(3 if bad else 0)


@contextmanager
def quiet_pipe() -> Iterator[None]:
    """A reader may close our output early; that is not an error."""
    try:
        yield
    except BrokenPipeError:
        # What is still buffered must go somewhere when the interpreter ends, or it complains.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def bounded_lines(source: IO[bytes]) -> Iterator[bytes | None]:
    """The lines of a stream; None in place of one above ``MAX_LINE``."""
    while line := source.readline(MAX_LINE + 1):
        if len(line) <= MAX_LINE or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = source.readline(MAX_LINE)
        yield None
