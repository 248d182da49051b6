"""What the readers refuse, by name. A file that cannot be read is ``agent.domain.errors.ManifestRefused``."""

from __future__ import annotations

from collections.abc import Sequence

from agent.domain.errors import PolicyError


class FormatsError(Exception):
    """Base of everything this package raises on purpose."""


class AnswerInvalid(FormatsError):
    """An authority's answer that cannot be read: nothing follows from it, and every hold stands."""


class ProfileInvalid(FormatsError):
    """A mapping profile with at least one fault; ``errors`` holds every one of them."""

    def __init__(self, source: str, errors: Sequence[PolicyError]) -> None:
        lines = "".join(f"\n  {error}" for error in errors)
        super().__init__(f"{source} was refused; correct it and load it again:{lines}")
        self.source = source
        self.errors = tuple(errors)
