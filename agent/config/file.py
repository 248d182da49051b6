"""The TOML file, read once into one frozen tree; every problem of a file is reported at once."""

from __future__ import annotations

import difflib
import itertools
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator

from agent.config.devices import Node, ScaleSection, ScannerSection
from agent.domain.consignment.effective import SourceRole
from agent.errors import ConfigInvalid, KeyUnfit

if TYPE_CHECKING:
    from agent.trust.senders import TrustedSenders

MAX_BYTES = 1_000_000


Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Owner = Annotated[str, Field(pattern=r"^(hub|centre)/[A-Za-z0-9._-]{1,60}$")]


class HubSection(Node):
    """The hub's name, and where its files are."""

    name: Owner
    data: Path


class TrustSection(Node):
    """Key cards that are pinned: the centre's and the authority's."""

    cards: list[Path] = Field(min_length=1)


class CentreSection(Node):
    """Where signed decisions go; ``longest_wait_s`` bounds the back-off while there is no link."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s]*)?$")]
    name: Owner
    longest_wait_s: Annotated[float, Field(gt=0, le=600)] = 30.0

    @field_validator("url")
    @classmethod
    def _encrypted(cls, value: str) -> str:
        host = urlsplit(value).hostname or ""
        if value.startswith("http://") and host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("a centre beyond this machine is reached by https:// only")
        return value


class PolicySection(Node):
    """The signed policy pack in force."""

    file: Path


class ModelSection(Node):
    """Another model bundle than the shipped one."""

    folder: Path | None = None


class WebSection(Node):
    """The lane page. ``hosts``: further names under which people open it."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8079
    hosts: list[str] = Field(default_factory=list)


class SenderSection(Node):
    """A sender of manifests, and the public key (PEM) that verifies its signatures.

    ``must_sign``: an unsigned file under this name is refused.
    """

    party: Annotated[str, Field(min_length=1, max_length=200)]
    role: SourceRole
    key: Path
    must_sign: bool = False


class IntakeSection(Node):
    """The watched folder of manifests, their mapping profiles (``*.toml``), and who signs them."""

    folder: Path | None = None
    profiles: Path | None = None
    senders: list[SenderSection] = Field(default_factory=list)

    def sender_keys(self) -> TrustedSenders:
        """The keys of senders.

        Raises:
            KeyUnfit: one cannot be read, is weak, or is listed twice.
        """
        from agent.trust.senders import SenderKey, TrustedSenders, load_key  # noqa: PLC0415 - few commands need keys

        keys = []
        for sender in self.senders:
            key, key_id = load_key(sender.key)
            party, role, must_sign = sender.party, sender.role, sender.must_sign
            keys.append(SenderKey(party=party, role=role, must_sign=must_sign, key=key, id=key_id))
        return TrustedSenders(keys)

    def profile_texts(self) -> tuple[tuple[str, str], ...]:
        """Name and text of each mapping profile.

        Raises:
            ConfigInvalid: one cannot be read.
        """
        if self.profiles is None:
            return ()
        try:
            if not self.profiles.is_dir():
                raise ConfigInvalid(self.profiles, ["is not a folder; it should hold the mapping profiles"])
            return tuple(
                (path.name, path.read_text("utf-8")) for path in sorted(self.profiles.glob("*.toml"))
            )
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigInvalid(self.profiles, [f"cannot be read: {error}"]) from error


class StationSection(Node):
    """A scanner and a scale that belong together.

    ``keyed_to``: where a number typed on the page goes: ``scan`` treats it as a scan of this station;
    ``unix:PATH`` hands it to a lane simulator.
    """

    name: Name
    scanner: ScannerSection
    scale: ScaleSection | None = None
    keyed_to: Annotated[str, Field(pattern=r"^(scan|unix:.+)$")] = "scan"

    @property
    def one_cable(self) -> bool:
        """Whether scanner and scale speak over one port."""
        return self.scale is not None and self.scanner.port == self.scale.port

    def ports(self) -> list[str]:
        """The ports this station opens."""
        return (
            [self.scanner.port]
            if self.scale is None or self.one_cable
            else [self.scanner.port, self.scale.port]
        )

    @model_validator(mode="after")
    def _roles(self) -> StationSection:
        shared = self.scale is not None and self.scale.profile().scans_too
        if self.one_cable and not shared:
            raise ValueError(f"two devices use {self.scanner.port}")
        if self.scanner.profile().scans_too and not self.one_cable:
            raise ValueError(
                f"{self.scanner.protocol} is a scanner with its scale on one cable: name one port for both"
            )
        return self


class Config(Node):
    """One hub."""

    hub: HubSection
    trust: TrustSection
    policy: PolicySection
    centre: CentreSection | None = None
    lists: list[Path] = Field(default_factory=list)
    model: ModelSection = ModelSection()
    web: WebSection = WebSection()
    intake: IntakeSection = IntakeSection()
    stations: list[StationSection] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Config:
        names = [s.name for s in self.stations]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two stations are called {name!r}")
        ports = [port for s in self.stations for port in s.ports()]
        for port in ports:
            if ports.count(port) > 1:
                raise ValueError(f"two devices use {port}")
        return self


def load_config(path: Path) -> Config:
    """Read the configuration; relative paths in it start at its folder.

    Raises:
        ConfigInvalid: every problem, with its line and, for an unknown key, the nearest known one.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigInvalid(path, [f"cannot be read: {error.strerror}"]) from error
    if len(data) > MAX_BYTES:
        raise ConfigInvalid(path, [f"{len(data)} bytes is more than a configuration may have"])
    try:
        text = data.decode()
        tree = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigInvalid(path, [str(error)]) from error
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        raise ConfigInvalid(path, [_problem(e, text) for e in error.errors()]) from error
    config = _anchored(config, path.resolve().parent)
    if config.intake.senders:
        try:
            config.intake.sender_keys()
        except KeyUnfit as error:
            raise ConfigInvalid(path, [str(error)]) from error
    return config


def _anchored(config: Config, folder: Path) -> Config:
    model, intake = config.model, config.intake
    return config.model_copy(
        update={
            "hub": config.hub.model_copy(update={"data": folder / config.hub.data}),
            "trust": TrustSection(cards=[folder / c for c in config.trust.cards]),
            "policy": PolicySection(file=folder / config.policy.file),
            "lists": [folder / p for p in config.lists],
            "intake": IntakeSection(
                folder=None if intake.folder is None else folder / intake.folder,
                profiles=None if intake.profiles is None else folder / intake.profiles,
                senders=[s.model_copy(update={"key": folder / s.key}) for s in intake.senders],
            ),
            "model": ModelSection(folder=None if model.folder is None else folder / model.folder),
        }
    )


def _problem(error: Any, text: str) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "file"
    place = re.sub(r"\.(\d+)", r"[\1]", place)
    line = _line_of(error["loc"], text)
    where = f"line {line}  {place}" if line else place
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), _known(error["loc"]), n=1)
        hint = f'Did you mean "{near[0]}"?' if near else "Remove it."
        return f"{where}  unknown key. {hint}"
    message = error["msg"].removeprefix("Value error, ")
    given = f'"{error["input"]}"'
    named = isinstance(error["input"], dict | list) or given in message
    return f"{where}  {message}" + ("" if named else f" (is: {given})")


def _known(loc: tuple[str | int, ...]) -> list[str]:
    node: Any = Config
    for part in loc[:-1]:
        if isinstance(part, int):
            continue
        annotation = node.model_fields[part].annotation
        options = [
            a for a in (annotation, *getattr(annotation, "__args__", ())) if hasattr(a, "model_fields")
        ]
        if not options:
            return []
        node = options[0]
    return list(node.model_fields)


def _line_of(loc: tuple[str | int, ...], text: str) -> int | None:
    """The line of a key: sections are counted by their headers, so that repeated ones are kept apart."""
    section = [str(p) for p in loc if isinstance(p, str)]
    if not section:  # a problem of the file as a whole
        return None
    index = next((p for p in loc if isinstance(p, int)), 0)
    key, path = section[-1], section[:-1]
    array = [str(p) for p in itertools.takewhile(lambda p: isinstance(p, str), loc)]
    section_number, inside = -1, not path
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("#")[0].strip()
        header = re.fullmatch(r"\[+\s*([\w.\-]+)\s*\]+", line)
        if header:
            names = header.group(1).split(".")
            if path and names == array and line.startswith("[["):
                section_number += 1
            inside = names == path and max(section_number, 0) == index
            if names == section and max(section_number, 0) == index:
                return number
        elif inside and re.match(rf"{re.escape(key)}\s*=", line):
            return number
    return None
