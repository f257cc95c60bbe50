"""What the encoders beyond the chapter's may say of themselves, and which of all encoders an archive holds.

    TableEncoder     an encoder, the plan of its table, and what the label is: the head has to be one for that
    Catalogue        the films of a ranker, and the half-lives of its bags
    Shop             the same, with what each person had

Read before: encoders.py        Read next: models.py
"""
from typing import Any

from widedeep.archives.columns import registered, wrapped
from widedeep.archives.encoders import Sizes, encoder, history_encoder
from widedeep.archives.schema import (
    Check,
    Unfit,
    cells,
    check,
    figure,
    flag,
    listing,
    mapping,
    maybe,
    number,
    one_of,
    pair,
    settings,
    text,
    want,
    whole,
)

HEAD_OF = {"binary": "WideDeep", "classes": "Classes", "number": "Regression"}
ANSWERS: dict[str, Check] = {
    "label": text, "head": one_of(*HEAD_OF), "names": listing(text), "mean": number(),
    "spread": number(0, above=True), "low": number(), "high": number()}
KINDS: dict[str, dict[str, Check]] = {                  # of a table's columns
    "number": {"buckets": whole(), "exact": whole(), "missing": flag}, "category": {"min_count": whole(1)},
    "bag": {"min_count": whole(1), "sep": text}, "date": {"buckets": whole(), "missing": flag}, "out": {}}
FOUND: dict[str, Check] = {                             # what training found, for people
    "rows": whole(), "metrics": mapping(figure), "judged": mapping(figure),
    "chosen": mapping(listing(figure, 3, 3)), "epochs": mapping(listing(whole())), "held_out": whole()}


def planned(saved: Any, where: str) -> None:
    """One column of the plan."""
    settings(saved, where)
    one_of(*KINDS)(saved.get("kind"), f"{where}.kind")
    check(saved, where, {"kind": text, **KINDS[saved["kind"]]})


def plan(saved: Any, where: str) -> None:
    pairs = listing(listing(text, 2, 2))
    check(saved, where, {"label": text, "head": one_of(*HEAD_OF), "positive": maybe(text),
                         "columns": mapping(planned),
                         "crosses": lambda inner, there: check(inner, there, {"pairs": pairs, "weak": pairs})})


def answers(saved: Any, where: str) -> None:
    check(saved, where, ANSWERS)
    names, head = saved["names"], saved["head"]
    fine = {"binary": len(names) == 2, "classes": len(names) >= 2, "number": not names}[head]
    want(fine and len(set(names)) == len(names), f"{where}.names", names, f"different names, as of a {head} label")
    want(saved["low"] <= saved["high"], where, saved, "low <= high")


BEGUN: dict[str, Check] = {                             # auto/stream.py
    "path": text, "bytes": whole(), "rows": whole(1), "held": listing(whole()), "candidate": settings,
    "judged": settings, "constant": listing(number(), 1)}


def found(saved: Any, where: str) -> None:
    """Nothing yet, what training found, or what a stream has begun with."""
    begun = isinstance(saved, dict) and "stream" in saved
    before = {"seconds": number(0)} if isinstance(saved, dict) and "seconds" in saved else {}      # in older archives
    check(saved, where, {"stream": lambda its, there: check(its, there, BEGUN)} if begun else
          FOUND | before if saved else {})


def table_encoder(state: Any, where: str) -> Sizes:
    sizes = encoder(state, where, plan=plan, answers=answers, about=found)
    head = state["answers"]["head"]
    want(state["plan"]["head"] == head, f"{where}.plan.head", state["plan"]["head"], repr(head))
    return sizes._replace(head=HEAD_OF[head])


def catalogue(state: Any, where: str) -> Sizes:
    check(state, where, {"items": cells, "half_lives": listing(maybe(number(0, above=True)), 1)})
    V = len(state["items"])
    want(V > 0, f"{where}.items", V, "films")
    return Sizes(V, V, 0, 0, films=V, bags=len(state["half_lives"]))


def shop(state: Any, where: str) -> Sizes:
    """That of `widedeep train --user --item`: what people had, as columns of the items."""
    sizes: list[Sizes] = []
    check(state, where, {
        "items": cells, "titles": listing(text), "half_lives": listing(maybe(number(0, above=True)), 1),
        "people": cells, "histories": listing(listing(whole())), "seen": listing(listing(whole())),
        "people_sides": listing(listing(pair(whole(), number()))), "about": settings,
        "sides": lambda its, there: check(its, there, {
            "plan": lambda saved, at: None, "encoder": maybe(lambda saved, at: sizes.append(encoder(saved, at)))})})
    V, U = len(state["items"]), len(state["people"])
    plan_of_sides(state["sides"]["plan"], f"{where}.sides.plan")
    want(V > 0 and len(state["titles"]) == V, f"{where}.titles", len(state["titles"]), f"{V}, one of each item")
    for name in ("histories", "seen", "people_sides"):
        want(len(state[name]) in ((U, 0) if name == "people_sides" else (U,)), f"{where}.{name}", len(state[name]),
             f"{U}, one of each person")
    for name in ("histories", "seen"):
        most = max((max(columns, default=0) for columns in state[name]), default=0)
        want(most < V, f"{where}.{name}", most, f"columns below {V}")
    return Sizes(V, V, 0, 0, films=V, bags=len(state["half_lives"]))


def plan_of_sides(saved: Any, where: str) -> None:
    """A plan, also of no columns."""
    settings(saved, where)
    if saved.get("columns"):
        plan(saved, where)


ENCODERS = {"Encoder": encoder, "HistoryEncoder": history_encoder, "TableEncoder": table_encoder,
            "Catalogue": catalogue, "Shop": shop}


def any_encoder(saved: Any, where: str) -> Sizes | None:
    """The settings of an encoder of any kind; None for one of somebody's own."""
    if not isinstance(saved, dict):
        raise Unfit(f"{where} is a {type(saved).__name__}; want settings")
    if "kind" not in saved:
        return encoder(saved, where)
    wrapped(saved, where)
    if saved["kind"] in ENCODERS:
        return ENCODERS[saved["kind"]](saved["state"], f"{where}.state")
    registered(saved["kind"], f"{where}.kind", "encoder")
    return None
