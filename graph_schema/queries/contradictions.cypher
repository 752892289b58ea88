// purpose: the drugs that one source gives for a disease and another forbids in it
MATCH (t)-[a:treats]->(d), (t)-[b:contraindicated_in]->(d)
WHERE NOT a.negated AND NOT b.negated
RETURN DISTINCT t.curie AS treatment, t.name AS name, d.curie AS disease, d.name AS disease_name
ORDER BY treatment, disease
