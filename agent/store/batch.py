"""The numbers of a stored declaration, and declarations on their way into the tables."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from agent.domain.consignment.declaration import VERSION, Declaration, Identifier, Kind, Level, Piece
from agent.domain.errors import DeclarationInvalid


class Labelled(msgspec.Struct, frozen=True, gc=False, tag_field="v", tag=VERSION):
    """What the indexes need of a declaration; the rest of its body is passed over."""

    consignment: Identifier
    pieces: tuple[Piece, ...] = ()
    receptacle: Identifier | None = None
    level: Level = Level.HOUSE
    master: Identifier | None = None


@dataclass(slots=True)
class Batch:
    """Declarations that are stored together, taken apart as far as the tables need them.

    Whoever has the declaration at hand does that, so that nobody decodes the body for it again.
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
    """Consignments that are master bills: what is said of one is said of its houses."""

    def add(self, said: Declaration | Labelled, body: bytes) -> None:
        """Take one more declaration."""
        number = said.consignment
        self.numbers.append(number)
        self.bodies.append(body)
        for printed in said.pieces:
            for label in printed:
                if label.value != number:
                    self.labels.append((label.value, label.kind, number))
        if said.level is Level.MASTER:
            self.masters.append(number)
        elif said.master is not None and said.master != number:
            self.houses.append((said.master, number))

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


_LABELLED = msgspec.json.Decoder(Labelled)


def decode_labels(body: bytes) -> Labelled:
    """Numbers of the declaration that ``encode`` wrote.

    Raises:
        DeclarationInvalid: the bytes are no declaration.
    """
    try:
        return _LABELLED.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DeclarationInvalid(f"not a declaration of format {VERSION}: {error}") from error
