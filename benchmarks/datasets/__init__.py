"""Readers of evaluation data, and data that is generated."""
