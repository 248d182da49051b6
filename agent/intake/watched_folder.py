"""A watched folder: each file that settles in it is imported, and moved to ``done`` or ``refused``.

The sender of a file is named by where it lies, ``PARTY/`` or ``PARTY/ROLE/``, or by a sidecar ``FILE.toml``:
``party``, ``role``, ``transport``, ``profile``. Its signature lies in ``FILE.sig``, and must arrive first. A
file that was moved here counts as whole at once, one that is being written as soon as it no longer changes.
Links are never followed.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from agent.domain.consignment.declaration import Transport
from agent.domain.consignment.effective import SourceRole
from agent.errors import AgentError, FileRefused
from agent.hub import Hub
from agent.intake.importer import Sender, take_in
from agent.intake.rejected_rows import RejectedRowsReport
from agent.intake.supervisor import opened
from agent.runtime.clock import iso
from agent.runtime.threads import in_thread
from agent.trust.senders import SUFFIX, read_signature

log = logging.getLogger(__name__)

DONE, REFUSED = "done", "refused"
EVERY_S = 2.0
SETTLED_S = 5.0
"""A file that was not written to for that long is whole, unless it changed since the folder was last read."""
UNFINISHED = (".part", ".partial", ".tmp", ".filepart", ".crdownload", "~")
SIDECAR = ".toml"
NO_MANIFEST = (*UNFINISHED, SIDECAR, SUFFIX)
MAX_SIDECAR = 4_096
SCRATCH = ".report"
"""Where the report of the file at hand is written, before it is moved beside that."""
LEVELS = 2


class _Sidecar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the sidecar of a manifest may say."""

    party: str | None = None
    role: SourceRole | None = None
    transport: Transport | None = None
    profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFile:
    """A file that lies in the folder; ``place`` names the sub-folders that lead to it."""

    place: tuple[str, ...]
    name: str
    state: tuple[int, int, int]
    """Number, size and time of writing (ns)."""


class WatchedFolder:
    """One folder, read every few seconds; only the size and time of each file are held in memory.

    Args:
        path: Made if it is not there.
        profiles: Name and text of the mapping profiles.
    """

    def __init__(self, path: Path, hub: Hub, profiles: tuple[tuple[str, str], ...] = ()) -> None:
        self._path = path
        self._hub = hub
        self._profiles = profiles
        self._last_states: dict[tuple[tuple[str, ...], str], tuple[int, int, int]] = {}
        self._stuck: set[tuple[tuple[str, ...], str, tuple[int, int, int]]] = set()
        """Files that were imported and could not be moved away."""
        self._trouble: str | None = None

    async def watch(self) -> None:
        """Take in what comes, until cancelled; trouble is logged once and tried again."""
        while True:
            try:
                await self.look()
                self._trouble = None
            except (OSError, AgentError) as error:
                if str(error) != self._trouble:
                    self._trouble = str(error)
                    log.warning("watched folder", extra={"folder": str(self._path), "error": str(error)})
            await self._hub.clock.sleep(EVERY_S)

    async def look(self) -> int:
        """Take in what has settled, the oldest first.

        Returns:
            How many files were moved away.

        Raises:
            OSError: the folder cannot be read, or a file cannot be moved.
            StoreFailed: nothing can be stored; the file stays where it is.
        """
        settled = await in_thread("watched folder", self._settled)
        for waiting in settled:
            await self._take(waiting)
        return len(settled)

    def _settled(self) -> list[WaitingFile]:
        self._path.mkdir(parents=True, exist_ok=True)
        now_s = self._hub.clock.now().timestamp()
        present = {(f.place, f.name): f for f in _files(self._path)}
        settled = []
        for key, waiting in present.items():
            if (*key, waiting.state) in self._stuck:
                continue
            before = self._last_states.get(key)
            quiet = now_s - waiting.state[2] / 1e9 >= SETTLED_S
            if before == waiting.state or (before is None and quiet):
                settled.append(waiting)
        self._last_states = {key: waiting.state for key, waiting in present.items()}
        return sorted(settled, key=lambda waiting: waiting.state[2])

    async def _take(self, waiting: WaitingFile) -> None:
        scratch = self._path / SCRATCH
        await in_thread("watched folder", lambda: shutil.rmtree(scratch, ignore_errors=True))
        with _reached(self._path, waiting.place) as folder:
            target = DONE
            try:
                sender = _sender(folder, waiting, self._profiles)
                report = RejectedRowsReport(scratch)
                with opened(Path(waiting.name), folder=folder) as file, closing(report):
                    result = (await take_in(file, self._hub, sender, report)).as_json()
            except FileRefused as error:
                target = REFUSED
                result = {"file": waiting.name, "error": str(error)}
                log.warning("manifest refused", extra={"file": waiting.name, "error": str(error)})
            try:
                await in_thread("watched folder", lambda: self._move(folder, waiting, target, result))
            except OSError:
                # It was imported; without this it would be read again every few seconds.
                self._stuck.add((waiting.place, waiting.name, waiting.state))
                raise
        self._last_states.pop((waiting.place, waiting.name), None)

    def _move(self, folder: int, waiting: WaitingFile, target: str, result: dict[str, Any]) -> None:
        scratch = self._path / SCRATCH
        scratch.mkdir(exist_ok=True)
        (scratch / "report.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", "utf-8")
        with _reached(self._path, (target, *waiting.place), make=True) as to:
            name = _free_name(waiting.name, _names(to), iso(self._hub.clock.now()))
            os.rename(scratch, name + ".report", dst_dir_fd=to)
            for beside in (SIDECAR, SUFFIX):
                with contextlib.suppress(FileNotFoundError):
                    os.rename(waiting.name + beside, name + beside, src_dir_fd=folder, dst_dir_fd=to)
            os.rename(waiting.name, name, src_dir_fd=folder, dst_dir_fd=to)


def _names(folder: int) -> set[str]:
    with os.scandir(folder) as entries:
        return {entry.name for entry in entries}


def _free_name(name: str, taken: set[str], at: str) -> str:
    """The name, or one with the time before it where it is taken."""
    tries, number = name, 1
    while tries in taken or tries + ".report" in taken:
        tries = f"{at.replace(':', '')}-{number}-{name}"
        number += 1
    return tries


@contextmanager
def _reached(root: Path, place: tuple[str, ...], *, make: bool = False) -> Iterator[int]:
    """File descriptor of a folder below ``root``, come to without following a link."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    number = os.open(root, flags)
    try:
        for part in place:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, dir_fd=number)
            below = os.open(part, flags | os.O_NOFOLLOW, dir_fd=number)
            os.close(number)
            number = below
        yield number
    finally:
        os.close(number)


def _files(root: Path, place: tuple[str, ...] = ()) -> Iterator[WaitingFile]:
    """Manifests in the folder and, two levels down, in those of the parties."""
    with _reached(root, place) as folder, os.scandir(folder) as entries:
        below = []
        for entry in entries:
            name = entry.name
            if name.startswith(".") or (not place and name in (DONE, REFUSED)):
                continue
            if entry.is_dir(follow_symlinks=False):
                below.append(name)
            elif entry.is_file(follow_symlinks=False) and not name.lower().endswith(NO_MANIFEST):
                status = entry.stat(follow_symlinks=False)
                state = (status.st_ino, status.st_size, status.st_mtime_ns)
                yield WaitingFile(place=place, name=name, state=state)
    if len(place) < LEVELS:
        for name in below:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                yield from _files(root, (*place, name))


def _sender(folder: int, waiting: WaitingFile, profiles: tuple[tuple[str, str], ...]) -> Sender:
    """Who sent a file, by its place and by its sidecar.

    Raises:
        FileRefused: neither names a role that there is, or the sidecar cannot be used.
    """
    party, role = (*waiting.place, "", "")[:2]
    beside = _sidecar(folder, waiting.name)
    try:
        spoken_as = beside.role or (SourceRole(role) if role else None)
    except ValueError as error:
        known = ", ".join(SourceRole)
        raise FileRefused(f"{waiting.name}: the folder {role} names no role; there are {known}") from error
    return Sender(
        party=beside.party or party or None,
        role=spoken_as,
        signature=_signature(folder, waiting.name),
        transport=beside.transport,
        profile=beside.profile,
        profiles=profiles,
    )


def _signature(folder: int, name: str) -> bytes | None:
    with contextlib.suppress(FileNotFoundError):
        return read_signature(Path(name + SUFFIX), folder=folder)
    return None


def _sidecar(folder: int, name: str) -> _Sidecar:
    try:
        number = os.open(name + SIDECAR, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return _Sidecar()
    except OSError as error:
        raise FileRefused(f"{name}{SIDECAR} cannot be read: {error.strerror}") from error
    try:
        text = os.read(number, MAX_SIDECAR + 1)
        if len(text) > MAX_SIDECAR:
            raise FileRefused(f"{name}{SIDECAR} has more than {MAX_SIDECAR} bytes")
        return msgspec.convert(tomllib.loads(text.decode()), _Sidecar)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise FileRefused(f"{name}{SIDECAR} cannot be used: {error}") from error
    finally:
        os.close(number)
