"""The rich report of the presentation tests serves here too."""

from tests.report.conftest import report

__all__ = ["report"]
