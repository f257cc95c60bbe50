"""Heads: other questions to the same two towers.  How many stars?  Which of K classes?  At least so many stars?

    question           output a          desired output y        loss                            error signal
    yes or no          sigmoid(z)        0 or 1                  log loss                        a - y
    how much           z                 any number              half the squared error          a - y
    which one          softmax(Z)        one-hot, K columns      cross-entropy                   a - y
    how high a grade   sigmoid(s + b)    above each threshold?   log losses of the thresholds    a - y

Only the two ends differ: what turns the net sum into an answer, and what turns the answer into a - y.  Towers and
optimizers are the same for every question.  The chapter's own head, yes or no, is `WideDeep` itself.
Read in this order:

    regression.py      how much?
    classes.py         which of K?
    answers.py         yes or no, which, or how much: labels, loss, head and figures, by a word
    ordinal.py         ordinal regression: above 1 star, above 2, 3, 4?

Read before: mlp/losses.py, model.py, train.py
"""
