"""The model card: what the model is for, what it was made from, how good it is, and what it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.risk.emitter import Platt

USE = (
    "Ranks parcels at a hub of origin, so that the riskiest are referred for screening. A score may add a "
    "referral; it never clears a parcel and never removes a referral."
)

LIMITS = (
    "Every parcel it learnt from is made by models/training/risk/data.py. The figures prove the way from "
    "declaration and scale to a calibrated, explained score; they say nothing of what would be caught in "
    "real traffic.",
    "The faults are three: undervaluation, misdescription, goods that are not on the manifest. Others are "
    "not scored.",
    "The probability is that of a finding at inspection, at the made base rate. Calibrate again on audited "
    "parcels of the hub before a threshold is set.",
    "Words are read in English and Spanish; another script leaves both text features unknown.",
    "No feature describes a person, a name, an origin or a nationality. Weight, price and goods can still "
    "stand in for a route or a seller; check referral rates by route.",
)


def document(
    *,
    name: str,
    version: str,
    parameters: Mapping[str, object],
    trees: int,
    platt: Platt,
    figures: Mapping[str, object],
) -> dict[str, Any]:
    """The content of ``card.json``."""
    return {
        "name": name,
        "version": version,
        "use": USE,
        "limits": list(LIMITS),
        "data": {
            "source": "made, seeded: models/training/risk/data.py",
            "train": "months 0-7",
            "calibrate": "months 8-9",
            "test": "months 10-11",
            "labels": "inspection findings: 85 % of faults are found, 0.4 % of sound parcels get a finding",
        },
        "model": {
            "kind": "gradient-boosted trees, LightGBM, written to ONNX by models/risk/emitter.py",
            "trees": trees,
            "parameters": dict(parameters),
            "platt": {"slope": platt.slope, "shift": platt.shift},
        },
        "figures": dict(figures),
    }


def markdown(card: Mapping[str, Any]) -> bytes:
    """``CARD.md``: the same for people."""
    figures = card["figures"]
    rows = figures["rows"]
    lines = [
        f"# Model card: {card['name']} {card['version']}",
        "",
        card["use"],
        "",
        "## Data",
        "",
        f"{card['data']['source']}. {rows['train']} parcels to train ({card['data']['train']}), "
        f"{rows['calibrate']} to calibrate ({card['data']['calibrate']}), {rows['test']} to test "
        f"({card['data']['test']}). Labels: {card['data']['labels']}.",
        "",
        "## Figures on the test months",
        "",
        "| figure | value |",
        "| --- | --- |",
        *(
            f"| {key.replace('_', ' ')} | {value} |"
            for key, value in figures.items()
            if isinstance(value, float)
        ),
        "",
        "| what the parcel was | parcels | share in the riskiest 5 % | AUC against sound parcels |",
        "| --- | --- | --- | --- |",
        *(
            f"| {kind} | {row['rows']} | {row['in_top_5_percent']} | {row.get('auc', '')} |"
            for kind, row in figures["by_kind"].items()
        ),
        "",
        "## Limits",
        "",
        *(f"- {limit}" for limit in card["limits"]),
    ]
    return "\n".join(lines).encode() + b"\n"
