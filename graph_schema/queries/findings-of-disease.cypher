// purpose: the findings of a disease, with how often they are seen and who says so
// parameter disease: CURIE of the disease
MATCH (d:Disease {curie: $disease})-[e:has_phenotype]->(f)
RETURN f.curie AS finding, f.name AS name, e.frequency AS frequency, e.negated AS negated,
       e.source AS source, e.publications AS publications
ORDER BY negated, coalesce(frequency, -1.0) DESC, name
