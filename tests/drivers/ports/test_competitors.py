"""What endangers a port, over folders made up as a system has them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from drivers.ports.competitors import look_for_thieves
from drivers.ports.interface import PortIdentity
from drivers.ports.listing import ListedPort

PORT = ListedPort(
    device="/dev/ttyUSB0",
    identity=PortIdentity(url="/dev/ttyUSB0", device="/dev/ttyUSB0", by_id=None, by_path=None),
    vendor_id=0x1A86,
    product_id=0x7523,
    serial_number=None,
    maker=None,
    model="USB Serial",
)
GENERIC = 'ENV{PRODUCT}=="1a86/7523/*", ENV{BRLTTY_BRAILLE_DRIVER}="bm", GOTO="brltty_usb_run"\n'


class System:
    """The files of a machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def file(self, path: str, text: str = "") -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def runs(self, command: str, pid: int = 812) -> None:
        self.file(f"proc/{pid}/comm", f"{command}\n")

    def rules(self, text: str, folder: str = "usr/lib", name: str = "85-brltty.rules") -> None:
        self.file(f"{folder}/udev/rules.d/{name}", text)

    def has_brltty(self, version: str) -> None:
        self.file(
            "var/lib/dpkg/status",
            "Package: bash\nStatus: install ok installed\nVersion: 5.2\n\n"
            f"Package: brltty\nStatus: install ok installed\nPriority: optional\nVersion: {version}\n\n"
            "Package: zsh\nStatus: deinstall ok config-files\nVersion: 5.9\n",
        )

    def usb(self) -> None:
        """A CH340 adapter below ``/sys``: device 189:4, its interface, its port 188:0."""
        tty = self.root / "sys/devices/usb1/1-2/1-2:1.0/ttyUSB0"
        self.file("sys/devices/usb1/1-2/dev", "189:4\n")
        self.file("sys/class/tty/ttyUSB0/dev", "188:0\n")
        tty.mkdir(parents=True)
        bus = self.root / "sys/bus/usb"
        bus.mkdir(parents=True)
        for folder in (tty.parent, tty.parent.parent):
            (folder / "subsystem").symlink_to(bus)
        (self.root / "sys/class/tty/ttyUSB0/device").symlink_to(tty)

    def codes(self, *ports: ListedPort) -> list[str]:
        return [finding.code for finding in look_for_thieves(ports or [PORT], root=self.root)]


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


def test_a_machine_without_either_endangers_nothing(system: System) -> None:
    system.runs("bash")
    assert system.codes() == []


def test_this_machine_can_be_looked_at() -> None:
    assert isinstance(look_for_thieves([PORT]), tuple)


def test_a_rule_that_hands_our_adapter_to_brltty_is_named_with_what_takes_it_away(system: System) -> None:
    system.rules("# comment\n" + GENERIC)
    system.has_brltty("6.4-4ubuntu3")
    (finding,) = look_for_thieves([PORT], root=system.root)
    assert (finding.code, finding.port) == ("brltty_claims_port", "/dev/ttyUSB0")
    assert finding.text == (
        "udev hands /dev/ttyUSB0 1a86:7523 (USB Serial) to brltty 6.4-4ubuntu3 as a Braille display when "
        "it is plugged in (85-brltty.rules)"
    )
    assert finding.remedy == (
        "remove brltty, or upgrade it to 6.5 or later, or take its rule out of force: "
        "ln -s /dev/null /etc/udev/rules.d/85-brltty.rules"
    )
    system.has_brltty("6.6-4ubuntu5")
    assert "upgrade" not in look_for_thieves([PORT], root=system.root)[0].remedy


@pytest.mark.parametrize(
    "rule",
    [
        "#" + GENERIC,
        GENERIC.replace("1a86/7523", "0403/6001"),
        GENERIC.replace("brltty_usb_run", "mine").replace("BRLTTY_BRAILLE_DRIVER", "DRIVER"),
        GENERIC.replace("ENV{BR", 'ATTRS{manufacturer}=="Braille Maker", ENV{BR'),
        GENERIC.replace("ENV{BR", 'ATTRS{product}=="Display*", ENV{BR'),
    ],
)
def test_a_rule_for_other_devices_endangers_nothing(system: System, rule: str) -> None:
    system.rules(rule)
    assert system.codes() == []


def test_a_rule_that_asks_for_more_than_we_look_at_may_take_the_port(system: System) -> None:
    system.rules(GENERIC.replace("ENV{BR", 'ATTRS{idVendor}=="1a40", ATTRS{product}=="USB*", ENV{BR'))
    (finding,) = look_for_thieves([PORT], root=system.root)
    assert finding.text.startswith("udev may hand /dev/ttyUSB0 1a86:7523 (USB Serial) to brltty as")


def test_ids_without_leading_zeros_are_the_same_ids(system: System) -> None:
    system.rules(GENERIC.replace("1a86/7523", "403/6001"))
    assert system.codes(replace(PORT, vendor_id=0x0403, product_id=0x6001)) == ["brltty_claims_port"]


def test_a_rule_that_an_administrator_masked_is_out_of_force(system: System) -> None:
    system.rules(GENERIC)
    masked = system.root / "etc/udev/rules.d/85-brltty.rules"
    masked.parent.mkdir(parents=True)
    masked.symlink_to("/dev/null")
    assert system.codes() == []


def test_brltty_that_runs_without_such_a_rule_is_told_once(system: System) -> None:
    system.runs("brltty")
    assert system.codes(PORT, replace(PORT, device="/dev/ttyUSB1")) == ["brltty_running"]
    system.rules(GENERIC)
    assert system.codes() == ["brltty_claims_port"]


def test_built_in_ports_are_in_no_danger(system: System) -> None:
    system.runs("ModemManager")
    system.runs("brltty", pid=640)
    assert system.codes(replace(PORT, vendor_id=None, product_id=None)) == []


def test_modemmanager_probes_a_port_that_udev_does_not_shield(system: System) -> None:
    system.usb()
    system.runs("ModemManager")
    system.file("run/udev/data/c188:0", "E:ID_MODEL=USB_Serial\n")
    (finding,) = look_for_thieves([PORT], root=system.root)
    assert (finding.code, finding.port) == ("modemmanager_probes_port", "/dev/ttyUSB0")
    assert finding.text == (
        "ModemManager (pid 812) writes to /dev/ttyUSB0 1a86:7523 (USB Serial) after it was plugged in, to "
        "see if it is a modem"
    )


@pytest.mark.parametrize("record", ["c188:0", "c189:4", "+usb:1-2:1.0", "+usb:1-2"])
@pytest.mark.parametrize("mark", ["ID_MM_DEVICE_IGNORE", "ID_MM_PORT_IGNORE"])
def test_a_mark_on_the_port_or_on_its_device_shields_it(system: System, record: str, mark: str) -> None:
    system.usb()
    system.runs("ModemManager")
    assert system.codes() == ["modemmanager_probes_port"]
    system.file(f"run/udev/data/{record}", f"E:{mark}=0\n")
    assert system.codes() == ["modemmanager_probes_port"]
    system.file(f"run/udev/data/{record}", f"G:seat\nE:{mark}=1\n")
    assert system.codes() == []


def test_a_mark_that_nobody_heeds_is_not_looked_for_when_modemmanager_does_not_run(system: System) -> None:
    system.usb()
    assert system.codes() == []
