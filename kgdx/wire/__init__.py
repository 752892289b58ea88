"""The border: what users hand in and get back, checked once. Inside, plain domain values travel."""

from kgdx.settings import Settings
from kgdx.wire.case import CaseIn
from kgdx.wire.report import ReportOut

__all__ = ["CaseIn", "ReportOut", "Settings"]
