"""Locks on a real pseudo-terminal, and TCP options on a real socket."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from drivers.clock import DeviceClock
from drivers.errors import PortBusy
from drivers.line_settings import LineSettings
from drivers.ports import local
from drivers.ports.holders import Holder
from drivers.ports.keepalive import keep_alive
from drivers.ports.serial import SerialPort

NOBODY = 65_534


def opens(path: str, *, user: int | None) -> str:
    """What a shell of that user says when it opens the path for reading and writing; empty if it may."""
    run = subprocess.run(
        ["/bin/sh", "-c", 'exec 3<> "$0"', path], user=user, capture_output=True, text=True, check=False
    )
    return run.stderr.lower()


def test_a_claimed_terminal_is_refused_to_everybody_but_root(far_end: Any) -> None:
    path = os.ttyname(far_end.slave)
    root = os.geteuid() == 0
    # Root passes the mark where it holds CAP_SYS_ADMIN, so it is somebody else who has to be refused.
    user = NOBODY if root else None
    if root:
        Path(path).chmod(0o666)
    assert opens(path, user=user) == ""
    local.claim(far_end.slave)
    assert os.strerror(errno.EBUSY).lower() in opens(path, user=user)
    local.unclaim(far_end.slave)
    assert opens(path, user=user) == ""


def test_what_is_no_terminal_is_left_unclaimed(tmp_path: Path) -> None:
    fd = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT)
    local.claim(fd)
    local.unclaim(fd)
    os.close(fd)
    assert opens(str(tmp_path / "file"), user=None) == ""


def test_only_real_terminals_may_be_claimed(far_end: Any) -> None:
    assert local.may_claim("/dev/ttyUSB0")
    assert not local.may_claim(str(far_end.link))
    assert not local.may_claim("socket://10.0.0.9:4001")


def test_a_second_lock_is_refused_as_busy(tmp_path: Path) -> None:
    first, second = (os.open(tmp_path / "port", os.O_RDWR | os.O_CREAT) for _ in range(2))
    local.lock(first)
    with pytest.raises(OSError, match="busy") as raised:
        local.lock(second)
    assert raised.value.errno == errno.EBUSY
    os.close(first)
    local.lock(second)
    os.close(second)


def test_a_holder_that_cannot_be_seen_is_guessed_from_the_programs_that_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "running", lambda: (Holder(pid=812, command="ModemManager"),))
    (tmp_path / "port").touch()
    error = local.busy(str(tmp_path / "port"))
    assert isinstance(error, PortBusy)
    assert "is owned by another program, perhaps ModemManager (pid 812); stop that program" in str(error)
    monkeypatch.setattr(local, "running", tuple)
    assert "is owned by another program; stop that program" in str(local.busy(str(tmp_path / "port")))


def test_a_dead_connection_is_given_up_within_half_a_minute() -> None:
    with socket.socket() as connection:
        keep_alive(connection)
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        of_tcp = {
            name: connection.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
            for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
            if hasattr(socket, name)
        }
    assert of_tcp["TCP_KEEPIDLE"] + of_tcp["TCP_KEEPINTVL"] * of_tcp["TCP_KEEPCNT"] <= 30
    assert of_tcp["TCP_USER_TIMEOUT"] <= 30_000


async def test_a_socket_port_sets_them_on_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    options: list[int] = []

    def look(connection: Any) -> None:
        keep_alive(connection)
        options.append(connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    monkeypatch.setattr("drivers.ports.serial.keep_alive", look)
    async with await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0) as server:
        url = f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        port = SerialPort(url, LineSettings(), clock=DeviceClock())
        await port.open()
        await port.close()
    assert options == [1]
