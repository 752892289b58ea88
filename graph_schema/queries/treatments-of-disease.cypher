// purpose: what treats a disease, under any of its identifiers, and who says so
// parameter disease: CURIE of the disease
MATCH (d {curie: $disease})-[:exact_match*0..2]-(same)<-[e:treats]-(t)
WHERE NOT e.negated
MATCH (p:Provenance) WHERE p.id = e.provenance
RETURN DISTINCT t.curie AS treatment, t.name AS name, same.curie AS stated_of, p.source AS source,
       p.release AS release
ORDER BY treatment, stated_of, source
