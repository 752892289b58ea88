// purpose: the diseases that share most findings with a disease
// parameter disease: CURIE of the disease
MATCH (d:Disease {curie: $disease})-[a:has_phenotype]->(f)<-[b:has_phenotype]-(other:Disease)
WHERE other.curie <> d.curie AND NOT a.negated AND NOT b.negated
RETURN other.curie AS disease, other.name AS name, count(DISTINCT f.curie) AS shared
ORDER BY shared DESC, disease
LIMIT 25
