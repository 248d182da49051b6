"""Every error of the four packages has its exit code, here and when it comes from the running hub."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections import Counter
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

import agent
import drivers
import models
import sync
from agent.cli.exit_codes import EXIT_CODES, exit_code
from agent.cli.options import report_errors
from agent.control.protocol import failure_of
from agent.errors import AgentError, HubRefused
from drivers.errors import DeviceError
from models.errors import ModelError
from sync.errors import SyncError

OTHER_THAN_BASE: dict[str, dict[int, tuple[str, ...]]] = {
    "AgentError": {
        2: ("Ambiguous",),
        3: ("FileRefused", "PackRefused", "SignatureRefused"),
        4: ("UnknownName", "TextUnknown"),
        5: ("NotRunning",),
        6: ("AlreadyRunning", "PortTaken"),
        78: (
            "ConfigInvalid", "EntryRefused", "KeyUnfit", "Outdated", "ReferenceRefused",
        ),
    },
    "DeviceError": {},
    "ModelError": {},
    "SyncError": {78: ("BadKeyFile", "ForeignFile", "SchemaTooNew", "UnknownKey")},
}  # fmt: skip
"""What the errors of one family end with that do not have the code of their base."""
OF_BASE = {AgentError: 1, DeviceError: 1, ModelError: 78, SyncError: 3}


def load_all() -> None:
    """Every module of the four packages that does not run by being imported."""
    for package in (agent, drivers, models, sync):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__") and not module.name.startswith("models.training"):
                importlib.import_module(module.name)


def subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    """It and all below it that lie in our packages."""
    yield kind
    for below in kind.__subclasses__():
        if below.__module__.split(".")[0] in ("agent", "drivers", "models", "sync"):
            yield from subclasses(below)


def bare(kind: type[Exception]) -> Exception:
    """An error of that class, whatever its constructor wants."""
    return kind.__new__(kind)


@pytest.fixture(scope="module")
def families() -> dict[type[Exception], list[type[Exception]]]:
    load_all()
    return {base: sorted(set(subclasses(base)), key=lambda kind: kind.__name__) for base in OF_BASE}


def test_every_error_has_the_exit_code_it_always_had(
    families: dict[type[Exception], list[type[Exception]]],
) -> None:
    for base, kinds in families.items():
        own = {name: code for code, names in OTHER_THAN_BASE[base.__name__].items() for name in names}
        assert set(own) <= {kind.__name__ for kind in kinds}
        for kind in kinds:
            if kind is not HubRefused:
                assert exit_code(bare(kind)) == own.get(kind.__name__, OF_BASE[base]), kind


def test_an_error_of_the_running_hub_has_the_code_that_it_would_have_here(
    families: dict[type[Exception], list[type[Exception]]],
) -> None:
    for kind in families[AgentError]:
        if kind is not HubRefused:
            error = bare(kind)
            assert exit_code(failure_of(error).as_error()) == exit_code(error), kind  # type: ignore[arg-type]


def test_a_kind_that_this_program_does_not_know_has_the_code_of_a_base_that_it_knows() -> None:
    assert exit_code(HubRefused("no", ("NewerRefusal", "FileRefused", "AgentError"))) == 3
    assert exit_code(HubRefused("no", ("NewerRefusal",))) == 1
    assert exit_code(HubRefused("no", ())) == 1


def test_every_name_of_the_table_is_of_one_class(
    families: dict[type[Exception], list[type[Exception]]],
) -> None:
    names = Counter(kind.__name__ for kinds in families.values() for kind in kinds)
    assert {name: names[name] for name in EXIT_CODES} == dict.fromkeys(EXIT_CODES, 1)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (AgentError("no"), 1, "preclear: no\n"),
        (SyncError("altered"), 3, "preclear: altered\n"),
        (HubRefused("busy", ("AlreadyRunning", "AgentError")), 6, "preclear: busy\n"),
        (FileNotFoundError(2, "No such file", "a.csv"), 1, "preclear: a.csv: No such file\n"),
    ],
)
def test_an_expected_error_is_one_line_and_its_code(error: Exception, code: int, line: str) -> None:
    @click.command()
    def fails() -> None:
        with report_errors():
            raise error

    result = CliRunner().invoke(fails)
    assert (result.exit_code, result.stderr) == (code, line)


def test_an_unexpected_error_is_not_caught() -> None:
    with pytest.raises(ZeroDivisionError), report_errors():
        sys.exit(1 // 0)
