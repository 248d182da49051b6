"""Which device is meant: a place of the configuration, or a port."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config.file import Config, load_config
from agent.errors import UnknownName
from agent.maintenance.device_target import placed, placed_target, port_target
from drivers.catalogue import profile_of
from drivers.errors import BadSwitch
from drivers.events import NoRead
from drivers.line_settings import LineSettings

CONFIG = """\
hub = { name = "hub/test", data = "data" }
trust = { cards = ["authority.card"] }
policy = { file = "policy.toml" }

[[stations]]
name = "lane-1"
scanner = { port = "/dev/serial/by-id/scanner-1", no_read = ["NOREAD"] }
scale = { port = "/dev/serial/by-id/scale-1", protocol = "toledo-8217", unit = "lb", baud = 4800 }

[[stations]]
name = "lane-2"
scanner = { port = "/dev/serial/by-id/scanner-2" }
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "config.toml").write_text(CONFIG)
    return load_config(tmp_path / "config.toml")


def test_every_configured_device_has_a_place(config: Config) -> None:
    assert [place for place, _ in placed(config)] == ["lane-1/scanner", "lane-1/scale", "lane-2/scanner"]


def test_a_placed_device_is_run_as_it_is_configured(config: Config) -> None:
    target = placed_target(config, "lane-1/scale")
    assert (target.port, target.unit, target.settings.baudrate) == ("/dev/serial/by-id/scale-1", "lb", 4800)
    assert target.profile is not None
    assert target.profile.name == "toledo-8217"


def test_a_protocol_and_a_line_may_be_tried_in_place_of_the_configured_ones(config: Config) -> None:
    line = LineSettings(baudrate=19_200)
    target = placed_target(config, "lane-1/scale", profile=profile_of("mt-sics"), line=line)
    assert target.profile is not None
    assert (target.profile.name, target.settings, target.unit) == ("mt-sics", line, "lb")


def test_a_switch_that_the_configured_protocol_lacks_is_refused(config: Config) -> None:
    with pytest.raises(BadSwitch, match="toledo-8217: switch 'width'"):
        placed_target(config, "lane-1/scale", switches={"width": "any"})


@pytest.mark.parametrize("place", ["lane-2/scale", "lane-3/scanner", "lane-1", ""])
def test_a_place_that_is_not_configured_is_not_found_and_the_others_are_named(
    config: Config, place: str
) -> None:
    with pytest.raises(UnknownName, match="name a port, or a configured place: lane-1/scanner, lane-1/scale"):
        placed_target(config, place)


def test_a_configured_scanner_knows_its_no_reads(config: Config) -> None:
    target = placed_target(config, "lane-1/scanner")
    assert target.profile is not None
    assert any(isinstance(event, NoRead) for event in target.profile.new_parser().feed(b"NOREAD\r\n"))


def test_a_port_has_the_line_of_its_protocol_and_without_one_the_usual_line() -> None:
    profile = profile_of("toledo-8217")
    assert port_target("/dev/x", profile).settings == profile.settings
    assert port_target("/dev/x", None).settings == LineSettings()
    line = LineSettings(baudrate=2400)
    assert port_target("/dev/x", profile, line).settings == line
