"""``preclear schema feed``: the contract for programs that read the live channel."""

from __future__ import annotations

import json

from click.testing import CliRunner

from agent.cli import main
from agent.feed.messages import feed_schema


def test_the_schema_of_the_feed_is_printed() -> None:
    result = CliRunner().invoke(main, ["schema", "feed"])
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    assert printed == feed_schema()
    assert printed["title"] == "preclear feed 1"
    assert {"hello", "decision", "repeat", "sync"} <= printed["discriminator"]["mapping"].keys()
