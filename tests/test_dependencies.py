"""What is imported is declared, and what is declared is imported."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_declared_is_imported() -> None:
    command = [sys.executable, "-m", "deptry", "kgdx", "graph_schema", "ingest"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
