"""What may be in the graph: kinds, relations, CURIE prefixes, query texts. Imports nothing of ours."""

from graph_schema.model import Metapath, Relation, Schema, load

__all__ = ["Metapath", "Relation", "Schema", "load"]
