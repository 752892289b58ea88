// purpose: what speaks against a diagnosis: findings of a case that are said not to be seen in the disease
// parameter disease: CURIE of the disease
// parameter findings (list): CURIEs of what was found
MATCH (f) WHERE f.curie IN $findings
MATCH (f)-[:subclass_of*0..3]->(denied)<-[e:has_phenotype]-(d:Disease {curie: $disease})
WHERE e.negated
MATCH (p:Provenance) WHERE p.id = e.provenance
RETURN DISTINCT f.curie AS finding, f.name AS name, denied.curie AS denied_as, p.source AS source,
       e.publications AS publications, e.edge_id AS edge
ORDER BY finding, denied_as, edge
