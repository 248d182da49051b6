"""Which policy and lists may be put in force: the authority's, and never an older one again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agent.domain.screening.lists import parse_party_list
from agent.errors import Outdated
from agent.reference.loading import ReferenceRefused


async def test_an_older_policy_never_replaces_a_newer_one(site: Any) -> None:
    site.publish_policy(("sequence = 1", "sequence = 5"))
    async with site.open():
        pass
    site.publish_policy(("sequence = 1", "sequence = 4"))
    with pytest.raises(Outdated, match="policy: issue 4 is older than issue 5"):
        async with site.open():
            pass
    site.publish_policy(("sequence = 1", "sequence = 4"), ('id = "us-origin-default"', 'id = "another"'))
    with pytest.raises(Outdated, match="policy"):
        async with site.open():
            pass
    site.publish_policy(("sequence = 1", "sequence = 6"))
    async with site.open() as opened:
        assert opened.hub.reference_data.current.policy.sequence == 6


async def test_an_older_list_never_replaces_a_newer_one_not_even_under_a_new_log(site: Any) -> None:
    async with site.open():
        pass
    site.publish_list("Somebody Else", issued=site.clock.at - timedelta(days=1))
    with pytest.raises(Outdated, match="list/watch"):
        async with site.open():
            pass
    with pytest.raises(Outdated, match="list/watch"):
        async with site.open(forked=True):
            pass


async def test_reference_data_of_another_authority_is_refused(site: Any, tmp_path: Any) -> None:
    from sync.keys import Role, generate  # noqa: PLC0415
    from sync.reference import documents  # noqa: PLC0415

    stranger = generate("authority/test", Role.PUBLISHING)
    (site.folder / "policy.signed").write_bytes(documents.publish(b"x = 1", documents.POLICY_TYPE, stranger))
    with pytest.raises(ReferenceRefused, match="no publishing key with id"):
        async with site.open():
            pass


def test_a_list_says_its_version_and_its_time() -> None:
    good = b'{"v": 1, "id": "watch", "issued": "2026-03-01T00:00:00Z", "entries": []}'
    assert parse_party_list(good).id == "watch"
