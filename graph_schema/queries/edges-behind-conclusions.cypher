// purpose: the edges that carry most first diagnoses: in how many cases, and how much over all of them
MATCH (c:DiagnosedCase)-[:concludes]->(d:Diagnosis)-[:rests_on]->(p:Path)-[:walks]->(s:Statement)
WHERE d.rank = 1
WITH DISTINCT c, p, s
RETURN s.edge_id AS edge, s.head_name AS head, s.relation AS relation, s.tail_name AS tail, s.source AS source,
       count(DISTINCT c.key) AS cases, sum(p.contribution) AS contribution
ORDER BY cases DESC, contribution DESC, edge
LIMIT 50
