// purpose: how a drug may act on a disease: the chains of two steps between them
// parameter drug: CURIE of the drug
// parameter disease: CURIE of the disease
MATCH (a:Drug {curie: $drug})-[e]->(m)-[f]-(d:Disease {curie: $disease})
WHERE m.curie <> $drug AND m.curie <> $disease
RETURN DISTINCT type(e) AS first, coalesce(e.original_predicate, '') AS first_words, m.curie AS over,
       m.name AS over_name, type(f) AS second, coalesce(f.original_predicate, '') AS second_words
ORDER BY over, first, first_words, second, second_words
