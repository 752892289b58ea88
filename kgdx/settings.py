"""What a user may set once for all cases and commands."""

import re
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from kgdx.domain.errors import BadInputError


class Settings(BaseSettings):
    """Settings: defaults here, then `KGDX_*` in the environment; an empty one counts as not set.

    Attributes:
        bundle: folder of the release; None takes the one that ships with kgdx.
        top: length of the differential.
        link: also read phrases that no dictionary holds, as the concepts they most likely mean. It finds a
            little more and is wrong more often.
        curation: take an excluded code as the table of a published cohort does, whose columns are what the
            disease shows: its record then speaks for the disease. Off, an absence never speaks for one.
        text_encoder: folder of a sentence-transformers model that tells concepts of one name apart, in place
            of the bundle's own.
        encoder: image-text model that looks at images, see `open_encoder`; empty for the release's own.
        findings: what `kgdx train prompts` wrote for that encoder.
        classifiers: folders that `kgdx train classifier` wrote; in the environment a JSON list.
        cache: folder of what `kgdx fetch` downloaded.
        neo4j_user, neo4j_password, neo4j_database: how to log in where a store is a Neo4j server.
    """

    def __init__(self, **given: Any):
        try:
            super().__init__(**given)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
            name = str(problem["loc"][0]) if problem["loc"] else ""
            message = str(problem["msg"])
            fact = f"has a value that cannot be used ({message[:1].lower()}{message[1:]})"
            raise _unusable(name, fact) from None
        except SettingsError as error:
            named = re.search(r'field "(\w+)"', str(error))
            raise _unusable(named[1] if named else "", "is not JSON of the right form") from None

    model_config = SettingsConfigDict(env_prefix="KGDX_", env_ignore_empty=True, frozen=True)

    bundle: Path | None = None
    link: bool = False
    curation: bool = False
    text_encoder: Path | None = None
    top: int = Field(default=10, ge=1, le=50)
    encoder: str = ""
    findings: Path | None = None
    classifiers: tuple[Path, ...] = ()
    cache: Path = Field(default_factory=lambda: Path.home() / ".cache" / "kgdx")
    neo4j_user: str = "neo4j"
    neo4j_password: SecretStr = SecretStr("")
    neo4j_database: str = "neo4j"


def _unusable(name: str, fact: str) -> BadInputError:
    return BadInputError(f"setting KGDX_{name.upper()}", fact, "see docs/reference/cli.md, or leave it unset")
