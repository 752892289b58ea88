// purpose: the treatments of each case that rest on a source, or are spoken against by it
// parameter source: the source, as in infores:drugcentral
MATCH (c:DiagnosedCase)-[:proposes]->(t:Treatment)
OPTIONAL MATCH (t)-[:rests_on]->(p:Path)-[:walks]->(s:Statement)
WHERE s.source = $source
WITH c, t, count(DISTINCT p.key) AS reasons
OPTIONAL MATCH (t)-[:raises]->(o:Concern)-[:shown_by]->(:Path)-[:walks]->(s:Statement)
WHERE s.source = $source
WITH c, t, reasons, count(DISTINCT o.key) AS concerns
WHERE reasons > 0 OR concerns > 0
RETURN c.key AS case_id, c.label AS label, t.drug AS treatment, t.name AS name, t.status AS status, reasons,
       concerns
ORDER BY case_id, treatment
