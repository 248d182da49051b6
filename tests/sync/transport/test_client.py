"""The hub's client against the reference centre, over real sockets that fail in every way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from sync import keys as sync_keys
from sync.central.store import queries as store
from sync.errors import BadNote, CentreRefused, CentreUnreachable, LogForked, UnprovenClaim
from sync.keys import Role, Suite
from sync.log.entries import Entry
from sync.log.note import cosign, sign_note_ed25519
from sync.log.verify import verify_log
from sync.transport import client as sync_client
from sync.transport import wire
from sync.transport.client import CentreAway, SyncResult


@pytest.fixture
def log(centre: Any, make_log: Any) -> Any:
    """A log of 20 entries whose hub is registered."""
    made = make_log(20)
    centre.register(made)
    return made


def held(centre: Any, log: Any) -> Any:
    return centre.ask(lambda c: list(store.entries(c, log.log_id, 0, 10_000)))


@dataclass
class Link:
    """A TCP link to the centre that can be cut: after so many bytes up, or so many answers down."""

    port: int
    up: int | None = None
    answers: int | None = None
    connections: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._up(reader, far_writer))
                both.create_task(self._down(far_reader, writer))
        except* (ConnectionError, EOFError):
            pass
        finally:
            for each in (writer, far_writer):
                each.transport.abort()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            if self.up is not None:
                data, self.up = data[: self.up], max(0, self.up - len(data))
            writer.write(data)
            await writer.drain()
            if self.up == 0:
                raise EOFError
        raise EOFError

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if self.answers is not None:
                self.answers -= 1
                if self.answers < 0:
                    raise EOFError
            writer.write(data)
            await writer.drain()
        raise EOFError


@asynccontextmanager
async def a_link(
    centre: Any, *, up: int | None = None, answers: int | None = None
) -> AsyncIterator[tuple[Link, str]]:
    link = Link(port=centre.server.port, up=up, answers=answers)
    server = await asyncio.start_server(link.carry, "127.0.0.1", 0)
    async with server:
        yield link, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


# -- one round ----------------------------------------------------------------------------------------------


async def test_everything_is_sent_and_receipted(centre: Any, log: Any) -> None:
    assert await centre.client(log, batch=7).sync_once() == SyncResult(sent=20, receipted=20)
    assert held(centre, log) == log.entries
    assert len(log.receipts) == 1


async def test_only_what_is_new_is_sent(centre: Any, log: Any) -> None:
    client = centre.client(log)
    await client.sync_once()
    log.append(3)
    assert await client.sync_once() == SyncResult(sent=3, receipted=23)
    assert await client.sync_once() == SyncResult(sent=0, receipted=23)
    assert len(log.receipts) == 2


async def test_an_empty_log_asks_nothing_of_the_centre(centre: Any, make_log: Any) -> None:
    client = centre.client(make_log(), url="http://127.0.0.1:9")
    assert await client.sync_once() == SyncResult(sent=0, receipted=0)


async def test_the_kept_receipt_verifies_offline(centre: Any, log: Any) -> None:
    await centre.client(log).sync_once()
    receipts = [receipt for receipt, _ in log.receipts]
    report = verify_log(log.log_id, log.hub, log.entries, [], receipts, centre.keyring(log), "centre/test")
    assert (report.receipts, report.receipted) == (1, 20)


async def test_what_is_decided_during_an_upload_waits_for_the_next_round(centre: Any, log: Any) -> None:
    read = log.read

    async def read_while_working(first: int, limit: int) -> Any:
        log.append(1)
        return await read(first, limit)

    log.read = read_while_working
    assert await centre.client(log, batch=7).sync_once() == SyncResult(sent=20, receipted=20)
    assert log.size() == 23


async def test_entries_too_heavy_for_one_body_travel_in_several(
    centre: Any, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    pack = wire.pack

    def counted(log_id: str, entries: list[Entry]) -> bytes:
        sizes.append(len(entries))
        return pack(log_id, entries)

    monkeypatch.setattr(wire, "MAX_BODY", 12_000)  # the centre's own limit counts what is packed
    monkeypatch.setattr(wire, "pack", counted)
    assert (await centre.client(log).sync_once()).sent == 20
    assert len(sizes) > 4
    assert sum(sizes) == 20


# -- links that fail ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [1, 300, 1_500, 3_000, 6_000])
async def test_a_link_that_is_cut_in_the_middle_loses_nothing(centre: Any, log: Any, after: int) -> None:
    async with a_link(centre, up=after) as (link, url):
        client = centre.client(log, url=url, batch=5)
        with pytest.raises(CentreUnreachable):
            await client.sync_once()
        assert log.receipted() == 0
        link.up = None
        result = await client.sync_once()
    assert result.receipted == 20
    assert held(centre, log) == log.entries


@pytest.mark.parametrize("answers", [1, 2, 4])
async def test_an_answer_lost_after_the_commit_costs_nothing(centre: Any, log: Any, answers: int) -> None:
    async with a_link(centre, answers=answers) as (link, url):
        client = centre.client(log, url=url, batch=7)
        with pytest.raises(CentreUnreachable):
            await client.sync_once()
        stored = len(held(centre, log))
        assert stored == min(20, 7 * answers)  # one batch more than the hub has heard of
        link.answers = None
        result = await client.sync_once()
    assert result == SyncResult(sent=20 - stored, receipted=20)
    assert held(centre, log) == log.entries


async def test_a_lost_receipt_is_given_again(centre: Any, log: Any) -> None:
    async with a_link(centre, answers=2) as (link, url):
        client = centre.client(log, url=url)
        with pytest.raises(CentreUnreachable):
            await client.sync_once()
        link.answers = None
        assert await client.sync_once() == SyncResult(sent=0, receipted=20)
    assert centre.ask(lambda c: len(store.receipts(c, log.log_id))) == 1


async def test_no_centre_at_all_is_unreachable(centre: Any, log: Any) -> None:
    url = centre.url
    await centre.server.close()
    with pytest.raises(CentreAway, match="does not answer"):
        await centre.client(log, url=url).sync_once()
    assert log.receipted() == 0


async def test_a_restart_of_the_centre_between_two_rounds_loses_nothing(centre: Any, log: Any) -> None:
    await centre.client(log).sync_once()
    await centre.restart()
    log.append(5)
    assert await centre.client(log).sync_once() == SyncResult(sent=5, receipted=25)


@pytest.mark.parametrize(
    ("status", "headers", "wish"),
    [
        (503, {"Retry-After": "17"}, 17),
        (503, {"Retry-After": "99999999"}, 600),
        (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        (500, {}, None),
        (408, {"Retry-After": "3"}, 3),
        (302, {"Location": "/login"}, None),
    ],
)
async def test_answers_that_ask_to_come_back_are_told_apart_from_refusals(
    centre: Any, answering: Any, log: Any, status: int, headers: dict[str, str], wish: float | None
) -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, headers=headers)

    async with answering(answer) as url:
        with pytest.raises(CentreAway) as caught:
            await centre.client(log, url=url).sync_once()
    assert asked == [f"/v1/logs/{log.log_id}/checkpoints"]
    assert caught.value.retry_after_s == wish


@pytest.mark.parametrize("body", [b"<html>Please sign in</html>", b"{}", b"[]", b"\xff", b"x" * 300_000])
async def test_a_page_of_something_in_between_is_no_answer_of_the_centre(
    centre: Any, answering: Any, log: Any, body: bytes
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body)

    async with answering(answer) as url:
        with pytest.raises(CentreAway):
            await centre.client(log, url=url).sync_once()
    assert log.receipts == []


# -- refusals and forks -------------------------------------------------------------------------------------


async def test_an_unregistered_hub_is_refused_with_the_centres_reason(centre: Any, make_log: Any) -> None:
    with pytest.raises(CentreRefused, match="register-hub") as caught:
        await centre.client(make_log(2)).sync_once()
    assert caught.value.status == 403


@pytest.mark.parametrize("claim", [None, "somebody else's"])
async def test_on_nobodys_bare_word_a_log_is_given_up(
    answering: Any, log: Any, make_log: Any, centre: Any, claim: str | None
) -> None:
    stranger = make_log(30, hub="hub/stranger", log_id=log.log_id)
    body: dict[str, Any] = {"size": 1_000_000, "claimed": 1_000_000}
    if claim is not None:
        body["claim"] = await stranger.checkpoint()

    async def lie(_: web.Request) -> web.Response:
        return web.json_response(body, status=409)

    async with answering(lie) as url:
        with pytest.raises((CentreRefused, BadNote)):
            await centre.client(log, url=url).sync_once()


async def test_a_centre_that_claims_more_and_shows_the_hubs_own_head_closes_no_log(
    answering: Any, log: Any, centre: Any
) -> None:
    async def lie(_: web.Request) -> web.Response:
        return web.json_response({"size": 40, "claimed": 40, "claim": log.note()}, status=409)

    async with answering(lie) as url:
        with pytest.raises(UnprovenClaim, match="claims 40 entries without a checkpoint signed by this hub"):
            await centre.client(log, url=url).sync_once()
    assert log.receipts == []


@pytest.mark.parametrize("receipted", [True, False])
async def test_a_restored_copy_that_lacks_the_tail_is_a_forked_log(
    centre: Any, log: Any, receipted: bool
) -> None:
    restored = log.copy()
    del restored.entries[12:]
    if receipted:
        await centre.client(log).sync_once()
    else:
        await centre.show(log)  # the centre has seen the head only
    with pytest.raises(LogForked) as caught:
        await centre.client(restored).sync_once()
    assert (caught.value.here, caught.value.there) == (12, 20)
    assert restored.receipts == []


async def test_a_restored_copy_that_went_on_is_refused_and_both_pasts_are_kept(centre: Any, log: Any) -> None:
    other = log.copy()
    del other.entries[12:]
    other.append(10, "lane 9")
    await centre.client(log).sync_once()
    with pytest.raises(CentreRefused, match="equivocation"):
        await centre.client(other).sync_once()
    assert held(centre, log) == log.entries
    assert centre.ask(lambda c: len(store.equivocations(c, log.log_id))) == 1


async def test_a_centre_that_takes_entries_and_does_not_move_is_not_believed(
    centre: Any, answering: Any, log: Any
) -> None:
    async def answer(request: web.Request) -> web.Response:
        status = 200 if request.path.endswith("entries") else 409
        return web.json_response({"size": 3}, status=status)

    async with answering(answer) as url:
        with pytest.raises(CentreRefused, match="from 3 on and holds 3"):
            await centre.client(log, url=url).sync_once()


async def test_a_centre_that_always_asks_for_another_entry_is_given_up(
    centre: Any, answering: Any, log: Any
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"size": 3}, status=409)

    async with answering(answer) as url:
        with pytest.raises(CentreRefused, match="again and again"):
            await centre.client(log, url=url).sync_once()


def _altered_byte(text: str) -> str:
    line = text.rindex(" ") + 30
    return text[:line] + ("A" if text[line] != "A" else "B") + text[line + 1 :]


def _alterations(log: Any) -> dict[str, Callable[[str, str], tuple[str, str]]]:
    stranger = sync_keys.generate("centre/test", Role.COSIGNATURES, Suite.ED25519)
    return {
        "cosignature altered": lambda r, c: (_altered_byte(r), c),
        "no cosignature": lambda r, c: (log.note(), c),
        "cosigned by a stranger": lambda r, c: (cosign(log.note(), "centre/test", stranger, 1), c),
        "size altered": lambda r, c: (r.replace("\n20\n", "\n21\n", 1), c),
        "centre's log altered": lambda r, c: (r, _altered_byte(c)),
        "centre's log of a stranger": lambda r, c: (
            r,
            sign_note_ed25519(log.head().body(), "centre/test", stranger),
        ),
        "hub's own line missing": lambda r, c: (r.replace(log.note().split("\n\n")[1], "", 1), c),
        "no note": lambda r, c: ("thank you", c),
    }


@pytest.mark.parametrize(
    "alteration",
    [
        "cosignature altered",
        "no cosignature",
        "cosigned by a stranger",
        "size altered",
        "centre's log altered",
        "centre's log of a stranger",
        "hub's own line missing",
        "no note",
    ],
)
async def test_an_altered_receipt_is_refused_and_not_kept(
    centre: Any, answering: Any, log: Any, alteration: str
) -> None:
    await centre.upload(log)
    _, genuine = await centre.show(log)
    receipt, centre_log = _alterations(log)[alteration](genuine["receipt"], genuine["log"])

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({**genuine, "receipt": receipt, "log": centre_log})

    async with answering(answer) as url:
        with pytest.raises(BadNote):
            await centre.client(log, url=url).sync_once()
    assert (log.receipts, log.receipted()) == ([], 0)


async def test_the_receipt_of_an_older_head_is_refused(centre: Any, answering: Any, log: Any) -> None:
    await centre.upload(log)
    _, older = await centre.show(log, 19)

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(older)

    async with answering(answer) as url:
        with pytest.raises(BadNote, match="over 19 entries where 20"):
            await centre.client(log, url=url).sync_once()
    assert log.receipts == []


def test_a_batch_beyond_what_the_centre_takes_is_refused_at_once(make_log: Any) -> None:
    with pytest.raises(ValueError, match="501 entries"):
        sync_client.Client(
            session=None,  # type: ignore[arg-type]
            url="http://x",
            log=make_log(),
            hub="hub/x",
            keys=sync_keys.Keyring([]),
            centre="centre/x",
            batch=501,
        )
