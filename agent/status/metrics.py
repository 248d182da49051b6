"""The hub's counts in the form that Prometheus collects; nothing of pieces, parties or findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from agent.hub import Hub
from agent.status.report import status_of
from drivers.supervision.health import DeviceState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_DEVICE = ("station", "role")
_COUNTERS = {
    "frames": "Frames of a device that were read",
    "noise_bytes": "Bytes of a device that were discarded",
    "parse_errors": "Times that bytes of a device were discarded",
    "reconnects": "Times that a device came back",
    "open_failures": "Openings of a device's port that failed",
    "driver_failures": "Times that a device's driver failed and was started again",
}
_GAUGES = {
    "last_byte_s": ("last_byte_age_seconds", "Age of the last byte of a device"),
    "frames_per_s": ("frames_per_second", "Frames of a device over the last seconds"),
    "backlog_bytes": ("backlog_bytes", "Bytes of a device that were received and not yet read"),
    "gs_seen": ("gs_seen", "Whether a scanner ever sent a GS"),
}


async def metrics_of(hub: Hub) -> bytes:
    """All metrics of this moment."""
    registry = CollectorRegistry()
    registry.register(_Moment(await status_of(hub)))
    registry.register(hub.latency.histogram)
    return generate_latest(registry)


class _Moment(Collector):
    """The status of one moment; a registry asks it once."""

    def __init__(self, status: dict[str, Any]) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        status = self._status
        yield GaugeMetricFamily("preclear_log_entries", "Entries of the log", value=status["entries"])
        yield GaugeMetricFamily(
            "preclear_log_unsent", "Entries without a receipt of the centre", value=status["unsent"]
        )
        yield GaugeMetricFamily(
            "preclear_log_writable", "Whether the log can be written", value=status["log_failed"] is None
        )
        yield GaugeMetricFamily(
            "preclear_declarations", "Consignments declared", value=status["declarations"]
        )
        yield GaugeMetricFamily(
            "preclear_model_loaded", "Whether a risk model is loaded", value=status["model"] is not None
        )
        yield from _devices(status["devices"])


def _devices(devices: list[dict[str, Any]]) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "preclear_device_state", "1 for the state a device is in", labels=(*_DEVICE, "state")
    )
    concerns = GaugeMetricFamily(
        "preclear_scale_concern", "1 for each reason to doubt a scale", labels=("station", "concern")
    )
    due = GaugeMetricFamily(
        "preclear_scale_verification_due_days", "Days until a scale must be verified", labels=("station",)
    )
    for device in devices:
        for state in DeviceState:
            labels = (device["station"], device["role"], state.value)
            states.add_metric(labels, device["state"] == state.value)
        for concern in device.get("concerns", ()):
            concerns.add_metric((device["station"], concern), 1)
        if card := device.get("card"):
            due.add_metric((device["station"],), card["due_in_days"])
    yield from (states, concerns, due)
    for key, (name, meaning) in _GAUGES.items():
        gauge = GaugeMetricFamily(f"preclear_device_{name}", meaning, labels=_DEVICE)
        for device in devices:
            if device[key] is not None:
                gauge.add_metric((device["station"], device["role"]), device[key])
        yield gauge
    for key, meaning in _COUNTERS.items():
        counter = CounterMetricFamily(f"preclear_device_{key}", meaning, labels=_DEVICE)
        for device in devices:
            counter.add_metric((device["station"], device["role"]), device[key])
        yield counter
