"""What may be in the graph: kinds, relations, CURIE prefixes, query texts. Imports nothing of ours."""

from graph_schema.model import Metapath, Relation, Schema, State, load
from graph_schema.own_prefixes import PrefixFileError

__all__ = ["Metapath", "PrefixFileError", "Relation", "Schema", "State", "load"]
