"""Adapters to graph databases; each keeps the `GraphStore` contract."""
