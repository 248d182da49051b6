"""The messages of the live channel, version 1: what a screen may see of decisions and of the hub's states.

A message is either published once (a verdict, a request to scan again) or describes a state, which a screen
that connects later receives too. `preclear schema feed` prints the JSON Schema of all of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from agent.domain.checks.metrology import DUE_SOON_DAYS
from sync.log.entries import Entry
from sync.log.statement import Decision, OpenFinding, Piece, SignedWeight, parse

VERSION: Final = 1


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """What every message carries: the version of the channel, and its type."""

    v: Literal[1] = VERSION


class HelloMessage(Message, frozen=True, kw_only=True, tag="hello"):
    """The first message on a channel. ``seq`` is the newest decision's, -1 in a log without decisions."""

    version: str
    seq: int
    hub: str
    stations: list[str]


class VerdictMessage(Message, frozen=True, kw_only=True):
    """The open half of one recorded decision; nothing of its sealed block. Times are UTC, ISO 8601."""

    seq: int
    at: str
    station: str
    piece: Piece
    consignment: str | None
    receptacle: str | None
    disposition: Literal["CLEAR", "RFI", "RFS", "DNL"]
    set_by: Literal["HUB", "AUTHORITY"]
    because: Literal["scan", "manifest", "policy", "list", "model", "override"]
    source: Literal["station", "keyed", "cli", "hub"]
    supersedes: int | None
    valid_until: str
    findings: list[OpenFinding]
    weight: SignedWeight | None


class DecisionMessage(VerdictMessage, frozen=True, kw_only=True, tag="decision"):
    """A decision was recorded."""


class RepeatMessage(VerdictMessage, frozen=True, kw_only=True, tag="repeat"):
    """The same parcel was scanned again: the verdict that stands, at ``station``; nothing was recorded."""


class WeighingMessage(Message, frozen=True, kw_only=True, tag="weighing"):
    """A scan was accepted; its load is still settling."""

    station: str


class RescanMessage(Message, frozen=True, kw_only=True, tag="rescan"):
    """Nothing was decided; the label must be scanned again.

    ``reason`` is ``unreadable``, ``no_read``, ``too_many_scans`` or the driver's name for what it discarded
    (``discarded`` bytes). ``detail`` is a sentence.
    """

    station: str
    reason: str
    detail: str | UnsetType = UNSET
    discarded: int | UnsetType = UNSET


class StoppedMessage(Message, frozen=True, kw_only=True, tag="stopped"):
    """The station decides nothing more until the hub is restarted."""

    station: str
    reason: str

    @property
    def key(self) -> str:
        return f"stopped/{self.station}"


class DeviceMessage(Message, frozen=True, kw_only=True, tag="device"):
    """How a device is. ``due`` is the day by which a scale must be verified, once that is near or past."""

    station: str
    role: Literal["scanner", "scale"]
    state: Literal["opening", "up", "silent", "lost"]
    error: str | None
    advice: str | None = None
    concerns: list[str] = []
    due: str | None = None

    @property
    def key(self) -> str:
        return f"device/{self.station}/{self.role}"


class SyncMessage(Message, frozen=True, kw_only=True, tag="sync"):
    """How the link to the centre is; ``unsent`` and ``receipted`` count entries of the log."""

    online: bool
    unsent: int
    receipted: int
    error: str | None

    @property
    def key(self) -> str:
        return "sync"


class PolicyMessage(Message, frozen=True, kw_only=True, tag="policy"):
    """The policy in force; ``texts`` are its own English words for finding codes."""

    id: str
    sequence: int
    issued: str
    stale: bool
    texts: dict[str, str] = {}

    @property
    def key(self) -> str:
        return "policy"


class ImportMessage(Message, frozen=True, kw_only=True, tag="import"):
    """How the newest import is getting on."""

    file: str
    state: Literal["running", "done", "stopped", "refused"]
    percent: int
    rows: int
    rejected: int

    @property
    def key(self) -> str:
        return "import"


StateMessage = StoppedMessage | DeviceMessage | SyncMessage | PolicyMessage | ImportMessage
"""The present state of the thing that its ``key`` names; a newer message with the same key replaces it."""


AnyMessage = (
    HelloMessage
    | DecisionMessage
    | RepeatMessage
    | WeighingMessage
    | RescanMessage
    | StoppedMessage
    | DeviceMessage
    | SyncMessage
    | PolicyMessage
    | ImportMessage
)
"""Every message of version 1."""


def decision_message(statement: Decision) -> DecisionMessage:
    """The open half of a decision as it was recorded."""
    return DecisionMessage(
        seq=statement.seq,
        at=statement.at,
        station=statement.station,
        piece=statement.piece,
        consignment=statement.consignment,
        receptacle=statement.receptacle,
        disposition=statement.disposition,
        set_by=statement.set_by,
        because=statement.because,
        source=statement.source,
        supersedes=statement.supersedes,
        valid_until=statement.valid_until,
        findings=statement.open,
        weight=statement.weight,
    )


def logged_decision(entry: Entry) -> DecisionMessage:
    """The open half of a decision that is read back from the log."""
    statement = parse(entry.kind, entry.payload)
    assert isinstance(statement, Decision)
    return decision_message(statement)


def repeat_message(decision: DecisionMessage, station: str) -> RepeatMessage:
    """The verdict of a decision once more, at the station that scanned the piece again."""
    return RepeatMessage(**{**msgspec.structs.asdict(decision), "station": station})


def device_message(report: Mapping[str, Any]) -> DeviceMessage:
    """What a screen shows of a device's report: nothing that changes from second to second."""
    card = report.get("card")
    return DeviceMessage(
        station=report["station"],
        role=report["role"],
        state=report["state"],
        error=report["error"],
        advice=report["advice"],
        concerns=list(report.get("concerns", ())),
        due=None if card is None or card["due_in_days"] >= DUE_SOON_DAYS else card["due_on"],
    )


def plain(message: Message) -> dict[str, Any]:
    """The message as plain JSON values, its version first."""
    return {"v": message.v, **msgspec.to_builtins(message)}


def decision_view(entry: Entry) -> dict[str, Any]:
    """The open half of a decision that is read back from the log, as plain JSON values."""
    return plain(logged_decision(entry))


def encode(message: Message) -> str:
    """The text that goes over the wire.

    Names of files and answers of proxies may hold bytes that are not UTF-8 (lone surrogates in Python): they
    are escaped, so that no such text keeps a message from the screens.
    """
    return json.dumps(plain(message))


def feed_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a message, whatever its type."""
    schema = msgspec.json.schema(AnyMessage)
    for definition in schema["$defs"].values():
        if "v" in definition["properties"]:  # what has a default is sent all the same
            optional = {"detail", "discarded"}
            definition["required"] = [name for name in definition["properties"] if name not in optional]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"preclear feed {VERSION}",
        **schema,
    }
