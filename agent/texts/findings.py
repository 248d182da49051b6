"""From a finding's code and parameters to words; pure, so that one event reads in every language.

Keys of a catalogue, ``findings/<language>.json``:

- ``reason.<CODE>`` and ``remedy.<CODE>``; ``….<CODE>.<reason>`` for a finding that says more precisely why;
- ``field.<fact>``; fields of parties are made of ``field.party``, ``side.*`` and ``part.*``;
- ``class.<class>`` for the classes of addresses.

``codes.json`` holds what needs no translation: a good example as it would be filed, and the source.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from types import MappingProxyType

from agent.domain.findings.codes import FACT_OF_CODE
from agent.domain.policy.texts import PLACEHOLDER, PackText, text_in
from agent.texts.catalogue import FINDINGS, LANGUAGES, choose, words_of

MAX_VALUE = 200
"""Characters of a parameter that are shown."""

ABSENT = "–"
"""What stands for a parameter that was not given."""

_ANY_OF = "MISSING.any"
_ALIASES = {
    "value": "consignment.value_minor",
    "identity_document": "identity_document.number",
    "house": "consignment.house",
}
"""Fields of a declaration that are not facts by that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a sender reads of one finding."""

    reason: str
    """At most eight words, fields not counted."""
    remedy: str | None
    """None for a code that nobody has put into words."""
    example: str | None
    """As it would be filed; None where no example says more than the remedy."""
    citation: str | None
    """Key of the source, see ``source_of``; ``regime``, ``rule`` or ``limit`` where the finding names it."""

    def as_dict(self) -> dict[str, str | None]:
        """For JSON."""
        return asdict(self)


@functools.cache
def _common() -> Mapping[str, Mapping[str, Mapping[str, str] | str]]:
    text = files("agent.texts").joinpath("codes.json").read_text(encoding="utf-8")
    tables: dict[str, Mapping[str, Mapping[str, str] | str]] = json.loads(text)
    return MappingProxyType(tables)


def text_of(
    code: str, params: Mapping[str, str | int], lang: str, pack: tuple[PackText, ...] = ()
) -> Wording:
    """What the finding ``code`` says and asks, in the language nearest to ``lang``.

    The texts that a policy pack brings for its own rules go before the catalogues. A code without a text is
    shown as it is, with no remedy; a parameter that is missing as a dash. No parameter is ever read as a
    pattern.
    """
    language = choose(lang)
    if (own := text_in(pack, code, lang)) is not None:
        shown = {name: _shown(name, value, language) for name, value in params.items()}
        reason, remedy = _filled(own.reason, shown), _filled(own.remedy, shown)
        return Wording(reason=reason, remedy=remedy, example=own.example, citation="rule")
    fact = FACT_OF_CODE.get(code)
    stem = code if fact is None else "MISSING"
    if fact is not None:
        params = {**params, "field": fact}
    shown = {name: _shown(name, value, language) for name, value in params.items()}
    key = _most_precise(stem, params, language)
    texts = words_of(FINDINGS, language)
    if key is None:
        return Wording(reason=code, remedy=None, example=None, citation=None)
    entry = _entry("codes", stem)
    example = entry.get("example") or _fact_example(str(params.get("field", "")))
    return Wording(
        reason=_filled(texts[f"reason.{key}"], shown),
        remedy=_filled(texts[f"remedy.{key}"], shown),
        example=example,
        citation=entry.get("citation"),
    )


def field_of(name: str, lang: str) -> str:
    """What a fact is called in the language nearest to ``lang``; a name nobody knows is shown as it is.

    >>> field_of("consignee.phone", "en"), field_of("goods.hs", "zh-CN"), field_of("nothing.known", "en")
    ("recipient's phone number", 'HS编码', 'nothing.known')
    """
    texts = words_of(FINDINGS, lang)
    side, _, part = name.partition(".")
    part = {"address": "street"}.get(part, part)
    if f"side.{side}" in texts and f"part.{part}" in texts:
        return _filled(texts["field.party"], {"side": texts[f"side.{side}"], "part": texts[f"part.{part}"]})
    for known in (name, _ALIASES.get(name), f"consignment.{name}", f"goods.{name}"):
        if f"field.{known}" in texts:
            return texts[f"field.{known}"]
    return name[:MAX_VALUE]


def source_of(citation: str) -> str | None:
    """The source behind a citation key; None for a key nobody knows."""
    source = _common()["citations"].get(citation)
    return source if isinstance(source, str) else None


def codes() -> tuple[str, ...]:
    """Every code that has texts, in order; ``MISSING`` stands for all of ``MISSING_<FACT>``."""
    return tuple(sorted(_common()["codes"]))


def _most_precise(stem: str, params: Mapping[str, str | int], language: str) -> str | None:
    texts = words_of(FINDINGS, language)
    keys = [f"{stem}.{params['reason']}"] if "reason" in params else []
    if stem == "MISSING" and "or" in params:
        keys.append(_ANY_OF)
    return next((key for key in (*keys, stem) if f"reason.{key}" in texts), None)


def _shown(name: str, value: str | int, language: str) -> str:
    if name in ("field", "other"):
        return field_of(str(value), language)
    if name == "or":
        return ", ".join(field_of(fact, language) for fact in str(value).split())
    if name == "class":
        return words_of(FINDINGS, language).get(f"class.{value}", str(value)[:MAX_VALUE])
    return str(value)[:MAX_VALUE]


def _filled(text: str, shown: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda match: shown.get(match[1], ABSENT), text)


def _entry(table: str, name: str) -> Mapping[str, str]:
    entry = _common()[table].get(name, {})
    return entry if isinstance(entry, Mapping) else {}


def _fact_example(fact: str) -> str | None:
    example = _common()["facts"].get(fact)
    return example if isinstance(example, str) else None


def source_faults() -> Iterator[str]:
    """What ``codes.json`` lacks: the source of a code, texts of one that it names, the example of a fact; and
    each fact that a catalogue does not name.
    """
    stems = {key.split(".")[1] for key in words_of(FINDINGS, LANGUAGES[0]) if key.startswith("reason.")}
    yield from (f"codes.json: {code} has no texts" for code in codes() if code not in stems)
    for code in sorted(stems):
        citation = _entry("codes", code).get("citation")
        if citation is None or source_of(citation) is None:
            yield f"codes.json: {code} has no source"
    for fact in FACT_OF_CODE.values():
        if _fact_example(fact) is None:
            yield f"codes.json: {fact} has no example"
        yield from (
            f"findings/{language}: {fact} has no name"
            for language in LANGUAGES
            if field_of(fact, language) == fact
        )
