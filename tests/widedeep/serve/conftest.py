"""Two small models: apps for people (users and items), and incomes (one table).  Trained once."""

import numpy as np
import pytest

from perceptron.activations import relu
from tests.widedeep.bridges import of_train
from tests.widedeep.interactions.small_logs import views
from tests.widedeep.ranking.builders import small
from widedeep import Bag, Buckets, Category, Cross, Deep, Encoder, Standard, Wide, WideDeep, fit, optimizers_for
from widedeep.datasets import adult, appstore
from widedeep.datasets.table import take
from widedeep.interactions.log import Roles
from widedeep.interactions.training import train_log
from widedeep.ranking.catalogue import Catalogue
from widedeep.serve.served import Served, ServedRanker
from widedeep.serve.sources import shop_of_data
from widedeep.serve.swap import Check


def trained(encoder, table, labels, epochs, seed=0):
    rng = np.random.default_rng(seed)
    batch = encoder.fit(table).encode(table, labels)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 4, encoder.n_inputs, [8], rng))
    fit(model, optimizers_for(model, 64, lr=0.1), batch, None, rng=rng, epochs=epochs, batch_size=64)
    return model, encoder


@pytest.fixture(scope="session")
def store():
    return appstore.load()


@pytest.fixture(scope="session")
def apps(store):
    """(model, encoder) of the app store's recipe, on 6,000 rows."""
    table, labels = store.rows("random", "train")
    app, installed = Category("title"), Bag("installed")
    encoder = Encoder(
        wide=[app, Cross(installed, app)], deep=[app, installed, Category("category")], numbers=[Standard("age")]
    )
    return trained(encoder, take(table, np.arange(6_000)), labels[:6_000], 3)


@pytest.fixture(scope="session")
def shop(store):
    return shop_of_data(store)


@pytest.fixture(scope="session")
def people_served(apps, shop):
    return Served(*apps, shop, "appstore")


def incomes(epochs, seed=0):
    data = adult.load()
    columns = [Category("education"), Category("occupation"), Buckets("age", 10)]
    encoder = Encoder(
        wide=[*columns, Cross("education", "occupation")],
        deep=columns,
        numbers=[Standard("age"), Standard("capital_gain", log1p=True)],
    )
    return trained(encoder, take(data.table, np.arange(4_000)), data.labels[:4_000], epochs, seed)


@pytest.fixture(scope="session")
def good():
    return incomes(3)


@pytest.fixture(scope="session")
def table_served(good):
    return Served(*good, name="incomes")


@pytest.fixture(scope="session")
def check():
    data = adult.load()
    rows = np.arange(4_000, 5_000)
    return Check(take(data.table, rows), data.labels[rows])


@pytest.fixture(scope="session")
def train_made():
    """{head: (TableModel, rows)}: what `widedeep train` makes."""
    return {head: of_train.built(head) for head in of_train.HEADS}


@pytest.fixture(scope="session")
def train_served(train_made):
    return {head: Served(made.model, made.encoder, name=head) for head, (made, _) in train_made.items()}


@pytest.fixture(scope="session")
def recommending():
    """What `widedeep train --user customer --item product` makes."""
    table = views()
    table = {name: values for name, values in table.items() if name != "mood"}
    return train_log(table, Roles("customer", "product", rating="stars"), budget=4)


@pytest.fixture(scope="session")
def film_ranker():
    """Films 0 to 6, both towers."""
    return small(np.random.default_rng(0), activation=relu)


@pytest.fixture(scope="session")
def rankers(recommending, film_ranker):
    titles = {item: f"Film {item}" for item in film_ranker.items.tolist()}
    return {
        "shop_ranker": ServedRanker(recommending.model, recommending.shop, name="shop"),
        "catalogue_ranker": ServedRanker(film_ranker, Catalogue(film_ranker), titles, "films"),
    }


@pytest.fixture
def row():
    return {"education": "Masters", "occupation": "Sales", "age": 41, "capital_gain": 0}
