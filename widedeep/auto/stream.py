"""Streaming training: `widedeep train --stream`, for tables that are larger than memory.

    1  survey     one pass: counts of every category, and a random sample of the rows
    2  choose     plan and candidate by measurement on the sample, as for a table in memory; some of it is held out
    3  learn      the encoder: categories from the counts of all rows; cuts, medians and crosses from the sample
    4  train      the best candidate alone, window after window (training/stream.py), on all rows but those held out

Read before: table_model.py, training/stream.py        Read next: run_train.py
"""
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.auto.candidates import Candidate, candidates_for, scaled_rates
from widedeep.auto.choose import kind_of
from widedeep.auto.plan import Plan
from widedeep.auto.reading import as_numbers, as_texts, gaps, read_chunks
from widedeep.auto.search import merged
from widedeep.auto.table_encoder import TableEncoder
from widedeep.auto.table_model import TableModel, open_model, train_table
from widedeep.columns import Category
from widedeep.datasets.table import take
from widedeep.features.missing import WithMissing
from widedeep.saving import save
from widedeep.train import train_step
from widedeep.training.checkpoint import Checkpoint
from widedeep.training.ema import EMA
from widedeep.training.stream import Window, end_to_end, fit_stream, regrouped

SAMPLE = 50_000                                         # rows to choose by, and to hold out a fifth of
WINDOW = 2 ** 16                                        # rows that are shuffled together
MOST = 200_000                                          # values of a column that are counted; the rarest are forgotten
ROW = "row number"                                      # a column beside the table's own while it is read
Table = Mapping[str, Array]


@dataclass
class Survey:
    """rows : of the file        sample : SAMPLE of them in a random order, with their numbers under ROW
    counts : {column: how often each text, or None for a missing value, stands in it}
    """

    rows: int
    sample: dict[str, Array]
    counts: dict[str, Counter[Any]]


def numbered(path: Any) -> Iterator[dict[str, Array]]:
    """The chunks of a file, with the number of each row."""
    first = 0
    for chunk in read_chunks(path, WINDOW):
        n = len(next(iter(chunk.values())))
        yield {**chunk, ROW: np.arange(first, first + n)}
        first += n


def survey(path: Any, label: str, seed: int) -> Survey:
    """One pass.   Every row draws a number; those with the smallest ones are the sample."""
    rng, rows, keys = np.random.default_rng(seed), 0, np.zeros(0)
    kept: dict[str, Array] = {}
    counts: dict[str, Counter[Any]] = {}
    for chunk in numbered(path):
        if not rows:
            if label not in chunk:
                raise ValueError(f"label {label!r}: the table lacks it; it has "
                                 f"{', '.join(name for name in chunk if name != ROW)}"[:400])
            counts = {name: Counter() for name, values in chunk.items()
                      if name == label or (name != ROW and kind_of(name, values).kind == "category")}
        rows += len(chunk[ROW])
        for name, count in counts.items():
            count.update(as_texts(chunk[name]).tolist())
            if len(count) > 2 * MOST:
                counts[name] = Counter(dict(count.most_common(MOST)))
        keys = np.concatenate([keys, rng.random(len(chunk[ROW]))])
        kept = end_to_end([kept, chunk]) if kept else chunk
        if len(keys) > SAMPLE:
            order = np.argsort(keys)[:SAMPLE]
            keys, kept = keys[order], take(kept, order)
    if not rows:
        raise ValueError(f"{path}: no rows; want a header line and some")
    return Survey(rows, take(kept, np.argsort(keys)), counts)


def learn(encoder: TableEncoder, sample: Table, counts: Mapping[str, Counter[Any]]) -> None:
    """Fit the encoder on the sample, but for categories: those are learned from all rows."""
    sheet = encoder.sheet(sample)
    for column in encoder.columns:
        inner = column.column if isinstance(column, WithMissing) else column
        if isinstance(inner, Category) and inner.name in counts:
            count = counts[inner.name]
            inner.learn(Counter({text: times for text, times in count.items() if text is not None}))
            if isinstance(column, WithMissing):
                column.seen, column.learned = None in count, True
                column.size = inner.size + column.seen
        else:
            column.fit(sheet)
    encoder.fitted = True


def train_stream(path: Any, label: str, *, plan: Plan | None = None, head: str | None = None,
                 positive: str | None = None, budget: float = 60.0, epochs: int = 2, seed: int = 0,
                 say: Callable[[str], Any] = lambda line: None, report: Callable[[], Any] = lambda: None,
                 checkpoint: Any = None, resume: bool = False) -> TableModel:
    """A model of a file of any length.   budget : seconds to choose by        epochs : passes over the file

    checkpoint : a file; with `resume` a killed run goes on from it, to the same weights bit for bit
    the rest : as of train_table, which see for what is raised
    """
    start = time.perf_counter()
    begun = None if checkpoint is None else Path(f"{checkpoint}.begun.npz")
    if begun is not None and not resume:
        begun.unlink(missing_ok=True)
        Path(checkpoint).unlink(missing_ok=True)
    if begun is not None and begun.exists():
        encoder = open_model(begun).encoder
        of = encoder.about["stream"]
        if of["path"] != str(path) or of["bytes"] != Path(path).stat().st_size:
            raise ValueError(f"{begun}: of a run on {of['path']} of {of['bytes']:,} bytes; want the same file, or no "
                             "--resume")
        say(f"going on from {checkpoint}")
        held = collected(path, np.array(of["held"]))
    else:
        found = survey(path, label, seed)
        encoder, held = chosen(found, path, label, plan, head, positive, budget, seed, say)
    of, answers = encoder.about["stream"], encoder.answers
    candidate = Candidate(**of["candidate"] | {"hidden": tuple(of["candidate"]["hidden"])})
    rng = np.random.default_rng(seed)
    size = candidate.batch_size(of["rows"])
    model, rules = candidate.build(encoder, answers, rng, size)
    model.b[...] = np.array(of["constant"])
    if begun is not None and not begun.exists():
        save(begun, model, encoder)
    held_labels = answers.desired(held[answers.label])
    validation = replace(encoder.encode(held).whole(), labels=held_labels.astype(np.float32))
    full = {name: rule.lr for name, rule in rules.items() if name != "wide"}
    steps = epochs * -(-of["rows"] // size)

    def windows() -> Iterator[Window]:
        for table in regrouped((usable(chunk, answers, held[ROW]) for chunk in numbered(path)), WINDOW):
            yield table, answers.desired(table[answers.label])
            report()

    def step(model: Any, rules: Any, batch: Any, rng: Any, loss: Any) -> float:
        """The rates fall along a cosine."""
        scaled_rates(rules, max(0.5 * (1 + np.cos(np.pi * min(rules["bias"].steps / steps, 1.0))), 1e-4), full)
        return train_step(model, rules, batch, rng, loss)

    history = fit_stream(model, rules, encoder, windows, of["rows"], rng=rng, epochs=epochs, batch_size=size,
                         validation=validation, ema=EMA(model.params(), candidate.ema), loss=answers.loss, step=step,
                         checkpoint=None if checkpoint is None else Checkpoint(checkpoint))
    for record in history:
        say(f"  pass {record['epoch']:.0f} over {of['rows']:,} rows: loss {record['loss']:.4f}, on "
            f"{len(held_labels):,} rows held out {record['validation']:.4f}")
    metrics = answers.figures(model.logits(validation).astype(np.float64), held_labels)
    seconds, name = time.perf_counter() - start, candidate.name
    loss = min(record["validation"] for record in history)
    encoder.about = {"rows": of["rows"], "metrics": metrics, "held_out": len(held_labels),
                     "chosen": {name: (1.0, 1, loss)}, "judged": of["judged"], "epochs": {name: [epochs]}}
    finished = answers.finished(*merged([(model, 1.0)]))
    finished.made_for = encoder.fingerprint
    return TableModel(finished, encoder, metrics, of["rows"], seconds)


def chosen(found: Survey, path: Any, label: str, plan: Plan | None, head: str | None, positive: str | None,
           budget: float, seed: int, say: Callable[[str], Any]) -> tuple[TableEncoder, dict[str, Array]]:
    """(the encoder, with what else a run needs under about["stream"]; the rows held out)."""
    say(f"{found.rows:,} rows; {len(found.sample[ROW]):,} of them, drawn at random, to choose by")
    sample = take(found.sample, np.flatnonzero(~gaps(found.sample[label])))
    cut = len(sample[ROW]) // 5
    held, rest = ({name: values[part] for name, values in sample.items()} for part in (slice(cut), slice(cut, None)))
    best = train_table({name: values for name, values in rest.items() if name != ROW}, label, plan=plan, head=head,
                       positive=positive, budget=budget, seed=seed, say=say)
    answers, about = best.answers, best.encoder.about
    known = {c.name: c for c in candidates_for(len(rest[ROW]), best.encoder) if not c.ridge}
    weights = {name: weight for name, (weight, *_) in about["chosen"].items() if name in known}
    candidate = known[max(weights, key=weights.__getitem__, default=next(iter(known)))]
    held = usable(held, answers, ())
    encoder = TableEncoder.by(best.plan, answers)
    learn(encoder, rest, found.counts)
    count = found.counts[label]
    rows = sum(count[name] for name in answers.names) if answers.names else \
        int(sum(times for text, times in count.items() if np.isfinite(as_numbers(np.array([text], object))).all()))
    if answers.names and (strange := sum(count.values()) - count[None] - rows):
        say(f"{strange:,} rows left out: their label does not stand in the sample")
    encoder.about = {"stream": {
        "path": str(path), "bytes": Path(path).stat().st_size, "rows": rows - len(held[ROW]),
        "held": held[ROW].tolist(), "candidate": vars(candidate), "judged": about["judged"],
        "constant": np.asarray(answers.constant(answers.desired(rest[label]))).tolist()}}
    return encoder, held


def usable(chunk: Table, answers: Any, held: Any) -> dict[str, Array]:
    """The rows with a label that the model knows, but those of the numbers `held`."""
    values = chunk[answers.label]
    fine = np.isfinite(as_numbers(values)) if answers.head == "number" else \
        np.array([text in answers.names for text in as_texts(values).tolist()], bool)
    return take(chunk, np.flatnonzero(fine & ~np.isin(chunk[ROW], held)))


def collected(path: Any, rows: Array) -> dict[str, Array]:
    """The rows of these numbers, in this order."""
    found = end_to_end([take(chunk, np.flatnonzero(np.isin(chunk[ROW], rows))) for chunk in numbered(path)])
    place = {row: k for k, row in enumerate(found[ROW].tolist())}
    return take(found, np.array([place[row] for row in rows.tolist()]))
