"""The timed lane: what it measures begins with the last byte of the label."""

from __future__ import annotations

from agent.bench.bed import make_bed
from agent.bench.lane import STABLE, TimedLane
from agent.runtime.clock import SystemClock
from agent.sandbox.wires import at_work


async def test_the_time_of_a_scan_leaves_out_the_readings_that_came_before_its_label() -> None:
    clock = SystemClock()
    with make_bed(clock) as bed:
        async with at_work(bed.site, bed.config) as (opened, labels):
            with opened.hub.feed.subscribe() as screen:
                lane = TimedLane(bed.wires, opened, clock, screen)
                for label, grams in labels[:3]:
                    began_ns = clock.monotonic_ns()
                    took_ns = await lane.clear(label, grams)
                    call_ns = clock.monotonic_ns() - began_ns
                    assert 0 < took_ns < call_ns - STABLE * 4_000_000, "a reading is sent every 4 ms"
            entries = await opened.hub.log.read(0, 10)
    assert [entry.kind for entry in entries].count("decision") == 3
