"""The authority's commands: in the process where they answer at once, as a process where they serve."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner, Result

from agent.domain.packs.shipped import shipped_pack
from agent.domain.policy.pack import fill, parse_policy
from models.risk import bundle
from sync.central.cli import main
from sync.central.store import queries as store
from sync.central.store.schema import open_store
from sync.errors import CentreRefused
from sync.keys import Keyring, Role, Suite, generate, read_card, save_private, write_card
from sync.reference import documents
from sync.transport.client import Client

Run = Callable[..., Result]
PACK = fill(shipped_pack(), model_digest="0" * 64, issued=datetime(2026, 3, 1, tzinfo=UTC))
LIST = b'{"v": 1, "id": "watch", "issued": "2026-03-01T00:00:00Z", "entries": [{"id": "1", "names": ["A"]}]}'


@pytest.fixture
def run() -> Run:
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def data(tmp_path: Path, run: Run) -> Path:
    folder = tmp_path / "centre"
    assert run("init", "--data", folder, "--name", "centre/test").exit_code == 0
    return folder


@pytest.fixture
def authority(tmp_path: Path, run: Run) -> Path:
    folder = tmp_path / "authority"
    assert run("authority-init", "--folder", folder, "--name", "authority/test").exit_code == 0
    return folder


@pytest.fixture
def card_of(tmp_path: Path) -> Callable[[Any], Path]:
    def write(log: Any) -> Path:
        path = tmp_path / "hub.pub"
        path.write_bytes(write_card(log.public))
        return path

    return write


# -- folders and keys ---------------------------------------------------------------------------------------


def test_init_makes_private_keys_a_card_and_a_database(data: Path) -> None:
    keys = read_card((data / "centre.pub").read_bytes())
    assert {(k.owner, k.role, k.suite) for k in keys} == {
        ("centre/test", Role.COSIGNATURES, Suite.ED25519),
        ("centre/test", Role.CENTRE_LOG, Suite.ED25519),
    }
    assert (data / "keys").stat().st_mode & 0o777 == 0o700
    assert (data / "central.db").exists()


def test_authority_init_makes_three_keys(authority: Path) -> None:
    keys = read_card((authority / "authority.pub").read_bytes())
    assert {(k.role, k.suite) for k in keys} == {
        (role, Suite.ES256) for role in (Role.PUBLISHING, Role.DIRECTIVES, Role.SEALING)
    }
    assert (authority / "keys").stat().st_mode & 0o777 == 0o700


def test_keys_are_never_replaced(data: Path, authority: Path, run: Run) -> None:
    before = (data / "keys" / "cosignatures.pem").read_bytes()
    assert run("init", "--data", data, "--name", "centre/test").exit_code == 6
    assert run("authority-init", "--folder", authority, "--name", "authority/test").exit_code == 6
    assert (data / "keys" / "cosignatures.pem").read_bytes() == before


@pytest.mark.parametrize("name", ["test", "hub/test", "centre/", "centre/a b", "centre/a+b", "authority/x"])
def test_a_name_that_could_not_stand_in_a_receipt_is_refused(tmp_path: Path, run: Run, name: str) -> None:
    result = run("init", "--data", tmp_path / "new", "--name", name)
    assert (result.exit_code, "is not a name like centre/cbp" in result.stderr) == (78, True)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("command", [("serve",), ("status",), ("verify",)])
def test_without_init_a_command_says_what_to_run(tmp_path: Path, run: Run, command: tuple[str, ...]) -> None:
    result = run(*command, "--data", tmp_path)
    assert (result.exit_code, result.stderr.count("\n")) == (4, 1)
    assert "preclear-central init" in result.stderr


def test_a_file_that_cannot_be_written_is_one_line(authority: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(LIST)
    out = tmp_path / "nowhere" / "out"
    result = run("publish", "list", tmp_path / "in", "--authority", authority, "--out", out)
    assert (result.exit_code, result.stderr) == (1, f"preclear-central: {out}: No such file or directory\n")


def test_a_key_that_others_may_read_is_refused(data: Path, run: Run) -> None:
    (data / "keys" / "cosignatures.pem").chmod(0o644)
    result = run("verify", "--data", data)
    assert result.exit_code == 78
    assert "chmod 600" in result.stderr


def test_a_key_that_is_not_the_cards_is_refused(data: Path, run: Run) -> None:
    (data / "keys" / "cosignatures.pem").unlink()
    save_private(generate("centre/test", Role.COSIGNATURES, Suite.ED25519), data / "keys")
    result = run("status", "--data", data)
    assert (result.exit_code, "is not the cosignatures key" in result.stderr) == (78, True)


def test_a_newer_database_is_refused_by_number(data: Path, run: Run) -> None:
    with closing(open_store(data / "central.db")) as conn:
        conn.execute("PRAGMA user_version=9")
    result = run("status", "--data", data)
    assert (result.exit_code, "schema 9" in result.stderr) == (78, True)


# -- hubs ---------------------------------------------------------------------------------------------------


def test_register_hub_takes_a_card_once_and_refuses_other_keys(
    data: Path, run: Run, make_log: Any, card_of: Any
) -> None:
    first = run("register-hub", card_of(make_log()), "--data", data)
    assert (first.exit_code, first.stdout) == (0, "hub/szx-1 is registered\n")
    other = run("register-hub", card_of(make_log()), "--data", data)
    assert (other.exit_code, "other keys" in other.stderr) == (78, True)


@pytest.mark.parametrize("card", [b"", b"{}", b'{"v": 7, "keys": []}', b'{"v": 1, "keys": []}'])
def test_what_is_no_hubs_card_is_refused_in_one_line(
    data: Path, run: Run, tmp_path: Path, card: bytes
) -> None:
    (tmp_path / "card").write_bytes(card)
    result = run("register-hub", tmp_path / "card", "--data", data)
    assert result.exit_code != 0
    assert (result.stdout, result.stderr.count("\n")) == ("", 1)


def test_a_missing_card_is_a_usage_error(data: Path, run: Run, tmp_path: Path) -> None:
    assert run("register-hub", tmp_path / "none", "--data", data).exit_code == 2


# -- publishing and reasons ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "payload", "payload_type"),
    [("policy", PACK, documents.POLICY_TYPE), ("list", LIST, documents.LIST_TYPE)],
)
def test_what_is_published_opens_with_the_pinned_key(
    authority: Path, run: Run, tmp_path: Path, kind: str, payload: bytes, payload_type: str
) -> None:
    (tmp_path / "in").write_bytes(payload)
    words = ("publish", kind, tmp_path / "in", "--authority", authority, "--out", tmp_path / "out")
    assert run(*words).exit_code == 0
    keys = Keyring(read_card((authority / "authority.pub").read_bytes()))
    assert documents.read(tmp_path / "out", payload_type, keys).payload == payload


def test_without_a_file_the_shipped_pack_is_filled_and_signed(
    authority: Path, run: Run, tmp_path: Path
) -> None:
    assert run("publish", "policy", "--authority", authority, "--out", tmp_path / "out").exit_code == 0
    keys = Keyring(read_card((authority / "authority.pub").read_bytes()))
    policy = parse_policy(documents.read(tmp_path / "out", documents.POLICY_TYPE, keys).payload)
    assert policy.model is not None
    assert policy.model.digest == bundle.read().digest
    assert run("publish", "list", "--authority", authority, "--out", tmp_path / "list").exit_code == 2


def test_a_folder_is_signed_as_one_document(authority: Path, run: Run, tmp_path: Path) -> None:
    head, tail = PACK.split(b"#: file regimes.toml\n")
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "pack.toml").write_bytes(head)
    (folder / "regimes.toml").write_bytes(tail)
    words = ("publish", "policy", folder, "--authority", authority, "--out", tmp_path / "out")
    assert run(*words).exit_code == 0
    keys = Keyring(read_card((authority / "authority.pub").read_bytes()))
    signed = documents.read(tmp_path / "out", documents.POLICY_TYPE, keys).payload
    assert parse_policy(signed).regimes == parse_policy(PACK).regimes
    (folder / "regimes.toml").write_bytes(b"loose = 1\n" + tail)
    refused = run(*words)
    assert (refused.exit_code, "regimes.toml, line 1, column 1" in refused.stderr) == (78, True)
    assert run("publish", "list", folder, "--authority", authority, "--out", tmp_path / "x").exit_code == 2


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("policy", b"= 1"),
        ("policy", b'name = "x"'),
        ("policy", PACK.replace(b"consignment.value_minor > 250000", b"consignment.valu > 1")),
        ("list", b"{"),
        ("list", b"\xff"),
        ("list", LIST.replace(b'"v": 1', b'"v": 2')),
        ("list", LIST.replace(b"T00:00:00Z", b"T00:00:00")),
    ],
)
def test_a_broken_file_is_not_signed(
    authority: Path, run: Run, tmp_path: Path, kind: str, payload: bytes
) -> None:
    (tmp_path / "in").write_bytes(payload)
    words = ("publish", kind, tmp_path / "in", "--authority", authority, "--out", tmp_path / "out")
    assert run(*words).exit_code == 78
    assert not (tmp_path / "out").exists()


@pytest.fixture
def stored(data: Path, authority: Path, make_log: Any) -> Any:
    """A log of 4 entries, sealed to the authority, in the centre's database."""
    (sealing,) = (k for k in read_card((authority / "authority.pub").read_bytes()) if k.role is Role.SEALING)
    log = make_log(4, sealing=sealing)
    with closing(open_store(data / "central.db")) as conn:
        store.register(conn, log.public, 1)
        store.bind(conn, log.log_id, log.hub, 1)
        store.append(conn, log.log_id, log.entries, 1)
        tree = store.tree_of(conn, log.log_id)
        for entry in log.entries:
            tree.append(entry.leaf)
        store.keep_tree(conn, log.log_id, tree)
    return log


def test_the_authority_reads_sealed_reasons(stored: Any, data: Path, authority: Path, run: Run) -> None:
    result = run("reasons", "--data", data, "--authority", authority, "--since", 2, "--json")
    assert result.exit_code == 0
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["seq"] for row in rows] == [2, 3]
    assert rows[0]["findings"] == [{"code": "LIST_MATCH", "params": {"score": 970}}]
    assert rows[0]["risk_permille"] == 412
    plain = run("reasons", "--data", data, "--authority", authority, "--log", stored.log_id)
    assert plain.stdout.splitlines()[0].endswith("RFS  LIST_MATCH; risk 412 permille")


def test_another_authority_reads_nothing(stored: Any, data: Path, run: Run, tmp_path: Path) -> None:
    run("authority-init", "--folder", tmp_path / "other", "--name", "authority/other")
    result = run("reasons", "--data", data, "--authority", tmp_path / "other")
    assert result.exit_code == 3
    assert "LIST_MATCH" not in result.output
    assert "3 blocks do not open" in result.stderr


def test_reasons_of_an_unknown_log_are_not_found(stored: Any, data: Path, authority: Path, run: Run) -> None:
    assert run("reasons", "--data", data, "--authority", authority, "--log", "77").exit_code == 4


def test_verify_passes_what_fits_and_finds_what_was_altered(stored: Any, data: Path, run: Run) -> None:
    good = run("verify", "--data", data)
    assert good.exit_code == 0
    assert "verifies: 4 entries, 3 decisions" in good.stdout
    with closing(open_store(data / "central.db")) as conn:
        conn.execute("UPDATE entry SET signature = zeroblob(64) WHERE seq = 2")
    bad = run("verify", "--data", data)
    assert bad.exit_code == 3
    assert "FAILS: entry 2" in bad.stdout


def test_status_shows_hubs_logs_and_quarantine(stored: Any, data: Path, run: Run) -> None:
    with closing(open_store(data / "central.db")) as conn:
        store.quarantine(conn, stored.hub, "two histories", 5)
    overview = json.loads(run("status", "--data", data, "--json").stdout)
    assert overview["centre"]["name"] == "centre/test"
    assert overview["hubs"][0]["reason"] == "two histories"
    assert (overview["logs"][0]["size"], overview["logs"][0]["receipted"]) == (4, 0)
    assert "QUARANTINED: two histories" in run("status", "--data", data).stdout


# -- the running service ------------------------------------------------------------------------------------


def serving(data: Path, port: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sync.central.cli", "serve", "--data", str(data), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


async def test_a_hub_registered_while_the_centre_runs_is_taken_at_once(
    data: Path, run: Run, make_log: Any, card_of: Any
) -> None:
    log = make_log(6)
    with serving(data) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            words, _, url = process.stdout.readline().strip().rpartition(" ")
            assert words == "listening on"
            async with aiohttp.ClientSession() as session:
                keys = Keyring([*log.public, *read_card((data / "centre.pub").read_bytes())])
                client = Client(
                    session=session, url=url, log=log, hub=log.hub, keys=keys, centre="centre/test"
                )
                with pytest.raises(CentreRefused, match="unknown-hub"):
                    await client.sync_once()
                assert run("register-hub", card_of(log), "--data", data).exit_code == 0
                assert (await client.sync_once()).receipted == 6
            taken = serving(data, int(url.rpartition(":")[2]))
            _, error = taken.communicate(timeout=20)
            assert taken.returncode == 6
            assert "is taken" in error.splitlines()[-1]
            assert "Traceback" not in error
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ""
    assert "1 receipts" in run("verify", "--data", data).stdout


def test_an_address_of_another_machine_is_a_configuration_error(data: Path, run: Run) -> None:
    result = run("serve", "--data", data, "--host", "192.0.2.1", "--port", 0)
    assert (result.exit_code, "--host" in result.stderr) == (78, True)


def test_help_comes_without_the_heavy_libraries() -> None:
    code = (
        "import sys, sync.central.cli;"
        "sys.exit(any(name in sys.modules for name in ('aiohttp', 'cryptography', 'orjson')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_sockets_are_closed_after_a_clean_stop(data: Path) -> None:
    with serving(data) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rpartition(":")[2])
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
