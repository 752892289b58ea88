// purpose: everything a term is a kind of, over up to six steps
// parameter curie: CURIE of the term
MATCH (n {curie: $curie})-[:subclass_of*1..6]->(a)
RETURN DISTINCT a.curie AS curie, a.name AS name
ORDER BY curie
