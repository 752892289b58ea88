"""What only reads passes, and nothing else does; none of these texts is ever run."""

import pytest

from graph_schema.queries import named_queries
from kgdx.domain.errors import QueryError
from kgdx.stores.reading_clauses import check_reads_only

READING = [
    "MATCH (n) RETURN n.set, n.load",
    "MATCH (l:Load) RETURN l",
    "MATCH (n) WHERE n.name = 'CREATE' RETURN n",
    "MATCH (n) RETURN {set: 1, delete: 2} AS m",
    "MATCH (n) // set and delete\nRETURN n",
    "CALL show_tables() RETURN name",
    "CALL db.labels() YIELD label RETURN label",
    "MATCH (n) CALL { WITH n RETURN 1 AS x } RETURN x",
    "MATCH (a)-[:treats|causes*1..2]->(b) RETURN a",
    "MATCH (n:Disease {curie: 'x'})-[e:treats* SHORTEST 1..3]-(m) RETURN n UNION ALL MATCH (n) RETURN n",
    "MATCH (n) WHERE NOT n.x IS NOT NULL AND n.name STARTS WITH $x RETURN DISTINCT n ORDER BY n.curie DESC",
    "MATCH (n) RETURN CASE WHEN n.x = 1 THEN 'a' ELSE 'b' END AS y",
    "MATCH (n) WITH *, 1 AS x RETURN *",
    "MATCH (n) RETURN [x IN n.synonyms WHERE x CONTAINS 'a' | x] AS l",
    "RETURN datetime.truncate('day', datetime()) AS d",
    "MATCH (n) WHERE EXISTS { MATCH (n)--() } RETURN count(n)",
    *(query.cypher for query in named_queries().values()),
]
NOT_READING = [
    "MATCH (n) DELETE n",
    "MATCH (n)\nSET\nn.x=1",
    "MATCH (n) /* x */ DELETE/**/ n",
    "MATCH (n) WHERE n.x = 'a' DELETE n",
    "MATCH (n) RETURN `a` DELETE n",
    "MATCH (n) WITH n CREATE (m) RETURN m",
    "MATCH (n) CALL { WITH n CREATE (m) RETURN m } RETURN n",
    "MATCH (n) REMOVE n.x RETURN n",
    "MATCH (n) FOREACH (x IN [1] | SET n.y = x)",
    "LOAD FROM 'x.csv' RETURN *",
    "WITH 1 AS x LOAD FROM 'x.csv' RETURN *",
    "WITH * LOAD FROM 'x.csv' RETURN *",
    "WITH 1 AS match LOAD FROM 'x.csv' RETURN *",
    "UNWIND [1] AS match WITH match LOAD FROM 'x.csv' RETURN 1",
    "MATCH (n) CALL { LOAD FROM 'x.csv' RETURN 1 } RETURN n",
    "MATCH (n) LOAD CSV FROM 'x' AS r RETURN r",
    "EXPLAIN CREATE (n)",
    "EXPORT DATABASE 'x'",
    "INSTALL x",
    "COPY (MATCH (n) RETURN n) TO 'x.csv'",
    "CALL threads=2",
    "CALL dbms.listConfig() YIELD name RETURN name",
    "CALL apoc.anything()",
    "RETURN apoc.anything('x')",
    "MATCH (n) USE x RETURN n",
    "MATCH (n) RETURN n\\u0020",
    "MATCH (n) RETURN 'open",
]


@pytest.mark.parametrize("text", READING)
def test_what_only_reads_passes(text: str) -> None:
    check_reads_only(text)


@pytest.mark.parametrize("text", NOT_READING)
def test_what_does_more_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        check_reads_only(text)
