"""Measurements that a benchmark is put together from."""
