// purpose: what speaks for a diagnosis: the findings of a case that the disease shows, and who says so
// parameter disease: CURIE of the disease
// parameter findings (list): CURIEs of what was found
MATCH (f) WHERE f.curie IN $findings
MATCH (f)-[:subclass_of*0..3]->(shown)<-[e:has_phenotype]-(d:Disease {curie: $disease})
WHERE NOT e.negated
MATCH (p:Provenance) WHERE p.id = e.provenance
RETURN DISTINCT f.curie AS finding, f.name AS name, shown.curie AS shown_as, e.frequency AS frequency,
       p.source AS source, e.publications AS publications, e.edge_id AS edge
ORDER BY finding, shown_as, edge
