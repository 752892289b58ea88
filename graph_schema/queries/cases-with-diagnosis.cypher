// purpose: the cases with a diagnosis in their differential, each with the path that carries most of it
// parameter disease: CURIE of the disease
MATCH (c:DiagnosedCase)-[:concludes]->(d:Diagnosis {disease: $disease})
MATCH (c)-[:made_by]->(r:Release)
OPTIONAL MATCH (d)-[:rests_on]->(p:Path {position: 0})
RETURN c.key AS case_id, c.label AS label, r.key AS release, d.rank AS rank, d.probability AS probability,
       p.sentence AS strongest_path, p.contribution AS contribution
ORDER BY rank, probability DESC, case_id
