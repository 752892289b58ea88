"""A report as a graph: for networkx, for files of other tools, and as what a store keeps of it."""
