"""Wording: a model's reasons in words, and as JSON."""
import re
from typing import Any

from widedeep.recommend import Reasons


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


def as_json(reasons: Reasons, titles: dict[int, str] | None) -> dict[str, Any]:
    wide = [{"feature": readable(name, titles), "weight": weight} for name, weight in reasons.wide]
    return {name: part for name, part in reasons._asdict().items() if part != {}} | {"wide": wide}
