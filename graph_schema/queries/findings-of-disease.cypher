// purpose: the findings of a disease, with how often they are seen and who says so
// parameter disease: CURIE of the disease
MATCH (d:Disease {curie: $disease})-[e:has_phenotype]->(f)
MATCH (p:Provenance) WHERE p.id = e.provenance
RETURN f.curie AS finding, f.name AS name, e.frequency AS frequency, e.negated AS negated,
       p.source AS source, e.publications AS publications, e.edge_id AS edge
ORDER BY negated, coalesce(frequency, -1.0) DESC, finding, edge
