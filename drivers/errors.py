"""What can go wrong between us and a device; each message names the port and what to do about it."""

from __future__ import annotations


class DeviceError(Exception):
    """Base of every error this package raises on purpose."""


class PortError(DeviceError):
    """Something is wrong with one port, named in ``port``."""

    def __init__(self, port: str, what: str, remedy: str) -> None:
        super().__init__(f"{port}: {what}; {remedy}")
        self.port = port


class PortLost(PortError):
    """The port went away while it was in use."""

    def __init__(self, port: str, why: str = "unplugged or switched off") -> None:
        super().__init__(port, f"was lost ({why})", "plug the device in again, it is reopened by itself")


class PortMissing(PortError):
    """There is no such port now."""

    def __init__(self, port: str) -> None:
        super().__init__(
            port, "does not exist", "plug the device in, or correct the port in the configuration"
        )


class PortBusy(PortError):
    """Somebody else owns the port."""

    def __init__(self, port: str) -> None:
        super().__init__(
            port, "is owned by another program", "stop that program, or see who it is with `fuser -v`"
        )


class PortForbidden(PortError):
    """The operating system refuses us the port."""

    def __init__(self, port: str) -> None:
        super().__init__(
            port, "may not be opened by this user", "add the user to the port's group (`dialout` on Debian)"
        )


class OpenTimeout(PortError):
    """Opening took longer than it may."""

    def __init__(self, port: str, timeout_s: float) -> None:
        super().__init__(
            port, f"did not open within {timeout_s:g} s", "unplug the device and plug it in again"
        )


class PortStalled(PortError):
    """The device takes no more bytes from us."""

    def __init__(self, port: str) -> None:
        super().__init__(port, "takes no bytes", "check the cable and the flow control in the configuration")


class PortNotOpen(PortError):
    """The port was used before it was opened, or after it was closed."""

    def __init__(self, port: str) -> None:
        super().__init__(port, "is not open", "open it first")


class BadPortSettings(PortError):
    """The port refuses speed, character size, parity, stop bits or flow control."""

    def __init__(self, port: str, settings: object, why: str) -> None:
        super().__init__(
            port, f"refuses {settings} ({why})", "correct the line settings in the configuration"
        )


class UnknownProtocol(DeviceError):
    """The catalogue has no protocol of that name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no device protocol is called {name!r}; use one of {', '.join(known)}")
        self.name = name


class SimulatorFailed(DeviceError):
    """A simulator did not start, ended by itself, or refused what it was told."""

    def __init__(self, port: str, why: str) -> None:
        super().__init__(f"the simulator of {port} failed: {why}; see its standard error")
        self.port = port


class BadSwitch(DeviceError):
    """A protocol has no such switch, or the switch no such position."""

    def __init__(self, protocol: str, name: str, value: str, known: tuple[str, ...]) -> None:
        choice = f"use one of {', '.join(known)}" if known else "remove it"
        super().__init__(f"{protocol}: switch {name!r} cannot be {value!r}; {choice}")
        self.protocol = protocol
