"""How long a first case takes, and how much memory, beside an earlier build.

python -m benchmarks.startup --before CLONE
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.stamp import commit, data_sha256

_ROOT = Path(__file__).parents[2]
_CODE = "from kgdx.cli.main import main; main()"
# Each build reads the demo case of its own checkout: the words of a case have changed, its findings have not.
_DEMO = "examples/cases/effusion.json"
_CASES = {"coded": ("--finding", "HP:0002202"), "demo": (_DEMO,)}
_TALK = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took: wall clock and processor in seconds, peak of resident memory in MB."""

    seconds: float
    cpu_s: float
    peak_mb: float


def main() -> None:
    """Run both builds in turn and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, required=True, help="clone of an earlier build with its .venv")
    parser.add_argument("--rounds", type=int, default=5, help="times that each command runs")
    options = parser.parse_args()
    began = time.perf_counter()
    found = measure(options.before.resolve(), options.rounds)
    _show(found)
    print(
        json.dumps(
            found
            | {
                "seconds": round(time.perf_counter() - began, 1),
                "release": _release(),
                "commit": commit(),
                "data_sha256": data_sha256([_ROOT / "models", _ROOT / _DEMO]),
            }
        )
    )


def measure(before: Path, rounds: int) -> dict[str, Any]:
    """Costs of both cases in both builds, alternated; a first round, uncounted, fills the caches.

    Args:
        before: root of a clone, with a virtual environment in `.venv` that it is installed in.
    """
    builds = {
        "before": (before, [str(before / ".venv" / "bin" / "kgdx")]),
        "now": (_ROOT, [sys.executable, "-c", _CODE]),
    }
    costs: dict[tuple[str, str], list[Cost]] = {(case, build): [] for case in _CASES for build in builds}
    for number in track(range(rounds + 1), description="cold starts", console=_TALK):
        for case, build in costs:
            root, program = builds[build]
            cost = run([*program, "diagnose", *_CASES[case], "--json"], root)
            if number:
                costs[case, build].append(cost)
    medians = {case: {build: _median(costs[case, build]) for build in builds} for case in _CASES}
    ratios = {
        case: {what: round(m["now"][what] / m["before"][what], 3) for what in m["now"]}
        for case, m in medians.items()
    }
    return {
        "rounds": rounds,
        "cold_coded_ratio": ratios["coded"]["seconds"],
        "cold_demo_ratio": ratios["demo"]["seconds"],
        "peak_memory_ratio": max(ratio["peak_mb"] for ratio in ratios.values()),
        "ratios": ratios,
        "medians": medians,
        "runs_s": {f"{case}, {build}": _runs(found) for (case, build), found in costs.items()},
    }


def run(command: Sequence[str], root: Path) -> Cost:
    """Run one command in a process of its own.

    Raises:
        subprocess.CalledProcessError: if it fails.
    """
    # Both keep the byte code of their own modules, as an installed package does.
    hidden = {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    with tempfile.TemporaryFile() as talk:
        began = time.perf_counter()
        child = subprocess.Popen(  # noqa: S603 - ours
            command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=talk
        )
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            talk.seek(0)
            raise subprocess.CalledProcessError(child.returncode, list(command), stderr=talk.read().decode())
    # Linux tells the peak in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6)


def _median(costs: Sequence[Cost]) -> dict[str, float]:
    return {
        what: round(median(getattr(cost, what) for cost in costs), 2)
        for what in ("seconds", "cpu_s", "peak_mb")
    }


def _runs(costs: Sequence[Cost]) -> list[float]:
    return [round(cost.seconds, 2) for cost in costs]


def _release() -> str:
    from kgdx.release.bundle import Bundle

    return Bundle.shipped().release


def _show(found: dict[str, Any]) -> None:
    table = Table("case", "before: s", "now: s", "ratio", "CPU ratio", "before: MB", "now: MB", "ratio")
    for case, each in found["medians"].items():
        ratio, before, now = found["ratios"][case], each["before"], each["now"]
        figures = (before["seconds"], now["seconds"], ratio["seconds"], ratio["cpu_s"])
        table.add_row(
            case, *map(str, figures), *map(str, (before["peak_mb"], now["peak_mb"], ratio["peak_mb"]))
        )
    _TALK.print(table)


if __name__ == "__main__":
    main()
