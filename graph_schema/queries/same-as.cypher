// purpose: the identifiers that mean the same as one, and which of them stands for all
// parameter curie: any of the identifiers
MATCH (n {curie: $curie})-[:exact_match*0..3]-(same)
RETURN DISTINCT same.curie AS curie, same.kind AS kind, same.name AS name, same.preferred AS preferred
ORDER BY curie, kind
