"""One scan for one label, although a scanner held still reads it several times."""

from __future__ import annotations

from dataclasses import dataclass, replace

from drivers.events import ScanRead

_MOST_REMEMBERED = 64
"""Scans; no scanner reads more different labels within a window, and a broken one must not grow us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedScan:
    """A label that was scanned; ``repeats`` counts the further reads that were folded into it."""

    read: ScanRead
    at_ns: int
    repeats: int = 0


class Folder:
    """Folds the reads of ONE port; reads of two devices are never the same scan, nor are two origins' reads.

    Args:
        window_ms: Reads of the same payload within so much time of the first are one scan. A later read
            extends the count, not the window: a label that stays in view is scanned again once per window.
    """

    __slots__ = ("_last", "_recent", "_window_ns")

    def __init__(self, window_ms: int = 800) -> None:
        self.window_ms = window_ms
        self._recent: dict[tuple[str | None, str | None, bytes], FoldedScan] = {}
        self._last: FoldedScan | None = None

    @property
    def window_ms(self) -> int:
        """The folding window; it may be changed, and counts from the next read on."""
        return self._window_ns // 1_000_000

    @window_ms.setter
    def window_ms(self, window_ms: int) -> None:
        if window_ms < 0:
            raise ValueError(f"a folding window of {window_ms} ms is in the past; give 0 or more")
        self._window_ns = window_ms * 1_000_000

    @property
    def last(self) -> FoldedScan | None:
        """The scan that was made or extended last, with its count so far."""
        return self._last

    def held_scans(self) -> int:
        """Scans that a repeated read could still fold into."""
        return len(self._recent)

    def feed(self, read: ScanRead, at_ns: int) -> FoldedScan | None:
        """A new scan, or None when the read was folded into an earlier one."""
        self._recent = {key: s for key, s in self._recent.items() if at_ns - s.at_ns < self._window_ns}
        key = (read.origin, read.aim, read.payload)
        if earlier := self._recent.get(key):
            self._last = self._recent[key] = replace(earlier, repeats=earlier.repeats + 1)
            return None
        if len(self._recent) >= _MOST_REMEMBERED:
            del self._recent[next(iter(self._recent))]
        self._last = self._recent[key] = FoldedScan(read=read, at_ns=at_ns)
        return self._last
