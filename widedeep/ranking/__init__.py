"""Ranking: which film will this person watch next?  WideDeep and its optimizers, with other towers.

Read in this order:

    protocol.py    leave-one-out: hide each person's last film, and rank it among others
    metrics.py     HR, NDCG, MAP, MRR; how many lists differ
    baselines.py   popularity, nearest neighbours, EASE: no gradient descent
    bags.py        a person's earlier films as a row of weights, the latest weighted most
    losses.py      log loss with sampled negatives, pairwise loss, softmax over all films
    towers.py      wide and deep, scoring every film at once
    ranker.py      the towers together, and one bias for each film
    catalogue.py   a ranker's encoder: lists of films in, bags out; what an archive keeps of it
    train.py       every position of every sequence is an example
    recommend.py   lists for people who are not in the training data
    recipes.py     the settings

`python -m widedeep.ranking` compares them all on MovieLens-100K.
"""
from widedeep.ranking.catalogue import Catalogue
from widedeep.ranking.metrics import at_k, best, diversity, leave_one_out_figures
from widedeep.ranking.protocol import Sequences, Split, leave_one_out
from widedeep.ranking.ranker import Ranker
from widedeep.ranking.recipes import Recipe, train_ranker
from widedeep.ranking.recommend import Suggestion, recommend_for

__all__ = ["Catalogue", "Ranker", "Recipe", "Sequences", "Split", "Suggestion", "at_k", "best", "diversity",
           "leave_one_out", "leave_one_out_figures", "recommend_for", "train_ranker"]
