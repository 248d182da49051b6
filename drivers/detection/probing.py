"""Finding out which scale is plugged in: listen, then ask what changes nothing, and tell how sure it is.

Only ever on a port that somebody granted for this, and only with line settings that somebody named: a
question is noise to a label printer, and a command to whatever else may hang there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from drivers.catalogue import SCALES
from drivers.clock import MonotonicClock
from drivers.detection.scoring import CLEAN_READINGS, SAMPLE, Confidence, Guess, as_text, score
from drivers.errors import PortReadOnly
from drivers.events import Parser, Replying
from drivers.line_settings import LineSettings
from drivers.ports.interface import Port
from drivers.profile import DeviceProfile

LISTEN_S = 2.0
"""Most scales that talk by themselves do so several times a second; nothing is ever sent before that."""

ANSWER_S = 0.7
"""The slowest scales answer a question about their weight within half a second."""

_SAMPLE_SHOWN = 80


class Outcome(StrEnum):
    """What came of it."""

    CONFIDENT = "confident"
    WEAK = "weak"
    """Something fits, too little or not cleanly: a person has to look at the evidence."""
    UNKNOWN = "unknown"
    """The device speaks, and no grammar of the catalogue reads it: a printer, a modem, or the wrong speed."""
    SILENT = "silent"


_WORTH = (Outcome.SILENT, Outcome.UNKNOWN, Outcome.WEAK, Outcome.CONFIDENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What was found out, and at what price.

    Args:
        guess: The best protocol, None if none reads anything; ``guess.also_fits`` names its rivals.
        settings: Those under which it was heard, or was tried last.
        sent: Every question that was asked, under whatever settings.
        received: Bytes that came under ``settings``; ``sample`` is the first of them as text.
        why: What speaks against it or is to be done, for people; None if it is well.
    """

    outcome: Outcome
    settings: LineSettings
    sent: tuple[bytes, ...]
    received: int
    sample: str
    guess: Guess | None = None
    why: str | None = None


async def detect(
    port_with: Callable[[LineSettings], Port],
    *,
    clock: MonotonicClock,
    settings: Sequence[LineSettings],
    profiles: Iterable[DeviceProfile] = SCALES,
    listen_s: float = LISTEN_S,
    answer_s: float = ANSWER_S,
) -> Detection:
    """Find out which protocol the device speaks.

    Args:
        port_with: Gives the granted port with these settings, closed.
        settings: Tried in this order, until one makes a grammar certain; none is added by itself.
        profiles: What it may be.

    Returns:
        The most certain finding. It has to be confirmed by a person, once, and is then pinned to the port's
        lasting name.

    Raises:
        PortError: The port cannot be opened, or was lost.
        ValueError: No settings were given.
    """
    if not settings:
        raise ValueError("detection needs line settings to try; give those on the device's plate or menu")
    known = tuple(profiles)
    sent: list[bytes] = []
    may_ask = True
    best: Detection | None = None
    for line in settings:
        port = port_with(line)
        attempt = _Attempt(port, line, clock, known, listen_s, answer_s, sent)
        await port.open()
        try:
            detection = await attempt.run(may_ask=may_ask)
        finally:
            await port.close()
        if best is None or _WORTH.index(detection.outcome) > _WORTH.index(best.outcome):
            best = detection
        if best.outcome is Outcome.CONFIDENT or attempt.echoes:
            break
        # A device that speaks and is not understood may be anything: from here on it is only listened to.
        may_ask = may_ask and detection.outcome is not Outcome.UNKNOWN
    assert best is not None
    return best


class _Attempt:
    """One port, open under one set of line settings."""

    def __init__(
        self,
        port: Port,
        line: LineSettings,
        clock: MonotonicClock,
        profiles: tuple[DeviceProfile, ...],
        listen_s: float,
        answer_s: float,
        sent: list[bytes],
    ) -> None:
        self._port = port
        self._line = line
        self._clock = clock
        self._profiles = profiles
        self._listen_s = listen_s
        self._answer_s = answer_s
        self._sent = sent
        self._received = bytearray()
        self.echoes = False

    async def run(self, *, may_ask: bool) -> Detection:
        await self._collect(self._listen_s, self._received, enough=CLEAN_READINGS)
        guess = self._guess(self._received)
        if may_ask and (guess is not None or not self._received):
            # Nothing is ever written to some kinds of port, and then listening was all.
            with contextlib.suppress(PortReadOnly):
                guess = await (self._ask() if guess is None else self._confirm(guess))
        return self._detection(guess)

    async def _confirm(self, guess: Guess) -> Guess:
        """Hear more of a device that speaks too seldom, by itself or when it is asked."""
        if guess.confidence is Confidence.CONFIDENT or guess.parity is not None:
            return guess
        command = self._probe_of(guess)
        if not command:
            await self._collect(self._listen_s, self._received, enough=CLEAN_READINGS)
            return self._guess(self._received) or guess
        return await self._poll(command, bytearray(self._received)) or guess

    async def _ask(self) -> Guess | None:
        """Ask each question once, until an answer is understood, and that one until it is certain."""
        best: Guess | None = None
        for command in self._questions():
            answer = bytearray()
            await self._send(command, answer)
            guess = self._guess(answer)
            if answer.startswith(command) and (guess is None or not guess.weights):
                self.echoes = True
                return None
            if guess is None or guess.parity is not None:
                best = best or guess
                continue
            # An error is an answer too, though to another question: only a weight is worth asking again for.
            if guess.weights and (polled := await self._poll(self._probe_of(guess) or command, answer)):
                guess = polled
            if guess.confidence is Confidence.CONFIDENT:
                return guess
            if best is None or guess.weights > best.weights:
                best = guess
        return best

    async def _poll(self, command: bytes, received: bytearray) -> Guess | None:
        for _ in range(CLEAN_READINGS):
            guess = self._guess(received)
            if guess is not None and guess.confidence is Confidence.CONFIDENT:
                return guess
            await self._send(command, received)
        return self._guess(received)

    async def _send(self, command: bytes, received: bytearray) -> None:
        """Ask, and wait until one more frame is there, or for as long as an answer may take."""
        before = self._guess(received)
        start = len(received)
        await self._write(command)
        parsers = [p.new_parser() for p in self._profiles if p.probe_command == command]
        await self._collect(
            self._answer_s,
            received,
            enough=1 + (before.readings if before is not None else 0),
            asking=parsers,
        )
        self._received += received[start:]

    async def _write(self, data: bytes) -> None:
        await self._port.write(data)
        self._sent.append(data)

    async def _collect(
        self, seconds: float, into: bytearray, *, enough: int, asking: Sequence[Parser] = ()
    ) -> None:
        """Hear what comes, until so many readings are there.

        Args:
            asking: Parsers of protocols whose question has two parts; the second is sent once, where the
                answer to the first asks for it.
        """
        deadline_ns = self._clock.monotonic_ns() + int(seconds * 1e9)
        while (left_ns := deadline_ns - self._clock.monotonic_ns()) > 0 and len(into) < SAMPLE:
            try:
                async with asyncio.timeout(left_ns / 1e9):
                    chunk = await self._port.read_some()
            except TimeoutError:
                return
            into += chunk.data
            asking = [parser for parser in asking if not await self._continued(parser, chunk.data)]
            guess = self._guess(into)
            if guess is not None and guess.clean and guess.weights and guess.readings >= enough:
                return

    async def _continued(self, parser: Parser, data: bytes) -> bool:
        """Whether the second part of the question was asked now."""
        parser.feed(data)
        more = parser.pending_output() if isinstance(parser, Replying) else b""
        if more:
            await self._write(more)
        return bool(more)

    def _guess(self, data: bytes | bytearray) -> Guess | None:
        return next(iter(score(bytes(data), self._profiles)), None)

    def _questions(self) -> list[bytes]:
        """Each probe once: first of protocols whose devices leave the factory with these settings.

        Letters without an end come last: to a device that waits for a line they are the start of one, and
        would spoil the next question.
        """
        shape = (self._line.byte_size, self._line.parity)
        questions: dict[bytes, tuple[bool, bool]] = {}
        for profile in self._profiles:
            command = profile.probe_command
            if command:
                usual = (profile.settings.byte_size, profile.settings.parity) == shape
                order = (not usual, not command.endswith((b"\r", b"\n")))
                questions[command] = min(order, questions.get(command, order))
        return sorted(questions, key=lambda command: (questions[command][1], questions[command][0]))

    def _probe_of(self, guess: Guess) -> bytes:
        return next(p.probe_command for p in self._profiles if p.name == guess.protocol)

    def _detection(self, guess: Guess | None) -> Detection:
        if guess is not None:
            outcome = Outcome(guess.confidence.value)
        else:
            outcome = Outcome.UNKNOWN if self._received else Outcome.SILENT
        return Detection(
            outcome=outcome,
            settings=self._line,
            sent=tuple(self._sent),
            received=len(self._received),
            sample=as_text(bytes(self._received[:_SAMPLE_SHOWN])),
            guess=guess,
            why=self._why(outcome, guess),
        )

    def _why(self, outcome: Outcome, guess: Guess | None) -> str | None:
        if self.echoes:
            return "it only repeats what it is sent: a modem, a console, or a plug that joins both lines"
        match outcome:
            case Outcome.SILENT:
                asked = "and answers no question" if self._sent else "and nothing was asked"
                return f"it says nothing {asked}: is it on, and is this its speed ({self._line})?"
            case Outcome.UNKNOWN:
                return (
                    f"it speaks, and nothing of it is known: is this its speed ({self._line}), and a scale?"
                )
            case Outcome.WEAK:
                assert guess is not None
                return guess.advice or "too few whole frames, or others between them: look at the evidence"
            case Outcome.CONFIDENT:
                return None
