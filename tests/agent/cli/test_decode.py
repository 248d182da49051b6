"""``preclear decode``: the contract for programs outside, line by line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import drivers
from agent.cli import main
from agent.cli import stdin_lines as reading_lines

KG = b"S S      1.230 kg\r\n"
COMMAND = "from agent.cli import main; main()"
NOTHING: dict[str, Any] = {
    "protocol": None,
    "value": None,
    "unit": None,
    "grams": None,
    "stable": None,
    "status": [],
    "frames": 0,
}


def preclear(*arguments: str | Path, given: bytes | str = b"") -> Result:
    return CliRunner().invoke(main, ["decode", *map(str, arguments)], input=given)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def scale(frame: bytes, *arguments: str) -> dict[str, Any]:
    result = preclear("scale", *arguments, given=frame.hex() + "\n")
    assert result.exit_code == 0, result.output
    (answer,) = lines(result)
    return answer


# -- scale -----------------------------------------------------------------------------------------------


def test_a_frame_gives_the_devices_digits_its_unit_and_grams() -> None:
    assert scale(KG, "--protocol", "mt-sics") == {
        "protocol": "mt-sics",
        "value": "1.230",
        "unit": "kg",
        "grams": 1230,
        "stable": True,
        "status": [],
        "frames": 1,
    }


def test_auto_is_the_default_and_says_which_protocol_it_was() -> None:
    assert scale(KG) == scale(KG, "--protocol", "auto") == scale(KG, "--protocol", "mt-sics")


@pytest.mark.parametrize(
    ("frame", "fields"),
    [
        (b"S D      7.250 kg\r\n", {"value": "7.250", "stable": False, "status": ["motion"], "grams": 7250}),
        (b"S S     -0.050 kg\r\n", {"value": "-0.050", "status": ["negative"], "grams": -50}),
        (b"S S      0.000 kg\r\n", {"value": "0.000", "grams": 0}),
        (b"S S        0.5 g\r\n", {"value": "0.5", "grams": 0}),
        (b"S S        1.5 g\r\n", {"value": "1.5", "grams": 2}),
        (b"S S      1.230 tl\r\n", {"value": "1.230", "unit": "tl", "grams": None}),
        (b"S S         12 PCS\r\n", {"value": None, "grams": None, "status": ["not_weight"]}),
        (b"S +\r\n", {"value": None, "unit": None, "stable": None, "status": ["overload"], "frames": 1}),
        (b"I4 A \"B1\"\r\n", {"value": None, "unit": None, "stable": None, "status": [], "frames": 1}),
        (b"S S      1.2", {"value": None, "frames": 0, "protocol": "mt-sics"}),
        (b"hello\r\n", {"value": None, "frames": 0, "status": []}),
    ],
)  # fmt: skip
def test_what_a_frame_says_is_told_and_nothing_is_invented(frame: bytes, fields: dict[str, Any]) -> None:
    answer = scale(frame, "--protocol", "mt-sics")
    assert {key: answer[key] for key in fields} == fields


def test_the_last_whole_frame_of_a_line_counts_and_all_are_counted() -> None:
    answer = scale(KG + b"??\r\n" + b"S S      2.000 kg\r\n" + b"S S      3.0", "--protocol", "mt-sics")
    assert (answer["value"], answer["frames"]) == ("2.000", 2)


def test_a_unit_is_filled_in_only_where_the_device_names_none() -> None:
    bare = b"S S     100.00\r\n"
    assert scale(bare, "--protocol", "mt-sics")["grams"] is None
    filled = scale(bare, "--protocol", "mt-sics", "--unit", "LBS")
    assert (filled["unit"], filled["grams"]) == ("lb", 45359)
    assert scale(KG, "--protocol", "mt-sics", "--unit", "lb")["unit"] == "kg"
    assert scale(b"S +\r\n", "--protocol", "mt-sics", "--unit", "lb")["unit"] is None


def test_a_switch_is_set_by_name() -> None:
    short = b"S S 12.34 kg\r\n"
    assert scale(short, "--protocol", "mt-sics")["value"] == "12.34"
    assert scale(short, "--protocol", "mt-sics", "--switch", "width=ten")["value"] is None


def test_each_line_that_holds_bytes_gives_exactly_one_line() -> None:
    result = preclear(
        "scale", given="\n# a comment\n  \n53 49 0x0d,0x0A\n5320530D0A # S S\n0x53 0x2\n"
    )  # fmt: skip
    assert result.exit_code == 0
    assert len(lines(result)) == 3


def test_a_line_nobody_can_read_is_an_error_of_its_own_and_the_command_ends_with_3() -> None:
    result = preclear(
        "scale", "--protocol", "mt-sics", given=f"zz\n{KG.hex()}\n535\n\xff\n".encode("latin-1")
    )
    assert result.exit_code == 3
    bad, good, half, binary = lines(result)
    assert bad == {"error": "not hex: 'zz'; write two digits a byte"}
    assert good["value"] == "1.230"
    assert half["error"].startswith("not hex: '535'")
    assert binary == {"error": "not hex: a byte outside ASCII"}


def test_a_line_above_the_ceiling_is_refused_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_lines, "MAX_LINE", 100)
    result = preclear("scale", given="5" * 250 + "\n" + KG.hex() + "\n" + "5" * 101)
    assert result.exit_code == 3
    long, good, last = lines(result)
    assert "longer than" in long["error"]
    assert good["value"] == "1.230"
    assert "longer than" in last["error"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--protocol", "mt-six"], "no scale protocol is called 'mt-six'"),
        (["--protocol", "line-scanner"], "no scale protocol"),
        (["--unit", "stone"], "no unit of weight is called 'stone'"),
        (["--switch", "width=any"], "name it with --protocol"),
        (["--protocol", "mt-sics", "--switch", "width"], "write name=value"),
        (["--protocol", "mt-sics", "--switch", "width=two"], "use one of learned, ten, any"),
        (["--protocol", "mt-sics", "--switch", "depth=1"], "use one of width"),
    ],
)
def test_a_wrong_option_is_a_usage_error_that_names_the_right_ones(
    arguments: Sequence[str], message: str
) -> None:
    result = preclear("scale", *arguments, given=KG.hex())
    assert result.exit_code == 2
    # The message may be wrapped and framed.
    assert message in " ".join(result.stderr.split())


def test_bytes_that_no_protocol_reads_have_no_protocol() -> None:
    assert scale(b"\x00\x01\x00\xff\xfe") == NOTHING


def test_a_reader_that_leaves_early_is_no_error() -> None:
    ended = subprocess.run(
        ["/bin/sh", "-c", f"yes {KG.hex()} | '{sys.executable}' -c '{COMMAND}' decode scale | head -n 2"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.stdout.count("1.230") == 2
    assert ended.stderr == ""


def test_an_answer_comes_before_the_next_question_is_asked() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "decode", "scale"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stdin is not None
        assert running.stdout is not None
        for _ in range(2):
            running.stdin.write(KG.hex() + "\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["value"] == "1.230"
        running.stdin.close()
        assert running.wait(10) == 0


# -- stream ----------------------------------------------------------------------------------------------

RECORDED = (
    b".230 kg\r\n"
    + b"S S      1.230 kg\r\nS D     10.500 kg\r\nS S     -0.010 kg\r\nS +\r\nS S      1.250 kg\r\nS S   "
)
SUMMED = {
    "frames": 5,
    "stable": 3,
    "unstable": 1,
    "min": "-0.010",
    "max": "10.500",
    "last": "1.250",
    "unit": "kg",
    "discarded": 7,
}


def transcript(data: bytes, size: int) -> bytes:
    records = [
        {
            "v": 1,
            "port": "/dev/serial/by-id/scale",
            "settings": "9600 8N1",
            "direction": "in",
            "mono_ns": index * 1_000_000,
            "wall": "2026-03-01T09:30:00Z",
            "hex": data[start : start + size].hex(),
        }
        for index, start in enumerate(range(0, len(data), size))
    ]
    sent = records[0] | {"direction": "out", "hex": b"SIR\r\n".hex()}
    return b"".join(json.dumps(record).encode() + b"\n" for record in [sent, *records])


@pytest.mark.parametrize("protocol", ["mt-sics", "auto"])
@pytest.mark.parametrize("kind", ["raw", "transcript", "piped"])
def test_a_recording_is_summed_up_whether_raw_or_a_transcript(
    tmp_path: Path, protocol: str, kind: str
) -> None:
    given = transcript(RECORDED, 5) if kind == "transcript" else RECORDED
    file = tmp_path / "recording"
    file.write_bytes(given)
    result = preclear(
        "stream", "--protocol", protocol, "-" if kind == "piped" else file, given=given
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == SUMMED
    if protocol == "auto":
        assert "read as mt-sics" in result.stderr


def test_a_recording_longer_than_a_chunk_is_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "long"
    file.write_bytes(KG * 8000 + b"S S      9.000 kg\r\n")
    summary = json.loads(preclear("stream", file).stdout)
    assert (summary["frames"], summary["max"], summary["last"]) == (8001, "9.000", "9.000")
    file.write_bytes(transcript(KG * 8000 + b"S S      9.000 kg\r\n", 1000))
    assert json.loads(preclear("stream", file).stdout) == summary


def test_a_scale_that_changes_its_unit_is_compared_by_weight(tmp_path: Path) -> None:
    file = tmp_path / "recording"
    file.write_bytes(b"S S      0.900 kg\r\nS S      850.0 g\r\nS S      1.000 lb\r\n")
    summary = json.loads(preclear("stream", "--protocol", "mt-sics", file).stdout)
    assert (summary["min"], summary["max"], summary["unit"]) == ("1.000", "0.900", "lb")


def test_a_recording_that_nothing_reads_is_all_discarded_and_says_why(tmp_path: Path) -> None:
    file = tmp_path / "recording"
    file.write_bytes(b"\x00\x01\xfe" * 50_000)
    result = preclear("stream", file)
    assert json.loads(result.stdout)["discarded"] == 150_000
    assert "no protocol reads this recording" in result.stderr


def test_a_recording_of_a_line_set_wrongly_is_told_how_to_set_it(tmp_path: Path) -> None:
    file = tmp_path / "recording"
    file.write_bytes(bytes(b | 0x80 if b.bit_count() % 2 else b for b in KG * 5))
    result = preclear("stream", file)
    assert json.loads(result.stdout)["frames"] == 0
    assert "set the line to 7E1" in result.stderr


def test_a_damaged_transcript_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "recording"
    file.write_bytes(transcript(KG, 50) + b'{"v":1,"hex":\n')
    result = preclear("stream", file)
    assert result.exit_code == 1
    assert "recording, line 3: not JSON" in result.stderr


def test_a_recording_that_is_not_there_is_a_usage_error() -> None:
    assert preclear("stream", "/nowhere/recording").exit_code == 2


# -- barcode ---------------------------------------------------------------------------------------------


def test_a_label_gives_its_readings_best_first() -> None:
    result = preclear("barcode", given='{"payload": "00106141412345678908", "aim": "]C1"}\n')
    assert result.exit_code == 0
    (answer,) = lines(result)
    first = answer["candidates"][0]
    assert (first["kind"], first["value"], first["valid"], first["reason"]) == (
        "sscc", "106141412345678908", True, None,
    )  # fmt: skip
    assert first["parts"]["extension"] == "1"


def test_a_label_with_a_wrong_check_digit_says_why() -> None:
    (answer,) = lines(preclear("barcode", given='{"payload": "RR473124820GB", "aim": null}\n'))
    (postal,) = [c for c in answer["candidates"] if c["kind"] == "s10"]
    assert (postal["valid"], postal["reason"]) == (False, "check_digit")


def test_bad_labels_are_errors_of_their_own_and_the_rest_goes_on() -> None:
    bad = ["nonsense", "[1]", '{"aim": "]C1"}', '{"payload": 5}', '{"payload": "A", "aim": 1}', "[" * 100_000]
    result = preclear("barcode", given="\n".join([*bad, "", '{"payload": "RR473124829GB"}']) + "\n")
    assert result.exit_code == 3
    answers = lines(result)
    assert len(answers) == len(bad) + 1
    assert all(list(answer) == ["error"] for answer in answers[:-1])
    assert answers[-1]["candidates"][0]["value"] == "RR473124829GB"


def test_text_that_is_no_label_has_no_reading() -> None:
    result = preclear("barcode", given='{"payload": "", "aim": null}\n{"payload": "\\ud800"}\n')
    assert lines(result) == [{"candidates": []}, {"candidates": []}]


# -- protocols -------------------------------------------------------------------------------------------


def test_the_protocols_are_listed_with_settings_and_switches() -> None:
    listing = json.loads(preclear("protocols", "--json").stdout)
    by_name = {protocol["name"]: protocol for protocol in listing["protocols"]}
    assert listing["schema"] == "preclear.protocols"
    assert by_name["mt-sics"]["settings"] == "9600 8N1"
    assert by_name["mt-sics"]["switches"][0]["values"] == ["learned", "ten", "any"]
    assert all(protocol["title"] and protocol["source"] for protocol in by_name.values())
    shown = preclear("protocols").stdout
    assert all(f"\n{name}  " in f"\n{shown}" for name in by_name)
    assert "--switch width=learned|ten|any" in shown
    table = preclear("protocols", "--markdown").stdout.splitlines()
    assert len(table) == len(by_name) + 2
    assert all(line.count(" | ") == 4 for line in table)


def test_decoding_bytes_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from agent.cli import main\n"
        "try:\n    main(['decode', 'scale'])\n"
        "except SystemExit as ended:\n    assert not ended.code\n"
        "heavy = {'asyncio', 'numpy', 'aiohttp', 'onnxruntime', 'pydantic', 'biip', 'serialx', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], input="", capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.stdout == "[]\n", ended.stderr


def test_the_page_of_the_protocols_has_the_table_that_the_command_prints() -> None:
    page = (Path(drivers.__file__).parent / "scales" / "README.md").read_text()
    assert preclear("protocols", "--markdown").stdout in page
