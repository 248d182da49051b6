"""How long decisions take: counted in buckets for good, summed up over the newest."""

from __future__ import annotations

from agent.runtime.latency import BUCKETS_S, NEWEST, LatencyMeter, LatencySummary

MS = 1_000_000


def buckets(meter: LatencyMeter) -> dict[str, float]:
    """Values at most as long as each bucket's bound, by the bound as collectors see it."""
    (family,) = meter.histogram.collect()
    return {sample.labels["le"]: sample.value for sample in family.samples if sample.name.endswith("_bucket")}


def test_the_buckets_reach_from_a_millisecond_to_a_second() -> None:
    assert (BUCKETS_S[0], BUCKETS_S[-1]) == (0.001, 1.0)
    assert list(BUCKETS_S) == sorted(set(BUCKETS_S))


def test_a_value_counts_in_each_bucket_that_holds_it() -> None:
    meter = LatencyMeter()
    for took_ns in (MS // 2, 4 * MS, 5 * MS, 700 * MS, 4_000 * MS):
        meter.note(took_ns)
    counted = buckets(meter)
    assert counted["0.001"] == 1
    assert (counted["0.003"], counted["0.005"]) == (1, 3)
    assert (counted["0.5"], counted["1.0"], counted["+Inf"]) == (3, 4, 5)


def test_the_summary_gives_median_and_99th_percentile_in_nanoseconds() -> None:
    meter = LatencyMeter()
    assert meter.summary() == LatencySummary(0, 0, 0)
    for number in range(1, 101):
        meter.note(number * MS)
    assert meter.summary() == LatencySummary(100, 50 * MS, 99 * MS)


def test_the_summary_looks_back_on_the_newest_and_the_histogram_on_all() -> None:
    meter = LatencyMeter()
    for took_ns in [900 * MS] * 10 + [MS] * NEWEST:
        meter.note(took_ns)
    assert meter.summary() == LatencySummary(NEWEST, MS, MS)
    assert buckets(meter)["+Inf"] == NEWEST + 10
