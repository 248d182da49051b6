"""Declarations on their way from a file into the tables that hold them, many at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from agent.domain.consignment.declaration import Identifier, Kind, Level, Piece
from agent.domain.errors import DeclarationInvalid


class Numbers(Protocol):
    """What a batch asks of a declaration: its own number, its labels and its place under a master bill."""

    @property
    def consignment(self) -> Identifier: ...

    @property
    def pieces(self) -> tuple[Piece, ...]: ...

    @property
    def level(self) -> Level: ...

    @property
    def master(self) -> Identifier | None: ...


@dataclass(slots=True)
class Batch:
    """Declarations that are stored together, taken apart as far as the tables need them.

    The reader has each declaration at hand and takes it apart, so that nobody decodes the body for it again.
    """

    numbers: list[Identifier] = field(default_factory=list)
    """The consignment of each."""
    bodies: list[bytes] = field(default_factory=list)
    """As ``declarations.encode`` gives them; one for each number."""
    labels: list[tuple[Identifier, Kind, Identifier]] = field(default_factory=list)
    """Value, kind and consignment of each label that shows another number than the consignment's own."""
    houses: list[tuple[Identifier, Identifier]] = field(default_factory=list)
    """Master and consignment of each house bill that names its master."""
    masters: list[Identifier] = field(default_factory=list)
    """Consignments that are master bills: what is declared of one holds for its houses."""

    def add(self, declared: Numbers, body: bytes) -> None:
        """Take one more declaration."""
        number = declared.consignment
        self.numbers.append(number)
        self.bodies.append(body)
        for printed in declared.pieces:
            for label in printed:
                if label.value != number:
                    self.labels.append((label.value, label.kind, number))
        if declared.level is Level.MASTER:
            self.masters.append(number)
        elif declared.master is not None and declared.master != number:
            self.houses.append((declared.master, number))

    def extend(self, other: Batch, *, behind: int) -> None:
        """Take the declarations of another batch but the first ``behind``, which are stored already.

        Their labels and houses come along: to store those twice changes nothing.

        Raises:
            DeclarationInvalid: the other was put together wrongly.
        """
        if len(other.numbers) != len(other.bodies):
            raise DeclarationInvalid(f"{len(other.numbers)} numbers for {len(other.bodies)} declarations")
        self.numbers += other.numbers[behind:]
        self.bodies += other.bodies[behind:]
        self.labels += other.labels
        self.houses += other.houses
        self.masters += other.masters
