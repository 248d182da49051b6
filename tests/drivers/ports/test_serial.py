"""The port on real pseudo-terminals: open, lose, open again, and never lose a byte on the way."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import Any

import pytest
import serialx

from drivers.clock import DeviceClock
from drivers.errors import (
    BadPortSettings,
    DeviceError,
    OpenTimeout,
    PortBusy,
    PortForbidden,
    PortLost,
    PortMissing,
)
from drivers.line_settings import LineSettings
from drivers.ports.serial import SerialPort


def port_of(link: Path, settings: LineSettings | None = None, **options: Any) -> SerialPort:
    return SerialPort(str(link), settings or LineSettings(), clock=DeviceClock(), **options)


async def test_an_opening_that_hangs_is_given_up_and_its_port_closed(
    far_end: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, hang = serialx.create_serial_connection, asyncio.Event()

    async def slow(*args: Any, **kwargs: Any) -> Any:
        opened = await real(*args, **kwargs)
        try:
            await hang.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.05)
        return opened

    monkeypatch.setattr(serialx, "create_serial_connection", slow)
    port = port_of(far_end.link, open_timeout_s=0.05, close_timeout_s=0.5)
    with pytest.raises(OpenTimeout, match=r"did not open within 0\.05 s; unplug"):
        await port.open()
    monkeypatch.undo()
    await asyncio.sleep(0.01)
    await port.open()
    await port.close()


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (OSError(errno.ENOENT, "gone"), PortMissing),
        (OSError(errno.ENXIO, "gone"), PortMissing),
        (OSError(errno.EBUSY, "busy"), PortBusy),
        (OSError(errno.EACCES, "no"), PortForbidden),
        (OSError(errno.EINVAL, "bad speed"), BadPortSettings),
        (OSError(errno.EIO, "broken"), PortLost),
        (TimeoutError(), OpenTimeout),
        (serialx.UnsupportedSetting("1.5 stop bits"), BadPortSettings),
        (ValueError("bad"), BadPortSettings),
    ],
)
async def test_each_failure_to_open_has_its_own_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, expected: type[DeviceError]
) -> None:
    async def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise failure

    monkeypatch.setattr(serialx, "create_serial_connection", fail)
    with pytest.raises(expected, match=str(tmp_path)) as raised:
        await port_of(tmp_path / "port").open()
    assert "; " in str(raised.value)


def test_line_settings_are_written_as_the_trade_writes_them() -> None:
    assert str(LineSettings()) == "9600 8N1"
    assert str(LineSettings(baudrate=2400, byte_size=7, parity="E", rtscts=True)) == "2400 7E1 rtscts"
    with pytest.raises(ValueError, match="carries nothing"):
        LineSettings(baudrate=0)
