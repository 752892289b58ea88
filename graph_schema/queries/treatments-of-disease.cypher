// purpose: what treats a disease, and who says so
// parameter disease: CURIE of the disease
MATCH (t)-[e:treats]->(d {curie: $disease})
RETURN t.curie AS treatment, t.name AS name, e.source AS source, e.release AS release
ORDER BY name
