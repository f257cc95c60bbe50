"""Bridges: the same models under the interfaces of other libraries.

Each bridge wants its library, and says so where it is missing; nothing else in the house imports one.  Read in this
order:

    frames.py     a table of any library: pandas, Polars, Arrow, arrays
    rows.py       equal rows are one row with a weight; rows kept for validation
    kinds.py      which columns?  by the kind of their values, where none are given
    neural.py     the neuron and the network of chapters 1 and 2, with weights of rows
    estimator.py  how an estimator reads its rows; fit and partial_fit
    answers.py    classes or numbers: labels, losses, heads
    sklearn.py    scikit-learn's estimators

    pip install 'widedeep[sklearn]'
    from widedeep.bridges.sklearn import WideDeepClassifier

Read before: encoder.py, train.py, features/missing.py, heads/classes.py
"""
