"""Cold start: who is held out is in no training row."""

import numpy as np

from tests.widedeep.small_sets import small_films
from widedeep.experiments import cold_start


def test_held_out_users_and_films_are_in_no_training_row():
    data, kinds = cold_start.held_out(small_films())
    parts = data.splits["held-out"]
    for key, new, known in (("user", "new user", "new item"), ("item", "new item", "new user")):
        learned = set(data.table[key][np.concatenate([parts["train"], parts["validation"]])])
        assert not learned & set(data.table[key][kinds[new]]) and not learned & set(data.table[key][kinds["both new"]])
        assert len(set(data.table[key][kinds[known]]) - learned) == 0
    assert sum(map(len, kinds.values())) + len(parts["train"]) + len(parts["validation"]) == len(data.labels)
