"""Small tables whose truth is known, as files."""

import csv

import numpy as np


def people(n=400, seed=0):
    """income depends on age, on job, and on both together; id and remarks tell nothing."""
    rng = np.random.default_rng(seed)
    age, job = rng.integers(18, 80, n), rng.choice(["cook", "clerk", "smith"], n)
    z = (age - 45) / 8 + 2 * (job == "smith") - 2 * ((job == "cook") & (age > 50))
    rich = rng.random(n) < 1 / (1 + np.exp(-z))
    words = np.array("the quick brown fox jumps over a lazy dog and sings of rain".split())
    return {
        "id": 1000 + rng.permutation(n),
        "age": age,
        "height": rng.normal(170, 10, n).round(1),
        "job": job,
        "remarks": [" ".join(rng.choice(words, 7)) for _ in range(n)],
        "income": np.where(rich, ">50K", "<=50K"),
        "colour": np.where(z > 1, "red", np.where(z < -1, "blue", "green")),
        "wage": (20 + 3 * z + rng.normal(0, 1, n)).round(3),
    }


def write(path, table):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(zip(*(np.asarray(values).tolist() for values in table.values())))
    return str(path)


def without(table, *names):
    return {name: values for name, values in table.items() if name not in names}
