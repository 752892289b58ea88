// purpose: the treatments of a disease that a comorbidity forbids, itself or as a kind of something forbidden
// parameter disease: CURIE of the disease
// parameter condition: CURIE of the comorbidity
MATCH (t)-[:treats]->(d {curie: $disease})
MATCH (c {curie: $condition})-[:subclass_of|exact_match*0..4]->(f)<-[e:contraindicated_in]-(t)
WHERE NOT e.negated
MATCH (p:Provenance) WHERE p.id = e.provenance
RETURN DISTINCT t.curie AS treatment, t.name AS name, f.curie AS forbidden_in, f.name AS forbidden_name,
       p.source AS source
ORDER BY treatment, forbidden_in, source
