"""Finding out what is plugged in: what is sent, when, and what is made of the answers; no time passes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from drivers.catalogue import SCALES, profile_of
from drivers.clock import DeviceClock
from drivers.detection.probing import Detection, Outcome, detect
from drivers.errors import PortLost, PortMissing, PortReadOnly
from drivers.line_settings import LineSettings
from drivers.ports.interface import Chunk, PortIdentity
from drivers.simulators.scale import ScaleModel, ScaleSettings, with_parity
from drivers.simulators.speech import SPEECHES

PLAIN = LineSettings()
SEVEN = LineSettings(byte_size=7, parity="E")
TWINS = {"toledo-ps60": "toledo-8217"}
STEP_NS = 50_000_000

Answering = Callable[[bytes], bytes]


class Device:
    """A port with a device behind it; nothing more comes where a real one would keep us waiting."""

    def __init__(
        self,
        answer: Answering = lambda _command: b"",
        *,
        says: Callable[[], bytes] = lambda: b"",
        chunks: int = 20,
    ) -> None:
        self.answer = answer
        self.says = says
        self.chunks = chunks
        self.sent: list[bytes] = []
        self.opened: list[LineSettings] = []
        self.is_open = False
        self._waiting: list[bytes] = []
        self._left = 0

    def port_with(self, settings: LineSettings) -> Device:
        self.opened.append(settings)
        return self

    async def open(self) -> None:
        self.is_open = True
        self._waiting.clear()
        self._left = self.chunks

    async def read_some(self) -> Chunk:
        if not self._waiting and self._left:
            self._left -= 1
            self._waiting += [line] if (line := self.says()) else []
        if not self._waiting:
            raise TimeoutError
        return Chunk(self._waiting.pop(0), 0)

    async def write(self, data: bytes) -> None:
        assert self.is_open
        self.sent.append(data)
        if answer := self.answer(data):
            self._waiting.append(answer)

    async def close(self) -> None:
        self.is_open = False

    async def appears(self) -> None:
        raise AssertionError

    def identity(self) -> PortIdentity:
        return PortIdentity(url="device", device=None, by_id=None, by_path=None)

    def backlog(self) -> int:
        return 0


def scale(protocol: str, grams: float = 1234, parity: str | None = None) -> Device:
    """A simulated scale with a load that has long settled."""
    model = ScaleModel(random.Random(1), ScaleSettings(protocol=protocol))
    model.lay(grams, 0)
    now_ns = 10_000_000_000

    def on_line(data: bytes) -> bytes:
        return with_parity(data, parity) if parity else data

    def says() -> bytes:
        nonlocal now_ns
        now_ns += STEP_NS
        return on_line(model.tick(now_ns))

    return Device(lambda command: on_line(model.receive(command, now_ns)), says=says)


async def detected(device: Device, settings: Sequence[LineSettings] = (PLAIN,)) -> Detection:
    detection = await detect(device.port_with, clock=DeviceClock(), settings=settings)
    assert not device.is_open
    assert list(detection.sent) == device.sent
    return detection


ASKED = [name for name in SPEECHES if name != "dibal"]
"""That one has no question for the weight alone: it must be given a price."""


@pytest.mark.parametrize("name", ASKED)
async def test_every_simulated_scale_is_found(name: str) -> None:
    device = scale(name)
    detection = await detected(device)
    assert detection.guess is not None, detection
    assert (detection.guess.protocol, detection.outcome) == (TWINS.get(name, name), Outcome.CONFIDENT)
    assert detection.why is None
    assert bool(device.sent) != SPEECHES[name].streams


async def test_a_scale_that_is_asked_in_two_parts_is_asked_the_second_only_after_its_answer() -> None:
    device = scale("cas-pd2")
    await detected(device)
    assert {before for before, after in pairwise(device.sent) if after == b"\x11"} == {b"\x05"}
    assert b"\x11" not in (await detected(Device())).sent


async def test_a_scale_that_no_question_leaves_unchanged_is_asked_none() -> None:
    assert profile_of("dibal").probe_command == b""
    assert (await detected(scale("dibal"))).outcome is Outcome.SILENT


async def test_a_scale_that_speaks_by_itself_is_never_written_to() -> None:
    detection = await detected(scale("comma"))
    assert detection.sent == ()
    assert detection.received > 0
    assert "ST,GS" in detection.sample


async def test_a_scale_that_speaks_too_seldom_is_asked_with_its_own_question_only() -> None:
    lines = iter([b"S S      1.230 kg\r\n"])
    device = Device(
        lambda command: b"S S      1.230 kg\r\n" * (command == b"SI\r\n"), says=lambda: next(lines, b"")
    )
    detection = await detected(device)
    assert (detection.outcome, set(device.sent)) == (Outcome.CONFIDENT, {b"SI\r\n"})


async def test_nothing_is_asked_twice_of_a_device_that_is_silent_and_only_harmless_things() -> None:
    device = Device()
    detection = await detected(device)
    assert (detection.outcome, detection.guess, detection.received) == (Outcome.SILENT, None, 0)
    assert len(device.sent) == len(set(device.sent))
    assert set(device.sent) == {profile.probe_command for profile in SCALES if profile.probe_command}
    assert detection.why is not None
    assert "9600 8N1" in detection.why


async def test_questions_that_are_whole_lines_come_before_bare_letters() -> None:
    device = Device()
    await detected(device)
    ends = [command.endswith((b"\r", b"\n")) for command in device.sent]
    assert ends == sorted(ends, reverse=True)


async def test_questions_fit_for_the_settings_come_first() -> None:
    eight, seven = Device(), Device()
    await detected(eight, [PLAIN])
    await detected(seven, [SEVEN])
    assert eight.sent[0] == b"SI\r\n"
    assert seven.sent[0] != b"SI\r\n"
    assert sorted(eight.sent) == sorted(seven.sent)


async def test_a_device_that_says_something_unknown_is_not_written_to() -> None:
    device = Device(says=lambda: b"\x1b!printer ready\n")
    detection = await detected(device, [PLAIN, SEVEN])
    assert (detection.outcome, device.sent) == (Outcome.UNKNOWN, [])
    assert device.opened == [PLAIN, SEVEN]
    assert "printer ready" in detection.sample


async def test_a_modem_is_known_by_its_echo_and_left_alone() -> None:
    device = Device(lambda command: command + b"\r\nERROR\r\n")
    detection = await detected(device, [PLAIN, SEVEN])
    assert (detection.outcome, len(device.sent), device.opened) == (Outcome.UNKNOWN, 1, [PLAIN])
    assert detection.why is not None
    assert "repeats what it is sent" in detection.why


async def test_a_device_that_answers_something_unrelated_is_unknown() -> None:
    device = Device(lambda _command: b"label ok~\r\n")
    detection = await detected(device)
    assert (detection.outcome, detection.guess) == (Outcome.UNKNOWN, None)
    assert detection.received > 0


async def test_a_device_that_only_knows_errors_is_never_certain() -> None:
    detection = await detected(Device(lambda _command: b"ES\r\n"))
    assert detection.outcome is Outcome.WEAK
    assert detection.why is not None


async def test_a_line_with_the_wrong_parity_is_told_and_the_next_settings_are_tried() -> None:
    wrong, right = scale("nci", parity="even"), scale("nci")
    device = Device()

    def port_with(settings: LineSettings) -> Device:
        return right if settings == SEVEN else wrong

    detection = await detect(port_with, clock=DeviceClock(), settings=[PLAIN])
    assert (detection.outcome, detection.guess and detection.guess.parity) == (Outcome.WEAK, "even")
    assert detection.why is not None
    assert "7E1" in detection.why
    both = await detect(port_with, clock=DeviceClock(), settings=[PLAIN, SEVEN])
    assert (both.outcome, both.settings) == (Outcome.CONFIDENT, SEVEN)
    assert device.sent == []


async def test_the_first_settings_that_make_it_certain_are_the_last_that_are_tried() -> None:
    device = scale("comma")
    await detected(device, [PLAIN, SEVEN])
    assert device.opened == [PLAIN]


async def test_no_settings_are_made_up() -> None:
    with pytest.raises(ValueError, match="device's plate"):
        await detect(Device().port_with, clock=DeviceClock(), settings=[])


async def test_a_port_that_is_never_written_to_is_only_listened_to() -> None:
    class ReadOnly(Device):
        async def write(self, data: bytes) -> None:
            raise PortReadOnly("device")

    lines = iter([b"S S      1.230 kg\r\n"])
    assert (await detected(ReadOnly())).outcome is Outcome.SILENT
    seldom = await detected(ReadOnly(says=lambda: next(lines, b"")))
    assert (seldom.outcome, seldom.sent) == (Outcome.WEAK, ())


async def test_a_port_that_fails_is_closed_and_told() -> None:
    class Gone(Device):
        async def read_some(self) -> Chunk:
            raise PortLost("device")

    class Missing(Device):
        async def open(self) -> None:
            raise PortMissing("device")

    gone = Gone()
    with pytest.raises(PortLost):
        await detect(gone.port_with, clock=DeviceClock(), settings=[PLAIN])
    assert not gone.is_open
    with pytest.raises(PortMissing):
        await detect(Missing().port_with, clock=DeviceClock(), settings=[PLAIN])
