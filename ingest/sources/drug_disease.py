"""What the two Every Cure lists share: a row that joins a drug to a disease, both normalised by the list."""

from collections.abc import Mapping

from ingest.catalogue import Source
from ingest.identifiers import identify, kind_of, reason_against
from ingest.model import Item, Rejected, Row
from kgdx.domain.curie import prefix_of
from kgdx.domain.errors import CurieError
from kgdx.domain.graph import Edge, Node

DRUG, DRUG_NAME = "final normalized drug id", "final normalized drug label"
DISEASE, DISEASE_NAME = "final normalized disease id", "final normalized disease label"
COLUMNS = (DRUG, DRUG_NAME, DISEASE, DISEASE_NAME)


def statement(where: str, row: Mapping[str, str], relation: str, source: Source) -> Item:
    """`drug relation disease`; identifiers of vocabularies that hold everything take the column's kind."""
    for column, kinds in ((DRUG, ("Drug",)), (DISEASE, ("Disease", "PhenotypicFeature"))):
        text = row[column]
        try:
            curie = identify(text)
        except CurieError:
            return Rejected(where, f"{reason_against(text)} in {column!r}", text)
        if kind_of(curie, kinds[0]) not in kinds:
            return Rejected(where, f"{prefix_of(curie)} identifier in {column!r}", text)
    drug = Node(identify(row[DRUG]), "Drug", row[DRUG_NAME].strip())
    curie = identify(row[DISEASE])
    disease = Node(curie, kind_of(curie, "Disease"), row[DISEASE_NAME].strip())
    edge = Edge(drug.curie, relation, disease.curie, source.provenance(""))
    return Row(where, edge, (drug, disease))
