"""Every way in which a bundle can be wrong, beside the one in which it is right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import BundleRefused
from models.risk import bundle
from models.risk.features import FEATURES
from models.risk.scorer import Scorer

ALL_FILES = [bundle.MANIFEST, *bundle.CEILINGS]
Reseal = Callable[[str, bytes], None]


def refusal_of(folder: Path, **expect: str) -> BundleRefused:
    with pytest.raises(BundleRefused) as refused:
        Scorer.load(folder, **expect)
    assert refused.value.file in str(refused.value)
    return refused.value


def edited(folder: Path, file: str, **change: object) -> bytes:
    return bundle.canonical(json.loads((folder / file).read_bytes()) | change)


def test_the_shipped_bundle_loads_and_is_small(scorer: Scorer) -> None:
    assert scorer.version == "parcel-risk 1"
    assert sum(path.stat().st_size for path in bundle.SHIPPED.iterdir()) < 1_000_000
    assert sorted(path.name for path in bundle.SHIPPED.iterdir()) == sorted(ALL_FILES)


def test_the_digest_is_that_of_the_manifest_and_is_checked(scorer: Scorer, copied: Path) -> None:
    assert Scorer.load(copied, expect=scorer.digest).digest == scorer.digest
    other = "0" * 64
    assert other in refusal_of(copied, expect=other).reason


@pytest.mark.parametrize("file", ALL_FILES)
def test_a_missing_file_is_named(copied: Path, file: str) -> None:
    (copied / file).unlink()
    refused = refusal_of(copied)
    assert (refused.file, refused.reason.split()[0]) == (file, "missing")


@pytest.mark.parametrize("file", bundle.CEILINGS)
@given(data=st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_flipped_bit_is_refused(copied: Path, file: str, data: st.DataObject) -> None:
    whole = (copied / file).read_bytes()
    at = data.draw(st.integers(0, len(whole) * 8 - 1))
    damaged = bytearray(whole)
    damaged[at // 8] ^= 1 << at % 8
    (copied / file).write_bytes(damaged)
    refused = refusal_of(copied)
    assert (refused.file, refused.reason.split()[0]) == (file, "digest")
    (copied / file).write_bytes(whole)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_in_the_manifest_changes_the_digest(
    copied: Path, scorer: Scorer, data: st.DataObject
) -> None:
    whole = (bundle.SHIPPED / bundle.MANIFEST).read_bytes()
    at = data.draw(st.integers(0, len(whole) * 8 - 1))
    damaged = bytearray(whole)
    damaged[at // 8] ^= 1 << at % 8
    (copied / bundle.MANIFEST).write_bytes(damaged)
    assert refusal_of(copied, expect=scorer.digest).file == bundle.MANIFEST


@pytest.mark.parametrize("number", [0, 2, 99])
def test_an_unknown_format_is_refused_with_its_number(copied: Path, number: int) -> None:
    (copied / bundle.MANIFEST).write_bytes(edited(copied, bundle.MANIFEST, format=number))
    assert f"format {number} is unknown" in refusal_of(copied).reason


def test_an_unknown_table_version_is_refused_with_its_number(copied: Path, reseal: Reseal) -> None:
    reseal("tables.json", edited(copied, "tables.json", version=7))
    refused = refusal_of(copied)
    assert refused.file == "tables.json"
    assert "version 7" in refused.reason


def test_a_chapter_that_weighs_nothing_is_refused(copied: Path, reseal: Reseal) -> None:
    chapters = {"61": {"grams": 0, "cents": 1, "words": []}}
    reseal("tables.json", edited(copied, "tables.json", chapters=chapters))
    assert "positive" in refusal_of(copied).reason


def test_a_manifest_that_lists_other_files_is_refused(copied: Path) -> None:
    listed = json.loads((copied / bundle.MANIFEST).read_bytes())["files"]
    extra = listed | {"extra.bin": listed["model.onnx"]}
    (copied / bundle.MANIFEST).write_bytes(edited(copied, bundle.MANIFEST, files=extra))
    assert "extra.bin" in refusal_of(copied).reason


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'{"format":"1"}', b'{"format":1}', b"\xff\xfe", b"[" * 9000]
)
def test_a_malformed_manifest_is_refused(copied: Path, raw: bytes) -> None:
    (copied / bundle.MANIFEST).write_bytes(raw)
    assert "malformed" in refusal_of(copied).reason


@pytest.mark.parametrize("file", ["golden.json", "schema.json", "tables.json"])
@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b"[" * 9000])
def test_a_malformed_file_under_a_valid_digest_is_refused(
    copied: Path, reseal: Reseal, file: str, raw: bytes
) -> None:
    reseal(file, raw)
    refused = refusal_of(copied)
    assert refused.file == file
    assert "malformed" in refused.reason


@given(raw=st.binary(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_for_a_manifest_is_refused_and_never_raises_otherwise(copied: Path, raw: bytes) -> None:
    (copied / bundle.MANIFEST).write_bytes(raw)
    assert refusal_of(copied).file == bundle.MANIFEST


def test_the_first_column_in_which_a_schema_differs_is_named(copied: Path, reseal: Reseal) -> None:
    columns = json.loads((copied / "schema.json").read_bytes())["features"]
    columns[2], columns[3] = columns[3], columns[2]
    reseal("schema.json", edited(copied, "schema.json", features=columns))
    assert FEATURES[2].name in refusal_of(copied).reason


def test_a_schema_with_fewer_columns_is_refused(copied: Path, reseal: Reseal) -> None:
    columns = json.loads((copied / "schema.json").read_bytes())["features"]
    reseal("schema.json", edited(copied, "schema.json", features=columns[:-1]))
    assert "11 columns" in refusal_of(copied).reason


@pytest.mark.parametrize("keep", [0, 1, 1000, -1])
def test_a_truncated_model_is_refused_even_under_a_valid_digest(
    copied: Path, reseal: Reseal, keep: int
) -> None:
    reseal("model.onnx", (copied / "model.onnx").read_bytes()[:keep])
    assert refusal_of(copied).file == "model.onnx"


@pytest.mark.parametrize("key", ["probability", "paths"])
@pytest.mark.parametrize("off", [2e-5, -0.1])
def test_a_golden_row_that_does_not_reproduce_refuses_the_bundle(
    copied: Path, reseal: Reseal, key: str, off: float
) -> None:
    golden = json.loads((copied / "golden.json").read_bytes())
    row = golden["rows"][-1]
    row[key] = row[key] + off if key == "probability" else [row[key][0], row[key][1] + off, *row[key][2:]]
    reseal("golden.json", bundle.canonical(golden))
    assert "do not reproduce" in refusal_of(copied).reason


@pytest.mark.parametrize("change", [{"base": 0.0}, {"base": 1e300}])
def test_reasons_must_start_from_the_base_that_the_bundle_states(
    copied: Path, reseal: Reseal, change: dict[str, float]
) -> None:
    reseal("golden.json", edited(copied, "golden.json", **change))
    assert "do not reproduce" in refusal_of(copied).reason


def test_an_absurd_golden_row_refuses_the_bundle(copied: Path, reseal: Reseal) -> None:
    golden = json.loads((copied / "golden.json").read_bytes())
    golden["rows"][0] |= {"x": [1e300] * 12, "paths": [1e300] * 13, "probability": 1e300}
    reseal("golden.json", bundle.canonical(golden))
    assert "do not reproduce" in refusal_of(copied).reason


def test_golden_rows_must_exist_and_fit_the_schema(copied: Path, reseal: Reseal) -> None:
    golden = json.loads((copied / "golden.json").read_bytes())
    reseal("golden.json", bundle.canonical(golden | {"rows": []}))
    assert "no rows" in refusal_of(copied).reason
    golden["rows"][0]["x"].pop()
    reseal("golden.json", bundle.canonical(golden))
    assert "number of columns" in refusal_of(copied).reason


@pytest.mark.parametrize("file", ALL_FILES)
def test_a_file_beyond_its_ceiling_is_refused(copied: Path, file: str) -> None:
    with (copied / file).open("ab") as opened:
        opened.truncate(9_000_000)
    refused = refusal_of(copied)
    assert refused.file == file
    assert "more than" in refused.reason


def test_a_folder_in_the_place_of_a_file_is_refused(copied: Path) -> None:
    (copied / "card.json").unlink()
    (copied / "card.json").mkdir()
    assert "unreadable" in refusal_of(copied).reason


def test_a_manifest_is_made_of_exactly_the_files_of_a_bundle() -> None:
    files = dict.fromkeys(bundle.CEILINGS, b"x")
    assert json.loads(bundle.manifest_of(files, name="n", version="1"))["files"].keys() == files.keys()
    with pytest.raises(BundleRefused, match=r"other\.txt"):
        bundle.manifest_of(files | {"other.txt": b""}, name="n", version="1")
    with pytest.raises(BundleRefused, match="65537 bytes"):
        bundle.manifest_of(files | {"CARD.md": b"x" * 65_537}, name="n", version="1")
    del files["CARD.md"]
    with pytest.raises(BundleRefused, match=r"CARD\.md: missing"):
        bundle.manifest_of(files, name="n", version="1")
