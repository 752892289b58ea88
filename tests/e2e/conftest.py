"""Fixtures of the end-to-end tests."""

from pathlib import Path

import pytest

from kgdx.engine import Engine
from kgdx.schemas import CaseIn, ReportOut
from tests.e2e.shipped import shipped_engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    return shipped_engine()


@pytest.fixture(scope="session")
def case(root: Path) -> CaseIn:
    return CaseIn.from_file(root / "examples" / "cases" / "effusion.json")


@pytest.fixture(scope="session")
def report(engine: Engine, case: CaseIn) -> ReportOut:
    return engine.diagnose(case)
