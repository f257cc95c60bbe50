"""The report: one page about a model of a table that needs a browser alone: no script, no other file, no network.

What is measured is measured on rows that were held out from the models which score them; beside it stand the mean, and
a straight line on the same columns.

Read before: table_model.py, baselines.py, svg.py        Read next: stream.py
"""
import platform
import re
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from perceptron.activations import Array, sigmoid
from widedeep.auto.baselines import MOST_ROWS, Rows, left_out
from widedeep.auto.run_explain import explained
from widedeep.auto.run_inspect import heaviest
from widedeep.auto.search import FOLDS
from widedeep.auto.svg import Plot, widened, written
from widedeep.auto.table_model import HeldOut, TableModel
from widedeep.cells import is_missing
from widedeep.datasets.table import take
from widedeep.metrics import calibration
from widedeep.saving import write_beside

LINE = {"binary": "logistic regression", "classes": "logistic regression", "number": "ridge regression"}
NAMES = {"auc": "AUC", "log_loss": "log loss", "accuracy": "accuracy", "rmse": "RMSE", "mae": "mean absolute error"}
HIGH = {"auc", "accuracy"}                              # the more, the better
SHOWN, TERMS, CLASSES, DOTS = 20, 12, 12, 1500          # weights, terms of a row, classes in a table, rows in a picture
STYLE = resources.files(__package__).joinpath("report.css").read_text(encoding="utf-8")


def write_report(path: Any, kept: TableModel, table: Mapping[str, Any], held: HeldOut, *, of: str,
                 settings: Mapping[str, Any], seed: int = 0, doubts: Sequence[str] = ()) -> Path:
    """Write the page.   of : the table's name        settings : what was asked for, said as it stands

    table : the rows that held.known counts in        seed : of the folds of the straight line
    doubts : what is unlike training rows
    """
    page = Page(kept, table, held, of, settings, seed, doubts).html()
    return write_beside(Path(path), lambda beside: beside.write_text(page, encoding="utf-8"))


class Page:
    def __init__(self, kept: TableModel, table: Mapping[str, Any], held: HeldOut, of: str, settings: Mapping[str, Any],
                 seed: int, doubts: Sequence[str]):
        self.kept, self.held, self.of, self.settings, self.doubts = kept, held, of, settings, doubts
        self.table = take(table, held.known)                        # rows with a label
        self.answers, self.trained = kept.answers, bool(held.curves)
        rows = Rows.read(kept.encoder, self.table)
        self.line = left_out(rows, held.desired, self.answers, seed)[held.rows]
        self.desired, self.z = held.desired[held.rows], held.z

    def html(self) -> str:
        a = self.answers
        parts = [self.head(), self.figures_table(), *{"binary": self.binary, "classes": self.classes,
                                                      "number": self.number}[a.head]()]
        if self.trained:
            parts.append(self.learning())
        parts += [self.weights(), self.row(), self.how()]
        return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
                f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
                f"<title>{escape(a.label)} of {escape(self.of)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
                + "\n".join(parts) + "\n</body>\n</html>\n")

    def head(self) -> str:
        a, n = self.answers, len(self.z)
        asked = {"binary": f"Is {a.label} = {a.names[-1] if a.names else ''}?", "classes": f"Which {a.label}?",
                 "number": f"How much is {a.label}?"}[a.head]
        known = len(self.held.known)
        held = (f"{n:,} of {known:,} rows of {self.of} stand behind every figure here; each was held out from the "
                "models that score it." + (" There was no time to hold out the others from a model of every kind."
                                          if n < known else "") if self.trained else
                f"Every figure here is of {n:,} rows of {self.of}. They should not be among those that the model was "
                "trained on: this page cannot know.")
        notes = self.kept.plan.notes
        warnings = [*self.doubts, *(note for note in notes if note.startswith("WARNING"))]
        said = "".join(f'<p class="warn">{escape(note)}</p>\n' for note in warnings)
        left = "; ".join(note.replace(" left out: ", " (", 1) + ")" for note in notes if " left out: " in note)
        unread = f'<p class="lead">Not used: {escape(left)}.</p>\n' if left else ""
        return f'<h1>{escape(asked)}</h1>\n<p class="lead">{escape(held)}</p>\n{unread}{said}'

    def figures_table(self) -> str:
        a = self.answers
        constant = np.broadcast_to(a.constant(self.held.desired), self.z.shape)
        columns = {"this model": a.figures(self.z, self.desired), LINE[a.head]: a.figures(self.line, self.desired),
                   "the mean" if a.head == "number" else "the same for all": a.figures(constant, self.desired)}
        lines = []
        for metric in columns["this model"]:
            values = {who: figures[metric] for who, figures in columns.items()}
            best = f"{(max if metric in HIGH else min)(values.values()):.4f}"
            shown = [f"{value:.4f}" for value in values.values()]
            alone = shown.count(best) == 1
            cells = "".join(f'<td class="n{" best" if alone and value == best else ""}">{value}</td>'
                            for value in shown)
            better = "more is better" if metric in HIGH else "less is better"
            lines.append(f"<tr><td>{NAMES[metric]} <small>({better})</small></td>{cells}</tr>")
        heads = "".join(f'<th class="n">{who}</th>' for who in columns)
        most = f" (at most {MOST_ROWS:,})" if len(self.held.known) > MOST_ROWS else ""
        measure = "rmse" if a.head == "number" else "log_loss"
        mine, line, same = (figures[measure] for figures in columns.values())
        verdict = judged(mine, line, same, LINE[a.head], NAMES[measure]) if self.trained else (
            f"The {LINE[a.head]} was fitted to most of these rows, the model to others.")
        return section("How good?", f"<p><b>{verdict}</b></p>" + grid(f"<tr><th></th>{heads}</tr>{''.join(lines)}"),
                       f"The {LINE[a.head]} reads the same columns (values as they stand, numbers scaled, no crosses), "
                       f"with a squared penalty as scikit-learn's default has; {FOLDS} of them, each fitted to four "
                       f"fifths of the rows{most} and asked about the rest. {self.unit()}")

    def unit(self) -> str:
        return {"binary": "Log loss is in nats a row.", "classes": "Log loss is in nats a row.",
                "number": f"Errors are in the unit of {escape(self.answers.label)}."}[self.answers.head]

    def binary(self) -> list[str]:
        y, p = self.desired, sigmoid(self.z)
        yes = escape(self.answers.names[1])
        found = calibration(y, p)
        plot = Plot("probability that was given", "share that came true", (0, 1), (0, 1)).line([0, 1], [0, 1], "dotted")
        most = found.counts.max()
        plot.line(found.predicted, found.observed, "c0").points(
            found.predicted, found.observed, 3 + 6 * np.sqrt(found.counts / most), "c0")
        bins = np.linspace(0, 1, 21)
        shares = [np.histogram(p[y == k], bins)[0] / max(1, (y == k).sum()) for k in (0, 1)]
        spread = Plot("probability that was given", "share of these rows", (0, 1), (0, max(map(max, shares)) * 1.1))
        for k, kind in ((0, "c1"), (1, "c0")):
            spread.line(np.repeat(bins, 2)[1:-1], np.repeat(shares[k], 2), kind)
        top = [int(share.argmax()) for share in shares]
        for k, kind, name in ((0, "c1", self.answers.names[0]), (1, "c0", self.answers.names[1])):
            spread.label(bins[top[k]] + 0.025, shares[k][top[k]], name, kind)
        threshold = best_threshold(y[:, 0], p[:, 0])
        return [section("Can the probabilities be believed?", two(
            figure(plot.svg("Reliability: observed shares beside predicted probabilities"),
                   f"Of rows that were given a probability, how many were {yes}? On the dotted line it is as many as "
                   f"was said. Mean gap {found.error:.3f}; a larger dot has more rows."),
            figure(spread.svg("Histogram of probabilities for both answers"),
                   "How far the two answers lie apart: the less they overlap, the better."))),
            section("What it gets right and wrong", two(
                self.confusion(y[:, 0] == 1, p[:, 0] >= 0.5, "Yes from a probability of 0.5 on"),
                self.confusion(y[:, 0] == 1, p[:, 0] >= threshold, f"Yes from {threshold:.3g} on: the best F1 on these "
                               "rows, so seen a little too well")),
                f"Yes means {escape(self.answers.label)} = {yes}. Where a miss and a false alarm cost differently, "
                "choose a threshold of your own.")]

    def confusion(self, truth: Array, said: Array, title: str) -> str:
        no, yes = map(escape, self.answers.names)
        counts = [[int(((truth == t) & (said == s)).sum()) for s in (False, True)] for t in (False, True)]
        hit = counts[1][1]
        precision, recall = hit / max(1, counts[0][1] + hit), hit / max(1, counts[1][0] + hit)
        rows = "".join(f"<tr><th>truly {name}</th>{''.join(shade(n, sum(row)) for n in row)}</tr>"
                       for name, row in ((no, counts[0]), (yes, counts[1])))
        return (f"<div><p><b>{escape(title)}</b></p>" + grid(f'<tr><th></th><th class="n">said {no}</th>'
                f'<th class="n">said {yes}</th></tr>{rows}')
                + f"<p>Precision {precision:.3f}, recall {recall:.3f}, accuracy {(truth == said).mean():.3f}.</p>"
                "</div>")

    def classes(self) -> list[str]:
        p, truth = self.answers.probabilities(self.z), self.desired.argmax(axis=1)
        said, sure = p.argmax(axis=1), p.max(axis=1)
        right = (said == truth)[:, None] * 1.0
        found = calibration(right, sure[:, None])
        plot = Plot("probability of the class that was said", "share that was right", (0, 1), (0, 1))
        plot.line([0, 1], [0, 1], "dotted").line(found.predicted, found.observed, "c0").points(
            found.predicted, found.observed, 3 + 6 * np.sqrt(found.counts / found.counts.max()), "c0")
        most = np.sort(np.argsort(-np.bincount(truth, minlength=p.shape[1]), kind="stable")[:CLASSES])
        names = [self.answers.names[k] for k in most]
        rest = len(most) < p.shape[1]
        place = np.full(p.shape[1], len(most))
        place[most] = np.arange(len(most))
        names += ["others"] if rest else []
        counts = np.zeros((len(names), len(names)), int)
        np.add.at(counts, (place[truth], place[said]), 1)
        heads = "".join(f'<th class="n">{escape(str(name))}</th>' for name in names)
        rows = "".join(f"<tr><th>{escape(str(name))}</th>{''.join(shade(int(n), int(row.sum())) for n in row)}</tr>"
                       for name, row in zip(names, counts))
        return [section("Can the probabilities be believed?", figure(
            plot.svg("Reliability of the most probable class"),
            "Of rows whose most probable class had a probability, how many were of that class? "
            f"Mean gap {found.error:.3f}; a larger dot has more rows.")),
            section("What it takes for what", grid(f"<tr><th>is, said:</th>{heads}</tr>{rows}"),
                    "Each line is a class as it is, each column what was said most probable.")]

    def number(self) -> list[str]:
        a = self.answers
        y = self.desired[:, 0] * a.spread + a.mean
        said = np.clip(self.z[:, 0] * a.spread + a.mean, a.low, a.high)
        chosen = np.random.default_rng(0).permutation(len(y))[:DOTS]
        low, high = float(min(y.min(), said.min())), float(max(y.max(), said.max()))
        both = Plot(f"{a.label}, predicted", f"{a.label}, true", (low, high), (low, high))
        both.points(said[chosen], y[chosen], np.full(len(chosen), 2.2), "dot").line([low, high], [low, high], "dotted")
        error = said - y
        ends = np.quantile(error, (0.005, 0.995))
        inside = error[(error >= ends[0]) & (error <= ends[1])]
        heights, edges = np.histogram(inside, 30, widened((float(ends[0]), float(ends[1]))))
        across = min(edges[0], 0.0), max(edges[-1], 0.0)
        residuals = Plot("predicted minus true", "rows", across, (0, heights.max() * 1.08))
        residuals.bars(edges.tolist(), heights.tolist(), "c0").line([0, 0], [0, heights.max() * 1.08], "dotted")
        half, most = np.quantile(np.abs(error), (0.5, 0.9))
        shown = f" ({DOTS:,} of the rows)" if len(y) > DOTS else ""
        return [section("How far off?", two(
            figure(both.svg("True values beside predictions"),
                   f"Each dot is a row{shown}; those on the dotted line are exact."),
            figure(residuals.svg("Histogram of errors"), "The errors, without the farthest hundredth.")),
            f"Half of the predictions are within {written(float(f'{half:.3g}'))} of the truth, nine tenths within "
            f"{written(float(f'{most:.3g}'))}; the mean error is {written(float(f'{error.mean():.2g}'))}.")]

    def learning(self) -> str:
        about = self.kept.encoder.about
        chosen, epochs = about["chosen"], about["epochs"]
        rows = "".join(
            f'<tr><td>{escape(name)}</td><td class="n">{loss:.4f}</td><td class="n">{len(epochs[name])}</td>'
            f'<td class="n">{span(epochs[name])}</td>'
            f'<td class="n">{f"{chosen[name][0]:.0%}" if name in chosen else ""}</td></tr>'
            for name, loss in about["judged"].items())
        listed = grid('<tr><th>kind</th><th class="n">loss on rows left out</th><th class="n">models</th>'
                      f'<th class="n">epochs</th><th class="n">share</th></tr>{rows}')
        told = ("Each kind was trained on most of the rows and judged by the others; the answer is a weighted mean of "
                "the best, and the shares are their weights. Kinds of fewer models were judged on fewer rows: compare "
                "those of equal number. " + ("The loss is half the squared error, where the label's spread is 1."
                                       if self.answers.head == "number" else ""))
        drawn = self.curves({name: np.array(curve) for name, curve in self.held.curves.items() if len(curve)}, chosen)
        return section("How it learned", two(drawn, f"<div>{listed}</div>") if drawn else listed, told)

    def curves(self, curves: Mapping[str, Array], chosen: Mapping[str, Any]) -> str:
        """Loss by epoch; of few rows, where no epoch is chosen, loss in training by the share of epochs done."""
        if not curves:
            return ""
        few = all(np.isfinite(curve[:, 1]).sum() <= 1 for curve in curves.values())
        lines = {}
        for name, curve in curves.items():
            at = np.arange(1, len(curve) + 1) / (len(curve) if few else 1)
            held = np.isfinite(curve[:, 1]) & (not few)
            lines[name] = (at[held], curve[held, 1]) if held.sum() > 1 else (at, curve[:, 0])
        losses = np.concatenate([loss for _, loss in lines.values()])
        low, middle = float(losses.min()), float(np.median(losses))
        used = [loss.min() for name, (_, loss) in lines.items() if name in chosen]
        high = min(float(losses.max()), max([middle + 3 * (middle - low), *used]))      # first epochs lie far above
        ends = (0, 1) if few else (1, max(at[-1] for at, _ in lines.values()))
        plot = Plot("share of its epochs" if few else "epoch", "loss in training" if few else "loss", ends, (low, high))
        order = sorted(lines, key=lambda name: -chosen.get(name, (0,))[0])
        for place, name in reversed(list(enumerate(order))):
            (at, loss), colour = lines[name], f"c{min(place, 4)}"
            inside = loss <= high
            if not inside.any():
                continue
            plot.line(at[inside], loss[inside], colour + ("" if name in chosen else " faint"))
            if name in chosen:
                plot.label(at[inside][-1], loss[inside][-1], name, colour)
        told = ("The loss in training of the first model of each kind; pale ones were not used. So few rows choose no "
                "epoch: the last one counts." if few else
                "Loss on rows left out, of the first model of each kind; pale ones were not used. The best epoch was "
                "kept. Where only the last one was judged, the line is the loss in training.")
        return figure(plot.svg("Learning curves"), told)

    def weights(self) -> str:
        found = heaviest(self.kept, SHOWN)
        if not found:
            return ""
        most = max(abs(weight["weight"]) for weight in found)
        rows = "".join(bar(weight["feature"] + (f", for {weight['class']}" if "class" in weight else ""),
                           weight["weight"], most) for weight in found)
        moves = {"number": f", in the unit of {escape(self.answers.label)}; blue upwards, orange downwards.",
                 "binary": ", in log-odds; blue to a yes, orange away from it.",
                 "classes": "; blue towards the class, orange away from it."}[self.answers.head]
        return section("Heaviest weights", grid(rows), "What the wide part knows by heart: values, crosses (AND) of "
                       "two, and scaled numbers. A row that has one moves by so much" + moves)

    def row(self) -> str:
        score = self.z[:, 0] if self.answers.head != "classes" else self.answers.probabilities(self.z).max(axis=1)
        n = int(self.held.rows[np.argsort(score, kind="stable")[len(score) * 9 // 10]])
        one = take(self.table, np.array([n]))
        reasons = explained(self.kept, one)[0]
        used = [name for name, kind in self.kept.plan.kinds().items() if kind != "out"]
        values = "".join(f'<tr><td>{escape(name)}</td><td class="feature">{escape(shown(one[name][0]))}</td></tr>'
                         for name in used)
        terms = reasons["terms"][:TERMS]
        if rest := reasons["terms"][TERMS:]:
            terms = [*terms, {"feature": f"{len(rest)} smaller terms", "weight": sum(term["weight"] for term in rest)}]
        most = max(abs(weight) for weight in [reasons["net_sum"], *(term["weight"] for term in terms)])
        body = "".join(bar(term["feature"], term["weight"], most) for term in terms)
        body += bar("together", reasons["net_sum"], most, total=True)
        answer = ", ".join(f"{name} {value:.4g}" for name, value in
                           sorted(reasons["answer"].items(), key=lambda item: -item[1])[:3])
        of = f" for {reasons['class']}" if "class" in reasons else ""
        unit = "log-odds" if self.answers.head == "binary" else f"net sum{of}" if of else self.answers.label
        return section("One row, explained", two(grid(values), grid(body)),
                       f"{escape(answer)}. The terms add up to the {escape(unit)}, {reasons['net_sum']:+.3f}: the deep "
                       "part is what generalizes, values and crosses are memorized. (Nine tenths of the answers are "
                       "not above that of this row. The finished model explains it, and may have learned from it.)")

    def how(self) -> str:
        about = self.kept.encoder.about
        spent = {"seconds of training": f"{self.kept.seconds:.0f}"} if self.kept.seconds else {}    # none in an archive
        lines = {**self.settings, "rows trained on": f"{about.get('rows', 0):,}", **spent,
                 "Python": platform.python_version(), "NumPy": np.__version__, "widedeep": installed("widedeep")}
        rows = "".join(f'<tr><td>{escape(name)}</td><td class="feature">{escape(str(value))}</td></tr>'
                       for name, value in lines.items())
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.kept.plan.notes)
        file = f"<pre>{escape(self.kept.plan.toml())}</pre>"
        folded = {"What was decided about columns": notes and f"<ul>{notes}</ul>", "The columns file": file}
        return section("Settings", grid(rows) + "".join(
            f"\n<details><summary>{title}</summary>{body}</details>" for title, body in folded.items() if body))


def best_threshold(y: Array, p: Array) -> float:
    """The probability from which on a yes gives the highest F1.   y, p : (N,)"""
    order = np.argsort(-p, kind="stable")
    hits = np.cumsum(y[order])
    f1 = 2 * hits / (np.arange(1, len(y) + 1) + y.sum())
    last = np.append(p[order][1:] < p[order][:-1], True)            # equal probabilities are said together
    return float(p[order][np.argmax(np.where(last, f1, -1))])


def span(epochs: list[int]) -> str:
    return f"{min(epochs)} to {max(epochs)}" if min(epochs) < max(epochs) else str(epochs[0])


def shown(value: Any) -> str:
    return "missing" if is_missing(value) or value == "" else str(value)


def installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "from source, not installed"


def judged(mine: float, line: float, constant: float, name: str, measure: str) -> str:
    """A sentence: is the model worth its trouble?   Of three losses: the less, the better."""
    if not mine < 0.995 * constant:
        return "No better than the same answer for every row" + (
            f", where the {name} is: take that one." if line < 0.995 * constant else
            ": nothing that helps was found in these columns.")
    gain = (line - mine) / line if line > 0 else -1.0               # a line without a fault
    if gain < -0.005:
        return f"Behind the {name}, by {-gain:.1%} of its {measure}: take that one."
    if gain < 0.01:
        return f"Hardly better than the {name} ({gain:+.1%} of its {measure}): the simpler one would do."
    return f"Ahead of the {name}: its {measure} is {gain:.1%} lower."


def section(title: str, body: str, told: str = "") -> str:
    return f"<section>\n<h2>{title}</h2>\n" + (f"<p>{told}</p>\n" if told else "") + f"{body}\n</section>"


def grid(rows: str) -> str:
    return f'<div class="scroll"><table>{rows}</table></div>'


def two(*parts: str) -> str:
    return f'<div class="two">{"".join(parts)}</div>'


def figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"


def shade(n: int, of: int) -> str:
    """A cell of a confusion table: the darker, the larger its share of the line."""
    share = n / of if of else 0.0
    return (f'<td class="cell" style="background: rgba(0, 114, 178, {0.05 + 0.6 * share:.2f})">{n:,}'
            f"<br><small>{share:.0%}</small></td>")


def bar(name: str, weight: float, most: float, total: bool = False) -> str:
    way, size = ("up" if weight > 0 else "down"), 100 * min(1.0, abs(weight) / most)
    short = re.sub(r"\d+\.\d{5,}", lambda x: f"{float(x[0]):.5g}", name)
    said = f"<b>{escape(name)}</b>" if total else escape(short)
    return (f'<tr><td class="feature">{said}</td><td class="n">{weight:+.3f}</td><td class="bars">'
            f'<span class="bar {way}" style="width: {size:.0f}%"></span></td></tr>')
