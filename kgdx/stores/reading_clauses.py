"""Which Cypher only reads the graph: the whole statement is held against lists of what it may hold.

A transaction that can only read is the lock on the door. This keeps a text from ending it, and from what such
a transaction allows all the same: to read files, open addresses, load extensions and change settings.
"""

import re

from kgdx.domain.errors import QueryError

BEGINNINGS = ("MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL", "EXPLAIN")
# Words that may follow an operand, such as a name, a number or a closing bracket. No other word may.
_KEYWORDS = frozenset(
    {
        "MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL", "EXPLAIN", "WHERE", "ORDER", "BY",
        "SKIP", "LIMIT", "AS", "AND", "OR", "XOR", "NOT", "IN", "STARTS", "ENDS", "CONTAINS", "IS",
        "NULL", "DISTINCT", "UNION", "ALL", "YIELD", "CASE", "WHEN", "THEN", "ELSE", "END", "ASC",
        "ASCENDING", "DESC", "DESCENDING", "SHORTEST", "TRAIL", "ACYCLIC", "PATHS", "GROUPS",
    }
)  # fmt: skip
# Those of them that an operand follows; of the others a keyword does, or a bracket.
_BEFORE_OPERAND = frozenset(
    {
        "MATCH", "UNWIND", "WITH", "RETURN", "CALL", "WHERE", "BY", "SKIP", "LIMIT", "AS", "AND", "OR", "XOR",
        "NOT", "IN", "CONTAINS", "IS", "DISTINCT", "YIELD", "CASE", "WHEN", "THEN", "ELSE",
    }
)  # fmt: skip
_PREFIXES = frozenset({"NOT", "DISTINCT", "CASE"})
_PROCEDURES = frozenset(
    {"show_tables", "table_info", "db.labels", "db.relationshiptypes", "db.propertykeys"}
    | {"db.schema.nodetypeproperties", "db.schema.reltypeproperties", "db.schema.visualization"}
)
# Of functions with a dot in their name: those of Cypher itself. All others are of plug-ins.
_NAMESPACES = frozenset({"date", "datetime", "duration", "localdatetime", "localtime", "point", "time"})
_HIDDEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?\*/)|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`", re.DOTALL
)
_TOKEN = re.compile(r"[^\W\d]\w*|\d[\w.]*|\S")
_REMEDY = f"begin with one of {', '.join(BEGINNINGS)}, and only read; change the graph with kgdx ingest"


def check_reads_only(cypher: str) -> None:
    """Refuse what holds anything but reading clauses, and functions and procedures that only read the graph.

    Raises:
        QueryError: saying which rule the text breaks.
    """
    if "\\u" in cypher.lower():
        raise QueryError("query", "it holds an escaped character (\\u)", "give it as a parameter")
    # A text or a quoted name is an operand, like a number; a comment is nothing.
    bare = _HIDDEN.sub(lambda found: " " if found["comment"] else " 0 ", cypher)
    if "\\" in bare or any(quote in bare for quote in "'\"`"):
        raise QueryError("query", "it holds a quote that does not end", "correct it")
    tokens = _TOKEN.findall(bare)
    if not tokens:
        raise QueryError("query", "it is empty", _REMEDY)
    if tokens[0].upper() not in BEGINNINGS:
        raise QueryError("query", f"it begins with {tokens[0].upper()[:40]!r}, which does not read", _REMEDY)
    _check_words(tokens)
    _check_calls(bare)


def _check_words(tokens: list[str]) -> None:
    previous, is_after_operand = "", True
    for part, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if not _is_word(part):
            is_star = part in "*" and previous in {"WITH", "RETURN", "DISTINCT"}
            # What opens a subquery is followed by a clause.
            is_after_operand = part in ")]}{" or part[0].isdigit() or is_star
            previous = part
            continue
        word = part.upper()
        if is_after_operand:
            is_key = previous in {"{", "}"} and following == ":"
            if word not in _KEYWORDS and not is_key:
                raise QueryError("query", f"it holds {word[:40]!r}, which is no reading clause", _REMEDY)
            is_after_operand = word not in _BEFORE_OPERAND
        else:
            is_name = previous in {"AS", ".", ":", "$"}
            is_before_operand = word in _PREFIXES or (word == "WHEN" and previous == "CASE")
            is_after_operand = is_name or not is_before_operand
        previous = word


def _check_calls(bare: str) -> None:
    for name in re.findall(r"\bCALL\s+([^\W\d][\w.]*)", bare, re.IGNORECASE):
        if name.lower() not in _PROCEDURES:
            fact = f"it calls {name[:60]}, which is not among the procedures that only read the graph"
            raise QueryError("query", fact, f"call one of {', '.join(sorted(_PROCEDURES))}")
    for name in re.findall(r"(?<![\w.])([^\W\d]\w*)(?:\s*\.\s*\w+)+\s*\(", bare):
        if name.lower() not in _NAMESPACES | {"db"}:
            raise QueryError("query", f"it uses functions of {name[:60]}, which may do anything", _REMEDY)


def _is_word(token: str) -> bool:
    return token[0].isalpha() or token[0] == "_"
