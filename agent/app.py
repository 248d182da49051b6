"""Builds one hub and runs it: one task group owns every task, one stack closes what was opened."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import aiohttp
from tenacity import wait_random_exponential

from agent.assessment.assessments import Assessments
from agent.cases.background import keep_assessed
from agent.config.file import CentreSection, Config
from agent.control.client import hand_over
from agent.control.server import serve as serve_control
from agent.errors import AgentError, EvidenceFailed
from agent.evidence.log import EvidenceLog
from agent.evidence.opening import set_aside
from agent.hub import Hub, LinkState, keep_issues
from agent.intake.watched_folder import WatchedFolder
from agent.lane.station import Station, run_station
from agent.reference.in_force import Reference
from agent.reference.loading import load_in_force
from agent.runtime.clock import Clock, SystemClock
from agent.runtime.data_lock import DataLock
from agent.status.ticker import StateTicker
from agent.store.declarations import DeclarationStore
from agent.trust.at_rest import AtRest
from agent.trust.hub_keys import Trust, load_trust
from agent.web.server import create_web, known_hosts, serve_web
from sync.errors import LogForked
from sync.keys import Role
from sync.transport.client import Client, SyncState

log = logging.getLogger(__name__)

CHECKPOINT_EVERY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An open hub, and what it trusts."""

    hub: Hub
    trust: Trust


@asynccontextmanager
async def open_hub(config: Config, clock: Clock, *, forked: bool = False) -> AsyncIterator[Opened]:
    """Lock the data directory, open the hub's files, verify its reference data, load its model.

    Args:
        forked: Close the log first and continue it under a new id.

    Raises:
        AlreadyRunning: another process owns the data directory.
        UnknownKey: the pinned cards have no keys of the centre.
        UnknownName, BadKeyFile: the hub has no keys, or they are not safe.
        ReferenceRefused: policy or lists are not the authority's.
        Outdated: policy or a list is older than one that was in force here.
    """
    folder = config.hub.data
    with ExitStack() as stack:
        lock = DataLock(folder)
        stack.callback(lock.release)
        trust = load_trust(folder, config.hub.name, config.trust.cards)
        if config.centre:
            for role in (Role.COSIGNATURES, Role.CENTRE_LOG):
                trust.keys.only(role, config.centre.name)  # without them no receipt could ever be kept
        loaded, refused = load_in_force(config.policy.file, config.lists, config.model.folder, trust.keys)
        if forked:
            set_aside(folder, clock)
        evidence, trouble = EvidenceLog.open(folder, trust.signer, clock)
        stack.callback(evidence.close)
        if trouble:
            log.error("log set aside", extra={"error": trouble})
        reference_data = Reference(keep_issues(evidence, loaded))
        for reason in refused:
            evidence.event("MODEL_REFUSED", {"reason": reason[:200]})
        declarations = DeclarationStore(folder, clock)
        stack.callback(declarations.close)
        if declarations.trouble:
            log.error("declarations set aside", extra={"error": declarations.trouble})
            evidence.event("DECLARATIONS_SET_ASIDE", {"reason": declarations.trouble[:200]})
        yield Opened(
            hub=Hub(
                name=config.hub.name,
                clock=clock,
                log=evidence,
                declarations=declarations,
                assessments=Assessments(declarations, reference_data, AtRest(trust.signer.audit_key), clock),
                reference_data=reference_data,
                audit_key=trust.signer.audit_key,
                senders=config.intake.sender_keys(),
            ),
            trust=trust,
        )


async def run(config: Config, *, ready: Callable[[str], None], clock: Clock | None = None) -> None:
    """Run the hub until SIGTERM or SIGINT.

    A log that the centre knows to be longer than ours is closed and continued under a new id.

    Args:
        ready: Called with the page's address once everything listens.
    """
    clock = clock or SystemClock()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    forked = False
    while not stop.is_set():
        try:
            await _run_once(config, clock, stop, ready, forked=forked)
        except* LogForked as group:
            log.critical("log forked", extra={"error": str(group.exceptions[0])})
            forked = True


class _Stopped(Exception):
    """Ends the task group when somebody stops the hub."""


async def _until(stop: asyncio.Event) -> NoReturn:
    await stop.wait()
    raise _Stopped


async def _run_once(
    config: Config, clock: Clock, stop: asyncio.Event, ready: Callable[[str], None], *, forked: bool
) -> None:
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(open_hub(config, clock, forked=forked))
        hub = opened.hub
        # Lists and policy live as long as the hub; walking them in each full collection would hold up a lane.
        gc.collect()
        gc.freeze()
        stations = {section.name: Station(section, hub) for section in config.stations}
        app = create_web(hub, stations, _keyed(stations), known_hosts(config.web))
        runner, port = await serve_web(app, config.web.host, config.web.port)
        stack.push_async_callback(runner.cleanup)
        stack.push_async_callback((await serve_control(hub, config.hub.data)).cleanup)
        try:
            async with asyncio.TaskGroup() as tasks:
                for station in stations.values():
                    tasks.create_task(run_station(station, hub), name=f"station {station.name}")
                tasks.create_task(_checkpoints(hub), name="checkpoints")
                tasks.create_task(keep_assessed(hub), name="assess")
                if config.intake.folder is not None:
                    watched = WatchedFolder(config.intake.folder, hub, config.intake.profile_texts())
                    tasks.create_task(watched.watch(), name="watched folder")
                ticker = StateTicker(hub)
                tasks.create_task(ticker.run(), name="states")
                if config.centre:
                    tasks.create_task(_sync(config.centre, opened, ticker), name="sync")
                ready(f"http://{_shown(config.web.host)}:{port}/")
                tasks.create_task(_until(stop), name="stop")
        except* _Stopped:
            pass


def _shown(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host  # noqa: S104 - compared


async def _sync(centre: CentreSection, opened: Opened, ticker: StateTicker) -> None:
    hub = opened.hub

    def link_changed(state: SyncState) -> None:
        hub.link = LinkState(online=state.online, error=state.last_error)
        ticker.link_changed()

    async with aiohttp.ClientSession() as session:
        client = Client(
            session=session,
            url=centre.url,
            log=hub.log,
            hub=hub.name,
            keys=opened.trust.keys,
            centre=centre.name,
        )
        longest = wait_random_exponential(multiplier=1, max=centre.longest_wait_s)
        try:
            await client.run(hub.new_entries, link_changed, backoff=longest)
        except AgentError as error:
            log.critical("sync stopped", extra={"error": str(error)})


async def _checkpoints(hub: Hub) -> None:
    """Sign the head of the log at regular times, so that a cut tail shows however little was decided."""
    while True:
        await hub.clock.sleep(CHECKPOINT_EVERY_S)
        try:
            await hub.log.checkpoint()
        except EvidenceFailed:
            return  # the stations stop at their next scan, and say so; the page must stay for that


def _keyed(stations: dict[str, Station]) -> Callable[[str, str], Awaitable[None]]:
    async def keyed(name: str, text: str) -> None:
        station = stations[name]
        target = station.section.keyed_to
        if target == "scan":
            station.keyed(text)
        else:
            await hand_over(Path(target.removeprefix("unix:")), text)

    return keyed
