// purpose: the terms that edges name and no source describes
MATCH (n) WHERE n.curie IS NOT NULL AND size(n.mentions) = 0
RETURN n.curie AS curie, n.kind AS kind
ORDER BY curie, kind
