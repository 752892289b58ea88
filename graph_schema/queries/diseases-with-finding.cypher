// purpose: the diseases that show a finding, most frequent first
// parameter finding: CURIE of the finding
MATCH (d:Disease)-[e:has_phenotype]->(f {curie: $finding})
WHERE NOT e.negated
RETURN d.curie AS disease, d.name AS name, e.frequency AS frequency, e.source AS source
ORDER BY coalesce(frequency, -1.0) DESC, name
