"""Towers beyond the paper: anything with a tower's six methods (model.py) adds its logit to the sum.

    WideDeep(wide=..., deep=..., product=MatrixFactorization(...))

Read in this order:

    matrix_factorization.py    the dot product of a person's factors and a film's
    with_history.py            towers whose table also serves histories
    linear.py                  a weight for each number
    deep_periodic.py           numbers as waves whose frequencies are learned

Read before: deep.py, model.py
"""
