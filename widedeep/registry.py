"""The registry: every kind of column, number, encoder, tower, head and rule that an archive may hold, under its name.

    @register("column")
    class Category(Column): ...

    find("Category", "column")          the class again; an archive holds the name alone

An archive cannot name a module: what is not there yet is imported from the one table below, and any other name is
refused.  A class of your own registers in the same way, and can be loaded wherever its module has been imported.

Read before: columns.py, model.py        Read next: saving.py
"""
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

Class = TypeVar("Class", bound=type[Any])

GROUPS = ("column", "number", "tower", "head", "rule", "encoder")
KINDS: dict[str, dict[str, type[Any]]] = {group: {} for group in GROUPS}                # group -> name -> class
BEYOND = {                                              # name -> the module that registers it: most beyond this chapter
    "Deep": "widedeep.deep", "FTRL": "widedeep.ftrl",   # of the chapter, but nothing that loads an archive imports them
    "Exact": "widedeep.features.exact", "Hashed": "widedeep.features.hashing",
    "WithMissing": "widedeep.features.missing", "BagWithMissing": "widedeep.features.missing",
    "FillMedian": "widedeep.features.missing", "WasMissing": "widedeep.features.missing",
    "HashedCross": "widedeep.features.hashing", "Raw": "widedeep.features.hashing",
    "Periodic": "widedeep.features.periodic", "Robust": "widedeep.features.robust",
    "Linear": "widedeep.towers.linear", "DeepPeriodic": "widedeep.towers.deep_periodic",
    "TableEncoder": "widedeep.auto.table_encoder", "HistoryEncoder": "widedeep.features.history_encoder",
    "DeepWithHistory": "widedeep.towers.with_history", "MatrixFactorization": "widedeep.towers.matrix_factorization",
    "MatrixFactorizationWithHistory": "widedeep.towers.with_history",
    "Ranker": "widedeep.ranking.ranker", "Catalogue": "widedeep.ranking.catalogue",
    "WideItems": "widedeep.ranking.towers", "DeepItems": "widedeep.ranking.towers",
    "Shop": "widedeep.interactions.shop", "SideItems": "widedeep.interactions.side_items",
    "Regression": "widedeep.heads.regression", "Classes": "widedeep.heads.classes",
    "WideClasses": "widedeep.heads.classes", "DeepClasses": "widedeep.heads.classes",
    "OrdinalRegression": "widedeep.heads.ordinal", "WeightDecay": "widedeep.training.weight_decay",
}


def register(group: str) -> Callable[[Class], Class]:
    """A class decorator: the class becomes a kind of this group, under its own name.

    Raises ValueError for an unknown group, or a name that another class of the group has already.
    """
    if group not in GROUPS:
        raise ValueError(f"register: group {group!r}; want one of {', '.join(GROUPS)}")

    def add(kind: Class) -> Class:
        before = KINDS[group].setdefault(kind.__name__, kind)
        if (before.__module__, before.__qualname__) != (kind.__module__, kind.__qualname__):
            raise ValueError(f"register: {group} {kind.__name__!r} is {before.__module__}.{before.__qualname__} "
                             "already; give your class a name of its own")
        KINDS[group][kind.__name__] = kind                          # a notebook cell that runs again defines it anew
        return kind
    return add


def find(name: str, *groups: str) -> Any:
    """The class registered under this name in one of the groups.  Raises ValueError if there is none."""
    if name in BEYOND:
        import_module(BEYOND[name])                                 # which registers it
    for group in groups:
        if name in KINDS[group]:
            return KINDS[group][name]
    known = sorted(known for group in groups for known in KINDS[group])
    raise ValueError(f"no {' or '.join(groups)} is called {name!r}; known are {', '.join(known)}; "
                     "import the module that registers it first?")


def name_of(thing: Any, *groups: str) -> str:
    """The name under which the thing's class is registered in one of the groups.  Raises TypeError if it is not."""
    kind = type(thing)
    if not any(KINDS[group].get(kind.__name__) is kind for group in groups):
        raise TypeError(f"an archive cannot keep {kind.__name__}: it is not a registered {' or '.join(groups)}; "
                        f"write @register({groups[0]!r}) above the class (widedeep/registry.py)")
    return kind.__name__
