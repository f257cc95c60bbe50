"""Features, further: more kinds of columns and numbers, and what is known about a person from other rows.

The chapter has categories, buckets, bags, crosses, and scaled numbers.  Read in this order:

    exact.py               numbers whose frequent values are categories; all pairs of columns as crosses
    missing.py             values that are not there: a category of their own, the median
    hashing.py             columns without a vocabulary, whose buckets can still be read by name
    periodic.py            numbers as sines and cosines
    robust.py              numbers scaled so that far ones do no harm
    slices.py              bags as slices of one array, and the sum of their embeddings
    histories.py           what else did this person rate?
    target_statistics.py   leave-one-out counts and rates of a group
    history_encoder.py     an encoder with histories and target statistics
    column_plans.py        what a column may be, in a few words, and the columns that they stand for
    measuring.py           what does a column, or a pair of columns, tell?
    choosing.py            what is each column, and which pairs are crossed?
    propose.py             the same, printed as code

`python -m widedeep.features.propose FILE --label COLUMN` is the last one as a command.

Read before: columns.py, crosses.py, numbers.py, encoder.py
"""
