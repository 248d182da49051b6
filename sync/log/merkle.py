"""The log's Merkle tree: RFC 6962 hashing, a compact range to append to, and proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from sync.errors import BadProof

EMPTY_ROOT = hashlib.sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of one leaf (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The right edge of a tree: enough to append to it and to know its root.

    Holds one hash for each bit set in ``size``, largest subtree first.
    """

    def __init__(self, size: int = 0, edge: Iterable[bytes] = ()) -> None:
        self.size = size
        self._edge = list(edge)
        if size < 0 or len(self._edge) != size.bit_count() or any(len(h) != 32 for h in self._edge):
            raise BadProof(f"{len(self._edge)} hashes cannot be the edge of a tree of {size} leaves")

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        carry, rest = leaf, self.size
        while rest & 1:
            carry = node_hash(self._edge.pop(), carry)
            rest >>= 1
        self._edge.append(carry)
        self.size += 1

    def root(self) -> bytes:
        """Root hash; of an empty tree, SHA-256 of nothing."""
        if not self._edge:
            return EMPTY_ROOT
        root = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> CompactRange:
        """An independent copy."""
        return CompactRange(self.size, self._edge)

    def edge(self) -> bytes:
        """The edge as bytes, to be kept beside a checkpoint."""
        return b"".join(self._edge)

    @classmethod
    def from_edge(cls, size: int, edge: bytes) -> CompactRange:
        """Take up a kept edge.

        Raises:
            BadProof: the bytes cannot be the edge of a tree of that size.
        """
        return cls(size, [edge[i : i + 32] for i in range(0, len(edge), 32)])


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root over leaf hashes."""
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Audit path of leaf ``index`` in the tree over ``leaves`` (RFC 6962 §2.1.1)."""
    if not 0 <= index < len(leaves):
        raise BadProof(f"leaf {index} is not in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*inclusion_proof(leaves[:k], index), root_of(leaves[k:])]
    return [*inclusion_proof(leaves[k:], index - k), root_of(leaves[:k])]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that ``leaf`` is number ``index`` in the tree of ``size`` with ``root`` (RFC 9162 §2.1.3.2).

    Raises:
        BadProof: it is not, or the proof has the wrong length.
    """
    if not 0 <= index < size:
        raise BadProof(f"leaf {index} is not in a tree of {size}")
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            raise BadProof("the proof is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or r != root:
        raise BadProof("the proof does not lead to the root")


def consistency_proof(leaves: Sequence[bytes], old: int) -> list[bytes]:
    """Proof that the tree over the first ``old`` leaves is a prefix (RFC 6962 §2.1.2)."""
    if not 0 < old <= len(leaves):
        raise BadProof(f"a tree of {old} is not a prefix of one of {len(leaves)}")

    def sub(part: Sequence[bytes], m: int, whole: bool) -> list[bytes]:
        if m == len(part):
            return [] if whole else [root_of(part)]
        k = _split(len(part))
        if m <= k:
            return [*sub(part[:k], m, whole), root_of(part[k:])]
        return [*sub(part[k:], m - k, False), root_of(part[:k])]

    return sub(leaves, old, True)


def verify_consistency(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the old tree is a prefix of the new one (RFC 9162 §2.1.4.2).

    Raises:
        BadProof: it is not, or the proof has the wrong length.
    """
    if old == size:
        if proof or old_root != root:
            raise BadProof("two roots for one size")
        return
    if not 0 < old < size:
        raise BadProof(f"a tree of {old} is not a prefix of one of {size}")
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise BadProof("the proof is empty")
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise BadProof("the proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or fr != old_root or sr != root:
        raise BadProof("the proof does not lead from the old root to the new one")
