"""What a piece may do next, and who said so."""

from __future__ import annotations

from enum import StrEnum


class Disposition(StrEnum):
    """The four outcomes, from mildest to strictest."""

    CLEAR = "CLEAR"
    RFI = "RFI"
    """Request for information: the sender can correct it."""
    RFS = "RFS"
    """Refer for screening: unchecked, or likely bad."""
    DNL = "DNL"
    """Do not load."""

    @property
    def strictness(self) -> int:
        return _STRICTNESS[self]


_STRICTNESS = {Disposition.CLEAR: 0, Disposition.RFI: 1, Disposition.RFS: 2, Disposition.DNL: 3}


def strictest(*dispositions: Disposition) -> Disposition:
    """The strictest of the given dispositions; CLEAR when there is none.

    >>> strictest(Disposition.RFI, Disposition.DNL, Disposition.RFS).value
    'DNL'
    """
    return max(dispositions, key=lambda d: d.strictness, default=Disposition.CLEAR)


class SetBy(StrEnum):
    """Whose word a disposition is. What the AUTHORITY set, only the authority lifts."""

    HUB = "HUB"
    AUTHORITY = "AUTHORITY"


class Because(StrEnum):
    """What made the hub decide."""

    SCAN = "scan"
    MANIFEST = "manifest"
    POLICY = "policy"
    LIST = "list"
    MODEL = "model"
    OVERRIDE = "override"
