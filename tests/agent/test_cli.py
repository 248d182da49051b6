"""The command ``preclear`` as a whole: version, help, configuration, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest
from click.testing import CliRunner, Result

from agent import __version__
from agent.cli import main
from agent.runtime.clock import SystemClock
from agent.sandbox.site import Site

S10 = "RR473124829GB"
Run = Callable[..., Result]


@pytest.fixture
def on_site(site: Site) -> Run:
    """Runs a command on the site's configuration, in this process; policy and list were issued now."""
    issued = SystemClock().now()
    site.publish_policy(issued=issued)
    site.publish_list(issued=issued)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(main, [*map(str, arguments), "--config", str(site.config_file)])

    return run


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={k: v for k, v in os.environ.items() if k != "PRECLEAR_CONFIG"},
    )


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    return python("from agent.cli import main; main()", *arguments)


def test_version_is_told_without_loading_what_is_heavy() -> None:
    ended = python(
        "import sys\n"
        "from agent.cli import main\n"
        "try:\n    main(['--version'])\n"
        "except SystemExit as ended:\n    assert not ended.code\n"
        "heavy = {'numpy', 'aiohttp', 'sqlite_utils', 'onnxruntime', 'pydantic', 'cryptography', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    assert ended.stdout == f"preclear, version {__version__}\n[]\n", ended.stderr


def test_an_unknown_command_is_a_usage_error() -> None:
    ended = command("scann")
    assert ended.returncode == 2
    assert "No such command 'scann'" in ended.stderr


def test_help_names_every_command_and_the_exit_codes() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for name in ("run", "import", "decide", "status", "verify", "export", "keys", "demo"):
        assert f"\n  {name} " in result.output
    assert "3 a finding" in result.output


@pytest.mark.parametrize(
    "arguments", [("run",), ("status",), ("verify",), ("decide", S10), ("keys", "make"), ("export", "1")]
)
def test_a_missing_configuration_ends_with_78_and_the_remedy(arguments: Sequence[str]) -> None:
    ended = command(*arguments, "--config", "/nowhere/config.toml")
    assert ended.returncode == 78
    assert (
        ended.stderr
        == "preclear: 1 problem in /nowhere/config.toml\n  cannot be read: No such file or directory\n"
    )


def test_the_configuration_is_also_found_by_its_environment_variable(
    on_site: Run, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRECLEAR_CONFIG", str(site.config_file))
    assert CliRunner().invoke(main, ["decide", S10]).exit_code == 0


def test_before_there_is_a_log_there_is_nothing_to_verify_export_or_show(on_site: Run) -> None:
    for arguments in (("verify",), ("export", "1"), ("status",)):
        result = on_site(*arguments)
        assert result.exit_code == 4
        assert "no log" in result.stderr


def test_a_card_that_is_missing_is_named(on_site: Run, site: Site) -> None:
    on_site("decide", S10)
    (site.data / "hub.pub").unlink()
    for arguments in (("verify",), ("export", "1")):
        result = on_site(*arguments)
        assert result.exit_code == 78
        assert "hub.pub cannot be read: No such file" in result.stderr
