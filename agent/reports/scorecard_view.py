"""A scorecard put into words, as plain values: what ``--json`` prints and every other form shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from agent import __version__
from agent.domain.description.check import CODE, VAGUE_CODE
from agent.domain.policy.texts import PackText
from agent.domain.scorecard.card import Imports, Kind, Scorecard, ScorecardExample, Worst
from agent.domain.scorecard.overview import Overview, OverviewLine
from agent.domain.scorecard.trend import Period, permille
from agent.store.assessment_reader import Asked
from agent.texts.catalogue import choose
from agent.texts.findings import ABSENT, Wording, text_of
from agent.texts.scorecard_words import card_words, fault_kind, phrase, tenths

SCHEMA = "preclear.scorecard"

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a scorecard is about."""

    kind: str
    """``shipper``, ``sender``: one card; ``shippers``, ``senders``: an overview."""
    asked: Asked
    country: str | None = None


class View:
    """Makes plain values of scorecards, in one language.

    Args:
        lang: A language tag; the nearest catalogue is taken.
        pack: Texts that the policy brings for its own rules.
    """

    def __init__(self, lang: str, pack: tuple[PackText, ...] = ()) -> None:
        self.lang = choose(lang)
        self._pack = pack

    def card(self, heading: Heading, card: Scorecard) -> Shown:
        """One shipper's or sender's card."""
        return self._head(heading) | self._card(card)

    def overview(self, heading: Heading, overview: Overview) -> Shown:
        """All shippers or senders; ``total`` is a card of all together."""
        return self._head(heading) | {
            "total": self._card(overview.total),
            "lines": [self._line(line) for line in overview.lines],
            "others": None if overview.others is None else self._line(overview.others),
        }

    def _head(self, heading: Heading) -> Shown:
        asked = heading.asked
        return {
            "schema": SCHEMA,
            "version": __version__,
            "kind": heading.kind,
            "lang": self.lang,
            "about": card_words(self.lang)["about"],
            "country": heading.country,
            "party": asked.party,
            "since": None if asked.since is None else asked.since.isoformat(),
            "until": None if asked.until is None else asked.until.isoformat(),
        }

    def _card(self, card: Scorecard) -> Shown:
        return {
            "name": card.name,
            "consignments": card.consignments,
            "assessed": card.assessed,
            "waiting": card.consignments - card.assessed,
            "clean": card.clean,
            "clean_permille": card.clean_permille,
            "change_permille": card.change_permille,
            "findings": self._cases(card.findings, card.assessed),
            "notes": self._cases(card.notes, card.assessed),
            "conflicts": self._cases(card.conflicts, card.assessed),
            "descriptions": card.descriptions,
            "vague": card.vague,
            "worst": [self._worst(worst) for worst in card.worst],
            "unit": card.unit.value,
            "trend": [_period(period) for period in card.trend],
            "imports": None if card.imports is None else self._imports(card.imports),
        }

    def _cases(self, cases: Iterable[ScorecardExample], assessed: int) -> list[Shown]:
        return [
            {
                "code": case.code,
                **case.kind,
                "consignments": case.consignments,
                "share_permille": permille(case.consignments, assessed),
                **_words(self._text(case.code, case.params())),
            }
            for case in cases
        ]

    def _text(self, code: str, params: Mapping[str, str | int]) -> Wording:
        return text_of(code, params, self.lang, self._pack)

    def _worst(self, worst: Worst) -> Shown:
        params: dict[str, str | int] = {"reason": worst.reason}
        if worst.terms:
            params["term"] = ", ".join(worst.terms)
        text = self._text(CODE if worst.refused else VAGUE_CODE, params)
        return {
            "text": worst.text,
            "consignments": worst.consignments,
            "refused": worst.refused,
            "score_permille": worst.score_permille,
            "why": worst.reason,
            **_words(text),
            "question": card_words(self.lang)["question"],
        }

    def _imports(self, imports: Imports) -> Shown:
        faults = sorted(imports.faults.items(), key=lambda item: (-item[1], item[0]))
        return {
            "files": imports.files,
            "rows": imports.rows,
            "rejected": imports.rejected,
            "faults": [
                {"code": code, "count": count, "about": fault_kind(code, self.lang)} for code, count in faults
            ],
        }

    def _line(self, line: OverviewLine) -> Shown:
        return {
            "name": line.name,
            "country": line.country or None,
            "consignments": line.consignments,
            "assessed": line.assessed,
            "clean": line.clean,
            "faulty": line.faulty,
            "clean_permille": line.clean_permille,
            "top": [
                {"code": kind[0], **dict(kind[1]), "consignments": count, "reason": self._short(kind)}
                for kind, count in line.top
            ],
        }

    def _short(self, kind: Kind) -> str:
        """The reason without what differs from parcel to parcel."""
        code, params = kind[0], dict(kind[1])
        for known in (params, {name: value for name, value in params.items() if name != "reason"}):
            reason = self._text(code, known).reason
            if ABSENT not in reason:
                return reason
        return code


def _words(text: Wording) -> dict[str, str | None]:
    return {"reason": text.reason, "remedy": text.remedy, "example": text.example}


def _period(period: Period) -> Shown:
    return {
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
        "partial": period.partial,
        "consignments": period.consignments,
        "assessed": period.assessed,
        "clean": period.clean,
        "clean_permille": period.clean_permille,
    }


class Words:
    """Short texts that the forms for people share."""

    def __init__(self, shown: Shown) -> None:
        self.lang: str = shown["lang"]
        self.words = card_words(self.lang)
        self._shown = shown

    def __getitem__(self, key: str) -> str:
        return self.words[key]

    def sentence(self, key: str, **values: str | int) -> str:
        """A sentence with its numbers."""
        return phrase(self.lang, key, **values)

    def percent(self, share: int | None) -> str:
        """A share of thousandths."""
        return ABSENT if share is None else f"{tenths(share, self.lang)}\u00a0%"

    def subject(self) -> str:
        """Whom it is about."""
        shown = self._shown
        if shown["kind"] in ("shippers", "senders"):
            return self[shown["kind"]]
        name = shown["name"] or shown["party"] or self["unnamed"]
        return f"{name} ({shown['country']})" if shown["country"] else name

    def scope(self) -> str:
        """Over which days, and of which sender's data."""
        shown = self._shown
        trend = (shown.get("total") or shown)["trend"]
        first = shown["since"] or (trend[0]["first"] if trend else None)
        last = shown["until"] or (trend[-1]["last"] if trend else None)
        parts = [self.sentence("period", first=first or ABSENT, last=last or ABSENT)] if first or last else []
        if shown["party"] and shown["kind"] != "sender":
            parts.append(f"{self['sender']}: {shown['party']}")
        return " · ".join(parts)

    def remarks(self, card: Shown) -> list[str]:
        """The sentences under the figures: what is not in them yet, and how they changed."""
        remarks = [self.sentence("waiting", count=card["waiting"])] if card["waiting"] else []
        change = card["change_permille"]
        if change is not None:
            key = "better" if change > 0 else "worse" if change < 0 else "same"
            points = tenths(abs(change), self.lang)
            remarks.append(self.sentence(key, points=points) if change else self[key])
        return remarks

    def label(self, line: Shown) -> str:
        """Name and country of one line of an overview."""
        name = line["name"] or self["unnamed"]
        return f"{name} ({line['country']})" if line["country"] else name

    def period(self, period: Shown) -> str:
        """A day, or the Monday that a week begins with."""
        return str(period["first"]) + (f" ({self['partial']})" if period["partial"] else "")
