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
    """Somebody owns the port: ``held_by`` if that is known, ``perhaps`` if it is only likely, or we do."""

    def __init__(
        self, port: str, *, held_by: tuple[str, ...] = (), perhaps: tuple[str, ...] = (), ours: bool = False
    ) -> None:
        if ours:
            what, remedy = "is open in this program already", "give each device a port of its own"
        elif held_by:
            what, remedy = f"is held by {', '.join(held_by)}", "stop that program, or have it leave the port"
        else:
            likely = f", perhaps {', '.join(perhaps)}" if perhaps else ""
            what = f"is owned by another program{likely}"
            remedy = "stop that program, or see who it is with `sudo fuser -v`"
        super().__init__(port, what, remedy)
        self.held_by = held_by


class PortForbidden(PortError):
    """The operating system refuses us the port. ``group`` is the one that may open such ports on Debian."""

    def __init__(self, port: str, group: str = "dialout") -> None:
        super().__init__(
            port,
            "may not be opened by this user",
            f"add the user to the port's group (`{group}` on Debian)",
        )


class BadSenders(PortError):
    """A port that is connected to hears nobody, or its list of senders cannot be read."""

    def __init__(self, port: str, why: str) -> None:
        super().__init__(
            port, f"hears nobody ({why})", "list the addresses or networks of the handhelds (192.0.2.0/28)"
        )


class CannotListen(PortError):
    """The network address that devices connect to is not to be had."""

    def __init__(self, port: str, why: str) -> None:
        super().__init__(
            port,
            f"cannot be listened on ({why})",
            "give an address of this machine, and a port number that no other program uses",
        )


class NotAnInputDevice(PortError):
    """The path leads to something else than a keyboard's event node."""

    def __init__(self, port: str, why: str) -> None:
        super().__init__(
            port, f"is not an input device ({why})", "name a link of /dev/input/by-id that ends in -event-kbd"
        )


class PortUnreachable(PortError):
    """A serial server does not answer, or does not speak its protocol."""

    def __init__(self, port: str, why: str) -> None:
        super().__init__(
            port, f"cannot be reached ({why})", "check its address and its cable, and that it is switched on"
        )


class BadPortName(PortError):
    """The name of a port has a form that nothing here can open."""

    def __init__(self, port: str, why: str) -> None:
        super().__init__(
            port,
            f"is not the name of a port ({why})",
            "give a path below /dev/serial, or socket://HOST:PORT, rfc2217://HOST:PORT, hidraw://VENDOR:PRODUCT",
        )


class PortReadOnly(PortError):
    """Somebody wanted to write to a device that is only ever read."""

    def __init__(self, port: str) -> None:
        super().__init__(port, "is only read", "use a protocol that sends no commands")


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


class BadTemplate(DeviceError):
    """The description of a scale's frames that a site wrote cannot be used; ``subject`` is the part of it."""

    def __init__(self, subject: str, what: str, remedy: str) -> None:
        super().__init__(f"template: {subject} {what}; {remedy}")
        self.subject = subject
