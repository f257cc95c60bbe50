"""A ranker and its catalogue: saved, loaded and served like any other model."""

import json

import numpy as np
import pytest

from mlp.optimizers import Adam
from tests.builders import bags, memories
from tests.widedeep.ranking.builders import V, optimizers, ranker, small, world
from widedeep import load, save
from widedeep.ranking import Catalogue, leave_one_out, recommend_for
from widedeep.ranking.bags import bags_of
from widedeep.ranking.protocol import Sequences
from widedeep.ranking.train import fit


def trained(epochs=2):
    split = leave_one_out(*world(), negatives=5)
    model, rules = ranker(split), optimizers()
    fit(model, rules, split.train, rng=np.random.default_rng(1), epochs=epochs, batch_size=64)
    return model, rules, split


def test_a_ranker_comes_back_with_its_catalogue_and_optimizers(tmp_path):
    model, rules, split = trained()
    path = save(tmp_path / "ranker.npz", model, Catalogue(model), rules)
    again, catalogue, same = load(path)
    assert type(again) is type(model) and again.half_lives == model.half_lives == (3.0, np.inf)
    liked = {"liked": [[105, 101], [110]]}
    assert again.predict(catalogue.encode(liked)).tobytes() == model.predict(Catalogue(model).encode(liked)).tobytes()
    assert recommend_for(again, [105, 101], k=3) == recommend_for(model, [105, 101], k=3)
    assert memories(same) == memories(rules)
    for one, its in ((model, rules), (again, same)):
        fit(one, its, split.train, rng=np.random.default_rng(2), epochs=1, batch_size=64)
    assert again.scores(split.train).tobytes() == model.scores(split.train).tobytes()
    with np.load(path) as archive:
        assert "Infinity" not in json.dumps(json.loads(archive["about"].tobytes()))


def test_bags_are_those_of_the_sequences():
    model, _, _ = trained()
    batch = Catalogue(model).encode({"liked": bags((100, 105), (), (7, 101, 8))})
    columns = [[model.column_of[100], model.column_of[105]], [], [model.column_of[101]]]
    want = bags_of(Sequences.of(columns, V), model.half_lives)
    assert batch.shares.tobytes() == want.shares.tobytes() and np.array_equal(batch.had, want.had)
    again = Catalogue(model).encode({"liked": [(105, 100, 105)]})
    assert again.shares.tobytes() == Catalogue(model).encode({"liked": [(100, 105)]}).shares.tobytes()


def test_answers_are_probabilities_of_the_next_film():
    model, _, _ = trained()
    p = model.predict(Catalogue(model).encode({"liked": bags((100, 105), ())}))
    assert p.shape == (2, V) and p.sum(axis=1) == pytest.approx(1, abs=1e-5) and (p > 0).all()
    columns = [[model.column_of[100], model.column_of[105]], []]
    Z, _ = model.forward(bags_of(Sequences.of(columns, V), model.half_lives))
    np.testing.assert_array_equal(p.argmax(axis=1), Z.argmax(axis=1))


def test_what_is_refused(tmp_path):
    model, _, split = trained(1)
    catalogue = Catalogue(model)
    for table, message in [
        ({"films": [[100]]}, "unknown column 'liked'"),
        ({"liked": ["100"]}, "is not a bag; want tuples or lists"),
        ({"liked": [["100"]]}, "'100' and 100 are two values"),
        ({"liked": []}, "an empty table"),
    ]:
        with pytest.raises(ValueError, match=message):
            catalogue.encode(table)
    with pytest.raises(ValueError, match="Catalogue: a str; want a Ranker"):
        Catalogue("ranker.npz")
    other = Catalogue(small(np.random.default_rng(0)))
    with pytest.raises(ValueError, match="save: another encoder"):
        save(tmp_path / "ranker.npz", model, other)
    tanh = small(np.random.default_rng(0))
    with pytest.raises(TypeError, match="an archive keeps no activation but relu"):
        save(tmp_path / "ranker.npz", tanh, other)
    with pytest.raises(ValueError, match="holds the memory of other steps"):
        rules = {name: Adam(0.1) for name in model.params()}
        fit(ranker(split), rules, split.train, rng=np.random.default_rng(0), epochs=1)
        save(tmp_path / "ranker.npz", model, catalogue, rules)
    assert list(tmp_path.iterdir()) == []
