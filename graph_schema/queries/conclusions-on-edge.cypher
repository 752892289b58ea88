// purpose: the diagnoses since a day that rested on an edge, and how much of each came over it
// parameter edge: edge id, as a report's paths show it
// parameter since: first day, as in 2026-11-01
MATCH (c:DiagnosedCase)-[:concludes]->(d:Diagnosis)-[:rests_on]->(p:Path)-[:walks]->(s:Statement)
WHERE s.edge_id = $edge AND c.written >= $since
WITH DISTINCT c, d, p
MATCH (c)-[:made_by]->(r:Release)
RETURN c.key AS case_id, c.label AS label, c.written AS written, r.key AS release, d.rank AS rank,
       d.disease AS disease, d.name AS name, d.probability AS probability, sum(p.contribution) AS contribution
ORDER BY written DESC, case_id, rank
