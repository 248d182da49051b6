"""A device added to a configuration: every layout that TOML allows, with what people wrote around it kept."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from agent.config.file import load_config
from agent.errors import ConfigInvalid
from agent.maintenance.device_entry import DeviceEntry, EntryRefused, Role, write_config
from drivers.catalogue import profile_of
from drivers.line_settings import LineSettings

HEAD = """\
# our hub
hub = { name = "hub/test", data = "data" }  # small
trust = { cards = ["authority.card"] }
policy.file = "policy.toml"

"""
TABLES = """\
# the first lane
[[stations]]
name = "lane-1"  # by the door

[stations.scanner]
port = "/dev/serial/by-id/scanner-1"  # the blue one
# it was changed in May

# the second lane
[[stations]]
name = "lane-2"

[stations.scanner]
port = "/dev/serial/by-id/scanner-2"

# for the screens
[web]
port = 8080
"""
TABLES_WITH_INLINE_DEVICES = """\
[[stations]]
name = "lane-1"
scanner = { port = "/dev/serial/by-id/scanner-1" }  # the blue one
[[stations]]
name = "lane-2"
scanner = { port = "/dev/serial/by-id/scanner-2" }

# for the screens
[web]
port = 8080
"""
DOTTED = """\
[[stations]]
name = 'lane-1'
scanner.port = '/dev/serial/by-id/scanner-1'  # the blue one

[[stations]]
name = 'lane-2'
scanner.port = '/dev/serial/by-id/scanner-2'
"""
INLINE = """\
stations = [
  # by the door
  { name = "lane-1", scanner = { port = "/dev/serial/by-id/scanner-1" } },  # the blue one
  { name = "lane-2", scanner = { port = "/dev/serial/by-id/scanner-2" } }   # and the other
  # more to come
]

# for the screens
[web]
port = 8080
"""
INLINE_IN_ONE_LINE = (
    'stations = [{name="lane-1",scanner={port="/dev/serial/by-id/scanner-1"}}, '
    '{name="lane-2",scanner={port="/dev/serial/by-id/scanner-2"}}]  # two lanes'
)
LAYOUTS = (TABLES, TABLES_WITH_INLINE_DEVICES, DOTTED, INLINE, INLINE_IN_ONE_LINE)


def entry(station: str, role: Role = "scale", *, port: str = "/dev/serial/by-id/new") -> DeviceEntry:
    profile = profile_of("mt-sics" if role == "scale" else "line-scanner")
    switches = {"width": "any"} if role == "scale" else {}
    return DeviceEntry(
        station=station,
        role=role,
        port=port,
        profile=profile,
        settings=LineSettings(baudrate=2400, byte_size=7, parity="E"),
        switches=switches,
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def removed_lines(before: str, after: str) -> list[str]:
    changes = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line[2:] for line in changes if line.startswith("- ")]


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_scale_is_added_to_its_station_in_every_layout(config: Path, layout: str, place: int) -> None:
    config.write_text(HEAD + layout)
    write_config(config, entry(f"lane-{place + 1}").added_to(HEAD + layout))
    scales = [station.scale for station in load_config(config).stations]
    scale = scales.pop(place)
    assert scale is not None
    assert (scale.port, scale.protocol, scale.baud) == ("/dev/serial/by-id/new", "mt-sics", 2400)
    assert (scale.bits, scale.parity, scale.switches) == (7, "even", {"width": "any"})
    assert scales == [None]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_new_station_is_added_in_every_layout(config: Path, layout: str) -> None:
    config.write_text(HEAD + layout)
    write_config(config, entry("lane-3", "scanner").added_to(HEAD + layout))
    stations = load_config(config).stations
    assert [station.name for station in stations] == ["lane-1", "lane-2", "lane-3"]
    assert (stations[2].scanner.port, stations[2].scanner.parity) == ("/dev/serial/by-id/new", "even")


@pytest.mark.parametrize("layout", [TABLES, TABLES_WITH_INLINE_DEVICES, DOTTED])
@pytest.mark.parametrize("added", [entry("lane-1"), entry("lane-2"), entry("lane-3", "scanner")])
def test_among_tables_no_line_is_changed(layout: str, added: DeviceEntry) -> None:
    assert removed_lines(HEAD + layout, added.added_to(HEAD + layout)) == []


def test_a_table_goes_before_the_comments_of_the_next_station() -> None:
    table = """\
[stations.scale]
port = "/dev/serial/by-id/new"
protocol = "mt-sics"
baud = 2400
bits = 7
parity = "even"
switches = { width = "any" }

"""
    above, below = TABLES.split("# the second lane")
    assert entry("lane-1").added_to(TABLES) == f"{above}{table}# the second lane{below}"
    above, below = TABLES.split("# for the screens")
    assert entry("lane-2").added_to(TABLES) == f"{above}{table}# for the screens{below}"


def test_beside_inline_devices_an_inline_one_is_written() -> None:
    changed = entry("lane-1").added_to(TABLES_WITH_INLINE_DEVICES)
    assert changed == TABLES_WITH_INLINE_DEVICES.replace(
        "# the blue one\n",
        '# the blue one\nscale = { port = "/dev/serial/by-id/new", protocol = "mt-sics", baud = 2400, '
        'bits = 7, parity = "even", switches = { width = "any" } }\n',
    )


def test_in_an_inline_array_the_station_is_edited_and_its_comments_stay() -> None:
    device = (
        'port = "/dev/serial/by-id/new", protocol = "line-scanner", baud = 2400, bits = 7, parity = "even"'
    )
    assert entry("lane-3", "scanner").added_to(INLINE) == INLINE.replace(
        "  # more to come\n", f'  # more to come\n  {{ name = "lane-3", scanner = {{ {device} }} }},\n'
    ).replace("}   # and the other", "},   # and the other")
    changed = entry("lane-1").added_to(INLINE)
    assert changed.startswith(
        "stations = [\n  # by the door\n"
        '  { name = "lane-1", scanner = { port = "/dev/serial/by-id/scanner-1" }, scale = { port = "/dev/'
    )
    assert 'switches = { width = "any" } } },  # the blue one\n' in changed
    assert changed.endswith(INLINE[INLINE.index('  { name = "lane-2"') :])


def test_the_first_station_of_a_file_is_added() -> None:
    assert entry("lane-1", "scanner").added_to("[web]\nport = 8080\n").startswith(
        '[web]\nport = 8080\n\n[[stations]]\nname = "lane-1"\n\n[stations.scanner]\n'
    )  # fmt: skip
    assert "lane-1" in entry("lane-1", "scanner").added_to("")
    assert "lane-1" in entry("lane-1", "scanner").added_to("stations = []")


@pytest.mark.parametrize("name", ['say "1"', "C:\\lane", "лента\t1", "a\x7fb", "#no comment", "'", "🛃"])
def test_any_name_is_written_as_toml_that_reads_back(name: str) -> None:
    added = entry(name, "scanner", port=f"socket://{name}:1").added_to(INLINE)
    again = entry(name).added_to(added)
    with pytest.raises(EntryRefused, match="already has a scale"):
        entry(name).added_to(again)


@pytest.mark.parametrize(
    "written",
    [
        "[stations.scale]\n",
        "scale = { port = 'x' }\n",
        "scale.port = 'x'\n",
        '"scale" = {}\n',
        "[stations.scale.switches]\nwidth = 'any'\n",
        "[ stations . 'scale' ]\n",
    ],
)
def test_a_device_that_is_there_in_any_form_is_not_added_twice(written: str) -> None:
    with pytest.raises(EntryRefused, match="lane-1 already has a scale; remove its entry first"):
        entry("lane-1").added_to(f"[[stations]]\nname = 'lane-1'\n{written}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("stations = [", "not valid TOML"),
        ("stations = 3\n", "not a list of tables"),
        ("stations = ['lane-1']\n", "not a list of tables"),
        (
            "[[stations]]\nname = 'lane-1'\n[web]\nport = 1\n[[stations]]\nname = 'b'\n",
            "between its stations",
        ),
        (
            "[[stations]]\nname = 'lane-2'\n",
            "add its scanner first",
        ),
        ("", "there is no station 'lane-1'"),
    ],
)
def test_a_file_that_cannot_take_the_device_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(EntryRefused, match=reason):
        entry("lane-1").added_to(text)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_change_that_the_configuration_refuses_leaves_the_file_as_it_was(config: Path, layout: str) -> None:
    config.write_text(HEAD + layout)
    changed = entry("lane-1", port="/dev/serial/by-id/scanner-2").added_to(HEAD + layout)
    with pytest.raises(ConfigInvalid, match="two devices use /dev/serial/by-id/scanner-2"):
        write_config(config, changed)
    assert config.read_text() == HEAD + layout
    assert list(config.parent.iterdir()) == [config]
