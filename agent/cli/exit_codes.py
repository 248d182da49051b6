"""What ``preclear`` ends with: the one table of exit codes, by the name of an error's class.

By name: an error of the running hub arrives as names, and a command loads only the packages it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agent.errors import HubRefused

UNEXPECTED = 1
USAGE = 2
FINDING = 3
NOTHING_THERE = 4
UNREACHABLE = 5
IN_USE = 6
BAD_CONFIGURATION = 78

EXIT_CODES: Mapping[str, int] = {
    "Ambiguous": USAGE,
    "FileRefused": FINDING,
    "PackRefused": FINDING,
    "SyncError": FINDING,
    "UnknownName": NOTHING_THERE,
    "TextUnknown": NOTHING_THERE,
    "NotRunning": UNREACHABLE,
    "AlreadyRunning": IN_USE,
    "PortTaken": IN_USE,
    "BadKeyFile": BAD_CONFIGURATION,
    "ConfigInvalid": BAD_CONFIGURATION,
    "EntryRefused": BAD_CONFIGURATION,
    "KeyUnfit": BAD_CONFIGURATION,
    "ModelError": BAD_CONFIGURATION,
    "ForeignFile": BAD_CONFIGURATION,
    "Outdated": BAD_CONFIGURATION,
    "ReferenceRefused": BAD_CONFIGURATION,
    "SchemaTooNew": BAD_CONFIGURATION,
    "UnknownKey": BAD_CONFIGURATION,
}
"""An error whose class is not listed has the code of its nearest listed base, or else ``UNEXPECTED``."""


def exit_code(error: Exception) -> int:
    """What a command ends with that met this error, here or in the running hub."""
    names: Iterable[str]
    names = error.kinds if isinstance(error, HubRefused) else (kind.__name__ for kind in type(error).__mro__)
    return next((EXIT_CODES[name] for name in names if name in EXIT_CODES), UNEXPECTED)
