// purpose: the treatments of a disease that no comorbidity of a patient forbids
// parameter disease: CURIE of the disease
// parameter conditions (list): CURIEs of the comorbidities
MATCH (t)-[:treats]->(d {curie: $disease})
OPTIONAL MATCH (t)-[e:contraindicated_in]->(f)<-[:subclass_of|exact_match*0..4]-(c)
WHERE NOT e.negated AND c.curie IN $conditions
WITH t, count(e) AS num_vetoes
WHERE num_vetoes = 0
RETURN DISTINCT t.curie AS treatment, t.name AS name
ORDER BY treatment
