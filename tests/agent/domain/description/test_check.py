"""Descriptions of goods held to lists: what is refused, what is warned of, what no disguise gets past."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.domain.consignment.declaration import CEILINGS, Level
from agent.domain.description.check import (
    DescriptionGrade as Grade,
)
from agent.domain.description.check import (
    Judgement,
    check_description,
    judge,
    language_of,
    structural_fault,
)
from agent.domain.description.terms import Terms
from agent.domain.description.text_models import ReadingLimits
from agent.domain.findings.finding import Severity
from agent.domain.policy.pack import Policy

TERMS = Terms(
    stop=(
        "gift",
        "said to contain",
        "spare parts",
        "parts",
        "accessories",
        "merc.",
        "e-commerce goods",
        "礼品",
    ),
    alone=("box", "toys", "blanket", "tool"),
    materials=("steel", "leather"),
    consolidation=("consolidated", "集运"),
    fillers=("of", "for", "new", "kids", "一批", "的"),
)


def judged(text: str, *, level: Level = Level.HOUSE) -> tuple[Grade, str | None]:
    result = judge(text, TERMS, level=level)
    return result.grade, result.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \u200b ", "empty"),
        ("...", "only_special"),
        ("#?!", "only_special"),
        ("12345", "only_digits"),
        ("12 345", "only_digits"),
        ("12-345", "special_and_digits"),
        ("xxx", "identical_characters"),
        ("1111", "identical_characters"),
        (".pdf", "file_extension"),
        ("2 pcs", "nothing_said"),
        ("AB-1234X", "nothing_said"),
        ("of for", "nothing_said"),
        ("Gift", "stop_term"),
        ("GIFTS", "stop_term"),
        ("2 pcs new gift, accessories", "stop_term"),
        ("accessory", "stop_term"),
        ("Said to contain: spare parts", "stop_term"),
        ("E-commerce goods", "stop_term"),
        ("merc", "stop_term"),
        ("kids' toys", "stop_term"),
        ("boxes", "stop_term"),
        ("toys and accessories", None),
        ("toys, accessories", "stop_term"),
        ("steel", "stop_term"),
        ("Consolidated", "stop_term"),
        ("礼品", "stop_term"),
        ("新的礼品一批", None),
        ("礼品一批", "stop_term"),
        ("Gift/礼品", "stop_term"),
    ],
)
def test_a_text_that_names_nothing_is_refused_for_its_reason(text: str, reason: str | None) -> None:
    result = judge(text, TERMS)
    if reason is None:
        assert result.grade is not Grade.REJECT
    else:
        assert (result.grade, result.reason) == (Grade.REJECT, reason)


@pytest.mark.parametrize(
    "text",
    [
        "for the",
        "said to",
        "brake pads",
        "glass",
        "leather box",
        "steel tools",
        "tool box",
        "wooden toys",
        "polyester blanket",
        "USB-C cable 2m",
        "men's knitted cotton shirts",
        "10KΩ resistor",
        "棉质衬衫",
        "礼品袋",
        "подарок",
    ],
)
def test_a_text_that_names_a_thing_is_taken(text: str) -> None:
    assert judged(text) == (Grade.OK, None)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("gift card holder", "GIFT"),
        ("bicycle spare parts", "SPARE PARTS"),
        ("leather accessories", "ACCESSORIES"),
        ("手表 礼品", "礼品"),
        ("手表礼品一批", "礼品"),
        ("consolidated ceramic mugs", "CONSOLIDATED"),
    ],
)
def test_a_stop_term_beside_what_says_something_is_warned_of(text: str, term: str) -> None:
    result = judge(text, TERMS)
    assert (result.grade, result.reason, result.terms) == (Grade.WARN, "stop_term", (term,))


@pytest.mark.parametrize(
    "text",
    [
        "ｇｉｆｔ",
        "gi\u200bft",
        "g\u00adift",
        "G1FT",
        "G!FT",
        "P@RT5",
        "4CCESSORIES",
        "GІFТ",  # the I and the T are Cyrillic
        "ΡΑRΤS",  # all but R and S is Greek
        "G.I.F.T",
        "G I F T S",
        "g-i-f-t",
        "GI FT",
        "SPAREPARTS",
        "GIIIFT",
        "GGIFFTT",
        "G\u0336I\u0336F\u0336T\u0336",
        "礼.品",
        "礼 品",
        "礼\u200b品",
    ],
)
def test_a_disguise_does_not_hide_a_term(text: str) -> None:
    assert judged(text) == (Grade.REJECT, "stop_term")


def test_a_word_of_two_alphabets_is_warned_of_even_when_it_names_a_thing() -> None:
    result = judge("сotton shirt", TERMS)  # the c is Cyrillic
    assert (result.grade, result.reason, result.disguised) == (Grade.WARN, "disguised", True)
    assert judge("хлопковая рубашка", TERMS).grade is Grade.OK


@pytest.mark.parametrize(
    "text", ["Consolidated", "consolidated cargo 12 bags", "CONSOLIDATED: shoes, mugs", "集运"]
)
def test_only_a_master_bill_may_say_that_it_consolidates(text: str) -> None:
    assert judged(text, level=Level.MASTER) == (Grade.OK, "house_bills_needed")
    assert judged(text)[0] is not Grade.OK


def test_a_master_bill_without_the_mark_is_held_to_the_same_lists() -> None:
    assert judged("gift", level=Level.MASTER) == (Grade.REJECT, "stop_term")
    assert judged("brake pads", level=Level.MASTER) == (Grade.OK, None)


# -- findings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "level", "code", "severity", "params"),
    [
        ("12345", Level.HOUSE, "DESCRIPTION_REFUSED", Severity.CORRECTABLE, {"reason": "only_digits"}),
        (
            "2 gifts",
            Level.HOUSE,
            "DESCRIPTION_REFUSED",
            Severity.CORRECTABLE,
            {"reason": "stop_term", "term": "GIFT"},
        ),
        (
            "gift of Jane",
            Level.HOUSE,
            "DESCRIPTION_VAGUE",
            Severity.NOTE,
            {"reason": "stop_term", "term": "GIFT"},
        ),
        ("Consolidated", Level.MASTER, "HOUSE_BILLS_NEEDED", Severity.NOTE, {"term": "CONSOLIDATED"}),
    ],
)
def test_a_finding_names_reason_and_term_and_never_repeats_the_text(
    text: str, level: Level, code: str, severity: Severity, params: dict[str, str]
) -> None:
    result = check_description(text, TERMS, level=level)
    assert result is not None
    assert (result.code, result.severity, dict(result.params)) == (code, severity, params)


def test_a_good_description_gives_no_finding() -> None:
    assert check_description("stainless vacuum flask", TERMS) is None


# -- the score -----------------------------------------------------------------------------------------------


def score(text: str, reading: float) -> Judgement:
    return judge(text, TERMS, reads=lambda _text: reading)


def test_lists_and_model_make_one_score_and_lists_alone_three_steps() -> None:
    assert [judge(text, TERMS).score for text in ("mug", "gift mug", "gift")] == [0.0, 0.5, 1.0]
    assert score("mug", 0.2).score == 0.2
    assert 0.2 < score("gift mug", 0.2).score < score("gift", 0.2).score < 1.0
    assert score("gift", 0.0).score == 0.9


LIMITS = ReadingLimits(vague_at_permille=900, refuse_at_permille=980)


@pytest.mark.parametrize(
    ("text", "reading", "grade", "reason", "result"),
    [
        ("lifestyle essentials", 0.899, Grade.OK, None, None),
        (
            "lifestyle essentials",
            0.9,
            Grade.WARN,
            "reads_vague",
            ("DESCRIPTION_VAGUE", Severity.NOTE, 900),
        ),
        (
            "lifestyle essentials",
            0.99,
            Grade.REJECT,
            "reads_vague",
            ("DESCRIPTION_VAGUE", Severity.CORRECTABLE, 990),
        ),
        ("gift mug", 0.5, Grade.WARN, "stop_term", ("DESCRIPTION_VAGUE", Severity.NOTE, 800)),
        (
            "gift mug",
            0.97,
            Grade.REJECT,
            "stop_term",
            ("DESCRIPTION_VAGUE", Severity.CORRECTABLE, 992),
        ),
        (
            "gift",
            0.0,
            Grade.REJECT,
            "stop_term",
            ("DESCRIPTION_REFUSED", Severity.CORRECTABLE, None),
        ),
    ],
)
def test_a_score_warns_and_asks_back_from_the_limits_of_the_policy_on(
    text: str,
    reading: float,
    grade: Grade,
    reason: str | None,
    result: tuple[str, Severity, int | None] | None,
) -> None:
    judged = judge(text, TERMS, reads=lambda _text: reading, limits=LIMITS)
    assert (judged.grade, judged.reason) == (grade, reason)
    finding = check_description(text, TERMS, reads=lambda _text: reading, limits=LIMITS)
    if finding is None:
        assert result is None
    else:
        assert (finding.code, finding.severity, finding.params.get("score_permille")) == result
        assert finding.params["reason"] == reason


def test_without_limits_or_for_a_master_bill_no_score_says_anything() -> None:
    assert judge("lifestyle essentials", TERMS, reads=lambda _text: 1.0).grade is Grade.OK
    assert check_description("lifestyle essentials", TERMS, reads=lambda _text: 1.0) is None
    assert check_description("lifestyle essentials", TERMS, limits=LIMITS) is None
    result = check_description(
        "consolidated", TERMS, level=Level.MASTER, reads=lambda _text: 1.0, limits=LIMITS
    )
    assert result is not None
    assert (result.code, dict(result.params)) == ("HOUSE_BILLS_NEEDED", {"term": "CONSOLIDATED"})


def test_the_model_reads_what_was_meant() -> None:
    known: list[str] = []

    def reads(text: str) -> float:
        known.append(text)
        return 0.5

    judge("wool socks, 2 pairs", TERMS, reads=reads)
    judge("G1FT mug", TERMS, reads=reads)
    judge("電子手錶", TERMS, reads=reads)
    assert known == ["wool socks, 2 pairs", "GIFT MUG", "电子手表"]


# -- languages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("wool socks", "en"),
        ("不锈钢保温杯", "zh"),
        ("LED灯", "zh"),
        ("fundas para móvil", "es"),
        ("zapatos rojos", "es"),
        ("", "en"),
    ],
)
def test_the_language_is_guessed_by_script_signs_and_small_words(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_term_tells_the_language_unless_it_was_given(policy: Policy) -> None:
    terms = policy.description_terms
    assert judge("ropa", terms).language == "es"
    assert judge("ropa", terms, lang="en").language == "en"
    assert judge("ropa", terms, lang="tlh").language == "es"


# -- always --------------------------------------------------------------------------------------------------


@given(st.text(max_size=80))
@example("\u0345")
@example("İ ŉ ﬁ ㍿")
def test_any_text_is_judged_without_error_and_a_structural_fault_is_refused(text: str) -> None:
    for level in Level:
        result = judge(text, TERMS, level=level)
        assert 0.0 <= result.score <= 1.0
        finding = check_description(text, TERMS, level=level)
        assert (finding is None) == (result.reason is None)
    if structural_fault(text) is not None:
        assert judge(text, TERMS).grade is Grade.REJECT


@given(
    st.lists(
        st.sampled_from(
            ["GIFT", "gifts", "2", "pcs", "spare parts", "of", "said to contain", "礼品", "kids'"]
        ),
        max_size=30,
    ).filter(lambda words: len(" ".join(words)) <= CEILINGS["description"])
)
def test_stop_terms_and_fillers_never_add_up_to_a_description(words: list[str]) -> None:
    assert judge(" ".join(words), TERMS).grade is Grade.REJECT


@given(
    st.sampled_from(["ceramic mug", "wool socks", "brake pads"]), st.sampled_from(["gift", "parts", "礼品"])
)
def test_a_stop_term_never_makes_a_good_description_better(thing: str, term: str) -> None:
    assert judge(f"{thing} {term}", TERMS).score >= judge(thing, TERMS).score
