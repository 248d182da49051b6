"""The configuration: every problem of a file at once, each with its line and its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.file import MAX_BYTES, Config, load_config
from agent.errors import ConfigInvalid
from agent.sandbox.site import Site

BASE = """\
[hub]
name = "hub/test"
data = "data"

[trust]
cards = ["centre.pub"]

[policy]
file = "policy.signed"

[[stations]]
name = "lane-1"
scanner = { port = "/dev/serial/by-id/scanner-1" }

[[stations]]
name = "lane-2"
scanner = { port = "/dev/serial/by-id/scanner-2" }
scale = { port = "/dev/serial/by-id/scale-2" }
"""


def load(folder: Path, text: str = BASE) -> Config:
    path = folder / "config.toml"
    path.write_text(text)
    return load_config(path)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        load(folder, text)
    return caught.value.problems


def test_paths_start_at_the_files_own_folder(tmp_path: Path) -> None:
    config = load(tmp_path, BASE.replace('"policy.signed"', '"/etc/preclear/policy.signed"'))
    assert config.hub.data == tmp_path / "data"
    assert config.trust.cards == [tmp_path / "centre.pub"]
    assert config.policy.file == Path("/etc/preclear/policy.signed")
    assert (config.web.host, config.centre, config.lists) == ("127.0.0.1", None, [])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('naem = "x"', 'line 2  hub.naem  unknown key. Did you mean "name"?'),
        ("zzzzzz = 1", "line 2  hub.zzzzzz  unknown key. Remove it."),
    ],
)
def test_an_unknown_key_is_told_with_its_line_and_the_nearest_known_one(
    tmp_path: Path, line: str, says: str
) -> None:
    assert problems(tmp_path, BASE.replace("[hub]\n", f"[hub]\n{line}\n")) == [says]


def test_an_unknown_section_is_told_with_the_nearest_known_one(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, BASE + "\n[wep]\nport = 1\n")
    assert problem == 'line 20  wep  unknown key. Did you mean "web"?'


def test_an_unknown_key_of_the_second_station_has_that_stations_line(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, BASE + 'keyed_too = "scan"\n')
    assert problem == 'line 19  stations[1].keyed_too  unknown key. Did you mean "keyed_to"?'


def test_several_problems_are_told_at_once(tmp_path: Path) -> None:
    text = BASE.replace('"hub/test"', '"test"') + "[web]\nport = 99999\nhots = []\n"
    listed = problems(tmp_path, text)
    assert len(listed) == 3
    assert listed[0].startswith("line 2  hub.name")
    assert listed[0].endswith('(is: "test")')
    assert any(p.startswith("line 20  web.port") for p in listed)
    assert 'line 21  web.hots  unknown key. Did you mean "hosts"?' in listed


def test_all_problems_are_in_the_message(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"2 problems in .*config\.toml\n  line 2 .*\n  line 20 "):
        load(tmp_path, BASE.replace('"hub/test"', '"test"') + "[web]\nport = 99999\n")


@pytest.mark.parametrize("port", ["/dev/ttyUSB0", "/dev/ttyACM11"])
def test_a_port_whose_name_changes_is_refused_with_the_remedy(tmp_path: Path, port: str) -> None:
    (problem,) = problems(tmp_path, BASE.replace("/dev/serial/by-id/scale-2", port))
    assert "stations[1].scale.port" in problem
    assert f"{port} changes with the order of plugging; use its name under /dev/serial/by-id" in problem


def test_a_port_whose_name_changes_is_refused_with_the_very_name_to_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = "/dev/serial/by-id/usb-Mettler_Scale_42-if00"
    monkeypatch.setattr("agent.config.devices.stable_name_of", {"/dev/ttyUSB0": link}.get)
    (problem,) = problems(tmp_path, BASE.replace("/dev/serial/by-id/scale-2", "/dev/ttyUSB0"))
    assert f"/dev/ttyUSB0 changes with the order of plugging; use {link}, the lasting name of" in problem


@pytest.mark.parametrize("port", ["/dev/ttyS0", "/dev/serial/by-path/x", "socket://10.0.0.4:4001"])
def test_ports_that_keep_their_name_are_taken(tmp_path: Path, port: str) -> None:
    config = load(tmp_path, BASE.replace("/dev/serial/by-id/scale-2", port))
    assert config.stations[1].scale is not None
    assert config.stations[1].scale.port == port


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("lane-2", "lane-1", "two stations are called 'lane-1'"),
        ("by-id/scale-2", "by-id/scanner-1", "two devices use /dev/serial/by-id/scanner-1"),
    ],
)
def test_two_stations_or_devices_of_one_name_are_refused(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    (problem,) = problems(tmp_path, BASE.replace(old, new))
    assert says in problem


@pytest.mark.parametrize("section", ["hub", "trust", "policy", "stations"])
def test_a_section_that_is_needed_and_missing_is_named(tmp_path: Path, section: str) -> None:
    text = "\n\n".join(
        part for part in BASE.split("\n\n") if not part.startswith((f"[{section}]", f"[[{section}]]"))
    )
    assert any(p.startswith(section) for p in problems(tmp_path, text))


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, BASE + "port = = 1\n")
    assert "line 19" in problem


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"1 problem in .*gone\.toml\n  cannot be read: No such file"):
        load_config(tmp_path / "gone.toml")


def test_a_file_has_a_ceiling(tmp_path: Path) -> None:
    assert problems(tmp_path, BASE + "#" * MAX_BYTES) == [
        f"{len(BASE) + MAX_BYTES} bytes is more than a configuration may have"
    ]


@given(
    data=st.binary(max_size=300) | st.lists(st.sampled_from(BASE.splitlines()), max_size=20).map("\n".join)
)
def test_any_bytes_are_read_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, data: bytes | str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    try:
        load_config(path)
    except ConfigInvalid as error:
        assert error.problems  # noqa: PT017 - either way is right, anything else is not


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (
            'name = "lane-1"\n',
            'name = "lane-1"\nscale = { port = "p", protocol = "toledo" }\n',
            'unknown scale protocol "toledo"; choose one of mt-sics',
        ),
        ("[web]", '[centre]\nurl = "http://central.example"\nname = "centre/x"\n[web]', "https:// only"),
    ],
)
def test_what_could_not_work_or_be_trusted_is_said_when_the_file_is_read(
    site: Site, old: str, new: str, why: str
) -> None:
    text = site.config_file.read_text()
    assert old in text
    site.config_file.write_text(text.replace(old, new))
    with pytest.raises(ConfigInvalid, match=why):
        load_config(site.config_file)
