"""Training a recommender of a log, within a budget of seconds.

    popularity   how many people like it: the baseline
    EASE         which item goes with which, in closed form (ranking/baselines.py): it memorizes
    deep         a deep ranker, and the sides of people and items, trained by gradient: they generalize

    z  =  a B W  +  MLP(B E) Q^T  +  sides  +  b            a, and EASE's settings, by the loss on hidden items

EASE is the wide tower: one weight for "has item i AND is shown item j".  So the sum is a Ranker, one archive, and it
serves people who were not in training.

Read before: judging.py, ranking/recipes.py        Read next: suggesting.py
Source: Steck 2019 (EASE); Cheng et al. 2016, figure 4.
"""
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlp.optimizers import Optimizer
from mlp.windows import flatten
from perceptron.activations import Array
from widedeep.auto.search import Clock, OutOfTime
from widedeep.interactions.hiding import Kept, hide, sequences
from widedeep.interactions.judging import AT_ONCE, Judge, part
from widedeep.interactions.log import Log, Roles, read_log
from widedeep.interactions.shop import Shop, SideReader, reader_of, sparse
from widedeep.interactions.side_items import SideItems
from widedeep.ranking.bags import bags_of
from widedeep.ranking.baselines import ease_of
from widedeep.ranking.protocol import Sequences
from widedeep.ranking.ranker import Ranker
from widedeep.ranking.recipes import BOTH
from widedeep.ranking.towers import DeepItems, WideItems
from widedeep.ranking.train import fit
from widedeep.recipes.parts import DeepTower, WideTower
from widedeep.training.ema import EMA

K = 10                                                  # of the figures
EASE_ITEMS = 4000                                       # more, and a V x V inverse takes too long
L2 = (20.0, 100.0, 500.0)                               # of EASE, in people
HALF_LIVES = (np.inf, 60.0, 20.0, 7.0)                  # of EASE's bag, in items
SCALES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0)
QUICK, SLOW = (3.0, 15.0), 60.0                         # half-lives of the deep tower's bags; the last is the slowest
DEEP = DeepTower(d=64, hidden=(128, 64), dropout=0.3, embedding_decay=0.5, layer_decay=0.05)
SIDES = WideTower(alpha=0.1, l1=0.3)
EPOCHS, PATIENCE = 30, 3
Say = Callable[[str], Any]


class Stop(Exception):
    """Trained enough: no better for some epochs."""


@dataclass
class Recommending:
    """model and encoder of one archive.   metrics : of the whole; judged : {candidate: metrics} of people held out"""

    model: Ranker
    shop: Shop
    metrics: dict[str, float]
    judged: dict[str, dict[str, float]]
    seconds: float = 0.0
    stopped: bool = False
    notes: tuple[str, ...] = ()


@dataclass
class Ease:
    """The wide tower: W (V, V) of this l2, read with a bag of this half-life, and scaled."""

    W: Array
    l2: float
    half_life: float
    scale: float
    loss: float

    def scores(self, of: Sequences) -> Array:
        return bags_of(of, [self.half_life]).shares[0] @ self.W


class Watched(EMA):
    """An EMA that ends training when the budget is spent: it is asked after every step."""

    def __init__(self, params: Any, decay: float, clock: Clock):
        super().__init__(params, decay)
        self.clock = clock

    def update(self) -> None:
        super().update()
        if self.clock.left() <= 0:
            raise OutOfTime(f"{self.steps} steps")


@dataclass
class Best:
    """The best epoch so far."""

    loss: float = np.inf
    epoch: int = 0
    weights: list[Array] = field(default_factory=list)


def train_log(table: Mapping[str, Any], roles: Roles, *, budget: float = 60.0, seed: int = 0,
              say: Say = lambda line: None, report: Callable[[], Any] = lambda: None) -> Recommending:
    """A recommender of a table of interactions.   report : called after every epoch

    Raises ValueError for a table that nothing can be learned from, or too small a budget.
    """
    start = time.perf_counter()
    clock = Clock(start, start + budget)
    log = read_log(table, roles)
    for note in log.notes:
        say(note)
    reader, people_sides = reader_of(log.people_sides, len(log.people))
    _, item_sides = reader_of(log.item_sides, len(log.items))
    kept = hide(log, people_sides if reader.size else None, seed)
    choose, measure = Judge(kept, kept.choose), Judge(kept, kept.measure)
    say(f"{len(log.people):,} people, {len(log.items):,} items, {len(kept.train.items):,} liked rows to learn from; "
        f"one item hidden of {len(kept.choose.people):,} people to choose by, of {len(kept.measure.people):,} others "
        "to measure by")
    counts = np.bincount(kept.train.items, minlength=len(log.items))
    popular = np.log((counts + 1) / (counts + 1).sum()).astype(np.float32)
    say(f"  popularity   loss {choose.loss(np.broadcast_to(popular, choose.had.shape)):.4f} on hidden items")
    timed = log.time is not None
    ease = best_ease(kept, choose, popular, clock, timed, say)
    half_lives = (np.inf,) if not timed else tuple(dict.fromkeys(
        (*((ease.half_life,) if ease else ()), *QUICK, SLOW)))
    model, epochs = train_deep(log, kept, choose, counts, half_lives, reader, item_sides, ease, clock, seed, say,
                               report)
    judged = {"popularity": measure.figures(np.broadcast_to(popular, measure.had.shape), K)}
    S = measure.scores(model.scores) if epochs else np.broadcast_to(popular, measure.had.shape)
    if epochs:
        judged["deep"] = measure.figures(S, K)
    if ease is not None:
        E = measure.scores(ease.scores)
        judged["EASE"] = measure.figures(popular + ease.scale * E, K)
        scale = best_scale(choose, choose.scores(model.scores) if epochs else popular, choose.scores(ease.scores))[1]
        S = S + scale * E
        add_wide(model, log, ease, scale)
    metrics = measure.figures(S, K)
    seconds = time.perf_counter() - start
    about = {"rows": log.rows, "people": len(log.people), "items": len(log.items), "k": K, "metrics": metrics,
             "judged": judged, "epochs": epochs, "seconds": round(seconds, 2),
             "hidden": {"choose": len(kept.choose.people), "measure": len(kept.measure.people)},
             "ease": ease and {"l2": ease.l2, "half_life": None if np.isinf(ease.half_life) else ease.half_life,
                               "scale": scale},
             "sides": {"people": {name: plan.kind for name, plan in log.people_sides.plans.items()},
                       "items": {name: plan.kind for name, plan in log.item_sides.plans.items()}},
             "columns": {name: value for name, value in vars(roles).items() if value is not None},
             "notes": list(log.notes)}
    shop = shop_of(log, model, reader, people_sides, about)
    model.made_for = shop.fingerprint
    return Recommending(model, shop, metrics, judged, seconds, clock.stopped, log.notes)


def best_ease(kept: Kept, choose: Judge, popular: Array, clock: Clock, timed: bool, say: Say) -> Ease | None:
    """The best l2, half-life and scale by the loss on hidden items; None for too many items."""
    V = kept.train.n_items
    if V > EASE_ITEMS:
        say(f"  EASE         left out: {V:,} items, more than {EASE_ITEMS:,}")
        return None
    G, best = np.zeros((V, V)), None
    for i in range(0, len(kept.train), AT_ONCE):
        X = part(kept.train, np.arange(i, min(i + AT_ONCE, len(kept.train)))).matrix()
        G += X.T @ X
    for l2 in L2:
        W = ease_of(G, l2).astype(np.float32)
        for half_life in HALF_LIVES if timed else (np.inf,):
            tried = Ease(W, l2, half_life, 0.0, 0.0)
            tried.loss, tried.scale = best_scale(choose, popular, choose.scores(tried.scores))
            best = tried if best is None or tried.loss < best.loss else best
        if clock.left() <= 0:
            break
    assert best is not None
    say(f"  EASE         loss {best.loss:.4f} (l2 {best.l2:g}, half-life {best.half_life:g} items)")
    return best


def best_scale(choose: Judge, base: Array, E: Array) -> tuple[float, float]:
    """(loss, scale) of base + scale E."""
    return min((choose.loss(base + np.float32(scale) * E), scale) for scale in SCALES)


def train_deep(log: Log, kept: Kept, choose: Judge, counts: Array, half_lives: tuple[float, ...], reader: SideReader,
               item_sides: Array, ease: Ease | None, clock: Clock, seed: int, say: Say, report: Callable[[], Any]
               ) -> tuple[Ranker, int]:
    """(a ranker of the deep tower and of sides, its epochs: the best by hidden items); 0 epochs: its bias alone.

    Raises ValueError where there was no time for an epoch, and EASE was left out.
    """
    rng = np.random.default_rng(seed)
    V, of = len(log.items), BOTH.training
    size = int(np.clip(len(kept.train.items) // 20, 16, of.batch_size))
    towers: dict[str, Any] = {"deep": DeepItems(V, len(half_lives), DEEP.d, DEEP.hidden, rng, dropout=DEEP.dropout)}
    rules: dict[str, Optimizer] = {"bias": of.rule(),
                                   "deep": of.rule({"mlp": DEEP.layer_decay, "": DEEP.embedding_decay})}
    if reader.size + item_sides.shape[1]:
        towers["sides"] = SideItems(sparse(item_sides), reader.size, item_sides.shape[1])
        rules["sides"] = SIDES.rule(size)
    model, best, losses = Ranker(log.items, counts, half_lives, **towers), Best(), []
    ema = Watched(model.params(), min(of.ema, 1 - 1 / max(10.0, len(kept.train.items) / size)), clock)

    def after_epoch(record: Any) -> None:
        with ema.applied():
            loss = choose.loss(choose.scores(model.scores))
            losses.append(loss)
            if loss < best.loss:
                best.loss, best.epoch, best.weights = loss, len(losses), [w.copy() for _, w in flatten(model.params())]
        report()
        if len(losses) - best.epoch >= PATIENCE:
            raise Stop

    try:
        fit(model, rules, kept.train, rng=rng, epochs=EPOCHS, batch_size=size, keep=BOTH.bag.keep, report=after_epoch,
            ema=ema)
    except Stop:
        pass
    except KeyboardInterrupt:
        clock.stopped = True
        if not best.epoch and ease is None:
            raise
    except OutOfTime as spent:
        if not best.epoch and ease is None:
            total = -(-len(kept.train.items) // size)
            budget = clock.end - clock.start
            raise ValueError(f"--budget {budget:g}: there was time for {spent} of the {total:,} of one epoch; want "
                             f"more seconds: --budget {max(10, round(4 * budget)):g}") from None
    for (_, w), value in zip(flatten(model.params()), best.weights):
        w[...] = value
    if not best.epoch:
        say("  deep         left out: no time for one epoch; a larger --budget has it")
        return Ranker(log.items, counts, half_lives, wide=WideItems(V)), 0
    say(f"  deep         loss {best.loss:.4f} ({best.epoch} epochs{', with sides' if 'sides' in towers else ''})")
    return model, best.epoch


def add_wide(model: Ranker, log: Log, ease: Ease, scale: float) -> None:
    """EASE, solved once more with the hidden items, as the wide tower."""
    if not scale:
        return
    every = sequences(log, np.flatnonzero(log.liked), None)
    G = np.zeros((every.n_items, every.n_items))
    for i in range(0, len(every), AT_ONCE):
        X = part(every, np.arange(i, min(i + AT_ONCE, len(every)))).matrix()
        G += X.T @ X
    wide: Any = WideItems(every.n_items)
    wide.W[...] = scale * ease_of(G, ease.l2)
    model.towers = {"wide": wide} | {name: tower for name, tower in model.towers.items() if name != "wide"}


def shop_of(log: Log, model: Ranker, reader: SideReader, people_sides: Array, about: dict[str, Any]) -> Shop:
    every = sequences(log, np.flatnonzero(log.liked), None)
    histories = [every.items[a:b].tolist() for a, b in zip(every.bounds, every.bounds[1:])]
    bounds = np.searchsorted(log.person, np.arange(len(log.people) + 1))
    seen = [log.item[a:b].tolist() for a, b in zip(bounds, bounds[1:])]
    return Shop(log.items.tolist(), log.titles.tolist(), model.films()["half_lives"], log.people.tolist(), histories,
                seen, reader, sparse(people_sides), about)
