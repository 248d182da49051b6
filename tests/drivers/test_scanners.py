"""What holds for every scanner of the catalogue."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.catalogue import SCANNERS, profile_of
from drivers.events import Noise, NoRead, ScanRead
from drivers.profile import DeviceKind, DeviceProfile

every_scanner = pytest.mark.parametrize("profile", SCANNERS, ids=lambda profile: profile.name)


@every_scanner
def test_a_scanner_is_named_described_and_found(profile: DeviceProfile) -> None:
    assert profile_of(profile.name) is profile
    assert profile.kind is DeviceKind.SCANNER
    assert all((profile.title, profile.source, profile.cannot_tell))


@every_scanner
def test_every_position_of_every_switch_makes_a_parser(profile: DeviceProfile) -> None:
    for switch in profile.switches:
        assert len(set(switch.values)) == len(switch.values) > 1
        for value in switch.values:
            assert profile.adapted({switch.name: value}).new_parser(no_read=(b"NR",)).feed(b"") == []


@every_scanner
@given(data=st.binary(max_size=200))
def test_random_bytes_are_scans_or_noise_and_never_raise(profile: DeviceProfile, data: bytes) -> None:
    parser = profile.new_parser()
    events = parser.feed(data) + parser.idle() + parser.feed(data) + parser.idle()
    assert all(isinstance(event, ScanRead | NoRead | Noise) for event in events)
    assert sum(event.discarded for event in events if isinstance(event, Noise)) <= 2 * len(data) + 2
