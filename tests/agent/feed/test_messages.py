"""The messages to screens: what they carry, how they are encoded, and the schema that describes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from agent.feed.messages import (
    VERSION,
    AnyMessage,
    DeviceMessage,
    ImportMessage,
    Message,
    RescanMessage,
    device_message,
    encode,
    feed_schema,
)

GOLDEN = Path(__file__).parent / "golden"
ALL: tuple[type[Message], ...] = get_args(AnyMessage)
REPORT = {"station": "lane-1", "role": "scale", "state": "up", "error": None, "advice": None}


def recorded() -> list[dict[str, Any]]:
    """The messages of a whole play, of every type."""
    files = [path for path in sorted(GOLDEN.glob("*.json")) if path.stem != "status"]
    return [message for path in files for message in json.loads(path.read_text(encoding="utf-8"))]


def definitions() -> dict[str, dict[str, Any]]:
    """What the schema says of each type, by the type's name on the wire."""
    schema = feed_schema()
    return {
        kind: schema["$defs"][reference.removeprefix("#/$defs/")]
        for kind, reference in schema["discriminator"]["mapping"].items()
    }


def test_each_recorded_message_is_read_by_its_struct_and_written_as_it_was() -> None:
    messages = recorded()
    assert {message["type"] for message in messages} == definitions().keys()
    for message in messages:
        read = msgspec.convert(message, type=AnyMessage)
        assert encode(read) == json.dumps(message)


def test_a_message_of_another_version_is_not_read() -> None:
    message = {"v": VERSION + 1, "type": "weighing", "station": "lane-1"}
    with pytest.raises(msgspec.ValidationError, match="v"):
        msgspec.convert(message, type=AnyMessage)


def test_the_schema_describes_each_field_of_every_recorded_message() -> None:
    described = definitions()
    for message in recorded():
        definition = described[message["type"]]
        assert message.keys() <= definition["properties"].keys()
        assert set(definition["required"]) <= message.keys()
        assert definition["properties"]["v"]["enum"] == [VERSION]
        assert definition["description"]


def test_only_what_a_rescan_may_leave_out_is_optional() -> None:
    optional = {
        kind: sorted(definition["properties"].keys() - set(definition["required"]))
        for kind, definition in definitions().items()
    }
    assert {kind: fields for kind, fields in optional.items() if fields} == {
        "rescan": ["detail", "discarded"]
    }
    assert json.loads(encode(RescanMessage(station="lane-1", reason="no_read"))).keys() == {
        "v", "type", "station", "reason",
    }  # fmt: skip


def test_every_struct_of_the_module_is_a_message_of_the_schema() -> None:
    tags = {kind.__struct_config__.tag for kind in ALL}
    assert tags == definitions().keys()
    assert len(tags) == len(ALL)


def test_a_name_that_is_not_utf_8_keeps_no_message_from_the_screens() -> None:
    message = ImportMessage(file="\udcffmanifest.csv", state="running", percent=1, rows=0, rejected=0)
    assert json.loads(encode(message))["file"] == "\udcffmanifest.csv"


@pytest.mark.parametrize(
    ("days", "due"), [(-3, "2026-12-01"), (0, "2026-12-01"), (5, "2026-12-01"), (400, None)]
)
def test_the_day_of_verification_is_shown_once_it_is_near(days: int, due: str | None) -> None:
    card = {"due_in_days": days, "due_on": "2026-12-01"}
    assert device_message({**REPORT, "concerns": [], "card": card}).due == due


def test_a_device_message_keeps_nothing_that_changes_from_second_to_second() -> None:
    reports = ({**REPORT, "state_s": age, "last_byte_s": age, "frames": round(age)} for age in (0.1, 4.2))
    first, second = map(device_message, reports)
    assert first == second == DeviceMessage(station="lane-1", role="scale", state="up", error=None)
