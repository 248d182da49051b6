"""Feeds one importer with damaged files; run by ``test_importers.py``, each importer in a process of its own.

``python -m tests.soak.importers --seconds 60 --seed 7 FORMAT`` prints objects of JSON as it goes on and at
the end. A case follows from seed, format and number alone; the one at hand lies in ``--case``, should we die
of it. ``--replay BASE64`` reads one case again.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import re
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

from agent.domain.consignment.declaration import Transport, decode, encode
from agent.domain.errors import ManifestRefused
from agent.formats.air_cargo.imp_messages import read_cargo_imp
from agent.formats.air_cargo.placi import write_per, write_psn
from agent.formats.air_cargo.placi_answers import read_camir, read_xml_answer
from agent.formats.air_cargo.xml_messages import read_cargo_xml
from agent.formats.detect import HEAD, READERS, detect, read
from agent.formats.errors import AnswerInvalid
from agent.formats.profiles.profile import Profile, load_profile
from agent.formats.reading import Format, ReadOrder
from agent.formats.rows import CLIP, Row, RowError
from tests.agent.formats.air_cargo import test_placi_answers
from tests.agent.formats.conftest import write_workbook
from tests.agent.formats.edi import test_itmatt, test_x12_309
from tests.agent.formats.old_workbooks import Sheets, write_ods, write_xls
from tests.agent.formats.tabular import test_json_rows, test_typed_csv
from tests.soak.mutations import TABLE_NOISE, XML_NOISE, in_zip, mutated

TESTS = Path(__file__).parents[1] / "agent" / "formats"
AT = datetime(2025, 2, 14, 12, 0, tzinfo=UTC)
MEMORY_BYTES = 1 << 30
"""Address space, as the reading process of the hub has it."""
ROWS = 20_000
"""Rows of one case that are looked at."""

_CODE = re.compile(r"[EW][0-9]{3}")
_PROFILES = (
    b"",
    b'format = 1\nid = "comma"\ndecimal_comma = true\ncurrency = "EUR"\nweight_unit = "g"\n'
    b'date_format = "%d.%m.%Y %H:%M"\nutc_offset = "+02:00"\n[constants]\nconsignor_country = "CN"\n',
    b'format = 1\nid = "items"\nrows = "item"\ntransport = "express"\nencoding = "cp1252"\n'
    b'[columns]\nColour = "item_description"\n',
    b'format = 1\nid = "typed"\ntransport = "mail"\n[records.types.hawb]\nlevel = "parcel"\n'
    b'fields = ["-", "tracking_number", "..."]\n[records.types.goods]\nlevel = "item"\n'
    b'fields = ["-", "item_description"]\n',
)
_TABLE = [
    [
        "Tracking No",
        "Mode",
        "Consignee Name",
        "Consignee ZIP",
        "Consignee Country",
        "HS Code",
        "Description",
        "Weight (kg)",
        "Value",
        "Currency",
        "ETA",
        "Colour",
    ],
    ["RB123456785GB", "mail", "Jane Doe", "7102", "US", "610910", "shirt", "0.25", "12.50", "USD", "", "red"],
    ["RR473124829GB", "mail", "Zoë Ünal", "2134", "US", "9012100", 'a "cap"', "1", "3", "USD", "", ""],
    ["BOX-000001", "express", "王小明", "100000", "CN", "", "铁锅, 2", "2.5", "80", "USD", "45901.5", ""],
    ["Total", "", "", "", "", "", "", "3.75", "95.5", "", "", ""],
]
_GOODS = [
    ["Tracking No", "Item Description", "Item Quantity", "Item Value", "Currency"],
    ["RB123456785GB", "cotton shirt", "2", "12.50", "USD"],
    ["LX000000000CN", "steel pan", "1", "3", "USD"],
]

Read = Callable[[bytes, Random], Iterator[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """What is fed, and with what."""

    samples: tuple[bytes, ...]
    read: Read
    noise: tuple[bytes, ...]
    zipped: bool = False


def _separated(separator: str, rows: list[list[str]], end: str = "\n") -> str:
    cells = (['"' + c.replace('"', '""') + '"' if set(c) & {'"', separator} else c for c in r] for r in rows)
    return end.join(map(separator.join, cells)) + end


def _mapped(kind: Format, name: str) -> Read:
    """By the reader of this format alone, or by whichever the first bytes ask for."""
    profiles = [None, *(load_profile(text, "p.toml") for text in _PROFILES[1:])]

    def outcomes(data: bytes, chance: Random) -> Iterator[Any]:
        profile: Profile | None = chance.choice(profiles)
        order = ReadOrder(profile=profile, transport=Transport.MAIL, received=AT)
        if chance.randrange(4) == 0:
            detect(data[:HEAD], name)
            return read(io.BytesIO(data), name, order).rows
        return READERS[kind](io.BytesIO(data), order).rows

    return outcomes


def _cargo(reader: Callable[..., Iterator[Any]]) -> Read:
    def outcomes(data: bytes, chance: Random) -> Iterator[Any]:
        stream: BinaryIO = io.BytesIO(data)
        if chance.randrange(4) == 0:
            return read(stream, "x", ReadOrder(transport=Transport.EXPRESS, received=AT)).rows
        return reader(stream, received=AT)

    return outcomes


def _answers(data: bytes, chance: Random) -> Iterator[Any]:
    first, second = read_camir, read_xml_answer
    if (b"<" in data) != (chance.randrange(8) == 0):
        return iter(second(data))
    return iter(first(data, received=AT))


def importers() -> Mapping[str, Importer]:
    """Every importer by its name."""
    text = {part: (TESTS / "air_cargo" / part).read_bytes() for part in ("fhl5.txt", "fwb16.txt", "ffm8.txt")}
    xml = {part: (TESTS / "air_cargo" / part).read_bytes() for part in ("xfzb.xml", "xfwb.xml", "xffm.xml")}
    table, typed = _separated(",", _TABLE), [[_as_number(cell) for cell in row] for row in _TABLE]
    sheets: Sheets = {"Packages": [row[:6] for row in typed], "Goods": _GOODS}
    whole: Sheets = {"Sheet": typed}
    edi = (b"'", b"+", b":", b"?", b"?'", b"UNT+1+1'", b"CNI+1+RB123456785GB'", b"GID+1'", b"UNA:+.? '")
    x12_noise = (b"~", b"*", b">", b"LX*1~", b"M11*BOX9~", b"N1*CN*", b"IEA*1*000000010~", b"ST*309*1~")
    lines = (b"\r\n", b"/", b"//", b"-", b"=", b"NNNN", b"\nHBS/", b"\nSHP\n", b"\nULD/", b"/T2K35", b"CONT")
    order = json.dumps(test_json_rows.ORDER).encode()
    messages = [write_psn("7H", AT, master="007-12345678"), write_per("MISSING_WEIGHT", house="H1")]
    sources = {
        "csv": (
            (table.encode(), _separated(";", _GOODS, "\r\n").encode(), table.encode("gb18030")),
            _mapped(Format.CSV, "x.csv"),
        ),
        "tsv": (
            (_separated("\t", _TABLE).encode("utf-16"), _separated("\t", _TABLE).encode()),
            _mapped(Format.CSV, "x.tsv"),
        ),
        "json": (
            (order, json.dumps({"data": {"orders": [test_json_rows.ORDER] * 3}}).encode()),
            _mapped(Format.JSON, "x.json"),
        ),
        "typed-csv": (
            (test_typed_csv.FILE.encode(), _separated(",", _TABLE).encode()),
            _mapped(Format.TYPED_CSV, "x.csv"),
        ),
        "jsonl": ((b"\n".join([order] * 3),), _mapped(Format.JSONL, "x.jsonl")),
        "xlsx": (
            (write_workbook(whole).getvalue(), write_workbook(sheets, ["Goods"]).getvalue()),
            _mapped(Format.SHEET, "x.xlsx"),
        ),
        "xls": (
            (write_xls(whole).getvalue(), write_xls(sheets, from_1904=True).getvalue()),
            _mapped(Format.SHEET, "x.xls"),
        ),
        "ods": (
            (write_ods(whole).getvalue(), write_ods(sheets).getvalue()),
            _mapped(Format.SHEET, "x.ods"),
        ),
        "fhl": ((text["fhl5.txt"],), _cargo(read_cargo_imp)),
        "fwb": ((text["fwb16.txt"],), _cargo(read_cargo_imp)),
        "ffm": ((text["ffm8.txt"],), _cargo(read_cargo_imp)),
        "xfzb": ((xml["xfzb.xml"],), _cargo(read_cargo_xml)),
        "xfwb": ((xml["xfwb.xml"],), _cargo(read_cargo_xml)),
        "xffm": ((xml["xffm.xml"],), _cargo(read_cargo_xml)),
        "itmatt": (
            ((test_itmatt.HEAD + test_itmatt.ITEM * 2 + test_itmatt.TAIL).encode(),),
            _mapped(Format.ITMATT, "x.edi"),
        ),
        "x12-309": (
            ((test_x12_309.HEAD + test_x12_309.BILL * 2 + test_x12_309.TAIL).encode(),),
            _mapped(Format.X12_309, "x.x12"),
        ),
        "placi": (
            (
                "\n".join(messages).encode(),
                test_placi_answers.xfnm("Error", "MISSING_SHP_ADDR"),
                test_placi_answers.xcsn("RI", "PACT REQUEST FOR INFORMATION HOLD", house="ABC1"),
            ),
            _answers,
        ),
    }
    noises = {"itmatt": edi, "x12-309": x12_noise, "fhl": lines, "fwb": lines, "ffm": lines}
    noises |= dict.fromkeys(("xfzb", "xfwb", "xffm", "placi", "xlsx", "ods"), XML_NOISE)
    return {
        name: Importer(
            samples=samples, read=how, noise=noises.get(name, TABLE_NOISE), zipped=name in ("xlsx", "ods")
        )
        for name, (samples, how) in sources.items()
    }


def _as_number(cell: str) -> str | float:
    return float(cell) if re.fullmatch(r"[0-9]{1,6}\.[0-9]+|[0-9]", cell) else cell


def case_of(importer: Importer, chance: Random) -> bytes:
    """A damaged sample, or bytes of no sort, or what a sample begins with and bytes of no sort."""
    sort = chance.randrange(12)
    sample = chance.choice(importer.samples)
    if sort == 0:
        return chance.randbytes(chance.randrange(2_000))
    if sort == 1:
        return sample[: chance.randrange(64)] + chance.randbytes(chance.randrange(2_000))
    if importer.zipped and sort < 10:
        return in_zip(chance, sample, importer.noise)
    return mutated(chance, sample, importer.noise)


def check(importer: Importer, data: bytes, chance: Random, outcomes: Counter[str]) -> int:
    """Read one case; what comes out is a row, a fault or a refusal, each as it is documented.

    Returns:
        Rows that were taken.
    """
    rows = 0
    try:
        for number, outcome in enumerate(importer.read(data, chance)):
            if number >= ROWS:
                break
            if isinstance(outcome, Row):
                assert decode(encode(outcome.declaration)) == outcome.declaration
                assert all(_CODE.fullmatch(one.code) for one in outcome.mended)
                rows += 1
            elif isinstance(outcome, RowError):
                assert _CODE.fullmatch(outcome.code), outcome.code
                assert outcome.message, outcome
                assert len(outcome.value) <= CLIP, outcome
                outcomes[outcome.code] += 1
            else:
                assert outcome.kind, outcome
                rows += 1
    except ManifestRefused as refused:
        outcomes[f"file {refused.code}" if refused.hint and _CODE.fullmatch(refused.code) else "unnamed"] += 1
    except AnswerInvalid as refused:
        outcomes["AnswerInvalid" if str(refused) else "unnamed"] += 1
    except MemoryError:
        outcomes["file E020"] += 1
    assert not outcomes["unnamed"], "a refusal without code or remedy"
    return rows


def _status_kb(key: str) -> int:
    match = re.search(rf"^{key}:\s+(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(match[1]) if match else 0


def feed(
    name: str, *, seconds: float, first: int, cases: int, seed: int, case_file: Path
) -> Iterator[dict[str, Any]]:
    """Feed an importer for that long, or that many cases; report now and then, and at the end."""
    importer = importers()[name]
    outcomes: Counter[str] = Counter()
    for sample in importer.samples:
        check(importer, sample, Random(0), Counter())
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak that starting took
    before_kb, begun = _status_kb("VmRSS"), time.monotonic()
    number, fed, rows, shown = first, 0, 0, begun
    slowest, slowest_case = 0.0, 0
    failed: dict[str, Any] = {}

    def figures() -> dict[str, Any]:
        return {
            "importer": name,
            "seed": seed,
            "cases": number - first,
            "bytes": fed,
            "seconds": round(time.monotonic() - begun, 3),
            "rows": rows,
            "told": dict(outcomes.most_common()),
            "peak_rss_mb": _status_kb("VmHWM") >> 10,
            "grown_mb": max(0, _status_kb("VmHWM") - before_kb) >> 10,
            "slowest_ms": round(1e3 * slowest),
            "slowest_case": slowest_case,
            **({"failed": failed} if failed else {}),
        }

    with case_file.open("wb", buffering=0) as kept:
        while number - first < cases and time.monotonic() - begun < seconds:
            data = case_of(importer, Random(f"{seed}/{name}/{number}"))
            now = time.monotonic()
            kept.seek(0)
            kept.write(f"{number:>12}\n".encode() + data)
            kept.truncate()
            try:
                rows += check(importer, data, Random(number), outcomes)
            except BaseException:  # noqa: BLE001 - whatever else it is, this is what is looked for
                failed = {
                    "case": number,
                    "raised": traceback.format_exc(limit=-6),
                    "base64": base64.b64encode(data).decode(),
                }
                break
            took = time.monotonic() - now
            if took > slowest:
                slowest, slowest_case = took, number
            number += 1
            fed += len(data)
            if now - shown >= 0.2:
                shown = now
                yield figures()
    yield figures()


def main() -> None:
    """Do what the arguments say."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("importers", nargs="*", help="all, if none is named")
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--first", type=int, default=0, help="case to begin with")
    arguments.add_argument("--cases", type=int, default=sys.maxsize)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--case", type=Path, default=Path(tempfile.gettempdir()) / "case")
    arguments.add_argument("--replay")
    given = arguments.parse_args()
    for name in given.importers or importers():
        if given.replay is not None:
            outcomes: Counter[str] = Counter()
            data = base64.b64decode(given.replay)
            rows = check(importers()[name], data, Random(given.first), outcomes)
            results: Iterator[dict[str, Any]] = iter([{"importer": name, "rows": rows, "told": outcomes}])
        else:
            limits = {"seconds": given.seconds, "first": given.first, "cases": given.cases}
            results = feed(name, case_file=given.case, seed=given.seed, **limits)
        for figures in results:
            sys.stdout.write(json.dumps(figures) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
