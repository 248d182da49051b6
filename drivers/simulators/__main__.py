"""``python -m drivers.simulators scale|scanner --port-link PATH --control PATH``."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from drivers.simulators.process import SimulatorOptions, run_simulator


def main() -> None:
    """Read the command line and simulate until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m drivers.simulators", description=__doc__)
    parser.add_argument("kind", choices=("scale", "scanner"))
    parser.add_argument("--port-link", type=Path, required=True, help="link that leads to the simulated port")
    parser.add_argument("--control", type=Path, required=True, help="UNIX socket that takes JSON lines")
    parser.add_argument("--seed", type=int, default=1, help="makes a run repeatable")
    parser.add_argument("--speed", type=float, default=1.0, help="divides every duration of the device")
    parser.add_argument("--rate-hz", type=float, default=20.0, help="readings per second of a scale")
    parser.add_argument("--parity", choices=("even", "odd"), help="send as a 7-bit line with that parity")
    asyncio.run(run_simulator(SimulatorOptions(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
