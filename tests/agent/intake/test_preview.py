"""What a file would be read as, before anything is stored."""

from __future__ import annotations

import json
from pathlib import Path

from agent.intake.importer import Sender
from agent.intake.preview import preview_of
from agent.intake.supervisor import opened
from agent.runtime.clock import SystemClock
from agent.trust.senders import TrustedSenders


def test_a_preview_is_plain_json_with_columns_rows_and_faults_but_no_cells(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text(
        "tracking_number,transport,gross_weight_g\nRR473124829GB,express,290\nRR123456785US,express,heavy\n"
    )
    with opened(path) as file:
        shown = preview_of(file, SystemClock(), Sender(), TrustedSenders(), 10)
    assert json.loads(json.dumps(shown)).keys() == shown.keys()
    assert (shown["file"], [row["consignment"] for row in shown["rows"]]) == ("day.csv", ["RR473124829GB"])
    assert [column["read_as"] for column in shown["columns"]] == [
        "tracking_number",
        "transport",
        "gross_weight_g",
    ]
    (fault,) = shown["faults"]
    assert (fault["line"], fault["column"], fault.get("cells", [])) == (3, "gross_weight_g", [])
