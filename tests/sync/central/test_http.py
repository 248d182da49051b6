"""The centre's HTTP service, on a loopback port, with a real database and real keys."""

from __future__ import annotations

from typing import Any

import pytest

from sync import keys as sync_keys
from sync.central.errors import Refused
from sync.central.rules import ingest
from sync.central.store import queries as store
from sync.keys import Role
from sync.log.entries import sign_entry
from sync.log.note import Checkpoint, origin_of, sign_checkpoint, verify_cosignature, verify_note_ed25519
from sync.log.verify import verify_log
from sync.transport import wire


@pytest.fixture
def log(centre: Any, make_log: Any) -> Any:
    """A log of 8 entries whose hub is registered."""
    made = make_log(8)
    centre.register(made)
    return made


async def test_a_checkpoint_is_known_before_its_entries_come(centre: Any, log: Any) -> None:
    status, answer = await centre.show(log)
    assert (status, answer["error"], answer["size"], answer["claimed"]) == (409, "entries-missing", 0, 8)


async def test_a_receipt_is_given_once_all_entries_are_stored(centre: Any, log: Any) -> None:
    assert (await centre.upload(log))[1] == {"size": 8}
    status, answer = await centre.show(log)
    assert status == 200
    receipt = verify_cosignature(
        answer["receipt"], "centre/test", centre.keyring(log).only(Role.COSIGNATURES)
    )
    assert receipt.checkpoint == log.head()
    own = verify_note_ed25519(answer["log"], "centre/test", centre.keyring(log).only(Role.CENTRE_LOG))
    assert (own.origin, own.size) == ("centre/test", 1)


async def test_a_receipt_verifies_offline_from_public_keys_alone(centre: Any, log: Any) -> None:
    await centre.upload(log)
    receipts = [(await centre.show(log, size))[1]["receipt"] for size in (3, 8)]
    report = verify_log(
        log.log_id, log.hub, log.entries, [log.note()], receipts, centre.keyring(log), "centre/test"
    )
    assert (report.entries, report.decisions, report.receipts, report.receipted) == (8, 7, 2, 8)


async def test_a_head_is_forgotten_once_its_entries_came_and_led_to_it(centre: Any, log: Any) -> None:
    await centre.show(log, 5)
    await centre.show(log)
    await centre.upload(log, 0, 6)
    assert centre.ask(lambda c: [size for size, _, _ in store.claims_up_to(c, log.log_id, 99)]) == [8]


async def test_a_log_that_was_bound_while_its_first_batch_was_verified_stays_with_its_hub(
    centre: Any, log: Any, make_log: Any
) -> None:
    other = make_log(hub="hub/can-2")
    centre.register(other)

    def take(conn: Any) -> None:
        signer = ingest.signer_of(conn, log.log_id, log.entries)
        store.bind(conn, log.log_id, other.hub, 1)
        assert isinstance(signer, store.RegisteredHub)
        ingest.append(conn, log.log_id, log.entries, signer, 1)

    with pytest.raises(Refused, match="bound to another hub"):
        centre.ask(take)


async def test_the_same_checkpoint_gets_the_same_receipt_again(centre: Any, log: Any) -> None:
    await centre.upload(log)
    first, second = await centre.show(log), await centre.show(log)
    assert first == second
    assert len(centre.ask(lambda c: list(store.centre_leaves(c)))) == 1


async def test_foreign_signature_lines_do_not_enter_the_receipt(centre: Any, log: Any) -> None:
    await centre.upload(log)
    junk = "\u2014 someone.example AAAAAAAA\n" * 15
    status, answer = await centre.post(f"{log.log_id}/checkpoints", log.note() + junk)
    assert status == 200
    assert "someone.example" not in answer["receipt"]


async def test_entries_sent_again_are_already_there(centre: Any, log: Any) -> None:
    await centre.upload(log, 0, 5)
    assert await centre.upload(log, 0, 5) == (200, {"size": 5})
    assert await centre.upload(log, 3, 8) == (200, {"size": 8})
    assert await centre.upload(log, 1, 3) == (200, {"size": 8})
    assert centre.ask(lambda c: [e.seq for e in store.entries(c, log.log_id, 0, 99)]) == list(range(8))


async def test_a_gap_is_answered_with_the_number_that_is_missing(centre: Any, log: Any) -> None:
    status, answer = await centre.upload(log, 2)
    assert (status, answer["size"]) == (409, 0)
    await centre.upload(log, 0, 2)
    status, answer = await centre.upload(log, 4)
    assert (status, answer["size"]) == (409, 2)


async def test_progress_of_a_log_can_be_asked_for(centre: Any, log: Any) -> None:
    await centre.upload(log, 0, 6)
    await centre.show(log, 4)
    await centre.show(log, 8)
    async with centre.session.get(f"{centre.url}v1/logs/{log.log_id}") as response:
        assert await response.json() == {"size": 6, "receipted": 4, "claimed": 8}


async def test_an_unknown_log_is_not_found(centre: Any) -> None:
    async with centre.session.get(f"{centre.url}v1/logs/abcd") as response:
        assert (response.status, (await response.json())["error"]) == (404, "unknown-log")


async def test_health_names_the_centre(centre: Any) -> None:
    async with centre.session.get(f"{centre.url}healthz") as response:
        assert await response.json() == {"status": "ok", "name": "centre/test"}


async def test_an_unknown_hub_is_told_the_remedy_and_taken_once_registered(
    centre: Any, make_log: Any
) -> None:
    log = make_log(3)
    for status, answer in (await centre.show(log), await centre.upload(log)):
        assert (status, answer["error"]) == (403, "unknown-hub")
        assert "register-hub" in answer["detail"]
    centre.register(log)
    assert (await centre.upload(log))[0] == 200


# -- contradictions -----------------------------------------------------------------------------------------


async def test_a_second_entry_for_one_place_is_kept_and_quarantines_the_hub(
    centre: Any, log: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await centre.upload(log)
    other = log.copy()
    del other.entries[5:]
    other.append(2, "lane 9")
    status, answer = await centre.upload(other, 4)
    assert (status, answer["error"]) == (403, "equivocation")
    assert [record.message for record in caplog.records] == ["contradiction kept, hub quarantined"]
    kept = centre.ask(lambda c: store.equivocations(c, log.log_id))
    assert kept == [other.entries[5]]
    assert centre.ask(lambda c: list(store.entries(c, log.log_id, 5, 6))) == [log.entries[5]]
    hub = centre.ask(lambda c: store.hub(c, log.hub))
    assert hub is not None
    assert hub.reason == f"two histories of log {log.log_id} at entry 5"
    for status, answer in (await centre.upload(log), await centre.show(log)):
        assert (status, answer["error"]) == (403, "quarantined")


async def test_an_entry_after_another_past_is_kept_and_quarantines_the_hub(centre: Any, log: Any) -> None:
    other = log.copy()
    del other.entries[5:]
    other.append(3, "lane 9")
    await centre.upload(log, 0, 7)
    status, answer = await centre.upload(other, 7)
    assert (status, answer["error"]) == (403, "equivocation")
    assert centre.ask(lambda c: store.equivocations(c, log.log_id)) == [other.entries[7]]
    assert centre.ask(lambda c: store.held(c, log.log_id).size) == 7


@pytest.mark.parametrize("receipted_before", [True, False])
async def test_a_second_root_for_one_size_is_kept_and_quarantines_the_hub(
    centre: Any, log: Any, receipted_before: bool
) -> None:
    await centre.upload(log)
    if receipted_before:
        await centre.show(log, 6)
    forged = Checkpoint(origin=origin_of(log.log_id), size=6, root=bytes(32))
    note = sign_checkpoint(forged, log.checkpoints)
    status, answer = await centre.post(f"{log.log_id}/checkpoints", note)
    assert (status, answer["error"]) == (403, "equivocation")
    (kept,) = centre.ask(lambda c: store.equivocations(c, log.log_id))
    assert (kept.seq, kept.kind, kept.payload.decode()) == (6, "checkpoint", note)
    hub = centre.ask(lambda c: store.hub(c, log.hub))
    assert hub is not None
    assert hub.quarantined_at is not None


async def test_two_heads_shown_before_any_entry_contradict_each_other(centre: Any, log: Any) -> None:
    other = log.copy()
    del other.entries[2:]
    other.append(6, "lane 9")
    assert (await centre.show(log))[0] == 409
    assert (await centre.show(other))[1]["error"] == "equivocation"


async def test_entries_that_contradict_an_earlier_head_are_stored_and_quarantine_the_hub(
    centre: Any, log: Any
) -> None:
    other = log.copy()
    del other.entries[2:]
    other.append(9, "lane 9")
    await centre.show(log)  # a head over 8 entries, then the machine is restored to 2 and goes on
    await centre.show(other)
    status, answer = await centre.upload(other)
    assert (status, answer["error"]) == (403, "equivocation")
    assert "its checkpoint over 8" in answer["detail"]
    assert centre.ask(lambda c: store.held(c, log.log_id).size) == 11
    (kept,) = centre.ask(lambda c: store.equivocations(c, log.log_id))
    assert kept.payload.decode() == log.note()


async def test_a_quarantine_does_not_touch_another_hub(centre: Any, log: Any, make_log: Any) -> None:
    await centre.upload(log)
    other = log.copy()
    del other.entries[7:]
    other.append(1, "lane 9")
    await centre.upload(other)
    neighbour = make_log(2, hub="hub/can-2", log_id="77")
    centre.register(neighbour)
    assert (await centre.upload(neighbour))[0] == 200


# -- refusals -----------------------------------------------------------------------------------------------


async def test_entries_of_another_key_are_refused_and_not_kept(centre: Any, log: Any) -> None:
    log.append(1, signer=sync_keys.generate(log.hub, Role.DECISIONS))
    status, answer = await centre.upload(log)
    assert (status, answer["error"]) == (403, "bad-signature")
    assert centre.ask(lambda c: store.held(c, log.log_id).size) == 0


async def test_a_checkpoint_of_another_key_is_refused(centre: Any, log: Any) -> None:
    await centre.upload(log)
    note = sign_checkpoint(log.head(), sync_keys.generate(log.hub, Role.CHECKPOINTS))
    status, answer = await centre.post(f"{log.log_id}/checkpoints", note)
    assert (status, answer["error"]) == (403, "bad-signature")


async def test_an_altered_checkpoint_is_refused(centre: Any, log: Any) -> None:
    altered = log.note().replace("\n8\n", "\n9\n", 1)
    status, answer = await centre.post(f"{log.log_id}/checkpoints", altered)
    assert (status, answer["error"]) == (403, "bad-signature")


async def test_a_log_that_names_another_hub_is_refused(centre: Any, log: Any, make_log: Any) -> None:
    thief = make_log(hub="hub/thief")
    centre.register(thief)
    thief.hub = log.hub
    thief.append(2)
    assert (await centre.upload(thief))[1]["error"] == "bad-signature"


async def test_a_log_bound_by_its_head_takes_no_opening_of_another_hub(
    centre: Any, log: Any, make_log: Any
) -> None:
    await centre.show(log)
    thief = make_log(3, hub="hub/thief")
    centre.register(thief)
    assert (await centre.upload(thief))[1]["error"] == "bad-signature"
    mislabelled = log.copy()
    mislabelled.entries.clear()
    mislabelled.hub = "hub/thief"
    mislabelled.append(1)
    assert (await centre.upload(mislabelled))[1]["error"] == "foreign-log"


async def test_an_opening_that_does_not_name_the_signing_key_is_refused(centre: Any, make_log: Any) -> None:
    log = make_log()
    centre.register(log)
    real, log.decisions = log.decisions, sync_keys.generate(log.hub, Role.DECISIONS)
    log.append(1, signer=real)
    assert (await centre.upload(log))[1]["error"] == "foreign-log"


async def test_a_batch_with_one_bad_entry_is_refused_whole(centre: Any, log: Any) -> None:
    payload = log.entries[5].payload.replace(b"lane 1", b"lane\\u0020 1")
    broken = [*log.entries[:5], sign_entry(5, "decision", payload, log.decisions)]
    status, answer = await centre.post(
        f"{log.log_id}/entries", wire.pack(log.log_id, broken), wire.CONTENT_TYPE
    )
    assert (status, answer["error"]) == (400, "bad-entry")
    assert centre.ask(lambda c: (store.held(c, log.log_id).size, store.logs(c))) == (0, [])


async def test_a_log_that_begins_with_a_decision_is_refused(centre: Any, log: Any) -> None:
    payload = log.entries[1].payload
    stray = wire.pack(log.log_id, [sign_entry(0, "decision", payload, log.decisions)])
    status, answer = await centre.post(f"{log.log_id}/entries", stray, wire.CONTENT_TYPE)
    assert (status, answer["error"]) == (400, "bad-entry")


# -- a running service --------------------------------------------------------------------------------------


async def test_a_restart_keeps_everything(centre: Any, log: Any) -> None:
    await centre.upload(log, 0, 5)
    receipt = await centre.show(log, 5)
    await centre.restart()
    assert await centre.show(log, 5) == receipt
    assert await centre.upload(log, 5) == (200, {"size": 8})
    assert (await centre.show(log))[0] == 200


@pytest.mark.parametrize("centre_settings", [{"in_flight": 1, "retry_after_s": 7}], indirect=True)
async def test_uploads_beyond_the_limit_are_asked_to_come_back_while_checkpoints_pass(
    centre: Any, log: Any
) -> None:
    headers = f"Content-Type: {wire.CONTENT_TYPE}\r\nContent-Length: 1"
    # Four bodies may be arriving for each one that is worked on.
    waiting = [await centre.begin(f"{log.log_id}/entries", headers) for _ in range(4)]
    url = f"{centre.url}v1/logs/{log.log_id}/entries"
    async with centre.session.post(url, data=b"x", headers={"Content-Type": wire.CONTENT_TYPE}) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "7")
    assert (await centre.show(log))[0] == 409
    for reader, writer in waiting:
        writer.write(b"x")
        assert await centre.status_of(reader) == 400
        writer.close()
    assert (await centre.upload(log))[0] == 200


@pytest.mark.parametrize("centre_settings", [{"body_timeout_s": 0.05}], indirect=True)
async def test_a_body_that_never_comes_is_given_up(centre: Any) -> None:
    headers = f"Content-Type: {wire.CONTENT_TYPE}\r\nContent-Length: 9"
    reader, writer = await centre.begin("00/entries", headers)
    assert await centre.status_of(reader) == 408
    writer.close()


async def test_a_database_that_fails_is_answered_with_come_back_later(centre: Any, log: Any) -> None:
    centre.ask(lambda c: c.execute("ALTER TABLE claim RENAME TO away"))
    status, answer = await centre.show(log)
    assert (status, answer["error"]) == (503, "store-busy")
    centre.ask(lambda c: c.execute("ALTER TABLE away RENAME TO claim"))
    assert (await centre.show(log))[0] == 409
