"""Newcomers: recommending to somebody who is not in the training data, on the deep and wide model.

    unknown.py       forgetting: what nothing is known of is id 0
    recommend.py     from their sides alone, or from a list of items that they like

(A ranker takes lists as they are: ranking/recommend.py.)

Read before: recommend.py, features/history_encoder.py
"""
