"""What is in force: policy, lists and models with their digests, as one value that is swapped as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent import __version__
from agent.domain.decision.values import RiskReason, RiskScore
from agent.domain.description.text_models import TextModels
from agent.domain.policy.pack import Policy
from agent.domain.screening.names import PartyList
from models.risk.features import PhysicalFacts, Tables, vector
from models.risk.scorer import Scorer


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """Policy, lists and models of one moment; a decision reads one of these from beginning to end."""

    policy: Policy
    policy_digest: str
    lists: tuple[PartyList, ...]
    lists_digest: str | None
    expected_lists: frozenset[str]
    """Ids of lists that were ever in force here: one that is gone could not be checked."""
    scorer: Scorer | None
    """The risk model that the policy names; None when it names none, or the model was refused."""
    readings: TextModels | None
    """The models that read goods texts; None when they were refused."""
    readings_digest: str | None

    @classmethod
    def pack_alone(cls, policy: Policy, readings: TextModels) -> InForce:
        """A pack that no hub has put in force: without lists, without a risk model, without digests."""
        return cls(
            policy=policy,
            policy_digest="",
            lists=(),
            lists_digest=None,
            expected_lists=frozenset(),
            scorer=None,
            readings=readings,
            readings_digest=None,
        )

    @property
    def model_digest(self) -> str | None:
        """Digest of the risk model."""
        return None if self.scorer is None else self.scorer.digest

    @property
    def tables(self) -> Tables | None:
        """What the risk model's document features are looked up in."""
        return None if self.scorer is None else self.scorer.tables

    @property
    def issues(self) -> Mapping[str, int]:
        """Of the policy and of each list: the number that grows with each issue."""
        # One line of policies, whatever a pack calls itself: another id must not bring an older one back.
        lists = {f"list/{each.id}": int(each.issued.timestamp()) for each in self.lists}
        return {"policy": self.policy.sequence, **lists}

    @property
    def assessed_under(self) -> str:
        """Names all that an assessment reads; one that was made under another name is made again."""
        parts = (self.policy_digest, self.lists_digest, self.model_digest, self.readings_digest, __version__)
        return "|".join(part or "none" for part in parts)

    def score(
        self, features: tuple[float, ...] | None, physical: PhysicalFacts, declared_g: int | None
    ) -> RiskScore | None:
        """Risk of one piece; None without the policy's model or without features."""
        if self.scorer is None or features is None:
            return None
        risk = self.scorer.score(vector(features, physical, declared_g))
        return RiskScore(
            permille=risk.permille,
            reasons=tuple(RiskReason(group=r.group, milli=r.milli) for r in risk.reasons),
        )


class Reference:
    """The one holder of what is in force. Swapped on the event loop; ``current`` is read from any thread."""

    def __init__(self, current: InForce) -> None:
        self._current = current
        self._followers: list[Callable[[], None]] = []

    @property
    def current(self) -> InForce:
        """The present value; read it once where several parts of it are needed."""
        return self._current

    def follow(self, call: Callable[[], None]) -> None:
        """Call ``call`` after each swap."""
        self._followers.append(call)

    def swap(self, in_force: InForce) -> None:
        """Replace policy, lists and models at once. Cases that are open finish under what they began with."""
        self._current = in_force
        for call in self._followers:
            call()
