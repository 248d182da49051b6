"""What one check found on one piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from agent.domain.findings.code import EMPTY, Disclosure, FindingCode, Severity
from agent.domain.findings.codes import CODES

__all__ = ["EMPTY", "Disclosure", "Finding", "Severity"]

_set = object.__setattr__


@dataclass(frozen=True, slots=True, kw_only=True, init=False)
class Finding:
    """What one check found on one piece.

    ``params`` holds strings and integers with their unit in the name (``declared_g``), never a sentence and
    never a name, an address or a contact: sentences are made where they are shown.
    """

    code: str
    severity: Severity
    disclosure: Disclosure
    params: Mapping[str, str | int]

    def __init__(
        self,
        *,
        code: str | FindingCode,
        params: Mapping[str, str | int] = EMPTY,
        severity: Severity | None = None,
        disclosure: Disclosure | None = None,
    ) -> None:
        """Build a finding whose code and parameters are known.

        Args:
            code: One of the registry by its name; what a pack brings by its definition.
            params: Those that the code has; any of them may be left out.
            severity: None for that of the code.
            disclosure: None for that of the code.

        Raises:
            ValueError: The code is unknown, a parameter is unknown or of another type, or the code must be
                sealed and the finding is open.
        """
        if isinstance(code, str):
            row = CODES.get(code)
            if row is None:
                raise ValueError(f"{code[:64]!r} is not a code of a finding; add a row to findings/codes.py")
        else:
            row = code
        if params:
            row.check(params)
        if disclosure is None:
            disclosure = row.disclosure
        elif disclosure is Disclosure.OPEN and row.disclosure is Disclosure.SEALED:
            raise ValueError(f"{row.name} must be sealed")
        _set(self, "code", row.name)
        _set(self, "severity", row.severity if severity is None else severity)
        _set(self, "disclosure", disclosure)
        _set(self, "params", MappingProxyType(params) if type(params) is dict else params)

    def weighed(self, severity: Severity) -> Finding:
        """The same finding with another weight."""
        other = object.__new__(Finding)
        _set(other, "code", self.code)
        _set(other, "severity", severity)
        _set(other, "disclosure", self.disclosure)
        _set(other, "params", self.params)
        return other
