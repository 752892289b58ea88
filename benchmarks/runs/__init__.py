"""One file a benchmark, run as `python -m benchmarks.<name>`."""
