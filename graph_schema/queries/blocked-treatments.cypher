// purpose: the treatments of a disease that a comorbidity forbids
// parameter disease: CURIE of the disease
// parameter condition: CURIE of the comorbidity
MATCH (t)-[:treats]->(d {curie: $disease}), (t)-[e:contraindicated_in]->(c {curie: $condition})
RETURN t.curie AS treatment, t.name AS name, c.name AS forbidden_in, e.source AS source
ORDER BY name
