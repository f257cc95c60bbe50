"""Experiments: the paper's claims, and this project's own, as programs that anyone can run again.

    python -m widedeep.experiments NAME [--data D] [--split S] [--seeds N] [--json FILE]

    ablation      is joint better than each part?  what does each ingredient bring?
    small-wide    does joint training need only a small wide part?
    sparsity      what does L1 cost, and what does it save?
    warm-start    does yesterday's model help today's?
    cold-start    what does each part know about a user or a film never seen?
    features      in which form should a number come?
    leakage       a figure too good, and why
    ratings       how many stars?  a number, or one of five classes

Settings are a recipe's, chosen on validation rows before.  Each run trains on training rows, chooses its epoch on
validation rows, and looks at test rows once.  Read trial.py first, paired.py next (is a difference real?), then any;
warm.py grows a model for warm_start.py, and plots.py holds what the figures share.
"""
