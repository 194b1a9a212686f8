"""Generates `shared/scheduling/windows_zones.py`: ``python -m tools.windows_zones``.

The names are CLDR's (`windowsZones`, territory 001), as contained in the package icalendar; a test compares the two.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Final

from icalendar.timezone import windows_to_olson

MODULE: Final = Path(__file__).parents[1] / "shared" / "scheduling" / "windows_zones.py"

_HEAD: Final = '''\
"""The time zones of Windows, and the IANA zone that CLDR has for each (`windowsZones`, territory 001).

Made by `python -m tools.windows_zones` from icalendar {package}, which has it from the Unicode CLDR of {dated}, commit
{commit}. Loaded only when a request names a zone that is none of IANA's.
"""

from typing import Final

WINDOWS_ZONES: Final = {{
'''


def module() -> str:
    """Returns the text of the module."""
    head = _HEAD.format(
        package=version("icalendar"), dated=windows_to_olson.version_date, commit=windows_to_olson.version
    )
    lines = [f'    "{name}": "{zone}",\n' for name, zone in sorted(windows_to_olson.WINDOWS_TO_OLSON.items())]
    return f"{head}{''.join(lines)}}}\n"


if __name__ == "__main__":
    MODULE.write_text(module())
