"""A generated app store that needs both memorizing and generalizing, and whose true probabilities are known.

The setting is the paper's: a user with some apps installed is shown another app, and installs it or not.

    logit = affinity + life + exceptions                     label ~ Bernoulli(sigmoid(logit))

    affinity     (mean taste of the installed apps) . (taste of the shown app): low rank, so the deep part learns it
    life         sin(2 x + the shown app's phase), x = standardised age: smooth, so the deep part learns it
    exceptions   +4 or -4 for certain ordered pairs (installed app, shown app), 3 % of all: rare and arbitrary, so they
                 have to be memorized, by the cross of installed with title

The wide part alone has 6,320 pairs to learn one by one and cannot follow a curve over age; the deep part alone smooths
the exceptions away. Names, people and clicks are invented.

Read before: table.py        Read next: adult.py (real people), movielens.py (real tastes)
"""

from dataclasses import dataclass

import numpy as np

from .table import Dataset, random_split

APPS = {                                                     # category: titles, all invented
    "Board games": ("Chess Club", "Tile Garden", "Go Corner", "Backgammon Bay", "Word Ladder", "Domino Hall",
                    "Checkers Duo", "Marble Maze"),
    "Travel": ("Night Bus", "Slow Train", "Ferry Times", "Pocket Atlas", "Border Cafe", "Cabin Finder",
               "Tram Buddy", "Second Suitcase"),
    "Music": ("Vinyl Attic", "Drum Shed", "Choir Practice", "Radio Owl", "Tuning Fork", "Loop Kitchen",
              "Busker Map", "Quiet Concert"),
    "Cooking": ("Soup Season", "Bread Diary", "Spice Rack", "Leftover Lab", "Market Day", "Noodle Night",
                "Pickle Jar", "Tea Timer"),
    "Fitness": ("Stair Counter", "Lake Swim", "Morning Stretch", "Hill Runner", "Bike Shed", "Plank Club",
                "Rest Day", "Rope Skipper"),
    "Money": ("Coin Jar", "Rent Splitter", "Budget Bee", "Receipt Box", "Penny Forecast", "Flea Market",
              "Tip Jar", "Tax Calm"),
    "Learning": ("Verb Trainer", "Star Chart", "Bird Calls", "Times Tables", "Map Quiz", "Sign Alphabet",
                 "Fossil Finder", "Poem a Day"),
    "Photos": ("Pocket Darkroom", "Grain and Light", "Collage Desk", "Pet Portraits", "Sky Timelapse", "Slide Box",
               "Photo Booth", "Frame Shop"),
    "News": ("Morning Paper", "Village Voices", "Science Post", "Cartoon Corner", "Weather Window", "Match Report",
             "Long Reads", "Good News Only"),
    "Home": ("Plant Doctor", "Paint Mixer", "Chore Wheel", "Shelf Planner", "Lamp Remote", "Key Keeper",
             "Tool Loan", "Moving Boxes"),
}
N_USERS, IMPRESSIONS = 4_000, 9                              # users; apps shown to each
BAG = 3, 10                                                  # apps installed, fewest and most
RANK = 2                                                     # length of an app's taste vector
TASTE, BEND, EXCEPTION = 0.8, 1.3, 4.0                       # strengths, in logits
SHARE = 0.03                                                 # share of the ordered pairs of apps that are exceptions


@dataclass(frozen=True)
class World:
    """The data, and the true quantities that generated them.

    exceptions   (installed title, shown title, effect in logits), sorted by title
    logits       (N, 1) float64: the true logit of every row of dataset.table
    """

    dataset: Dataset
    exceptions: list[tuple[str, str, float]]
    logits: np.ndarray                                       # (N, 1)


def load(seed: int = 0) -> Dataset:
    """36,000 impressions (4,000 users, 9 apps shown to each), label 1.0 where the user installed the app.

    Columns (N,): user (int64), installed (object, tuples of 3 to 10 titles: the bag), age (int64, years),
    item (int64), title (str: the app that is shown, never one of those installed), category (str).
    `users` holds user, installed, age; `items` holds item, title, category.

    splits: "random": the rows permuted by default_rng(2024): 70 % for training, then 10 % for validation, then 20 % for
    testing.
    best_log_loss: the mean cross-entropy of the test labels under the true probabilities, in nats.
    The same seed gives the same data, as long as NumPy does not change its random streams.
    """
    return world(seed).dataset


def world(seed: int = 0) -> World:
    """What `load` returns for this seed, with the exceptions and every row's true logit."""
    rng = np.random.default_rng(seed)
    categories = np.repeat(list(APPS), [len(titles) for titles in APPS.values()])
    titles = np.array([title for group in APPS.values() for title in group])
    A = len(titles)

    # The apps' true parameters. Apps of one category resemble each other, but not too much.
    centre = np.repeat(rng.normal(size=(len(APPS), RANK)), [len(group) for group in APPS.values()], axis=0)
    taste = 0.6 * centre + 0.8 * rng.normal(size=(A, RANK))                        # (A, RANK), variance 1
    phase = rng.uniform(0, 2 * np.pi, A)                                           # (A,) radians
    pairs = rng.permutation(np.flatnonzero(~np.eye(A, dtype=bool)))[:int(SHARE * A * (A - 1))]
    effect = np.zeros((A, A))                                                      # [installed, shown]
    effect.flat[pairs] = EXCEPTION * rng.choice([-1.0, 1.0], len(pairs))

    # Users install apps by taste and chance: the k largest of score + Gumbel noise (sampling without replacement).
    wish = rng.normal(size=(N_USERS, RANK)) @ taste.T + rng.gumbel(size=(N_USERS, A))
    age = rng.integers(16, 76, N_USERS)
    size = rng.integers(BAG[0], BAG[1] + 1, N_USERS)
    order = np.argsort(-wish, axis=1)                                              # (N_USERS, A)
    has = np.zeros((N_USERS, A))
    np.put_along_axis(has, order, np.arange(A) < size[:, None], axis=1)            # 1 where installed

    # Each user is shown apps that are not installed, drawn uniformly.
    chance = np.where(has == 1, 2.0, rng.random((N_USERS, A)))
    shown = np.argsort(chance, axis=1)[:, :IMPRESSIONS].ravel()                    # (N,)
    user = np.repeat(np.arange(N_USERS), IMPRESSIONS)                              # (N,)

    mean = (has @ taste) / size[:, None]                                           # (N_USERS, RANK)
    affinity = TASTE * (mean[user] * taste[shown]).sum(axis=1) / (mean.std() * np.sqrt(RANK))
    x = (age - 45.5) / 17.3                                                        # mean 0, deviation 1
    life = BEND * np.sin(2 * x[user] + phase[shown])
    logits = affinity + life + (has[user] * effect.T[shown]).sum(axis=1)           # (N,)
    p = 1 / (1 + np.exp(-logits))
    labels = (rng.random(len(p)) < p).astype(np.float32)[:, None]                  # (N, 1)

    installed = np.empty(N_USERS, dtype=object)
    installed[:] = [tuple(titles[order[u, :size[u]]].tolist()) for u in range(N_USERS)]
    users = {"user": np.arange(N_USERS), "installed": installed, "age": age}
    items = {"item": np.arange(A), "title": titles, "category": categories}
    table = {name: column[user] for name, column in users.items()}
    table |= {name: column[shown] for name, column in items.items()}
    splits = {"random": random_split(len(user), 0.7, 0.1)}
    test = splits["random"]["test"]
    chance_of_label = np.where(labels[test, 0] == 1, p[test], 1 - p[test])
    dataset = Dataset(name="appstore", table=table, labels=labels, splits=splits, users=users, items=items,
                      best_log_loss=float(-np.log(chance_of_label).mean()),
                      citation="Generated by widedeep.datasets.appstore; every name and every click is invented.")
    exceptions = sorted((str(titles[i]), str(titles[j]), float(effect[i, j])) for i, j in np.argwhere(effect))
    return World(dataset=dataset, exceptions=exceptions, logits=logits[:, None])
