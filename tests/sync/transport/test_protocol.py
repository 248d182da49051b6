"""What travels between hub and centre is published: every request and answer of a session, byte for byte.

``golden/NN-name.json`` holds one exchange each, made with fixed keys at a fixed time.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from sync.central.identity import CENTRE_CARD, DATABASE
from sync.central.store.schema import open_store
from sync.errors import BadAnswer
from sync.keys import PrivateKey, PublicKey, Role, Suite, save_private, write_card
from sync.log.entries import sign_entry
from sync.log.note import MAX_NOTE, sign_checkpoint
from sync.transport import protocol, wire
from sync.transport.protocol import (
    Answer,
    EntriesMissing,
    Equivocation,
    Health,
    LogProgress,
    Receipt,
    Refusal,
    Stored,
)

GOLDEN = Path(__file__).parent / "golden"
ENTRIES = 5


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A request and its answer; a batch stands unpacked and in base64, since zlib may pack otherwise."""

    method: str
    path: str
    content_type: str | None
    body: str
    status: int
    answer_type: str
    retry_after: str | None
    answer: str


def exchange(name: str) -> Exchange:
    return Exchange(**json.loads((GOLDEN / f"{name}.json").read_text("utf-8")))


def names() -> list[str]:
    return sorted(path.stem for path in GOLDEN.glob("*.json"))


def readable(body: bytes, content_type: str | None) -> str:
    if content_type != wire.CONTENT_TYPE:
        return body.decode()
    try:
        return base64.b64encode(zlib.decompress(body)).decode()
    except zlib.error:
        return body.decode()


def fixed_key(owner: str, role: Role, suite: Suite, number: int) -> PrivateKey:
    secret = (
        ec.derive_private_key(number, ec.SECP256R1())
        if suite is Suite.ES256
        else ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    )
    spki = secret.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return PrivateKey(public=PublicKey(owner=owner, role=role, suite=suite, spki=spki), secret=secret)


@pytest.fixture
def centre_folder(tmp_path: Path) -> Path:
    """The folder of a centre whose keys are always the same."""
    folder = tmp_path / "centre"
    (folder / "keys").mkdir(parents=True)
    keys = [
        fixed_key("centre/test", Role.COSIGNATURES, Suite.ED25519, 1),
        fixed_key("centre/test", Role.CENTRE_LOG, Suite.ED25519, 2),
    ]
    for key in keys:
        save_private(key, folder / "keys")
    (folder / CENTRE_CARD).write_bytes(write_card(key.public for key in keys))
    open_store(folder / DATABASE, create=True).close()
    return folder


@pytest.fixture
def fixed_log(make_log: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a log that is always the same."""

    def make(count: int = ENTRIES, *, hub: str = "hub/szx-1", first_key: int = 3, **more: Any) -> Any:
        log = make_log(0, hub, **more)
        log.decisions = fixed_key(hub, Role.DECISIONS, Suite.ES256, first_key)
        log.checkpoints = fixed_key(hub, Role.CHECKPOINTS, Suite.ES256, first_key + 1)
        log.append(count)
        return log

    return make


async def ask(
    centre: Any,
    method: str,
    path: str,
    body: bytes = b"",
    content_type: str | None = "text/plain; charset=utf-8",
    **headers: str,
) -> Exchange:
    """One request by hand, and what the centre answers."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if method == "GET":
        content_type = None
    if content_type is not None:
        sent["Content-Type"] = content_type
    url = f"{centre.url.rstrip('/')}{path}"
    async with centre.session.request(method, url, data=body or None, headers=sent) as response:
        return Exchange(
            method=method,
            path=path,
            content_type=content_type,
            body="" if len(body) > MAX_NOTE else readable(body, content_type),
            status=response.status,
            answer_type=response.headers["Content-Type"],
            retry_after=response.headers.get("Retry-After"),
            answer=(await response.read()).decode(),
        )


class Session:
    """A hub's log and its centre, and the exchanges between them so far."""

    def __init__(self, centre: Any, log: Any) -> None:
        self._centre = centre
        self._log = log
        self.exchanges: dict[str, Exchange] = {}

    def _named(self, name: str, exchange: Exchange) -> None:
        self.exchanges[f"{len(self.exchanges) + 1:02}-{name}"] = exchange

    async def ask(self, name: str, method: str, path: str, body: bytes = b"", **more: str) -> None:
        self._named(name, await ask(self._centre, method, path, body, **more))

    async def show(self, name: str, note: str) -> None:
        await self.ask(name, "POST", f"/v1/logs/{self._log.log_id}/checkpoints", note.encode())

    async def send(self, name: str, body: bytes, content_type: str = wire.CONTENT_TYPE) -> None:
        path = f"/v1/logs/{self._log.log_id}/entries"
        await self.ask(name, "POST", path, body, content_type=content_type)


async def test_the_centre_answers_every_request_as_it_is_published(
    centre: Any, fixed_log: Callable[..., Any]
) -> None:
    log, stranger = fixed_log(), fixed_log(first_key=9)
    logs = f"/v1/logs/{log.log_id}"
    session = Session(centre, log)
    await session.ask("health", "GET", "/healthz")
    await session.ask("unknown-log", "GET", logs)
    await session.show("unknown-hub", log.note())
    centre.register(log)
    await session.show("entries-missing", log.note())
    await session.send("gap", wire.pack(log.log_id, log.entries[3:]))
    await session.send("stored", wire.pack(log.log_id, log.entries[:3]))
    await session.show("receipt-of-an-older-head", log.note(3))
    await session.ask("progress", "GET", logs)
    await session.send("stored-to-the-end", wire.pack(log.log_id, log.entries[3:]))
    await session.show("receipt", log.note())
    await session.show("bad-note", "not a note")
    await session.show("bad-signature", sign_checkpoint(log.head(), stranger.checkpoints))
    await session.send("bad-batch", b"not a batch")
    payload = log.entries[4].payload.replace(b"lane 1", b"lane\\u0020 1")
    bad = sign_entry(5, "decision", payload, log.decisions)
    await session.send("bad-entry", wire.pack(log.log_id, [bad]))
    await session.send("bad-content-type", b"[]", "application/json")
    await session.ask("bad-content-encoding", "POST", f"{logs}/checkpoints", b"x", content_encoding="gzip")
    await session.show("too-large", "x" * (MAX_NOTE + 1))
    await session.ask("not-found", "GET", "/v1/nothing")
    await session.ask("method-not-allowed", "DELETE", f"{logs}/entries")
    centre.ask(lambda c: c.execute("ALTER TABLE entry RENAME TO away"))
    await session.send("store-busy", wire.pack(log.log_id, log.entries))
    centre.ask(lambda c: c.execute("ALTER TABLE away RENAME TO entry"))
    other = log.copy()
    del other.entries[4:]
    other.append(1, "lane 9")
    await session.send("equivocation", wire.pack(log.log_id, other.entries[3:]))
    await session.show("quarantined", log.note())
    assert session.exchanges == {name: exchange(name) for name in names() if not name.startswith("9")}
    assert len(session.exchanges) == 22


@pytest.mark.parametrize("centre_settings", [{"in_flight": 0, "retry_after_s": 7}], indirect=True)
async def test_a_centre_without_a_free_place_answers_as_it_is_published(
    centre: Any, fixed_log: Callable[..., Any]
) -> None:
    log = fixed_log()
    path = f"/v1/logs/{log.log_id}/checkpoints"
    assert await ask(centre, "POST", path, log.note().encode()) == exchange("90-busy")


ROUND = ["04-entries-missing", "06-stored", "09-stored-to-the-end", "10-receipt"]


@pytest.fixture
def round_of_answers() -> Iterator[tuple[Callable[[web.Request], Any], list[Exchange]]]:
    """A handler that gives the published answers of one round, and the requests that came."""
    rest, asked = [exchange(name) for name in ROUND], list[Exchange]()

    async def answer(request: web.Request) -> web.Response:
        given = rest.pop(0)
        content_type = request.headers["Content-Type"]
        asked.append(
            Exchange(
                method=request.method,
                path=request.path,
                content_type=content_type,
                body=readable(await request.read(), content_type),
                status=given.status,
                answer_type=given.answer_type,
                retry_after=given.retry_after,
                answer=given.answer,
            )
        )
        return web.Response(
            body=given.answer.encode(), status=given.status, headers={"Content-Type": given.answer_type}
        )

    yield answer, asked
    assert not rest


async def test_the_hub_sends_what_is_published_and_understands_the_published_answers(
    centre: Any, answering: Any, fixed_log: Callable[..., Any], round_of_answers: Any
) -> None:
    log = fixed_log()
    answer, asked = round_of_answers
    async with answering(answer) as url:
        result = await centre.client(log, url=url, batch=3).sync_once()
    assert (result.sent, result.receipted) == (ENTRIES, ENTRIES)
    assert asked == [exchange(name) for name in ROUND]
    published = json.loads(exchange("10-receipt").answer)
    assert log.receipts == [(published["receipt"], published["log"])]


KINDS: dict[str, type[Answer]] = {
    "01-health": Health,
    "04-entries-missing": EntriesMissing,
    "05-gap": EntriesMissing,
    "06-stored": Stored,
    "07-receipt-of-an-older-head": Receipt,
    "08-progress": LogProgress,
    "09-stored-to-the-end": Stored,
    "10-receipt": Receipt,
    "21-equivocation": Equivocation,
}


@pytest.mark.parametrize("name", names())
def test_a_published_answer_read_and_written_again_has_the_same_bytes(name: str) -> None:
    published = exchange(name)
    kind: type[Answer | Refusal] = KINDS.get(name, Refusal)
    answer: Answer | Refusal = protocol.decode(published.answer.encode(), kind)
    assert protocol.encode(answer) == published.answer.encode()
    assert getattr(kind, "http_status", published.status) == published.status


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"size": "3"}', b"\xff", b"<html>"])
def test_what_is_not_an_answer_is_refused(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        protocol.decode(body, Stored)


def test_what_a_newer_centre_adds_to_an_answer_is_passed_over() -> None:
    assert protocol.decode(b'{"size": 3, "later": []}', Stored) == Stored(size=3)
