"""Wording: a model's reasons in words, and as JSON."""
import re
from typing import Any, NamedTuple

from widedeep.recommend import Reasons, Recommendation


class Answer(NamedTuple):
    """What the model has for one person: items, or, where there are none, why a test row has its probability."""

    user: int | None
    liked: list[str]                                    # what the user rated high, or has installed
    found: list[Recommendation]
    explained: tuple[float, int, Reasons] | None = None             # probability, label, and the reasons of the logit


def readable(feature: str, titles: dict[int, str] | None) -> str:
    """item=50 with its title, where there is one."""
    return re.sub(r"\bitem=(\d+)", lambda m: f"{m[0]} ({titles[int(m[1])]})" if titles else m[0], feature)


def terms_of(reasons: Reasons, titles: dict[int, str] | None, n: int = 3) -> list[str]:
    """The deep part, other towers, the n heaviest wide terms, the sum of the others, and the bias: a line each."""
    rest = reasons.wide[n:]
    parts = [f"{reasons.deep:+.2f} deep part"]
    parts += [f"{value:+.2f} {name} part" for name, value in reasons.others.items()]
    parts += [f"{weight:+.2f} {readable(name, titles)}" for name, weight in reasons.wide[:n]]
    if rest:
        parts.append(f"{sum(weight for _, weight in rest):+.2f} from {len(rest)} more wide terms")
    return [*parts, f"{reasons.bias:+.2f} bias"]


def answer_as_json(answer: Answer, titles: dict[int, str] | None) -> dict[str, Any]:
    """{"user", "liked", "recommendations", "explained"}"""
    found = [r._asdict() | {"reasons": as_json(r.reasons, titles)} for r in answer.found]
    explained = None
    if answer.explained is not None:
        p, label, reasons = answer.explained
        explained = {"probability": p, "label": label, "reasons": as_json(reasons, None)}
    return {"user": answer.user, "liked": answer.liked, "recommendations": found, "explained": explained}


def as_json(reasons: Reasons, titles: dict[int, str] | None) -> dict[str, Any]:
    wide = [{"feature": readable(name, titles), "weight": weight} for name, weight in reasons.wide]
    return {name: part for name, part in reasons._asdict().items() if part != {}} | {"wide": wide}
