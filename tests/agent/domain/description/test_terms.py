"""The lists that descriptions are held to: those that ship, and how a pack's own are read."""

from __future__ import annotations

import pytest

from agent.domain.description.check import DescriptionGrade, judge
from agent.domain.description.hanzi import simplified, table
from agent.domain.description.terms import Terms, read_terms
from agent.domain.description.text_models import ReadingLimits, read_limits
from agent.domain.errors import PolicyError
from agent.domain.packs.table import Table
from agent.domain.policy.pack import Policy


@pytest.mark.parametrize(
    "text",
    [
        "gift",
        "daily necessities",
        "accessories",
        "parts",
        "consolidated",
        "freight of all kinds",
        "samples",
        "wearing apparel",
        "see invoice",
        "Blanket",
        "Electronics",
        "Foodstuffs",
        "Caps",
        "Auto parts",
        "Iron",
        "Leather articles",
        "Polyurethane",
        "STC",
        "N/A",
        "toys",
        "various accessories for women",
        "goods as per invoice",
        "household items",
        "ladies' apparel",
        "日用品一批",
        "各种配件",
        "電子產品",
        "汽車配件一批",
        "個人物品",
        "辦公用品",
        "禮.品",
        "女士服装",
        "artículos varios de regalo",
        "ARTICULOS VARIOS",
        "repuestos",
        "material",
        "ropa de mujer",
        "mercancías",
    ],
)
def test_the_shipped_lists_refuse_what_authorities_name_in_three_languages(text: str, policy: Policy) -> None:
    assert judge(text, policy.description_terms).grade is DescriptionGrade.REJECT


@pytest.mark.parametrize(
    "text",
    [
        "100 % polyester blanket",
        "laptop computers",
        "canned tuna",
        "baseball caps",
        "ceramic tile",
        "rubber hoses",
        "sewing machines",
        "brake pads",
        "men's knitted cotton shirts",
        "kitchen blender",
        "iron pipes",
        "leather handbags",
        "welding rods",
        "aluminium scrap",
        "power drills",
        "skin cream with retinol 50 ml",
        "plastic construction bricks",
        "不锈钢保温杯",
        "食品级硅胶杯",
        "工具箱",
        "fundas de silicona para móvil",
        "cable de carga usb",
        "piezas de ajedrez de madera",
    ],
)
def test_the_shipped_lists_take_the_better_wording(text: str, policy: Policy) -> None:
    assert judge(text, policy.description_terms).grade is DescriptionGrade.OK


def test_traditional_characters_are_read_as_the_simplified_ones_of_the_lists() -> None:
    listed = Terms(stop=("日用杂货", "樣品"))
    for text in ("日用雜貨", "日用杂货", "樣品", "样品", "樣 品"):
        assert judge(text, listed).grade is DescriptionGrade.REJECT
    assert judge("日用雜貨", listed).terms == ("日用杂货",)
    assert simplified("乾燥機 wool") == "干燥机 wool"
    # Folding what is folded changes nothing.
    assert not set(table().values()) & set(map(chr, table()))


def test_limits_of_readings_are_thousandths_and_a_warning_comes_before_a_refusal() -> None:
    errors: list[PolicyError] = []
    given = {"vague_at_permille": 900, "refuse_at_permille": 800, "sure_at_permille": 1001}
    read_limits(Table({"descriptions": given}, "", errors))
    assert [error.path for error in errors] == [
        "descriptions.sure_at_permille",
        "descriptions.refuse_at_permille",
    ]
    assert read_limits(Table({}, "", errors)) == ReadingLimits()


def test_a_list_needs_its_source_a_real_date_and_a_known_language() -> None:
    errors: list[PolicyError] = []
    tables = [
        {"stop": ["gift"]},
        {"source": "x", "as_of": "June"},
        {"source": "x", "lang": "xx"},
        {"source": "x", "stops": ["gift"]},
    ]
    read_terms(Table({"description_terms": tables}, "", errors))
    assert [error.path.partition(".")[2] for error in errors] == ["source", "as_of", "lang", "stops"]
