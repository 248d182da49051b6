"""What the parcels that a hub knows come to together: totals of a person, and patterns below a limit.

A hub knows its own parcels alone, and makes two of a name in two spellings: each total is a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from agent.domain.findings.finding import Finding
from agent.domain.policy.totals_terms import (
    LIMIT_CODE,
    MONTH_DAYS,
    WEEK_DAYS,
    AggregationTerms,
    Bunching,
    Limit,
    Overage,
    PersonKey,
    SharedAddress,
    SharedContact,
    Splits,
)
from agent.domain.totals.tally import Tally

Counted = tuple[str, Tally]
"""A consignment and what is counted of it."""


def check_totals(
    own: Tally,
    consignment: str,
    others: Sequence[Counted],
    terms: AggregationTerms,
    at: datetime,
    *,
    complete: bool,
) -> tuple[Finding, ...]:
    """Hold a consignment, with what is known of others, to the limits of totals.

    Args:
        own: What is counted of the consignment.
        consignment: Its number.
        others: What shares a key with it. The same one may come several times, itself too, in any order.
        terms: Of the policy.
        at: The instant whose limits count, aware.
        complete: Whether all that was declared is counted by now.

    Returns:
        OPEN: ``DAY_TOTAL_ABOVE_LIMIT`` (``limit``, ``limit_minor``, ``currency``, ``parcels``, ``days``,
        ``bound``), ``TOTALS_BEHIND`` (a NOTE). SEALED, once each at most: ``ORDER_SPLIT`` (``limit``,
        ``by``, ``parcels``), ``VALUES_BELOW_LIMIT`` (``limit``, ``parcels``, ``of``, ``week_times``,
        ``month_times``), ``ADDRESS_SHARED`` (``standing``, ``names``), ``CONTACT_SHARED`` (``by``, ``names``
        or ``places``). No total and no value is told. Nothing depends on whose name it is, nor on where goods
        were made but for the scope of a limit.

    Raises:
        ValueError: ``at`` has no offset from UTC.
    """
    if at.tzinfo is None:
        raise ValueError("limits are dated by instants; give the time an offset from UTC")
    near = _near(own, consignment, others, terms.window_days)
    mine = [entry for entry in near if entry[0] == consignment or same_person(own, entry[1], terms.person)]
    limits = [limit for limit in terms.limits if limit.in_force(at) and _takes(limit, own)]
    findings: list[Finding] = [*check_uncounted(terms, complete=complete)]
    for limit in limits:
        findings += _total(own, consignment, mine, limit, at)
    if terms.splits is not None:
        findings += _first(_split(own, consignment, near, mine, limit, terms.splits) for limit in limits)
    if terms.bunching is not None:
        findings += _first(_bunched(own, mine, limit, terms.bunching) for limit in limits)
    if terms.shared_address is not None:
        findings += _address_shared(own, near, terms.shared_address)
    if terms.shared_contact is not None:
        findings += _contact_shared(own, near, terms.shared_contact)
    return tuple(findings)


def check_uncounted(terms: AggregationTerms, *, complete: bool) -> tuple[Finding, ...]:
    """``TOTALS_BEHIND``, a NOTE, where totals are asked for and not all that was declared is counted yet."""
    behind = terms.counts and not complete
    return (Finding(code="TOTALS_BEHIND"),) if behind else ()


def same_person(own: Tally, other: Tally, by: PersonKey) -> bool:
    """Whether two consignments are of one person.

    The names sound the same, and building, telephone or e-mail are the same too. By the place of delivery:
    the same building and unit, under any name.
    """
    if by is PersonKey.DELIVER_TO:
        return _same(own.building, other.building) and own.address == other.address
    return _same(own.person, other.person) and (
        _same(own.building, other.building) or _same(own.phone, other.phone) or _same(own.email, other.email)
    )


def _same(one: int, other: int) -> bool:
    """Whether two digests are known and equal."""
    return one == other != 0


def _near(own: Tally, consignment: str, others: Iterable[Counted], days: int) -> list[Counted]:
    """Each consignment of the window once, this one as ``own``; in an order that depends on nothing else."""
    chosen: dict[str, Tally] = {}
    for number, tally in others:
        known = chosen.get(number)
        if known is None or (known != tally and _newer(tally) > _newer(known)):
            chosen[number] = tally
    chosen[consignment] = own
    return sorted(
        ((n, t) for n, t in chosen.items() if own.day - days <= t.day <= own.day),
        key=lambda entry: (entry[1].received, entry[0]),
    )


def _newer(tally: Tally) -> tuple[int, bytes]:
    # Counted twice between two look-ups: which of the two is taken must not depend on their order.
    return tally.received, msgspec.msgpack.encode(tally)


def _takes(limit: Limit, tally: Tally) -> bool:
    return limit.takes(tally.mode, tally.origin, tally.category, tally.entry_type)


def _within(entries: Iterable[Counted], own: Tally, days: int) -> list[Counted]:
    """Those of the last ``days`` days, that of ``own`` included."""
    return [entry for entry in entries if own.day - days < entry[1].day]


def _values(entries: Iterable[Counted], limit: Limit) -> list[tuple[str, int]]:
    """Values in the limit's currency of what is in its scope; others are never added up with them."""
    return [
        (number, tally.value_minor)
        for number, tally in entries
        if tally.value_minor is not None and tally.currency == limit.currency and _takes(limit, tally)
    ]


def _total(
    own: Tally, consignment: str, mine: Sequence[Counted], limit: Limit, at: datetime
) -> Iterable[Finding]:
    """``DAY_TOTAL_ABOVE_LIMIT``.

    A parcel that is above the limit by itself takes no part: it cannot come in under it, and what follows for
    it is not a matter of totals.
    """
    if _alone_above(own, limit):
        return []
    entries = _within(mine, own, limit.per.days)
    if limit.overage is Overage.MARGINAL:
        # In the order of declaration, up to this one.
        last = next(place for place, (number, _) in enumerate(entries) if number == consignment)
        entries = entries[: last + 1]
    values = [value for _, value in _values(entries, limit) if value <= limit.value_minor]
    if sum(values) <= limit.value_minor:
        return []
    params: dict[str, str | int] = {
        "limit": limit.id,
        "limit_minor": limit.value_minor,
        "currency": limit.currency,
        "parcels": len(values),
        "days": limit.per.days,
        "bound": "lower",
    }
    return [Finding(code=LIMIT_CODE, severity=limit.severity_at(at), params=params)]


def _alone_above(own: Tally, limit: Limit) -> bool:
    return (
        own.value_minor is not None and own.currency == limit.currency and own.value_minor > limit.value_minor
    )


def _split(
    own: Tally,
    consignment: str,
    near: Sequence[Counted],
    mine: Sequence[Counted],
    limit: Limit,
    terms: Splits,
) -> Finding | None:
    """``ORDER_SPLIT``: what looks like one order, each parcel up to the limit and together above it."""
    if own.value_minor is None or own.currency != limit.currency or own.value_minor > limit.value_minor:
        return None
    bought = [
        entry
        for entry in _within(mine, own, terms.days + 1)
        if entry[0] == consignment or _same(own.seller, entry[1].seller)
    ]
    groups: Mapping[str, Sequence[Counted]] = {
        "order": [e for e in near if _same(own.order, e[1].order)],
        "numbers": _consecutive(own, bought, terms.number_gap),
        "heading": [e for e in bought if own.heading and e[1].heading == own.heading],
    }
    for by, group in groups.items():
        values = [value for _, value in _values(group, limit) if value <= limit.value_minor]
        if sum(values) > limit.value_minor:
            return Finding(
                code="ORDER_SPLIT",
                severity=terms.severity,
                params={"limit": limit.id, "by": by, "parcels": len(values)},
            )
    return None


def _consecutive(own: Tally, bought: Sequence[Counted], gap: int) -> list[Counted]:
    """Those whose numbers lie in one run with that of ``own``."""
    if not own.series:
        return []
    series = sorted((e for e in bought if e[1].series == own.series), key=lambda e: (e[1].serial, e[0]))
    run: list[Counted] = []
    for entry in series:
        if run and entry[1].serial - run[-1][1].serial > gap:
            if run[-1][1].serial >= own.serial:
                break
            run = []
        run.append(entry)
    return run


def _bunched(own: Tally, mine: Sequence[Counted], limit: Limit, terms: Bunching) -> Finding | None:
    """``VALUES_BELOW_LIMIT``: more of one person's values right below a limit than an even spread would give.

    Of values spread evenly around the limit, each lies in the band with the band's share of that range; how
    likely so many or more lie in it is the tail of a binomial distribution, worked out in whole numbers.
    """
    top = limit.value_minor
    band, around = top * terms.band_permille // 1000, top * terms.around_permille // 1000
    if own.value_minor is None or own.currency != limit.currency or not top - band < own.value_minor <= top:
        return None
    valued = _values(mine, limit)
    values = [value for _, value in valued if top - around < value <= top + around]
    inside = sum(top - band < value <= top for value in values)
    if inside < terms.least or not _unlikely(inside, len(values), terms):
        return None
    counted = dict(valued)
    params: dict[str, str | int] = {"limit": limit.id, "parcels": inside, "of": len(values)}
    for name, days in (("week_times", WEEK_DAYS), ("month_times", MONTH_DAYS)):
        total = sum(counted.get(number, 0) for number, _ in _within(mine, own, days))
        params[name] = total // top
    return Finding(code="VALUES_BELOW_LIMIT", severity=terms.severity, params=params)


def _unlikely(inside: int, count: int, terms: Bunching) -> bool:
    """Whether by chance so many or more of ``count`` lie in the band no more often than the pack allows."""
    share, whole = terms.band_permille, 2 * terms.around_permille
    every = int(whole**count)
    # The tail times whole**count: every term from the last one down, by what it differs from the one before.
    tail, term = 0, int(share**count)
    for hits in range(count, inside - 1, -1):
        tail += term
        term = term * hits * (whole - share) // (share * (count - hits + 1))
    return tail * 1_000_000 <= terms.chance_ppm * every


def _address_shared(own: Tally, near: Sequence[Counted], terms: SharedAddress) -> Iterable[Finding]:
    """``ADDRESS_SHARED``: more names at one building than parcels for one household explain."""
    if not own.building:
        return []
    there = [tally for _, tally in _within(near, own, terms.days) if tally.building == own.building]
    limits = {tally.standing: terms.names.get(tally.standing) for tally in there if tally.standing}
    # The flat of a tower that one sender leaves out is named by another: the widest sort counts.
    known = [(most, standing) for standing, most in limits.items() if most is not None]
    names = len({tally.person for tally in there if tally.person})
    if not known or len(known) < len(limits) or names < max(known)[0]:
        return []
    params: dict[str, str | int] = {"standing": max(known)[1], "names": names}
    return [Finding(code="ADDRESS_SHARED", severity=terms.severity, params=params)]


def _contact_shared(own: Tally, near: Sequence[Counted], terms: SharedContact) -> Iterable[Finding]:
    """``CONTACT_SHARED``: one contact under many names, or one person with a contact at many buildings."""
    recent = [tally for _, tally in _within(near, own, terms.days)]
    reached = {
        "phone": [t for t in recent if _same(own.phone, t.phone)],
        "email": [t for t in recent if _same(own.email, t.email)],
    }
    for by, tallies in reached.items():
        names = len({t.person for t in tallies if t.person})
        if names >= terms.names:
            return [_contact(terms, {"by": by, "names": names})]
    same = [t for tallies in reached.values() for t in tallies if _same(own.person, t.person)]
    places = len({t.building for t in same if t.building})
    if places >= terms.places:
        return [_contact(terms, {"by": "person", "places": places})]
    return []


def _first(findings: Iterable[Finding | None]) -> list[Finding]:
    """The first finding there is: a pattern below two limits is one pattern."""
    return [finding for finding in findings if finding is not None][:1]


def _contact(terms: SharedContact, params: Mapping[str, str | int]) -> Finding:
    return Finding(code="CONTACT_SHARED", severity=terms.severity, params=params)
