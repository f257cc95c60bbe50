"""The comparison, printed: a table of the models, the heaviest weights, and recommendations with their reasons."""
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from widedeep.commands.comparison import SPOKEN, Result
from widedeep.commands.wording import Answer, terms_of
from widedeep.datasets import Dataset
from widedeep.recipes import Prepared
from widedeep.recommend import Reasons

QUESTION = {"movielens": "MovieLens-100K: will this person rate this film 4 or 5?",
            "adult": "Adult census: an income above $50,000?",
            "appstore": "a generated app store: will this person install the app they are shown?"}


def question(data: Dataset) -> str:
    """What is asked of this data set."""
    return QUESTION[data.name].replace("MovieLens-100K", data.edition or "MovieLens-100K")


def print_sizes(data: Dataset, split: str, prepared: Prepared) -> None:
    rows, encoder = rows_of(prepared), prepared.encoder
    print(f"\n{question(data)}\n{rows['train']:,} rows to train on, {rows['validation']:,} to choose the epoch, "
          f"{rows['test']:,} to test (split {split!r}); {encoder.n_wide - 1:,} wide features, "
          f"{encoder.n_deep - 1:,} embedded values.\n")


def rows_of(prepared: Prepared) -> dict[str, int]:
    return {part: len(getattr(prepared, part)) for part in ("train", "validation", "test")}


def print_table(results: Mapping[str, Result], best: float | None, towers: Sequence[str]) -> None:
    """A line for each model.   best : the log loss of the true probabilities        towers : the whole model's"""
    heads = f"{'AUC':>8}{'log loss':>10}{'accuracy':>10}{'seconds':>9}{'epochs':>8}   wide weights not 0"
    print(f"{'on test rows':<13}{heads}")
    for name, r in results.items():
        weights = "-" if r["nonzero_wide"] is None else f"{r['nonzero_wide']:,} of {r['wide_weights']:,}"
        print(f"{SPOKEN[name]:<13}{r['auc']:>8.4f}{r['log_loss']:>10.4f}{r['accuracy']:>10.4f}{r['seconds']:>9.1f}"
              f"{r['epochs'] or '-':>8}   {weights}")
    if best is not None:
        print(f"{'the truth':<13}{'':>8}{best:>10.4f}   (the probabilities that made the labels: none is better)")
    if extra := [name for name in towers if name not in ("wide", "deep")]:
        print(f"(wide & deep here has a third tower: {', '.join(extra)}; the ensemble is of wide and deep alone)")


def print_heaviest(heaviest: Sequence[Mapping[str, Any]]) -> None:
    print("\nThe heaviest wide weights of wide & deep (log-odds):")
    for term in heaviest:
        print(f"  {term['weight']:+.2f}  {term['feature']}")


def print_answer(answer: Answer, data: str, titles: dict[int, str] | None) -> None:
    """The recommendations, or the reasons of one row.   data : the name of the data set"""
    if answer.explained is not None:
        print_reasons(*answer.explained)
        return
    did = "has installed" if data == "appstore" else "rated high"
    print(textwrap.fill(f"User {answer.user} {did}: " + "; ".join(answer.liked or ["nothing"]), 120,
                        initial_indent="\n"))
    print("\nRecommended, with the terms that add up to the log-odds of each:")
    for number, r in enumerate(answer.found, start=1):
        print(f"{number:>3}  {r.probability:.3f}  {r.title}")
        print(textwrap.fill("; ".join(terms_of(r.reasons, titles)), 110, initial_indent=" " * 12,
                            subsequent_indent=" " * 12))


def print_reasons(p: float, label: int, reasons: Reasons) -> None:
    """Why one test row has its probability."""
    print(f"\nOne person of the test rows: probability {p:.3f}, label {label}.  The log-odds are the sum of:")
    print("  " + "\n  ".join(terms_of(reasons, None, n=6)))
