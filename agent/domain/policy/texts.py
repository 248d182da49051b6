"""Texts that a pack brings for findings of its own rules: no program knows the words of a rule to come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.domain.packs.table import Table
from agent.domain.policy.entries import Rule

MAX_REASON_WORDS = 8
PLACEHOLDER = re.compile(r"\{(\w+)\}")

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][A-Za-z]{1,3})?")
_FIRST = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackText:
    """What a sender, and the lane, read of one code in one language."""

    code: str
    lang: str
    reason: str
    """At most ``MAX_REASON_WORDS`` words, ``{param}`` of the rule filled in."""
    remedy: str
    example: str | None = None


def params_of(rules: Iterable[Rule]) -> dict[str, frozenset[str]]:
    """The codes that ``rules`` give, each with the parameters that all rules with it give."""
    common: dict[str, frozenset[str]] = {}
    for rule in rules:
        given = frozenset(rule.params) | {"rule"}
        common[rule.code] = common.get(rule.code, given) & given
    return common


def read_texts(root: Table, params: Mapping[str, frozenset[str]]) -> tuple[PackText, ...]:
    """Every ``[[text]]`` of a pack.

    Args:
        root: The pack.
        params: The codes that rules of the pack give, each with the parameters that all of them give.
    """
    texts: list[PackText] = []
    places: dict[tuple[str, str], Table] = {}
    for table in root.tables("text", most=1_000):
        code, lang = table.text("code", most=64), table.text("lang", most=12)
        made = PackText(
            code=code,
            lang=lang,
            reason=table.text("reason", most=120),
            remedy=table.text("remedy", most=400),
            example=table.optional_text("example"),
        )
        table.done()
        if _LANGUAGE.fullmatch(lang) is None:
            table.fault("lang", f"{lang!r} is not a language tag such as en or zh-CN")
        if code not in params:
            table.fault("code", f"{code!r} is the code of no rule of this pack; other codes have their texts")
        if (code, lang) in places:
            table.fault("code", f"{code} has two texts in {lang}")
        if len(PLACEHOLDER.sub("", made.reason).split()) > MAX_REASON_WORDS:
            table.fault("reason", f"more than {MAX_REASON_WORDS} words")
        for key, template in (("reason", made.reason), ("remedy", made.remedy)):
            unknown = set(PLACEHOLDER.findall(template)) - params.get(code, frozenset())
            if unknown and code in params:
                named = ", ".join(sorted(unknown))
                table.fault(key, f"{named}: no parameter that every rule with {code} gives")
        places[code, lang] = table
        texts.append(made)
    for (code, lang), table in places.items():
        if (code, _FIRST) not in places:
            table.fault(
                "lang", f"{code} has a text in {lang} and none in {_FIRST}, which others fall back on"
            )
    return tuple(texts)


def text_in(texts: tuple[PackText, ...], code: str, lang: str) -> PackText | None:
    """The text of ``code`` in the language nearest to ``lang``; None when the pack has none."""
    own = {text.lang.lower(): text for text in texts if text.code == code}
    if not own:
        return None
    wanted = lang.lower()
    near = (own[tag] for tag in own if tag.partition("-")[0] == wanted.partition("-")[0])
    return own.get(wanted) or next(near, None) or own[_FIRST]
