// purpose: the diseases whose findings are known and for which nothing is given
MATCH (d:Disease)-[e:has_phenotype]->(f)
WHERE NOT EXISTS { MATCH (t)-[:treats]->(d) }
RETURN d.curie AS disease, d.name AS name, count(DISTINCT f.curie) AS findings
ORDER BY findings DESC, disease
LIMIT 100
