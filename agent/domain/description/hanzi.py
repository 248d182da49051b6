"""Traditional Chinese characters folded to simplified ones, to compare them; by ``packs/hanzi.toml``."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files


def simplified(text: str) -> str:
    """``text`` with the simplified form of every character that the table knows.

    >>> simplified("電子產品"), simplified("ceramic mug")
    ('电子产品', 'ceramic mug')
    """
    return text if text.isascii() else text.translate(table())


@functools.cache
def table() -> Mapping[int, str]:
    """Code point of a traditional character → its simplified form.

    Raises:
        ValueError: The two columns of the pack are not of one length.
    """
    pack = tomllib.loads(files("agent.domain.packs").joinpath("hanzi.toml").read_text("utf-8"))
    columns = ("".join(pack[name].split()) for name in ("traditional", "simplified"))
    return {ord(each): other for each, other in zip(*columns, strict=True)}
