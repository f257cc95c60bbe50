"""A small invented shop whose truth is known: two tastes, and an order within each."""

import numpy as np

TASTES = ("tea", "tool")


def views(n=120, seed=0):
    """Each person walks through their taste's ten items in a circle; the age goes with the taste."""
    rng = np.random.default_rng(seed)
    rows = {"customer": [], "product": [], "stars": [], "day": [], "age": [], "kind": [], "name": [], "mood": []}
    for person in range(n):
        taste, start, length = person % 2, rng.integers(10), rng.integers(4, 8)
        for step in range(length):
            number = (start + step) % 10
            rows["customer"].append(f"c{person:03d}")
            rows["product"].append(f"{TASTES[taste]}{number}")
            rows["stars"].append(int(rng.integers(3, 6)) if step != 1 else 1)
            rows["day"].append(f"2026-01-{step + 1:02d}")
            rows["age"].append(20 + taste * 40 + person // 2 % 5)
            rows["kind"].append(TASTES[taste])
            rows["name"].append(f"The {TASTES[taste]}, no. {number}")
            rows["mood"].append(str(rng.choice(["good", "bad"])))
    return {name: np.array(values) for name, values in rows.items()}
