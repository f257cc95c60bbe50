"""Adult: 48,842 people of the 1994 US census, and whether each earned more than 50,000 dollars a year.

The file `adult.csv.gz` is part of the package (CC BY 4.0, see `adult.LICENSE.md`), so nothing is downloaded. Its rows
keep the order of the source: rows 0 to 16,280 are UCI's adult.test, rows 16,281 to 48,841 its adult.data.

Two columns need care. `fnlwgt` says how many people a row stands for: a survey weight, not a feature. '?' in
workclass, occupation and native_country means that the answer is missing. It stays an ordinary value here, because
missing answers can be informative.

Read before: table.py, appstore.py        Read next: movielens.py
"""

import gzip
import hashlib
from importlib import resources

import numpy as np

from .table import Dataset, parse_csv, random_split

FILE = "adult.csv.gz"
SHA256 = "838d9541db8ebb88ac572787a21021f048308e00651b1107029f1180df2f550d"
N_TEST = 16_281                                              # the first rows of the file are UCI's adult.test

CITATION = """\
Becker, B. & Kohavi, R. (1996). Adult [Dataset]. UCI Machine Learning Repository. https://doi.org/10.24432/C5XW20
Licence: Creative Commons Attribution 4.0 International (CC BY 4.0). Changes: see adult.LICENSE.md in this package."""


def load() -> Dataset:
    """The Adult census table; label 1.0 where income is above 50,000 dollars a year (11,687 of 48,842 rows).

    Columns (N,): age (years), fnlwgt (people), education_num (1 to 16), capital_gain, capital_loss (dollars a
    year), hours_per_week, all int64; workclass, education, marital_status, occupation, relationship, race, sex,
    native_country, str.

    splits:
        "random"    the rows are permuted by default_rng(2024). Of the first int(0.8 n), the first tenth is for
                    validation and the others for training; the rest are the test rows
        "official"  UCI's adult.test is the test set. Of adult.data, permuted by default_rng(2024), the first tenth
                    is for validation and the rest for training

    Raises ValueError when the bundled file is not the one this code was written for.
    Source: Kohavi, "Scaling Up the Accuracy of Naive-Bayes Classifiers: a Decision-Tree Hybrid", KDD 1996.
    """
    packed = resources.files(__package__).joinpath(FILE).read_bytes()
    found = hashlib.sha256(packed).hexdigest()
    if found != SHA256:
        raise ValueError(f"{FILE}: SHA-256 is {found}, wanted {SHA256}: the file inside the installed package was "
                         f"cut or changed; install the package again")
    table = parse_csv(gzip.decompress(packed).decode("ascii").splitlines(), FILE)
    labels = (table.pop("income") == ">50K").astype(np.float32)[:, None]      # (N, 1)
    return Dataset(name="adult", table=table, labels=labels, splits=_splits(len(labels)), citation=CITATION)


def _splits(n: int) -> dict[str, dict[str, np.ndarray]]:
    """Both splits of n rows; each tenth is rounded down."""
    random = random_split(n, 0.8, 0.0)
    learn = random["train"]
    tenth = len(learn) // 10
    data = N_TEST + np.random.default_rng(2024).permutation(n - N_TEST)
    return {"random": {"train": learn[tenth:], "validation": learn[:tenth], "test": random["test"]},
            "official": {"train": data[len(data) // 10:], "validation": data[:len(data) // 10],
                         "test": np.arange(N_TEST)}}
