"""Features: in which form should a number enter the model?   Adult's five numbers, each in one form at a time.

    none              the eight categories alone
    raw               x                                              into the deep tower
    standardised      (x - mean) / deviation                         into the deep tower
    standardised, log the same, log(1 + x) for the two amounts       into the deep tower
    quantiles         the paper's normaliser, x -> [0, 1]            into the deep tower
    periodic          sines and cosines of the quantile              into the deep tower
    bucketed          at most 20 quantile buckets, as categories     into both towers
    exact             values seen at least 3 times are categories    into both towers
    exact and log     the two best of these together                 into both towers

There are no crosses, so only the form differs; the wide tower has the categories in all of them.  "recipe" is the whole
recipe, with its crosses of all pairs.  Some forms are learned slowly, so all may take 60 epochs.  The settings were
chosen for the recipe, and may favour its own form.

Read before: numbers.py, features/exact.py, features/periodic.py        Read next: leakage.py
"""
from collections.abc import Callable
from typing import Any

from perceptron.activations import Array
from widedeep.columns import Buckets, Category, Column
from widedeep.encoder import Encoder
from widedeep.experiments.paired import Interval, over_seeds
from widedeep.experiments.plots import dots
from widedeep.experiments.trial import Outcome, Row, Setting, heading, line, trial, values
from widedeep.features.exact import Exact
from widedeep.features.periodic import periodic_features
from widedeep.numbers import Number, Quantile, Standard
from widedeep.recipes import varied
from widedeep.table import Sheet

DATA = ("adult",)
SPLITS: tuple[str, ...] = ()
SEEDS = 5
EPOCHS = 60
CATEGORIES = ("workclass", "education", "marital_status", "occupation", "relationship", "race", "sex", "native_country")
NUMBERS = ("age", "education_num", "hours_per_week", "capital_gain", "capital_loss")


class AsItIs(Number):
    """The number, unscaled."""

    def fit(self, sheet: Sheet) -> None:
        sheet.numbers(self.name)

    def encode(self, sheet: Sheet) -> Array:
        return sheet.numbers(self.name)


def columns(numbers: list[Number] | None = None, more: list[Column] | None = None) -> Callable[[], Encoder]:
    """An encoder of the categories, with these numbers, and with more columns in both towers."""
    both: list[Column] = [*(Category(name) for name in CATEGORIES), *(more or [])]
    return lambda: Encoder(wide=both, deep=both, numbers=numbers or [])


LOG: list[Number] = [Standard(name, log1p=name.startswith("capital")) for name in NUMBERS]
FORMS = {
    "none": columns(),
    "raw": columns([AsItIs(name) for name in NUMBERS]),
    "standardised": columns([Standard(name) for name in NUMBERS]),
    "standardised, log": columns(LOG),
    "quantiles": columns([Quantile(name) for name in NUMBERS]),
    "periodic": columns([periodic for name in NUMBERS for periodic in periodic_features(name, 4)]),
    "bucketed": columns(more=[Buckets(name, 20) for name in NUMBERS]),
    "exact": columns(more=[Exact(name) for name in NUMBERS]),
    "exact and log": columns(LOG, [Exact(name) for name in NUMBERS]),
}


def count(setting: Setting) -> int:
    return setting.seeds * (len(FORMS) + 1)


def run(setting: Setting, tick: Callable[[], Any]) -> Outcome:
    data, recipe, seeds, epochs = setting
    rows: list[Row] = []
    for name, encoder in [*FORMS.items(), ("recipe", recipe.columns.encoder)]:
        formed = varied(recipe, columns={"encoder": encoder})
        prepared = formed.prepare(data)
        for seed in range(seeds):
            rows.append(trial(name, formed, prepared, recipe.towers, seed, epochs or EPOCHS).row)
            tick()
    plain = values(rows, "auc", model="standardised")
    return Outcome(rows, {"AUC minus standardised": {name: over_seeds(values(rows, "auc", model=name), plain)._asdict()
                                                     for name in FORMS}})


def table(outcome: Outcome) -> list[str]:
    lines = [heading("on test rows") + "    AUC minus standardised, 95 % over seeds"]
    gaps = outcome.summary["AUC minus standardised"]
    return lines + [line(name, outcome.rows, model=name) + (f"    {Interval(**gaps[name])}" if name in gaps else "")
                    for name in (*FORMS, "recipe")]


def draw(outcome: Outcome, figure: Any) -> None:
    for axes, key, label in zip(figure.subplots(1, 2), ("auc", "accuracy"), ("AUC", "accuracy")):
        dots(axes, {name: values(outcome.rows, key, model=name) for name in (*FORMS, "recipe")})
        axes.set(xlabel=f"{label} on test rows (right is better)", title=f"Forms of a number: {label}")
