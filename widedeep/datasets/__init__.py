"""Three data sets, one interface: every `load()` returns a `Dataset`.

    movielens.load()   100,000 ratings of films (downloaded once, from its makers); label: rating >= 4;
                       from a folder of yours also MovieLens 1M and the CSV form of the later ones (movielens_forms)
    adult.load()       48,842 people of the 1994 US census (bundled); label: income above 50,000 dollars
    appstore.load()    36,000 impressions in an app store that is generated: its true probabilities are known

Read `table` first (what a table is, and a CSV file read into one), then `appstore`, `adult`, `movielens`,
`movielens_forms`, and
`download` last (a cache, checksums and two ways to fetch).
"""

from . import adult, appstore, movielens
from .table import Dataset, DataUnavailable, Table, read_csv, take

__all__ = ["DataUnavailable", "Dataset", "Table", "adult", "appstore", "movielens", "read_csv", "take"]
