// purpose: the findings that first diagnoses do not explain, or that speak against them
MATCH (c:DiagnosedCase)-[:concludes]->(d:Diagnosis)-[:weighs]->(f:Contribution)
WHERE d.rank = 1 AND f.side <> 'supports'
RETURN f.finding AS finding, f.name AS name, f.side AS side, d.disease AS disease, d.name AS disease_name,
       count(DISTINCT c.key) AS cases, sum(f.contribution) AS contribution
ORDER BY cases DESC, contribution, finding, disease
LIMIT 100
