"""Interactions: a table that says who had what becomes a recommender.

    widedeep train views.csv --user customer --item product --out shop.npz
    widedeep recommend shop.npz --user ann --top 5
    widedeep recommend shop.npz --likes tea,lamp

Read in this order:

    log.py          a table of interactions: who, what, when, liked or not; which columns are sides
    hiding.py       one liked item of some people is hidden, to choose by and to measure by
    side_items.py   a third tower: what is known of people and of items
    shop.py         a recommender's encoder: items, people, their histories and sides
    judging.py      how high are the hidden items ranked?
    training.py     popularity, EASE, and a ranker, within a budget; the best weighted sum
    suggesting.py   what to recommend to whom, and because of what

and the commands: run_train.py (reached by widedeep train --user --item), run_recommend.py.

Read before: ranking/, auto/
"""
