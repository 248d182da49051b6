"""The hub's side: shows the head of its log to the centre, sends what is missing, keeps the receipt.

The checkpoint goes first, so that the centre knows what exists before it has it. The log itself is the
outbox: what is unsent is known from the centre's size, so an answer that was lost costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol, TypeVar

import aiohttp
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from sync.errors import (
    BadAnswer,
    BadNote,
    CentreRefused,
    CentreUnreachable,
    LogForked,
    SyncError,
    UnprovenClaim,
)
from sync.keys import Keyring, Role
from sync.log.entries import Entry
from sync.log.note import (
    Checkpoint,
    origin_of,
    parse_checkpoint,
    parse_note,
    verify_checkpoint,
    verify_cosignature,
    verify_note_ed25519,
)
from sync.transport import protocol, wire
from sync.transport.protocol import EntriesMissing, Receipt, Refusal, Stored

T = TypeVar("T")

MAX_ANSWER = 262_144
"""Bytes of an answer; two notes and a few figures are far below."""
_MAX_RETRY_AFTER_S = 600.0
_SMALLEST_BATCH = 8
_MAX_REWINDS = 3
_TRY_LATER = frozenset({408, 425, 429})


class LogView(Protocol):
    """What the client needs of the hub's log."""

    log_id: str

    def size(self) -> int:
        """Number of durable entries."""

    def receipted(self) -> int:
        """Number of entries that the newest receipt covers."""

    async def read(self, first: int, limit: int) -> list[Entry]:
        """At most ``limit`` entries from number ``first`` on, in order."""

    async def checkpoint(self) -> str:
        """Signed note over the present head."""

    async def keep_receipt(self, receipt: str, centre_log: str) -> None:
        """Make a verified receipt durable, with the head of the centre's own log."""


class CentreAway(CentreUnreachable):
    """No answer, or one that asks to come back; ``retry_after_s`` is the centre's own wish."""

    def __init__(self, why: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"the centre does not answer: {why}; the log keeps everything until it does")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """Entries sent in one round, and entries that receipts cover now."""

    sent: int
    receipted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncState:
    """How the link stands.

    ``online``: the centre answered the last attempt, if only to refuse (then ``last_error`` says why).
    ``since``: monotonic seconds of the loop at which ``online`` last changed.
    """

    online: bool
    since: float
    last_error: str | None
    receipted: int
    unsent: int


class Client:
    """Sends one log to one centre.

    Args:
        session: An open session; proxies and TLS are configured on it.
        url: Base address of the centre, such as ``https://centre.example``.
        log: The hub's log.
        hub: Name under which the hub is registered, ``hub/…``.
        keys: The hub's own public keys and the pinned keys of the centre.
        centre: Name of the centre in its signatures, ``centre/…``.
        batch: Entries in one request, at most ``wire.MAX_ENTRIES``.
        timeout_s: Seconds to wait for a connection, or for an answer once a request is sent.
    """

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        url: str,
        log: LogView,
        hub: str,
        keys: Keyring,
        centre: str,
        batch: int = 200,
        timeout_s: float = 10.0,
    ) -> None:
        if not 1 <= batch <= wire.MAX_ENTRIES:
            raise ValueError(f"a batch of {batch} entries; 1 to {wire.MAX_ENTRIES} are possible")
        self._session = session
        self._log = log
        self._hub = hub
        self._keys = keys
        self._centre = centre
        self._batch: Final = batch
        self._now_batch = batch
        self._url = f"{url.rstrip('/')}{protocol.LOGS}/{log.log_id}"
        # A slow link may need minutes for one batch: the answer has a limit, sending only a generous one.
        self._timeout = aiohttp.ClientTimeout(
            total=timeout_s * 12, sock_connect=timeout_s, sock_read=timeout_s
        )

    async def sync_once(self) -> SyncResult:
        """One round: show the head, send what is missing, show it again, keep the receipt.

        Raises:
            CentreAway: no answer, or one that asks to come back.
            CentreRefused: the centre says no, or answers what makes no sense.
            BadNote: the receipt does not verify; it is not kept.
            LogForked: the centre knows more of this log than there is here.
        """
        if self._log.size() == 0:
            return SyncResult(sent=0, receipted=0)
        note = await self._log.checkpoint()
        head = parse_checkpoint(parse_note(note).text)
        answer = await self._show(note)
        sent = 0
        if not isinstance(answer, Receipt):
            sent = await self._send(answer.size, head.size)
            answer = await self._show(note)
            if not isinstance(answer, Receipt):
                raise CentreRefused(409, f"it took entries up to {head.size} and now holds {answer.size}")
        self._verify(answer, note, head)
        if head.size > self._log.receipted():
            await self._log.keep_receipt(answer.receipt, answer.log)
        return SyncResult(sent=sent, receipted=self._log.receipted())

    async def run(
        self,
        wake: asyncio.Event,
        on_state: Callable[[SyncState], None],
        *,
        pause_s: float = 1.0,
        heartbeat_s: float = 60.0,
        refused_s: float = 300.0,
        backoff: Callable[[RetryCallState], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Keep the centre up to date until cancelled.

        Args:
            wake: Set when an entry is appended to the log.
            on_state: Called when the state has changed.
            pause_s: Least time between two rounds, so that entries travel together.
            heartbeat_s: Longest time without a round.
            refused_s: Wait after a refusal; nothing wakes earlier.
            backoff: Seconds before the next attempt; exponential with full jitter, at most 30 s, by default.
            sleep: Replaced in tests.

        Raises:
            LogForked: the log must be closed and continued under a new id by the caller.
        """
        state = _Reporter(self._log, on_state)
        jittered = backoff or wait_random_exponential(multiplier=1, max=30)

        def wait(attempt: RetryCallState) -> float:
            error = attempt.outcome.exception() if attempt.outcome else None
            wish = error.retry_after_s if isinstance(error, CentreAway) else None
            return jittered(attempt) + (wish or 0.0)

        def away(attempt: RetryCallState) -> None:
            state.report(online=False, error=attempt.outcome.exception() if attempt.outcome else None)

        while True:
            wake.clear()
            retrying = AsyncRetrying(
                retry=retry_if_exception_type(CentreUnreachable), wait=wait, before_sleep=away, sleep=sleep
            )
            try:
                await retrying(self.sync_once)
            except LogForked:
                raise
            except (
                SyncError
            ) as error:  # refused, not verifiable, or no key for it: nothing that passes soon by itself
                state.report(online=True, error=error)
                await sleep(refused_s)
                continue
            state.report(online=True, error=None)
            await sleep(pause_s)
            if self._log.size() == self._log.receipted():
                await _woken(wake, heartbeat_s)

    async def _show(self, note: str) -> Receipt | EntriesMissing:
        status, body = await self._post(protocol.CHECKPOINTS, note.encode(), protocol.NOTE_TYPE)
        held = _read(body, Receipt) if status == Receipt.http_status else _read(body, EntriesMissing)
        if max(held.size, held.claimed) > self._log.size():
            self._forked(held)
        return held

    async def _send(self, first: int, end: int) -> int:
        """Send entries ``first`` to ``end - 1``; where to go on is the centre's word each time."""
        sent, rewinds = 0, 0
        while first < end:
            entries = _light(await self._log.read(first, min(self._now_batch, end - first)))
            # Packing takes milliseconds; the lanes share this loop.
            body = await asyncio.to_thread(wire.pack, self._log.log_id, entries)
            try:
                status, answer = await self._post(protocol.ENTRIES, body, wire.CONTENT_TYPE)
            except CentreAway:
                # On a link this poor a smaller batch has the better chance.
                self._now_batch = min(self._batch, max(_SMALLEST_BATCH, self._now_batch // 2))
                raise
            self._now_batch = min(self._batch, self._now_batch * 2)
            stored = status == Stored.http_status
            held = _read(answer, Stored) if stored else _read(answer, EntriesMissing)
            if held.size > self._log.size():
                self._forked(held)
            if isinstance(held, Stored):
                if held.size <= first:
                    raise CentreRefused(200, f"it took entries from {first} on and holds {held.size}")
                sent += len(entries)
            else:
                rewinds += 1
                if rewinds > _MAX_REWINDS:
                    raise CentreRefused(409, f"it asks for entry {held.size} again and again")
            first = held.size
        return sent

    def _forked(self, held: Receipt | EntriesMissing | Stored) -> NoReturn:
        """The centre claims to know more of this log than there is here.

        Only a head that this hub itself has signed proves that; no log is closed on a claim alone.
        """
        here, log_id = self._log.size(), self._log.log_id
        if isinstance(held, Stored):
            raise UnprovenClaim(held.size)
        if held.claim is not None:
            own = self._keys.only(Role.CHECKPOINTS, self._hub)
            shown = verify_checkpoint(held.claim, own, origin_of(log_id))
            if shown.size > here:
                raise LogForked(log_id, here, shown.size)
        raise UnprovenClaim(max(held.size, held.claimed))

    def _verify(self, answer: Receipt, note: str, head: Checkpoint) -> None:
        cosigner = self._keys.only(Role.COSIGNATURES, self._centre)
        verify_cosignature(answer.receipt, self._centre, cosigner)
        own = self._keys.only(Role.CHECKPOINTS, self._hub)
        covered = verify_checkpoint(answer.receipt, own, origin_of(self._log.log_id))
        if covered != head or parse_note(answer.receipt).text != parse_note(note).text:
            raise BadNote(f"a receipt over {covered.size} entries where {head.size} were shown")
        centre_log = self._keys.only(Role.CENTRE_LOG, self._centre)
        if verify_note_ed25519(answer.log, self._centre, centre_log).size == 0:
            raise BadNote("a receipt that the centre's own log does not hold")

    async def _post(self, path: str, body: bytes, content_type: str) -> tuple[int, bytes]:
        """Status and body of a 200 or a 409; everything else raises."""
        try:
            async with self._session.post(
                f"{self._url}/{path}",
                data=body,
                headers={"Content-Type": content_type},
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                answer = await _bounded(response)
                status, retry_after = response.status, response.headers.get("Retry-After")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise CentreAway(str(error) or type(error).__name__) from error
        if status in (200, 409):
            return status, answer
        if status >= 500 or status < 400 or status in _TRY_LATER:
            # A redirect is not an answer of the centre: a sign-on page of a guest network stands between.
            raise CentreAway(f"status {status}", _seconds(retry_after))
        raise CentreRefused(status, _reason(answer))


class _Reporter:
    """Tells the caller how the link stands, when that has changed."""

    def __init__(self, log: LogView, on_state: Callable[[SyncState], None]) -> None:
        self._log = log
        self._on_state = on_state
        self._last: SyncState | None = None

    def report(self, *, online: bool, error: BaseException | None) -> None:
        last = self._last
        since = last.since if last and last.online is online else asyncio.get_running_loop().time()
        receipted = self._log.receipted()
        state = SyncState(
            online=online,
            since=since,
            last_error=None if error is None else str(error),
            receipted=receipted,
            unsent=self._log.size() - receipted,
        )
        if state != last:
            self._last = state
            self._on_state(state)


async def _woken(wake: asyncio.Event, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await wake.wait()
    except TimeoutError:
        return


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise CentreAway(f"an answer of more than {MAX_ANSWER} bytes")
    return bytes(body)


def _light(entries: Sequence[Entry]) -> list[Entry]:
    """As many of the entries as surely fit into one body; one at least."""
    room = wire.MAX_BODY // 2
    for count, entry in enumerate(entries):
        room -= len(entry.payload)
        if room < 0 and count:
            return list(entries[:count])
    return list(entries)


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return protocol.decode(body, kind)
    except BadAnswer as error:
        raise CentreAway(f"unexpected response (proxy or sign-on page?): {error}") from error


def _reason(body: bytes) -> str:
    try:
        refusal = protocol.decode(body, Refusal)
    except BadAnswer:
        return "no reason given"
    return f"{refusal.error}: {refusal.detail}"


def _seconds(header: Any) -> float | None:
    """Retry-After in seconds; its other form, a date, would need a clock that agrees with the centre's."""
    if header is None or not header.isascii() or not header.isdecimal():
        return None
    return min(float(header), _MAX_RETRY_AFTER_S)
