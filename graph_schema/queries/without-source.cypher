// purpose: what a withdrawn source would take from the diagnoses of each case, and who would be first without
// parameter source: the source, as in infores:hpo-annotations
MATCH (c:DiagnosedCase)-[:concludes]->(d:Diagnosis)
OPTIONAL MATCH (d)-[:rests_on]->(p:Path)-[:walks]->(s:Statement)
WHERE s.source = $source
WITH DISTINCT c, d, p
WITH c, d, sum(coalesce(p.contribution, 0.0)) AS lost
WITH c, collect({name: d.name, disease: d.disease, rank: d.rank, lost: lost, remains: d.logit - lost}) AS listed
UNWIND listed AS one
UNWIND listed AS other
WITH c, one, count(CASE WHEN other.remains > one.remains
                          OR (other.remains = one.remains AND other.rank < one.rank) THEN 1 END) + 1 AS place
WHERE one.lost <> 0.0 OR place <> one.rank
RETURN c.key AS case_id, c.label AS label, one.disease AS disease, one.name AS name, one.rank AS rank,
       place AS rank_without, one.lost AS contribution_lost
ORDER BY case_id, rank
