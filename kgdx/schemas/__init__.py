"""The border: what users hand in and get back, checked once. Inside, plain domain values travel."""

from kgdx.schemas.case import CaseIn
from kgdx.schemas.report import ReportOut
from kgdx.settings import Settings

__all__ = ["CaseIn", "ReportOut", "Settings"]
