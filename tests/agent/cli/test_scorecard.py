"""``preclear scorecard``: a real import, real assessments, and what a shipper is handed."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import shutil
from collections.abc import Callable
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from agent.cli import main
from agent.cli.check import QUESTIONS
from agent.domain.consignment.effective import SourceRole
from agent.domain.identifiers.s10 import s10_check_digit
from agent.domain.policy.totals_terms import LIMIT_CODE
from agent.intake.importer import import_manifest
from agent.sandbox.site import Site
from agent.store.assessment_table import StoredAssessment, StoredFinding
from agent.texts.catalogue import LANGUAGES
from agent.texts.scorecard_words import card_words
from sync import sqlite

Scorecard = Callable[..., Result]

EVIL = "<script>alert(1)</script>"
FORMULA = "=HYPERLINK(1)"
PERSON = ("Avery Bellwether", "12 Dunmore Street")
"""Of the consignee of every row."""


def number(n: int) -> str:
    serial = f"{n:08}"
    return f"RR{serial}{s10_check_digit(serial)}GB"


FIRST: tuple[dict[str, str], ...] = (
    {},
    {"consignor_name": "PEARL RIDGE, Trading", "description": "gift"},
    {"consignee_name": "test", "description": "Gift"},
    {"consignor_name": EVIL, "description": EVIL},
    {"consignor_name": FORMULA, "description": "=1+1"},
    {"gross_weight_g": "abc"},
    {"consignor_name": "Twin Peak", "consignor_country": "VN"},
    {"consignor_name": "Twin Peak"},
)
SECOND = ({"tracking_number": number(0), "gross_weight_g": "310"}, {"description": "12345"})
LATE = ({"description": "parts"},)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the seeded hub lies once it is made."""
    return tmp_path_factory.mktemp("seeded") / "hub"


@pytest.fixture
async def scorecard(site: Site, kept: Path) -> Scorecard:
    """The command beside a hub with three weeks of manifests, the last of which is not assessed."""
    if not kept.exists():
        await _seed(site)
        shutil.copytree(
            site.folder, kept, ignore=shutil.ignore_patterns("authority", "centre", site.config_file.name)
        )
    else:
        shutil.copytree(kept, site.folder, dirs_exist_ok=True)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["scorecard", *arguments, "--config", str(site.config_file)])

    return run


async def _seed(site: Site) -> None:
    async with site.open() as opened:
        weeks = ((FIRST, "Forwarder Ltd", 8), (SECOND, "Kestrel Mall", 7), (LATE, "Forwarder Ltd", 0))
        n = 0
        for week, (rows, party, days) in enumerate(weeks):
            numbered = []
            for row in rows:
                numbered.append({"tracking_number": number(n), **row})
                n += 1
            path = site.manifest(*numbered, name=f"week-{week}.csv")
            role = SourceRole.MARKETPLACE if week == 1 else SourceRole.FORWARDER
            await import_manifest(path, opened.hub, party=party, role=role)
            if week == 1:
                while await asyncio.to_thread(opened.hub.assessments.catch_up):
                    pass
            site.clock.advance(days * 86_400)


def card(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    shown: dict[str, Any] = json.loads(result.stdout)
    return shown


def test_a_shippers_card_says_what_the_store_says(scorecard: Scorecard) -> None:
    shown = card(scorecard("--shipper", "pearl ridge trading", "--json"))
    names = ("schema", "kind", "name", "country", "consignments", "assessed", "waiting", "clean")
    assert {name: shown[name] for name in names} == {
        "schema": "preclear.scorecard",
        "kind": "shipper",
        "name": "PEARL RIDGE, Trading",
        "country": "CN",
        "consignments": 5,
        "assessed": 4,
        "waiting": 1,
        "clean": 1,
    }
    assert [
        (f["code"], f.get("field"), f["consignments"], f["share_permille"]) for f in shown["findings"]
    ] == [
        ("DESCRIPTION_REFUSED", None, 2, 500),
        ("DESCRIPTION_REFUSED", None, 1, 250),
        ("PARTY_REFUSED", "consignee.name", 1, 250),
    ]
    assert [(c["field"], c["consignments"]) for c in shown["conflicts"]] == [("gross_weight_g", 1)]
    assert [(w["text"], w["why"], w["consignments"]) for w in shown["worst"]] == [
        ("gift", "stop_term", 2),
        ("12345", "only_digits", 1),
        ("parts", "stop_term", 1),
    ]
    trend = [(p["first"], p["partial"], p["consignments"], p["clean"]) for p in shown["trend"]]
    assert shown["unit"] == "day"
    assert [day for day in trend if day[2]] == [
        ("2026-03-02", True, 2, 0),
        ("2026-03-10", False, 2, 1),
        ("2026-03-17", True, 1, 0),
    ]
    assert shown["imports"] is None


def test_every_error_comes_with_reason_remedy_and_example_in_the_language(scorecard: Scorecard) -> None:
    words = {
        lang: card(scorecard("--shipper", "Pearl Ridge Trading", "--lang", lang, "--json"))
        for lang in LANGUAGES
    }
    first = [shown["findings"][0] for shown in words.values()]
    assert len({f["remedy"] for f in first}) == len({f["reason"] for f in first}) == len(LANGUAGES)
    assert all("GIFT" in f["reason"] and f["example"] for f in first)
    assert len({shown["about"] for shown in words.values()}) == len(LANGUAGES)
    assert [shown["worst"][0]["question"] for shown in words.values()] == [
        card_words(lang)["question"] for lang in LANGUAGES
    ]


def test_the_card_of_a_sender_has_what_became_of_its_files(scorecard: Scorecard) -> None:
    shown = card(scorecard("--party", "forwarder ltd", "--json"))
    assert (shown["kind"], shown["party"], shown["consignments"]) == ("sender", "Forwarder Ltd", 8)
    imports = shown["imports"]
    assert (imports["files"], imports["rows"], imports["rejected"]) == (2, 9, 1)
    assert ("E204", 1) in [(fault["code"], fault["count"]) for fault in imports["faults"]]


def test_the_overview_puts_first_who_has_most_to_mend(scorecard: Scorecard) -> None:
    shown = card(scorecard("--json"))
    assert shown["total"]["consignments"] == 9
    lines = [(line["name"], line["country"], line["consignments"], line["faulty"]) for line in shown["lines"]]
    assert lines[0] == ("PEARL RIDGE, Trading", "CN", 5, 3)
    assert {("Twin Peak", "CN", 1, 0), ("Twin Peak", "VN", 1, 0)} <= set(lines)
    senders = card(scorecard("--by", "sender", "--json"))
    assert [(line["name"], line["consignments"]) for line in senders["lines"]] == [
        ("Forwarder Ltd", 8),
        ("Kestrel Mall", 2),
    ]
    of_one = card(scorecard("--by", "shipper", "--party", "Kestrel Mall", "--json"))
    assert [line["consignments"] for line in of_one["lines"]] == [2]


def test_only_the_days_that_are_asked_for_are_in_it(scorecard: Scorecard) -> None:
    week = ("--since", "2026-03-09", "--until", "2026-03-15", "--json")
    shown = card(scorecard("--shipper", "Pearl Ridge Trading", *week))
    assert (shown["since"], shown["until"], shown["consignments"]) == ("2026-03-09", "2026-03-15", 2)
    assert [period["partial"] for period in shown["trend"]] == [False]
    assert scorecard("--since", "2026-03-09", "--until", "2026-03-02").exit_code == 2


def test_people_read_a_piped_card_without_colours_and_learn_what_it_is_not(scorecard: Scorecard) -> None:
    text = scorecard("--shipper", "Pearl Ridge Trading").stdout
    assert text.startswith("Data quality scorecard: PEARL RIDGE, Trading (CN)\n2026-03-02 to 2026-03-17\n")
    assert "Not assessed yet, and in no share: 1." in text
    assert re.search(r"^ +2 +50\.0\u00a0% +█+ +Too vague: GIFT +Instead of “GIFT”", text, re.MULTILINE)
    assert re.search(r"^ +DESCRIPTION_REFUSED ", text, re.MULTILINE)
    assert re.search(r"^ +2 +gift +Too vague: GIFT$", text, re.MULTILINE)
    assert "It says nothing about risk, inspection or release." in text
    assert "\x1b" not in text
    assert {len(line) - len(line.rstrip()) for line in text.splitlines()} == {0}
    overview = scorecard("--top", "1").stdout
    assert re.search(r"^ +PEARL RIDGE, Trading \(CN\) +5 +3 +25\.0", overview, re.MULTILINE)
    assert "2 × Goods description is not usable" in overview
    assert "and 4 more" in overview


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [name for name, _ in attrs if name in ("href", "src") or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_page_is_one_file_that_runs_and_fetches_nothing(
    scorecard: Scorecard, tmp_path: Path, lang: str
) -> None:
    for arguments in (("--shipper", EVIL), ()):
        file = tmp_path / "card.html"
        assert scorecard(*arguments, "--html", str(file), "--lang", lang).exit_code == 0
        text = file.read_text(encoding="utf-8")
        page = _Page()
        page.feed(text)
        assert EVIL in page.text
        assert "script" not in page.tags
        assert page.links == []
        assert "url(" not in text
        assert f'<html lang="{lang}">' in text
        assert {"h1", "svg", "table", "title"} <= set(page.tags)
        assert card_words(lang)["about"] in page.text


def test_no_form_of_a_card_tells_anything_of_a_consignee(scorecard: Scorecard, tmp_path: Path) -> None:
    html, table = tmp_path / "card.html", tmp_path / "card.csv"
    result = scorecard("--party", "Forwarder Ltd", "--html", str(html), "--csv", str(table), "--json")
    for text in (result.stdout, html.read_text(encoding="utf-8"), table.read_text(encoding="utf-8")):
        assert "DESCRIPTION_REFUSED" in text
        assert not any(part in text for part in PERSON)


def test_no_spreadsheet_takes_a_cell_for_a_formula(scorecard: Scorecard, tmp_path: Path) -> None:
    file = tmp_path / "card.csv"
    for arguments in (("--shipper", FORMULA), ()):
        assert scorecard(*arguments, "--csv", str(file)).exit_code == 0
        with file.open(encoding="utf-8-sig", newline="") as opened:
            cells = [cell for row in csv.reader(opened) for cell in row]
        assert f"'{FORMULA}" in [cell.removesuffix(" (CN)") for cell in cells]
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_a_shipper_that_is_not_there_is_answered_with_names_that_are_near(scorecard: Scorecard) -> None:
    result = scorecard("--shipper", "Pearl Rigde Trading")
    assert result.exit_code == 4
    assert "'PEARL RIDGE, Trading'" in result.output or "'Pearl Ridge Trading'" in result.output
    unknown = scorecard("--party", "Forwarder")
    assert unknown.exit_code == 4
    assert "'Forwarder Ltd'" in unknown.output


def test_a_name_of_two_countries_asks_which_one(scorecard: Scorecard) -> None:
    result = scorecard("--shipper", "Twin Peak")
    assert result.exit_code == 2
    assert "(CN, VN); say which one with --country" in result.output
    assert card(scorecard("--shipper", "Twin Peak", "--country", "vn", "--json"))["country"] == "VN"
    assert scorecard("--country", "VN").exit_code == 2


def test_what_was_made_with_another_layout_counts_as_not_assessed(scorecard: Scorecard, site: Site) -> None:
    with closing(sqlite.connect(site.data / "reference.db")) as conn:
        conn.execute("UPDATE assessment SET body = x'93' WHERE read <> ''")
    total = card(scorecard("--json"))["total"]
    assert (total["assessed"], total["clean_permille"], total["waiting"]) == (0, None, 9)


def test_law_limits_and_what_a_pack_stops_are_on_no_card(scorecard: Scorecard, site: Site) -> None:
    codes = {"NO_DE_MINIMIS": "note", LIMIT_CODE: "mend", "SHOES_BANNED": "stop", "HS_MALFORMED": "mend"}
    with closing(sqlite.connect(site.data / "reference.db")) as conn:
        rows = conn.execute("SELECT consignment, body FROM assessment WHERE read <> ''").fetchall()
        for consignment, body in rows:
            findings = [StoredFinding(code, severity, {}) for code, severity in codes.items()]
            made = msgspec.structs.replace(_BODY.decode(body), findings=findings)
            changed = (msgspec.msgpack.encode(made), consignment)
            conn.execute("UPDATE assessment SET body = ? WHERE consignment = ?", changed)
    result = scorecard("--party", "Forwarder Ltd", "--json")
    assert [finding["code"] for finding in card(result)["findings"]] == ["HS_MALFORMED"]
    assert not any(code in result.stdout for code in codes if code != "HS_MALFORMED")


_BODY = msgspec.msgpack.Decoder(StoredAssessment)


async def test_an_empty_store_gives_an_empty_card(site: Site, tmp_path: Path) -> None:
    async with site.open():
        pass
    words = ["scorecard", "--config", str(site.config_file)]
    html = tmp_path / "empty.html"
    for more in ([], ["--json"], ["--html", str(html)], ["--csv", str(tmp_path / "empty.csv")]):
        assert CliRunner().invoke(main, [*words, *more]).exit_code == 0
    assert "No consignments." in CliRunner().invoke(main, words).stdout
    assert "No consignments." in html.read_text(encoding="utf-8")


@pytest.mark.parametrize(("version", "code", "says"), [(99, 78, "newer preclear"), (1, 4, "start the hub")])
def test_a_store_of_another_schema_is_refused(
    scorecard: Scorecard, site: Site, version: int, code: int, says: str
) -> None:
    with closing(sqlite.connect(site.data / "reference.db")) as conn:
        conn.execute(f"PRAGMA user_version={version}")
    result = scorecard()
    assert result.exit_code == code
    assert says in result.output


def test_a_damaged_store_is_told_and_nothing_is_written(scorecard: Scorecard, site: Site) -> None:
    file = site.data / "reference.db"
    with closing(sqlite.connect(file)) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))
    html = site.folder / "card.html"
    result = scorecard("--html", str(html))
    assert result.exit_code == 1
    assert "cannot be read" in result.output
    assert not html.exists()


def test_a_hub_without_a_store_is_not_found(site: Site) -> None:
    result = CliRunner().invoke(main, ["scorecard", "--config", str(site.config_file)])
    assert result.exit_code == 4
    assert "import a manifest first" in result.output


def test_the_cards_catalogues_agree_and_ask_what_the_check_asks() -> None:
    for lang, tag in (("en", "en"), ("zh", "zh-CN"), ("es", "es")):
        assert card_words(tag)["question"] == QUESTIONS[lang]["goods"]
