"""The workloads by name, and the peers of each.  Imports nothing heavy: the parent process stays small."""

from dataclasses import dataclass, field
from typing import Any

COMPILED = ["torch-eager", "torch-fused", "torch-compiled", "jax-step", "jax-scan"]
LIBRARIES = ["keras", "pytorch-widedeep", "deepctr-torch"]


@dataclass(frozen=True)
class Workload:
    """kind : which class of a side runs it        unit : of one repeat        peers : in the order of the table"""

    kind: str
    unit: str
    peers: list[str] = field(default_factory=list)
    floor: bool = False
    spec: dict[str, Any] = field(default_factory=dict)
    scale: float = 1e3  # from seconds to the unit


def network(sizes: list[int], rows: int, batch: int) -> Workload:
    peers = ["torch-eager", "torch-fused", "torch-compiled", "jax-step", "jax-scan", "sklearn"]
    return Workload("mlp", "ms an epoch", peers, True, {"sizes": sizes, "rows": rows, "batch": batch, "rule": "adam"})


def table(data: str, rule: str) -> Workload:
    peers = ["engine", *COMPILED] + (LIBRARIES if rule == "adam" else [])
    return Workload("widedeep", "ms an epoch", peers, True, {"data": data, "batch": 256, "rule": rule})


BIG = {"rows": 5120, "batch": 256, "ids": 1_000_000, "active": 40, "d": 16, "hidden": [64, 32], "rule": "lazy"}
CHECKED = {"data": "adult", "batch": 32, "rule": "adam"}
SERVED = {"data": "movielens", "batch": 256, "rule": "adam"}
COLD = {"data": "adult", "batch": 256, "rule": "adam", "epochs": 10}

WORKLOADS = {
    "adult": table("adult", "adam"),
    "movielens": table("movielens", "adam"),
    "adult-ftrl": table("adult", "ftrl"),
    "movielens-ftrl": table("movielens", "ftrl"),
    "mlp-20x32": network([20, 32, 1], 20_000, 32),
    "mlp-100x100": network([100, 100, 1], 50_000, 200),
    "mlp-784x256x128": network([784, 256, 128, 1], 10_000, 128),
    "mlp-784x1024x1024": network([784, 1024, 1024, 1], 10_000, 512),
    "big-step": Workload("widedeep", "ms a step", ["torch-sparse", "torch-fused"], spec=BIG, scale=1e3 / 20),
    "encode": Workload("encode", "ms, 48,842 rows from CSV to ids", ["pandas-sklearn"]),
    "score100": Workload(
        "score", "us a call", ["torch-jit", "torch-eager", "jax-step", "sklearn"], spec=SERVED, scale=1e6
    ),
    "recommend-all": Workload("recommend", "ms, 10 films for each user", ["torch-eager"], spec=SERVED),
    "gradcheck": Workload("gradcheck", "ms", ["torch-eager"], spec=CHECKED),
    "import": Workload("import", "ms", ["numpy", "sklearn", "torch", "jax", "keras"]),
    "cold": Workload("cold", "s", COMPILED + LIBRARIES, spec=COLD, scale=1),
}
