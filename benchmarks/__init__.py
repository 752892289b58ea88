"""Benchmarks: `python -m benchmarks.<name>`; a table on stderr, one JSON object on stdout. None trains."""
