"""Bridges: to libraries beyond NumPy, each an extra, none needed by anything else here.

scikit-learn, `pip install 'widedeep[sklearn]'`; `from widedeep.bridges.sklearn import WideDeepClassifier`:

    frames.py          a table of any library: pandas, Polars, Arrow, arrays
    rows.py            equal rows are one row with a weight; rows kept for validation
    kinds.py           which columns?  by the kind of their values, where none are given
    neural.py          the neuron and the network of chapters 1 and 2, with weights of rows
    estimator.py       how an estimator reads its rows; fit and partial_fit
    answers.py         classes or numbers: labels, losses, heads
    sklearn.py         scikit-learn's estimators

JAX, `pip install 'widedeep[jax]'`:

    jax.py             fit, with a whole epoch compiled by JAX
    jax_plan.py        what there is to compile: the model, its rules and the loss, by name
    jax_forward.py     the towers and the losses
    jax_rules.py       the rules
    jax_epoch.py       a step, and an epoch as one scan

Read before: encoder.py, train.py, features/missing.py, heads/classes.py
"""
