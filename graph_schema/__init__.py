"""What may be in the graph: kinds, relations, CURIE prefixes, query texts. Imports nothing of ours."""

from graph_schema.model import Metapath, Relation, Schema, State, load, metapaths_in
from graph_schema.own_file import SchemaFileError
from graph_schema.own_prefixes import PrefixFileError
from graph_schema.own_relations import RelationFileError

__all__ = [
    "Metapath",
    "PrefixFileError",
    "Relation",
    "RelationFileError",
    "Schema",
    "SchemaFileError",
    "State",
    "load",
    "metapaths_in",
]
