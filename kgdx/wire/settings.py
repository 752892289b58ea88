"""What a user may set once for all cases."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings: defaults here, then `KGDX_*` in the environment.

    Attributes:
        bundle: folder of the release; None takes the one that ships with kgdx.
        top: length of the differential.
    """

    model_config = SettingsConfigDict(env_prefix="KGDX_", frozen=True)

    bundle: Path | None = None
    top: int = Field(default=10, ge=1, le=50)
