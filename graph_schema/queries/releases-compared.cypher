// purpose: how the diagnoses of one case differ between two releases
// parameter label: the case's label, as given to kgdx explain --label
// parameter before: name of the earlier release
// parameter after: name of the later release
MATCH (c:DiagnosedCase)-[:made_by]->(r:Release)
WHERE c.label = $label AND r.key IN [$before, $after]
MATCH (c)-[:concludes]->(d:Diagnosis)
WITH d.disease AS disease, max(d.name) AS name,
     min(CASE WHEN r.key = $before THEN d.rank END) AS rank_before,
     min(CASE WHEN r.key = $after THEN d.rank END) AS rank_after,
     max(CASE WHEN r.key = $before THEN d.probability END) AS probability_before,
     max(CASE WHEN r.key = $after THEN d.probability END) AS probability_after
RETURN disease, name, rank_before, rank_after, probability_before, probability_after
ORDER BY coalesce(rank_after, 1000), coalesce(rank_before, 1000), disease
