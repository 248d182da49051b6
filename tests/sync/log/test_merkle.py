"""The tree of RFC 6962: known roots, all proofs of small trees, and every way to spoil one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import BadProof
from sync.log import merkle
from sync.log.merkle import CompactRange

# Leaves and roots of the Certificate Transparency reference tree.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = range(1, 66)
HASHES = [merkle.leaf_hash(bytes([n])) for n in range(66)]
OTHER = merkle.leaf_hash(b"another")


def naive_root(data: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = max(2**i for i in range(20) if 2**i < len(data))
    return hashlib.sha256(b"\x01" + naive_root(data[:k]) + naive_root(data[k:])).digest()


def spoilt(proof: list[bytes]) -> Iterator[list[bytes]]:
    """Every proof that is one step from ``proof``."""
    yield [*proof, OTHER]
    yield [OTHER, *proof]
    for i in range(len(proof)):
        yield proof[:i] + proof[i + 1 :]
        yield [*proof[:i], OTHER, *proof[i + 1 :]]
        yield [*proof[:i], proof[i][:-1], *proof[i + 1 :]]
        yield [*proof[:i], proof[i], *proof[i:]]
    for i in range(len(proof) - 1):
        yield [*proof[:i], proof[i + 1], proof[i], *proof[i + 2 :]]


@pytest.mark.parametrize("size", range(9))
def test_the_roots_of_the_reference_tree_are_reached(size: int) -> None:
    root = merkle.root_of(merkle.leaf_hash(leaf) for leaf in LEAVES[:size])
    assert root.hex() == ROOTS[size]
    assert root == naive_root(LEAVES[:size])


@settings(deadline=None)
@given(st.lists(st.binary(max_size=4), max_size=130))
def test_the_compact_range_has_the_root_of_the_definition(data: list[bytes]) -> None:
    assert merkle.root_of(map(merkle.leaf_hash, data)) == naive_root(data)


@pytest.mark.parametrize("size", SIZES)
def test_each_leaf_of_a_tree_is_proven_and_nothing_else_is(size: int) -> None:
    leaves = HASHES[:size]
    root = merkle.root_of(leaves)
    for index in range(size):
        proof = merkle.inclusion_proof(leaves, index)
        merkle.verify_inclusion(leaves[index], index, size, proof, root)
        lies = [
            (leaves[index], index, size, proof, OTHER),
            (leaves[index], index, size, proof, merkle.EMPTY_ROOT),
            (OTHER, index, size, proof, root),
            (leaves[index], -1, size, proof, root),
            (leaves[index], size, size, proof, root),
            (leaves[index], index, 0, proof, root),
            *((leaves[index], other, size, proof, root) for other in range(size) if other != index),
            *((leaves[index], index, size, bad, root) for bad in spoilt(proof)),
        ]
        for lie in lies:
            with pytest.raises(BadProof):
                merkle.verify_inclusion(*lie)


@pytest.mark.parametrize("size", SIZES)
def test_each_prefix_of_a_tree_is_proven_and_nothing_else_is(size: int) -> None:
    leaves = HASHES[:size]
    root = merkle.root_of(leaves)
    for old in range(1, size + 1):
        old_root = merkle.root_of(leaves[:old])
        proof = merkle.consistency_proof(leaves, old)
        merkle.verify_consistency(old, old_root, size, root, proof)
        lies = [
            (old, OTHER, size, root, proof),
            (old, old_root, size, OTHER, proof),
            (0, merkle.EMPTY_ROOT, size, root, proof),
            (-1, old_root, size, root, proof),
            (size + 1, old_root, size, root, proof),
            (old, old_root, old - 1, root, proof),
            *((old, old_root, size, root, bad) for bad in spoilt(proof)),
        ]
        if old < size:
            lies += [
                (old, OTHER, size, OTHER, proof),
                (old, old_root, size, root, []),
                (old, root, size, old_root, proof),
                (old, old_root, 4 * size, root, proof),  # a taller tree needs a longer proof
            ]
        for lie in lies:
            with pytest.raises(BadProof):
                merkle.verify_consistency(*lie)


@pytest.mark.parametrize("size", [2, 3, 7, 8, 9, 64, 65])
def test_a_proof_of_a_rewritten_tree_does_not_lead_from_the_old_root(size: int) -> None:
    for changed in range(size - 1):
        forged = [*HASHES[:changed], OTHER, *HASHES[changed + 1 : size]]
        for old in range(changed + 1, size):
            proof = merkle.consistency_proof(forged, old)
            with pytest.raises(BadProof):
                merkle.verify_consistency(
                    old, merkle.root_of(HASHES[:old]), size, merkle.root_of(forged), proof
                )


def test_two_roots_for_one_size_are_never_consistent() -> None:
    merkle.verify_consistency(3, OTHER, 3, OTHER, [])
    with pytest.raises(BadProof, match="two roots"):
        merkle.verify_consistency(3, OTHER, 3, HASHES[0], [])
    with pytest.raises(BadProof, match="two roots"):
        merkle.verify_consistency(3, OTHER, 3, OTHER, [HASHES[0]])


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(BadProof, match="not in a tree of 3"):
        merkle.inclusion_proof(HASHES[:3], index)


@pytest.mark.parametrize("old", [-1, 0, 4])
def test_there_is_no_proof_for_a_prefix_that_is_none(old: int) -> None:
    with pytest.raises(BadProof, match="not a prefix of one of 3"):
        merkle.consistency_proof(HASHES[:3], old)


@pytest.mark.parametrize("size", range(66))
def test_a_kept_edge_is_taken_up_where_it_was_left(size: int) -> None:
    tree = CompactRange()
    for leaf in HASHES[:size]:
        tree.append(leaf)
    edge = tree.edge()
    assert len(edge) == 32 * size.bit_count()
    again = CompactRange.from_edge(size, edge)
    assert (again.size, again.root(), again.edge()) == (size, tree.root(), edge)
    again.append(OTHER)
    assert again.root() == merkle.root_of([*HASHES[:size], OTHER])
    assert tree.root() == merkle.root_of(HASHES[:size])


def test_a_copy_grows_alone() -> None:
    tree = CompactRange(1, [HASHES[0]])
    other = tree.copy()
    other.append(HASHES[1])
    assert (tree.size, tree.root()) == (1, HASHES[0])
    assert other.root() == merkle.root_of(HASHES[:2])


@pytest.mark.parametrize(
    ("size", "edge"),
    [(0, 32), (1, 0), (1, 31), (1, 33), (1, 64), (3, 32), (3, 63), (4, 64), (-1, 32)],
)
def test_bytes_that_cannot_be_the_edge_of_that_tree_are_refused(size: int, edge: int) -> None:
    with pytest.raises(BadProof, match=f"a tree of {size} leaves"):
        CompactRange.from_edge(size, bytes(edge))
