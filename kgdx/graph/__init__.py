"""The graph of a release: its columns, one node for each concept, and its hierarchy."""
