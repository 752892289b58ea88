// purpose: the diseases that show a finding, most frequent first
// parameter finding: CURIE of the finding
MATCH (d:Disease)-[e:has_phenotype]->(f {curie: $finding})
WHERE NOT e.negated
MATCH (p:Provenance) WHERE p.id = e.provenance
RETURN d.curie AS disease, d.name AS name, e.frequency AS frequency, p.source AS source, e.edge_id AS edge
ORDER BY coalesce(frequency, -1.0) DESC, disease, edge
