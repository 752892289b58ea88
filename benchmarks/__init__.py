"""Benchmarks: `python -m benchmarks.<name>`; a table on stderr, one JSON object on stdout. None trains."""

from pathlib import Path

# The runs lie in a folder of their own and keep their short names on the command line.
__path__.append(str(Path(__file__).parent / "runs"))
