"""From files to the graph: readers of ontologies and tables, and the load that puts them into a store."""
