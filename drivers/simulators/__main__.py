"""``python -m drivers.simulators scale|scanner --port-link PATH --control PATH``."""

from __future__ import annotations

import argparse
import asyncio
from decimal import Decimal
from pathlib import Path

from drivers.simulators.process import SimulatorOptions, run_simulator
from drivers.simulators.scanner import PREFIXES, SUFFIXES


def main() -> None:
    """Read the command line and simulate until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m drivers.simulators", description=__doc__)
    parser.add_argument("kind", choices=("scale", "scanner"))
    parser.add_argument("--port-link", type=Path, required=True, help="link that leads to the simulated port")
    parser.add_argument("--control", type=Path, required=True, help="UNIX socket that takes JSON lines")
    parser.add_argument("--protocol", help="what it speaks, by the catalogue's name; a scanner: line or ssi")
    parser.add_argument(
        "--tcp", metavar="HOST:PORT", help="serve TCP instead; the link then names host and port"
    )
    parser.add_argument("--seed", type=int, default=1, help="makes a run repeatable")
    parser.add_argument("--speed", type=float, default=1.0, help="divides every duration of the device")
    parser.add_argument("--rate-hz", type=float, default=20.0, help="readings per second of a scale")
    parser.add_argument("--unit", help="what a scale shows; the protocol's usual unit without it")
    parser.add_argument("--division", type=Decimal, help="step of a scale's display, in its unit")
    parser.add_argument("--parity", choices=("even", "odd"), help="send as a 7-bit line with that parity")
    parser.add_argument("--prefix", choices=tuple(PREFIXES), default="none", help="before a label")
    parser.add_argument("--suffix", choices=tuple(SUFFIXES), default="crlf", help="behind a label")
    parser.add_argument("--no-aim", dest="aim", action="store_false", help="leave the AIM identifier out")
    asyncio.run(run_simulator(SimulatorOptions(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
