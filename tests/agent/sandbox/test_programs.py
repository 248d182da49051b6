"""Our programs as processes: what they print comes back, and why one failed is in the error."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent import __version__
from agent.sandbox.programs import CENTRE_PROGRAM, HUB_PROGRAM, ProgramFailed, run_command, running


async def test_a_command_gives_back_what_it_printed() -> None:
    assert __version__.encode() in await run_command(HUB_PROGRAM, "--version")


async def test_a_command_that_fails_is_named_with_its_exit_code_and_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match=r"agent\.cli status --config ended with \d+: (?s:.)*nowhere"):
        await run_command(HUB_PROGRAM, "status", "--config", str(tmp_path / "nowhere.toml"))


async def test_an_exit_code_that_was_expected_is_no_failure(tmp_path: Path) -> None:
    missing = ("status", "--config", str(tmp_path / "nowhere.toml"))
    with pytest.raises(ProgramFailed) as failed:
        await run_command(HUB_PROGRAM, *missing)
    code = int(str(failed.value).partition("ended with ")[2].partition(":")[0])
    assert await run_command(HUB_PROGRAM, *missing, ok=(code,)) == b""


async def test_a_service_that_ends_before_it_listens_is_named_with_its_log(tmp_path: Path) -> None:
    service = running(
        *(CENTRE_PROGRAM, "serve", "--data", str(tmp_path / "none"), "--port", "0"),
        ready="listening on ",
        log=tmp_path / "centre.log",
    )
    with pytest.raises(ProgramFailed, match=r"centre did not start: .*preclear-central init"):
        async with service:
            pytest.fail("it has nothing to serve")
