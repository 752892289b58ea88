// purpose: the genes behind a disease, and the other diseases of each
// parameter disease: CURIE of the disease
MATCH (d:Disease {curie: $disease})<-[a:gene_associated_with_condition]-(g:Gene)
OPTIONAL MATCH (g)-[b:gene_associated_with_condition]->(other:Disease)
WHERE other.curie <> $disease
RETURN g.curie AS gene, g.name AS name, count(DISTINCT other.curie) AS other_diseases
ORDER BY gene
