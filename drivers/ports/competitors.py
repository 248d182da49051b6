"""What takes serial ports from their owner: brltty looks for Braille displays, ModemManager for modems.

brltty before 6.5 takes every CH340, FTDI and CP210x adapter, later ones some of them: the port appears and is
gone within a second. ModemManager writes to a port it does not know for some ten seconds after it was plugged
in, unless udev tells it to leave the device alone (``ID_MM_DEVICE_IGNORE``). Everything is read from files
below one folder.

Sources: brltty, Documents/README.Linux and its udev rules; ModemManager, "Port and device detection";
udev(7); deb-version(7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from drivers.ports.holders import running
from drivers.ports.listing import ListedPort

RULE_FOLDERS = ("etc/udev/rules.d", "run/udev/rules.d", "usr/local/lib/udev/rules.d", "usr/lib/udev/rules.d")
"""Where udev reads its rules; a file takes the place of one of the same name in a later folder (udev(7))."""

IGNORE_MARKS = ("ID_MM_DEVICE_IGNORE", "ID_MM_PORT_IGNORE", "ID_MM_TTY_BLACKLIST")
GENERIC_RULES_END = (6, 5)
"""From this version on brltty's rules for adapters that anything may use are a package of their own."""

MOST_RULE_FILES = 500
RULES_CEILING = 1_000_000
MOST_PARENTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ThiefFinding:
    """Something that may take a port: a code for programs, and what it is and what to do for people.

    ``port`` is the one that is in danger; None where it is all of them.
    """

    code: str
    port: str | None
    text: str
    remedy: str


def look_for_thieves(ports: Iterable[ListedPort], *, root: Path = Path("/")) -> tuple[ThiefFinding, ...]:
    """What endangers these ports on this machine; nothing is changed.

    Codes: ``brltty_claims_port``, ``brltty_running``, ``modemmanager_probes_port``.
    """
    usb = [port for port in ports if port.vendor_id is not None]
    return (*_brltty(usb, root), *_modem_manager(usb, root))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """One rule in force that makes a device a Braille display; None where any maker or model will do.

    ``conditional``: the rule asks for more, such as the hub in between, than we look at.
    """

    file: str
    vendor_id: int
    product_id: int
    maker: str | None
    model: str | None
    conditional: bool

    def concerns(self, port: ListedPort) -> bool:
        return (
            (port.vendor_id, port.product_id) == (self.vendor_id, self.product_id)
            and (self.maker is None or fnmatchcase(port.maker or "", self.maker))
            and (self.model is None or fnmatchcase(port.model or "", self.model))
        )


def _brltty(ports: list[ListedPort], root: Path) -> Iterator[ThiefFinding]:
    version = _brltty_version(root)
    called = "brltty" if version is None else f"brltty {version}"
    old = "upgrade it to 6.5 or later, or " if _is_before(version, GENERIC_RULES_END) else ""
    claims = list(_claims(root))
    endangered = False
    for port in ports:
        claim = next((claim for claim in claims if claim.concerns(port)), None)
        if claim is None:
            continue
        endangered = True
        yield ThiefFinding(
            code="brltty_claims_port",
            port=port.device,
            text=f"udev {'may hand' if claim.conditional else 'hands'} {_ids(port)} to {called} as a Braille "
            f"display when it is plugged in ({claim.file})",
            remedy=f"remove brltty, or {old}take its rule out of force: "
            f"ln -s /dev/null /etc/udev/rules.d/{claim.file}",
        )
    runs = running(("brltty",), proc=root / "proc")
    if runs and ports and not endangered:
        yield ThiefFinding(
            code="brltty_running",
            port=None,
            text=f"{runs[0]} runs, and looks for Braille displays at serial ports",
            remedy="stop it with `systemctl disable --now brltty`, unless somebody here reads Braille",
        )


def _modem_manager(ports: list[ListedPort], root: Path) -> Iterator[ThiefFinding]:
    runs = running(("ModemManager",), proc=root / "proc")
    if not runs:
        return
    for port in ports:
        if not _is_ignored(Path(port.device).name, root):
            yield ThiefFinding(
                code="modemmanager_probes_port",
                port=port.device,
                text=f"{runs[0]} writes to {_ids(port)} after it was plugged in, to see if it is a modem",
                remedy="install the udev rules that come with preclear, and plug the device in again; "
                "or stop ModemManager",
            )


def _ids(port: ListedPort) -> str:
    named = f" ({port.model})" if port.model else ""
    return f"{port.device} {port.vendor_id or 0:04x}:{port.product_id or 0:04x}{named}"


def _is_ignored(tty: str, root: Path) -> bool:
    """Whether udev has marked the port, or the device it belongs to, as none of ModemManager's business."""
    node = root / "sys" / "class" / "tty" / tty
    records = [_udev_record(node, "char", root)]
    try:
        device = (node / "device").resolve(strict=True)
    except OSError:
        device = None
    top = (root / "sys").resolve()
    for _ in range(MOST_PARENTS):
        if device is None or not device.is_relative_to(top):
            break
        records += [_udev_record(device, "char", root), _udev_record(device, "name", root)]
        device = device.parent
    return any(f"E:{mark}=1" in record for record in records for mark in IGNORE_MARKS)


def _udev_record(device: Path, by: str, root: Path) -> list[str]:
    """What udev remembers of a device, by its number (``c188:0``) or by subsystem and name (``+usb:1-2``)."""
    try:
        if by == "char":
            key = f"c{(device / 'dev').read_text().strip()}"
        else:
            key = f"+{(device / 'subsystem').resolve(strict=True).name}:{device.name}"
        return (root / "run" / "udev" / "data" / key).read_text(errors="replace").splitlines()
    except OSError:
        return []


def _claims(root: Path) -> Iterator[_Claim]:
    # ENV{PRODUCT}=="403/6001/*", ATTRS{manufacturer}=="Maker", ENV{BRLTTY_BRAILLE_DRIVER}="hd", GOTO="…"
    for path in _rules_in_force(root):
        for line in _text(path).splitlines():
            product = re.search(r'ENV\{PRODUCT\}=="([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/', line)
            if product is None or line.lstrip().startswith("#") or "brltty" not in line.lower():
                continue
            asked = dict(re.findall(r'ATTRS\{(\w+)\}=="([^"]*)"', line))
            yield _Claim(
                file=path.name,
                vendor_id=int(product[1], 16),
                product_id=int(product[2], 16),
                maker=asked.pop("manufacturer", None),
                model=asked.pop("product", None),
                conditional=bool(asked),
            )


def _rules_in_force(root: Path) -> list[Path]:
    rules: dict[str, Path] = {}
    for folder in RULE_FOLDERS:
        try:
            files = sorted((root / folder).glob("*.rules"))
        except OSError:
            continue
        for path in islice(files, MOST_RULE_FILES):
            rules.setdefault(path.name, path)
    # The older `/lib` is the same folder as `/usr/lib` nearly everywhere. A rule that leads to /dev/null is
    # how an administrator takes one out of force; it is read as the empty file it is.
    return [path for name, path in sorted(rules.items()) if "brltty" in name]


def _brltty_version(root: Path) -> str | None:
    """The version that dpkg has installed; None without it, or without dpkg."""
    for entry in _text(root / "var" / "lib" / "dpkg" / "status").split("\n\n"):
        fields = dict(re.findall(r"^(Package|Status|Version): (.*)$", entry, re.MULTILINE))
        if fields.get("Package") == "brltty" and fields.get("Status", "").endswith(" installed"):
            return fields.get("Version")
    return None


def _is_before(version: str | None, limit: tuple[int, int]) -> bool:
    match = re.match(r"(?:\d+:)?(\d+)\.(\d+)", version or "")
    return match is not None and (int(match[1]), int(match[2])) < limit


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            return ""
        with path.open(errors="replace") as file:
            return file.read(RULES_CEILING)
    except OSError:
        return ""
