"""``preclear verify``: a whole log, an altered one, and a copy with the cards alone."""

from __future__ import annotations

import json
from collections.abc import Callable

from click.testing import CliRunner, Result

from agent.cli import main
from agent.sandbox.site import Site
from sync import sqlite

S10 = "RR473124829GB"
Run = Callable[..., Result]


def test_a_log_verifies_with_0_and_with_3_once_a_byte_of_it_is_another(on_site: Run, site: Site) -> None:
    on_site("decide", S10)
    assert on_site("verify").exit_code == 0
    result = json.loads(on_site("verify", "--json").stdout)
    assert (result["verified"], result["entries"], result["decisions"]) == (True, 2, 1)
    conn = sqlite.connect(site.data / "evidence.db")
    conn.execute("UPDATE log SET payload = CAST(replace(payload, 'DNL', 'DNM') AS BLOB) WHERE seq = 1")
    conn.close()
    altered = on_site("verify")
    assert altered.exit_code == 3
    assert "NOT VERIFIED" in altered.output
    assert "entry 1: its leaf is not the hash of its payload" in altered.output


def test_a_log_whose_pages_cannot_be_read_is_not_verified(on_site: Run, site: Site) -> None:
    for number in range(30):
        on_site("decide", f"BOX-{number:06}")
    path = site.data / "evidence.db"
    conn = sqlite.connect(path)
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    conn.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 3)
        file.write(b"\xff" * (path.stat().st_size // 2))
    result = on_site("verify")
    assert result.exit_code == 3
    assert "NOT VERIFIED" in result.output


def test_somebody_else_verifies_a_copy_with_the_cards_alone(on_site: Run, site: Site) -> None:
    on_site("decide", S10)
    copy = site.folder / "copy.db"
    copy.write_bytes((site.data / "evidence.db").read_bytes())
    cards = ("--card", site.data / "hub.pub", "--card", site.centre / "centre.pub")
    result = CliRunner().invoke(
        main, ["verify", str(copy), *map(str, cards), "--hub", "hub/test", "--centre", "centre/test"]
    )
    assert result.exit_code == 0, result.output
    assert "2 entries, 1 decisions" in result.output
    assert CliRunner().invoke(main, ["verify", str(copy)]).exit_code == 2
