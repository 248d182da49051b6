"""Names of parties: what names nobody is refused, whoever really bears a name is left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.domain.consignment.declaration import Declaration, Level, Party, Transport
from agent.domain.findings.finding import Finding, Severity
from agent.domain.parties.check import check_parties
from agent.domain.parties.tables import PartyTables, shipped
from agent.domain.policy.pack import Policy
from agent.domain.screening.names import key


def result(policy: Policy, **fields: Any) -> list[Finding]:
    declaration = Declaration(consignment="X1", transport=Transport.EXPRESS, **fields)
    return list(check_parties(declaration, policy))


def named(policy: Policy, name: str, side: str = "consignee", **fields: Any) -> list[tuple[str, str, object]]:
    findings = result(policy, **{side: Party(name=name)}, **fields)
    return [(f.code, f.severity.value, f.params.get("reason")) for f in findings]


REAL_NAMES = """
    Jane Doe | Madonna | Sukarno | O | Ng | Bo Xi | U Nu | Na Na-ri | Christopher Null | Abcde | Qi
    Mx Robin Li | X Æ A-12 | Björk Guðmundsdóttir | Nguyễn Văn A | Łukasz Żak | Ngũgĩ wa Thiong'o
    Nhlanhla | Ólafur | Øyvind Å | José María García-López | Mary-Jane O'Neill | Þórunn | Željko
    İbrahim Çağrı Öztürk | Ştefan | Māris | Aaliyah | Clark Kent | Peter Parker | Bruce Wayne
    Harry Potter | Homer Simpson | Batman Yılmaz | Test Kimathi | Mickey Rourke | Nobody Jones
    Donald Trumper | Santa Maria | Paris Blank | Anyone Smith | Guest | Poo | Were | Power | Drew Trew
    张三 | 王 | 李小龙 | 歐陽娜娜 | 山田太郎 | さくら | アンナ | 김민수 | 나 | Иван Петров | Ольга
    Ελένη | Աննա | ქეთევან | محمد | فاطمة الزهراء | שרה כהן | सुनीता | রহিম | யாழினி | ณัฐพล | ສົມຊາຍ
    မောင် | សុខា | ᎠᎾ | Muhammad | Mohamed Ali | Ali | Svetlana | Wang Wei | Zhang San | Li Na | Nguyen
    Patel | Singh | Kaur | Fatima | Ama Ata Aidoo | Chukwuemeka | Tʼáchéii | Ka'ahumanu | Tāne
    's-Gravesande | d'Arc | van 't Hoff | J. R. | Zo | Shenzhen Bright Star Trading Co., Ltd.
    Acme GmbH | 3M | 7-Eleven | A1 Stores | Toys R Us | Yahoo! Inc
""".replace("\n", "|")


@pytest.mark.parametrize("side", ["consignor", "consignee", "seller", "purchaser"])
@pytest.mark.parametrize("name", [name.strip() for name in REAL_NAMES.split("|") if name.strip()])
def test_a_name_is_no_risk_of_whatever_script_culture_or_length(policy: Policy, name: str, side: str) -> None:
    assert named(policy, name, side) == []


@pytest.mark.parametrize("country", ["US", "CN", "HK", "IR", "NG", "RU", "VN", "TR", "IN", "MX"])
def test_where_a_party_is_from_is_no_finding(policy: Policy, country: str) -> None:
    assert result(policy, consignor=Party(name="Amal", country=country), origin_country=country) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Unknown", "placeholder"),
        ("don't know", "placeholder"),
        ("NOT  SURE", "placeholder"),
        ("Mr. Unknown", "placeholder"),
        ("Test Test 2", "placeholder"),
        ("Customer 4711", "placeholder"),
        ("T.B.D.", "placeholder"),
        ("N/A", "placeholder"),
        ("n / a", "placeholder"),
        ("?", "placeholder"),
        ("Same as above", "placeholder"),
        ("To the order of", "placeholder"),
        ("未知", "placeholder"),
        ("收件人", "placeholder"),
        ("匿名", "placeholder"),
        ("Desconocido", "placeholder"),
        ("Anonimo", "placeholder"),
        ("SIN NOMBRE", "placeholder"),
        ("Señor Nadie", "placeholder"),
        ("un\u200bknown", "placeholder"),
        ("Mickey Mouse", "fictional"),
        ("MOUSE, Mickey", "fictional"),
        ("SpiderMan", "fictional"),
        ("Spider-Man", "fictional"),
        ("蝙蝠侠", "fictional"),
        ("哆啦A梦", "fictional"),
        ("Pato Donald", "fictional"),
        ("Hombre Arana", "fictional"),
        ("asdf", "keyboard_walk"),
        ("Qwerty Asdfgh", "keyboard_walk"),
        ("lkjhg", "keyboard_walk"),
        ("azerty", "keyboard_walk"),
        ("asdasd", "keyboard_walk"),
        ("张**", "masked"),
        ("J*** D**", "masked"),
        ("jane@example.org", "contact"),
        ("www.example.org", "contact"),
        ("12345", "only_digits"),
        ("...", "only_special"),
        ("---", "only_special"),
        ("", "empty"),
        ("aaaa", "identical_characters"),
        (".pdf", "file_extension"),
        ("#12", "special_and_digits"),
    ],
)
def test_what_names_nobody_is_refused_for_its_reason(policy: Policy, name: str, reason: str) -> None:
    assert named(policy, name) == [("PARTY_REFUSED", "mend", reason)]


def test_the_policys_own_placeholders_count_too(policy: Policy) -> None:
    own = replace(policy, placeholder_names=frozenset({key("Mr X of Nowhere")}))
    assert named(policy, "Mr X of Nowhere") == []
    assert named(own, "X OF NOWHERE, Mr") == [("PARTY_REFUSED", "mend", "placeholder")]


@pytest.mark.parametrize(
    "name",
    [
        "DHL Express",
        "FedEx",
        "UPS Inc.",
        "YunExpress",
        "4PX Express Co., Ltd.",
        "SF Express",
        "顺丰速运",
        "Ekol Lojistik A.Ş.",
        "Yanwen Logistics Co Ltd",
        "Kuehne + Nagel",
        "China Post",
        "菜鸟网络",
    ],
)
@pytest.mark.parametrize("side", ["consignor", "consignee"])
def test_at_house_level_a_forwarder_stands_for_somebody_else(policy: Policy, name: str, side: str) -> None:
    assert named(policy, name, side) == [("ORIGINAL_PARTY_NEEDED", "mend", None)]
    assert named(policy, name, side, level=Level.MASTER) == []


@pytest.mark.parametrize(
    "name",
    [
        "Bright Star Logistics Ltd",
        "Oriental Freight",
        "American Express",
        "深圳市明星货运有限公司",
        "Aydın Kargo",
    ],
)
def test_a_forwarders_word_in_a_name_is_noted_and_changes_nothing(policy: Policy, name: str) -> None:
    assert named(policy, name, "consignor") == [("PARTY_MAY_FORWARD", "note", None)]
    assert named(policy, name, "seller") == []


def test_sender_and_receiver_of_one_name_are_noted_and_of_one_address_refused(policy: Policy) -> None:
    at_home = Party(name="Ann Poe", street="1 High St", city="Leeds", country="GB")
    abroad = Party(name="POE, Ann", street="2 Main St", city="Dayton", country="US")
    moved = result(policy, consignor=at_home, consignee=abroad)
    assert [(f.code, f.severity) for f in moved] == [("PARTIES_SHARE_NAME", Severity.NOTE)]
    nowhere = Party(name="POE, Ann", street="1 HIGH ST.", city="leeds", country="GB")
    stayed = result(policy, consignor=at_home, consignee=nowhere)
    assert [(f.code, f.severity) for f in stayed] == [("PARTIES_IDENTICAL", Severity.CORRECTABLE)]
    assert result(policy, consignor=at_home, consignee=Party(name="Ann Roe", street="1 High St")) == []


_TEXT = st.none() | st.text(max_size=40)


@given(
    parties=st.lists(
        st.builds(
            Party,
            name=_TEXT,
            street=_TEXT,
            city=_TEXT,
            state=_TEXT,
            postcode=_TEXT,
            country=_TEXT,
            phone=_TEXT,
            email=_TEXT,
        ),
        min_size=4,
        max_size=4,
    ),
    place=_TEXT,
)
def test_whatever_is_written_is_judged_and_never_repeated(
    policy: Policy, parties: list[Party], place: str | None
) -> None:
    marked = [Party(name=f"Quetzalcoatl {p.name}", street=f"Quetzal {p.street}") for p in parties]
    for sides in (parties, marked):
        fields = dict(zip(("consignor", "consignee", "seller", "purchaser"), sides, strict=True))
        findings = result(policy, **fields, packing_place=place)
        assert all(f.severity in (Severity.CORRECTABLE, Severity.NOTE) for f in findings)
        assert not any("quetzal" in str(value).lower() for f in findings for value in f.params.values())
        assert result(policy, **fields, packing_place=place) == findings
        assert list(check_parties(_declared(fields, place), policy, _read_anew())) == findings


def _declared(fields: dict[str, Any], place: str | None) -> Declaration:
    return Declaration(consignment="X1", transport=Transport.EXPRESS, packing_place=place, **fields)


def _read_anew() -> PartyTables:
    """The same tables as another object: nothing that was kept counts for them."""
    return replace(shipped())
