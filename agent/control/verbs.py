"""What a command may ask of the running hub: one table of verbs.

A verb answers with one JSON object, or streams: it writes lines while it works and returns the report.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from agent.cases.scan import CommandLine, Scan
from agent.clearance import clear_piece, try_piece
from agent.control.import_verb import import_file
from agent.control.lines import LineWriter
from agent.control.protocol import Decide, Import, Transcript
from agent.control.removal_verb import remove
from agent.errors import UnknownName
from agent.feed.messages import decision_message, plain
from agent.hub import Hub
from agent.intake.removal import Choice
from agent.status.report import status_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One thing to ask for: the type of its request (None: it has none), and what answers or streams."""

    request: type[msgspec.Struct] | None = None
    answer: Callable[[Hub, Any], Awaitable[dict[str, Any]]] | None = None
    stream: Callable[[Hub, Any, LineWriter], Awaitable[dict[str, Any]]] | None = None

    def __post_init__(self) -> None:
        if (self.answer is None) == (self.stream is None):
            raise ValueError("a verb either answers or streams")


async def decide_barcode(
    hub: Hub, barcode: str, *, grams: int | None = None, record: bool = True
) -> dict[str, Any]:
    """Decide on a number that a person gives; ``record=False`` shows OPEN findings and keeps nothing."""
    scan = Scan(
        text=barcode,
        aim=None,
        raw=barcode.encode(errors="replace"),
        at_ns=hub.clock.monotonic_ns(),
        source="cli",
    )
    place = CommandLine(grams=grams)
    if record:
        recorded = await clear_piece(scan, place, hub)
        return {**plain(decision_message(recorded.statement)), "recorded": True}
    piece, verdict = await try_piece(scan, place, hub)
    return {
        "type": "decision",
        "recorded": False,
        "piece": {"kind": piece.kind, "value": piece.value},
        "disposition": verdict.disposition.value,
        "set_by": verdict.set_by.value,
        "findings": [{"code": f.code, "params": dict(f.params)} for f in verdict.open],
    }


async def _decide(hub: Hub, request: Decide) -> dict[str, Any]:
    return await decide_barcode(hub, request.barcode, grams=request.grams, record=request.record)


async def _status(hub: Hub, _: None) -> dict[str, Any]:
    return await status_of(hub)


async def _transcript(hub: Hub, request: Transcript) -> dict[str, Any]:
    recorder = hub.recorders.get(request.place)
    if recorder is None:
        raise UnknownName(f"no device is called {request.place}; there are {', '.join(hub.recorders)}")
    return {"lines": [record.as_line().decode() for record in recorder.recent()]}


VERBS: Mapping[str, Verb] = {
    "decide": Verb(request=Decide, answer=_decide),
    "import": Verb(request=Import, stream=import_file),
    "sources/remove": Verb(request=Choice, stream=remove),
    "status": Verb(answer=_status),
    "transcript": Verb(request=Transcript, answer=_transcript),
}
"""A verb without a request is a GET, any other a POST."""
