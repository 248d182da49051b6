"""How a lane's devices are, as plain JSON: for ``status``, the page and the metrics."""

from __future__ import annotations

from datetime import date
from typing import Any

from agent.config.devices import DeviceSection
from agent.lane.scale import LaneScale
from drivers.supervision.health import DeviceHealth


def device_report(
    station: str, role: str, section: DeviceSection, health: DeviceHealth, now_ns: int
) -> dict[str, Any]:
    """Everything that is counted of one device; ages in seconds, None where nothing was received yet."""
    return {
        "station": station,
        "role": role,
        "port": section.port,
        "protocol": section.protocol,
        "verified_protocol": section.profile().verified,
        "state": health.state.value,
        "state_s": _age_s(health.since_ns, now_ns),
        "last_byte_s": _age_s(health.last_byte_ns, now_ns),
        "last_frame_s": _age_s(health.last_frame_ns, now_ns),
        "frames": health.frames,
        "frames_per_s": round(health.frames_per_s, 1),
        "noise_bytes": health.noise_bytes,
        "parse_errors": health.parse_errors,
        "reconnects": health.reconnects,
        "open_failures": health.open_failures,
        "driver_failures": health.driver_failures,
        "backlog_bytes": health.backlog_bytes,
        "gs_seen": health.has_sent_gs,
        "advice": health.advice,
        "error": health.last_error,
        "noise": health.last_noise,
    }


def scale_report(scale: LaneScale, on: date) -> dict[str, Any]:
    """What a scale's readings and its metrology card say of it on that day; weights in grams, as text."""
    watched, card = scale.watched(), scale.card
    report: dict[str, Any] = {
        "concerns": sorted(concern.value for concern in watched.concerns),
        "zero_g": None if watched.zero_g is None else str(watched.zero_g),
        "zero_trend_g_per_h": None if watched.trend_g_per_h is None else str(watched.trend_g_per_h),
        "walks": watched.walks,
        "holes": watched.holes,
        "card": None,
    }
    if card is not None:
        report["card"] = {
            "maker": card.maker,
            "model": card.model,
            "serial": card.serial,
            "class": card.accuracy_class,
            "max_g": str(card.max_g),
            "min_g": str(card.min_g),
            "e_g": str(card.e_g),
            "verified_on": card.verified_on.isoformat(),
            "due_on": card.due_on.isoformat(),
            "due_in_days": (card.due_on - on).days,
        }
    return report


def _age_s(at_ns: int | None, now_ns: int) -> float | None:
    return None if at_ns is None else round((now_ns - at_ns) / 1e9, 1)
