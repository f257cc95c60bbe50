"""Ranking: which film will this person watch next?  The spine's composer and optimizers on other towers.

Read in this order:

    protocol.py    hide each person's last film; who its rivals are
    metrics.py     HR, NDCG, MAP, MRR; how many different lists
    baselines.py   popularity, neighbours, EASE: no gradient
    bags.py        a person's earlier films as a row of shares, the latest counting most
    losses.py      log loss with drawn negatives, pairs, a softmax over all films
    towers.py      wide and deep, scoring every film at once
    ranker.py      the composer, one bias a film
    train.py       every place of every sequence is an example
    recommend.py   lists for people who are not in the training data
    recipes.py     the settings

`python -m widedeep.ranking` compares them all on MovieLens-100K.
"""
from widedeep.ranking.metrics import at_k, best, diversity, leave_one_out_figures
from widedeep.ranking.protocol import Sequences, Split, leave_one_out
from widedeep.ranking.ranker import Ranker
from widedeep.ranking.recipes import Recipe, train_ranker
from widedeep.ranking.recommend import Suggestion, recommend_for

__all__ = ["Ranker", "Recipe", "Sequences", "Split", "Suggestion", "at_k", "best", "diversity", "leave_one_out",
           "leave_one_out_figures", "recommend_for", "train_ranker"]
