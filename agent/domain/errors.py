"""What the domain refuses, by name. A finding about a piece is never an exception: see ``findings``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class DomainError(Exception):
    """Base of everything the domain raises on purpose."""


class MoneyInvalid(DomainError):
    """An amount or a currency that cannot be read exactly."""


class DeclarationInvalid(DomainError):
    """Stored bytes that are not a declaration of a version we know."""


class DeclarationsMismatch(DomainError):
    """Declarations that do not belong together were offered as one consignment."""


class ListInvalid(DomainError):
    """A watchlist that cannot be read; the list in force stays."""


class ManifestRefused(DomainError):
    """A manifest file that cannot be read at all: its header is unusable. No row of it was taken."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(f"{code}: {message}; {hint}")
        self.code = code
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyError:
    """One fault of a policy pack.

    ``path`` leads to the value inside the pack (``rule[2].when``); ``rule`` is the id of the entry it belongs
    to, ``sort`` what it is an entry of (``rule``, ``regime``, ...). ``file`` is the file of the pack's
    folder; ``line`` and ``column`` count from 1 inside it.
    """

    path: str
    message: str
    rule: str | None = None
    sort: str = "rule"
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        named = self.path or ("" if self.file else "file")
        rule = f"{' ' if named else ''}({self.sort} {self.rule})" if self.rule else ""
        place = f"line {self.line}, column {self.column}" if self.line is not None else ""
        where = ", ".join(part for part in (self.file, f"{named}{rule}", place) if part)
        return f"{where}: {self.message}"


class PolicyInvalid(DomainError):
    """A policy file with at least one fault; ``errors`` holds every one of them, in the file's order."""

    def __init__(self, source: str, errors: Sequence[PolicyError]) -> None:
        lines = "".join(f"\n  {error}" for error in errors)
        super().__init__(
            f"{source} was refused; the policy in force stays. Fix these errors and publish again:{lines}"
        )
        self.source = source
        self.errors = tuple(errors)
