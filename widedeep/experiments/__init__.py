"""Experiments: the paper's claims, and this project's own, as programs that anyone can run again.

    python -m widedeep.experiments NAME [--data D] [--split S] [--seeds N] [--json FILE]

    ablation      is joint better than each part?  what does each ingredient bring?
    small-wide    does joint training need only a small wide part?
    sparsity      what does L1 cost, and what does it save?
    warm-start    does yesterday's model help today's?
    cold-start    what can each part predict for a user or a film never seen in training?
    features      in which form should a number enter the model?
    leakage       a result too good to be true, and why
    ratings       how many stars?  regression, or five classes
    silent-bugs   which wrong gradients train, and nobody notices?

Settings come from a recipe, whose values were chosen on validation rows.  Each run trains on training rows, chooses its
epoch on validation rows, and is scored once on test rows.

Read trial.py first, paired.py next (is a difference real?), then any experiment.  warm.py extends a trained model to
new vocabularies, for warm_start.py; plots.py holds what the figures share.
"""
