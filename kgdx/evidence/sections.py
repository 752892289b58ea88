"""The parts of a report that is given as one text, and what each is about."""

import re
from bisect import bisect_right
from dataclasses import dataclass

from kgdx.evidence.assertion import Setting, setting_of_section

# A heading stands at the start of a line, or is in capitals after a full stop, and ends with a colon.
_HEADING = re.compile(
    r"(?:^|[\r\n])[ \t]*(?P<line>[^\W\d_][^\W\d_ /&-]*(?:[ /&-]{1,2}[^\W\d_]+){0,4})[ \t]*[:：]"
    r"|(?<=[.!?。])\s+(?P<capitals>[A-Z][A-Z /&-]{3,40}):"
)


@dataclass(frozen=True, slots=True)
class Sections:
    """Where each part begins and what its statements are about; a text without headings has one part."""

    starts: tuple[int, ...]
    settings: tuple[Setting, ...]

    def setting_at(self, offset: int) -> Setting:
        """What the part at this offset is about."""
        return self.settings[bisect_right(self.starts, offset) - 1]


def find_sections(name: str, text: str) -> Sections:
    """Cut a text at its headings.

    Args:
        name: of the whole text, as the case gives it; it stands until the first heading. A whole that is
            about a relative or the past stays so under every heading.
    """
    outer = setting_of_section(name)
    starts, settings = [0], [outer]
    for heading in _HEADING.finditer(text) if outer is Setting.NOW else ():
        starts.append(heading.end())
        settings.append(setting_of_section(heading["line"] or heading["capitals"]))
    return Sections(tuple(starts), tuple(settings))
