// purpose: the diseases that show most of a list of findings, themselves or as kinds of them
// parameter findings (list): CURIEs of the findings
MATCH (f) WHERE f.curie IN $findings
MATCH (f)<-[:subclass_of*0..3]-(shown)<-[e:has_phenotype]-(d:Disease)
WHERE NOT e.negated
RETURN d.curie AS disease, d.name AS name, count(DISTINCT f.curie) AS shown, avg(e.frequency) AS frequency
ORDER BY shown DESC, coalesce(frequency, 0.0) DESC, disease
LIMIT 25
