"""What is known of names, addresses and telephone numbers: three dated packs, read and indexed.

The packs ship with the program and are as much a part of it as its code; see ``packs/parties.toml``,
``packs/us-zip.toml`` and ``packs/phones.toml``, which name the source of every list.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from agent.domain.errors import PolicyError, PolicyInvalid
from agent.domain.packs.table import Table
from agent.domain.screening.names import fold, key
from agent.domain.values.countries import ISO_COUNTRIES
from agent.domain.values.text import canonical

FORMAT = 1
MAX_BYTES = 2**20
"""Largest pack that is parsed."""


class NameClass(StrEnum):
    """Why a name names nobody."""

    PLACEHOLDER = "placeholder"
    LITERAL = "literal"
    """A placeholder that is known by its signs (``N/A``)."""
    FICTIONAL = "fictional"


class WordClass(StrEnum):
    """Words beside a name that change nothing about it."""

    TITLE = "title"
    LEGAL_FORM = "legal_form"


class AddressClass(StrEnum):
    """Addresses at which nobody lives and no shop is."""

    PO_BOX = "po_box"
    MAILBOX_SERVICE = "mailbox_service"
    FORWARDER = "forwarder"
    STORAGE = "storage"


class DomainClass(StrEnum):
    """Sorts of e-mail domains."""

    DISPOSABLE = "disposable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Terms of one or more words, found in a folded text at the borders of its words.

    A term in a script that does not part its words is found anywhere.
    """

    by_first: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    """Phrases and what each means, by their first word."""
    firsts: frozenset[str]
    anywhere: tuple[tuple[str, str], ...]

    def within(self, words: Sequence[str]) -> str | None:
        """What the first term means that stands in ``words`` (of a folded text); None when there is none."""
        if not self.firsts.isdisjoint(words):
            for place, word in enumerate(words):
                for phrase, meaning in self.by_first.get(word, ()):
                    if tuple(words[place : place + len(phrase)]) == phrase:
                        return meaning
        text = " ".join(words)
        if text.isascii():
            return None
        return next((meaning for term, meaning in self.anywhere if term in text), None)


def phrases(terms: Mapping[str, Iterable[str]]) -> Phrases:
    """Index terms by what they mean."""
    by_first: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {}
    anywhere: list[tuple[str, str]] = []
    for meaning, listed in terms.items():
        for term in map(fold, listed):
            words = tuple(term.split())
            if words and _UNPARTED.search(term):
                anywhere.append((term, meaning))
            elif words:
                by_first[words[0]] = (*by_first.get(words[0], ()), (words, meaning))
    return Phrases(by_first=by_first, firsts=frozenset(by_first), anywhere=tuple(anywhere))


_UNPARTED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartyTables:
    """The three packs, ready to be asked. Two readings of them are two: what was found is kept by reading."""

    ids: tuple[str, ...]
    """``id`` and date of issue of each pack, as ``parties 2026-11-24``."""
    placeholders: frozenset[str]
    """``names.key`` of names that name nobody."""
    vocabulary: frozenset[str]
    """Every word of those names: a text with none of them is not a placeholder."""
    literals: frozenset[str]
    """``descriptions.canonical`` without spaces."""
    fictional: frozenset[str]
    titles: frozenset[str]
    legal_forms: frozenset[str]
    walks: frozenset[str]
    """Every run of four keys or more along one row, either way, and the short runs that are repeated."""
    forwarders: frozenset[str]
    """``names.key`` without legal forms."""
    forwarder_words: Phrases
    addresses: Phrases
    """Of ``AddressClass``."""
    disposable_domains: frozenset[str]
    mail_words: frozenset[str]
    states: Mapping[str, str]
    """USPS code by folded code and folded name."""
    zip_areas: Mapping[str, frozenset[str]]
    """States by the first three digits of a ZIP Code."""
    calling_codes: Mapping[str, frozenset[str]]
    """Countries by calling code; none for a code that several share."""


@functools.cache
def shipped() -> PartyTables:
    """The packs of this release, read once."""
    folder = files("agent.domain.packs")
    names = ("parties.toml", "us-zip.toml", "phones.toml")
    return parse_party_tables(*(folder.joinpath(name).read_bytes() for name in names))


def parse_party_tables(parties: bytes, zips: bytes, phones: bytes) -> PartyTables:
    """Read the three packs, TOML in UTF-8.

    Raises:
        PolicyInvalid: with every fault of the first pack that has one.
    """
    party, zip_, phone = _Parties(parties), _Zips(zips), _Phones(phones)
    lists = party.names
    return PartyTables(
        ids=(party.id, zip_.id, phone.id),
        placeholders=frozenset(map(key, lists[NameClass.PLACEHOLDER])) - {""},
        vocabulary=frozenset(word for name in lists[NameClass.PLACEHOLDER] for word in fold(name).split()),
        literals=frozenset(canonical(name).replace(" ", "") for name in lists[NameClass.LITERAL]),
        fictional=frozenset(map(key, lists[NameClass.FICTIONAL])) - {""},
        titles=frozenset(map(fold, party.words[WordClass.TITLE])),
        legal_forms=frozenset(map(fold, party.words[WordClass.LEGAL_FORM])),
        walks=party.walks,
        forwarders=party.forwarders,
        forwarder_words=phrases({"forwarder": party.forwarder_words}),
        addresses=phrases(party.addresses),
        disposable_domains=frozenset(domain.lower() for domain in party.domains),
        mail_words=frozenset(party.mail_words),
        states=zip_.states,
        zip_areas=zip_.areas,
        calling_codes=phone.codes,
    )


def _root(data: bytes, source: str) -> tuple[Table, str]:
    errors: list[PolicyError] = []
    if len(data) > MAX_BYTES:
        reason = f"{len(data)} bytes, the most that is read is {MAX_BYTES}"
        raise PolicyInvalid(source, [PolicyError(path="", message=reason)])
    try:
        parsed = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as exc:
        raise PolicyInvalid(source, [PolicyError(path="", message=f"not TOML: {exc}")]) from exc
    root = Table(parsed, "", errors)
    version = root.whole("format", least=1)
    if version != FORMAT:
        reason = f"a pack of format {version}; this program reads format {FORMAT}, update it first"
        raise PolicyInvalid(source, errors or [PolicyError(path="format", message=reason)])
    name, issued = root.text("id"), root.instant("issued", None)
    return root, f"{name} {issued:%Y-%m-%d}"


def _close(root: Table, source: str) -> None:
    root.done()
    if root.errors:
        raise PolicyInvalid(source, root.errors)


class _Parties:
    """``parties.toml``, list by list; every list names its source."""

    def __init__(self, data: bytes) -> None:
        root, self.id = _root(data, "parties.toml")
        self.names: dict[NameClass, list[str]] = {kind: [] for kind in NameClass}
        self.words: dict[WordClass, list[str]] = {kind: [] for kind in WordClass}
        self.addresses: dict[str, list[str]] = {kind.value: [] for kind in AddressClass}
        self.domains: list[str] = []
        self.mail_words: list[str] = []
        self.forwarder_words: list[str] = []
        for table in root.tables("names"):
            self.names[table.choice("class", NameClass)] += _listed(table, "names")
        for table in root.tables("name_words"):
            self.words[table.choice("class", WordClass)] += _listed(table, "words")
        for table in root.tables("addresses"):
            self.addresses[table.choice("class", AddressClass)] += _listed(table, "terms")
        for table in root.tables("mail_domains"):
            table.choice("class", DomainClass)
            self.domains += _listed(table, "domains")
        for table in root.tables("mail_words"):
            self.mail_words += _listed(table, "words")
        for table in root.tables("forwarder_words"):
            self.forwarder_words += _listed(table, "words")
        forwarders = [name for table in root.tables("forwarders") for name in _listed(table, "names")]
        keyboard = root.table("keyboard")
        keyboard.text("source", most=400)
        rows, repeated = keyboard.texts("rows"), keyboard.texts("repeated")
        keyboard.done()
        _close(root, "parties.toml")
        forms = frozenset(map(fold, self.words[WordClass.LEGAL_FORM]))
        self.forwarders = frozenset(bare_key(fold(name).split(), forms) for name in forwarders) - {""}
        self.walks = frozenset(_walks(rows)) | {unit * times for unit in repeated for times in (2, 3, 4)}


def bare_key(words: Iterable[str], aside: frozenset[str]) -> str:
    """``names.key`` of folded ``words`` without those put ``aside``."""
    return "".join(sorted(word for word in words if word not in aside))


_SHORTEST_WALK = 4


def _walks(rows: Iterable[str]) -> Iterable[str]:
    for row in rows:
        for keys in (row, row[::-1]):
            for start in range(len(keys) - _SHORTEST_WALK + 1):
                for end in range(start + _SHORTEST_WALK, len(keys) + 1):
                    yield keys[start:end]


def _listed(table: Table, name: str) -> tuple[str, ...]:
    # The source is for the reader of the pack: a name nobody can trace is not refused to a sender.
    table.text("source", most=400)
    texts = table.texts(name)
    table.done()
    return texts


_AREAS = re.compile(r"([0-9]{3})(?:-([0-9]{3}))?")


class _Zips:
    """``us-zip.toml``."""

    def __init__(self, data: bytes) -> None:
        root, self.id = _root(data, "us-zip.toml")
        root.text("source", most=400)
        states, areas, also = root.table("states"), root.table("areas"), root.table("also")
        self.states = {
            fold(text): code for code in states.items() for text in (code, states.text(code)) if text
        }
        by_area: dict[str, set[str]] = {}
        for table in (areas, also):
            for code in table.items():
                if code not in states.items():
                    table.fault(code, "is not a state of this file")
                for span in table.texts(code):
                    match = _AREAS.fullmatch(span)
                    if match is None:
                        table.fault(
                            code, f"{span[:20]!r} must be three digits, or two times three with a dash"
                        )
                        continue
                    for area in range(int(match[1]), int(match[2] or match[1]) + 1):
                        by_area.setdefault(f"{area:03d}", set()).add(code)
        _close(root, "us-zip.toml")
        self.areas = {area: frozenset(codes) for area, codes in by_area.items()}


class _Phones:
    """``phones.toml``."""

    def __init__(self, data: bytes) -> None:
        root, self.id = _root(data, "phones.toml")
        root.text("source", most=400)
        codes = root.table("codes")
        self.codes: dict[str, frozenset[str]] = {}
        for code in codes.items():
            countries = frozenset(codes.text(code).split())
            if unknown := sorted(countries - ISO_COUNTRIES):
                codes.fault(code, f"{unknown[0][:20]!r} is not a country of ISO 3166-1")
            if not (code.isascii() and code.isdecimal() and len(code) <= 3):
                codes.fault(code, "must be one to three digits")
            self.codes[code] = countries
        self.codes.update(dict.fromkeys(root.texts("shared"), frozenset()))
        _close(root, "phones.toml")
