"""What a collector reads of a hub: counts and times, and nothing of pieces."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from agent.app import Opened
from agent.cases.scan import CommandLine
from agent.clearance import clear_piece
from agent.hub import Hub
from agent.lane.station import Station
from agent.status.metrics import metrics_of
from drivers.events import Noise


async def samples(hub: Hub) -> dict[tuple[str, ...], float]:
    """Each value by its name, followed by the values of its labels in the order of their names."""
    families = text_string_to_metric_families((await metrics_of(hub)).decode())
    return {
        (sample.name, *(label for _, label in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


async def test_the_metrics_count_devices_and_entries_and_name_no_parcel(opened: Opened, site: Any) -> None:
    station = Station(site.configure().stations[0], opened.hub)
    for _ in range(3):
        station.meters["scanner"].count(Noise(discarded=20, reason="too_long"), 0)
    await clear_piece(site.scan("PIECE-SECRET"), CommandLine(), opened.hub)
    values = await samples(opened.hub)
    assert values["preclear_log_entries",] == opened.hub.log.size() > 0
    assert values["preclear_log_unsent",] == opened.hub.log.size()
    assert values["preclear_log_writable",] == 1
    assert values["preclear_device_noise_bytes_total", "scanner", "lane-1"] == 60
    assert values["preclear_device_state", "scanner", "opening", "lane-1"] == 1
    assert values["preclear_device_state", "scanner", "up", "lane-1"] == 0
    assert b"PIECE" not in await metrics_of(opened.hub)


async def test_a_scan_of_a_station_is_counted_by_how_long_its_decision_took(
    opened: Opened, site: Any
) -> None:
    scan = site.scan("BOX-000001")
    site.clock.advance(0.004)
    await clear_piece(scan, CommandLine(), opened.hub)
    values = await samples(opened.hub)
    name = "preclear_decision_duration_seconds"
    assert (values[f"{name}_bucket", "0.003"], values[f"{name}_bucket", "0.005"]) == (0, 1)
    assert (values[f"{name}_count",], values[f"{name}_sum",]) == (1, 0.004)


async def test_a_scale_is_counted_with_the_days_until_its_verification(opened: Opened, site: Any) -> None:
    due = site.clock.now().date() + timedelta(days=10)
    card = (
        f'{{ maker = "Example", model = "PS60", serial = "1", max = "30 kg", min = "100 g", e = "5 g", '
        f"verified_on = {due - timedelta(days=365)}, due_on = {due} }}"
    )
    config = site.configure(
        '[[stations]]\nname = "lane-1"\nscanner = { port = "no-scanner" }\n'
        f'scale = {{ port = "no-scale", protocol = "mt-sics", card = {card} }}\n'
    )
    Station(config.stations[0], opened.hub)
    values = await samples(opened.hub)
    assert values["preclear_scale_verification_due_days", "lane-1"] == 10
    assert values["preclear_device_state", "scale", "opening", "lane-1"] == 1
