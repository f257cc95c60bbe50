"""PyTorch: the model as an nn.Module of PyTorch's own layers, and its weights back again.

    from widedeep.bridges.torch import take_back, tensors, to_torch         pip install 'widedeep[torch]'
    module = to_torch(model)                            # logits; of encoded rows, since PyTorch has no strings
    z = module(**tensors(encoder.encode(table)))        # (N, K)
    take_back(model, module.state_dict())               # after training: an ordinary model again
    take_back(model, torch.load(save_torch("model.pt", model), weights_only=True))          # by a file

Its names, and those of the model:

    towers.wide.w.weight (V, K)             wide.w (V,) or (V, K)       an Embedding, row 0 is padding
    towers.deep.E.weight (V, d)             deep.E                      the same
    towers.deep.layers.0.weight (H, D)      deep.mlp.0.W (D, H)         a Linear has the transpose
    towers.deep.layers.0.bias (H,)          deep.mlp.0.b
    towers.deep.last.weight (K, H)          deep.w (H, K)
    towers.deep.f (P, 1, K), s, U, c        deep.f, s, U, c             of DeepPeriodic: its waves
    towers.linear.w.weight (K, M)           linear.w (M, K)             a Linear without bias
    towers.product.E.weight (V, d)          product.E
    b (K,)                                  bias.b

Dropout acts after module.train(); a new module serves, as after eval().

Read before: model.py, deep.py        Read next: safetensors.py
"""
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlp.train import begin_step
from mlp.windows import flatten
from perceptron.activations import Array, relu
from widedeep.batch import check_is_batch
from widedeep.deep import Deep
from widedeep.heads.classes import Classes, DeepClasses, WideClasses
from widedeep.heads.ordinal import OrdinalRegression
from widedeep.heads.regression import Regression
from widedeep.model import WideDeep
from widedeep.saving import write_beside
from widedeep.towers.deep_periodic import WAVES, DeepPeriodic
from widedeep.towers.linear import Linear
from widedeep.towers.matrix_factorization import MatrixFactorization
from widedeep.wide import Wide

try:
    import torch
    from torch import nn
except ModuleNotFoundError as error:
    raise ImportError(f"widedeep.bridges.torch: {error.name} is not installed; want pip install 'widedeep[torch]'"
                      ) from None

HEADS = (WideDeep, Regression, Classes, OrdinalRegression)
TOWERS = (Wide, WideClasses, Deep, DeepClasses, DeepPeriodic, Linear, MatrixFactorization)
INSTEAD = {"DeepWithHistory": "Deep", "MatrixFactorizationWithHistory": "MatrixFactorization"}
Module: Any = nn.Module


def to_torch(model: WideDeep) -> Any:
    """A TorchWideDeep with copies of the model's weights.   Raises ValueError for a tower or head it does not know."""
    return TorchWideDeep(model).eval()


def tensors(batch: Any) -> dict[str, Any]:
    """What the module takes, of an encoded batch: {"wide": (N, F), "deep": (N, S), "shares", "numbers", "bags"}."""
    check_is_batch("tensors", batch)
    whole = batch.whole()
    found = {name: torch.from_numpy(np.ascontiguousarray(getattr(whole, name)))
             for name in ("wide", "deep", "shares", "numbers")}
    return found | {"bags": tuple(whole.bags)}


def take_back(model: WideDeep, state: Mapping[str, Any]) -> WideDeep:
    """Write the weights of a state_dict into the model that the module was made of, or one like it.  Returns the model.

    Old optimizers of the model are refused from here on, since their memory is of other steps: want new ones.
    Raises ValueError, before anything is written, for other names or shapes, numbers that are not finite, or a row of
    id 0 that is not 0.
    """
    if not isinstance(state, Mapping):
        hint = ": module.state_dict()" if hasattr(state, "state_dict") else ""
        raise ValueError(f"take_back: a {type(state).__name__} is no state_dict; want a dict of tensors{hint}")
    check_known(model)
    names, arrays = names_of(model), dict(flatten(model.params()))
    wanted = [torch_name for torch_name, _ in names.values()]
    odd = [name for name in state if name not in wanted]
    if missing := [name for name in wanted if name not in state]:
        raise ValueError(f"take_back: the state_dict lacks {missing[0]!r}, one of {len(missing)}; want that of "
                         "to_torch(model), for a model with the same towers and layers")
    if odd:
        raise ValueError(f"take_back: the state_dict has {odd[0]!r}, and the model nothing for it; want that of "
                         "to_torch(model), for a model with the same towers and layers")
    found: dict[str, Array] = {}
    for name, (torch_name, turn) in names.items():
        w, came = arrays[name], state[torch_name].detach().cpu().numpy()
        want = turn(w).shape
        if came.shape != want:
            raise ValueError(f"take_back: {torch_name} is {came.shape}; want {want}, as {name} of the model has: "
                             "another encoder, or other layers?")
        if not np.isfinite(came).all():
            raise ValueError(f"take_back: {torch_name} holds numbers that are not finite; did training diverge?")
        found[name] = came.T if turn is transposed else came.reshape(w.shape)
    for name, row in model.frozen().items():
        if found[name][row].any():
            raise ValueError(f"take_back: row {row} of {names[name][0]} is not 0; it means 'nothing known': want "
                             "padding_idx=0, as to_torch makes it")
    for name, w in found.items():
        arrays[name][...] = w
    begin_step(model, {})
    return model


def save_torch(path: Any, model: WideDeep) -> Path:
    """Write the state_dict of to_torch(model), beside and then renamed, for torch.load(path, weights_only=True)."""
    contents = io.BytesIO()
    torch.save(to_torch(model).state_dict(), contents)
    return write_beside(Path(path), lambda beside: beside.write_bytes(contents.getvalue()))


def names_of(model: WideDeep) -> dict[str, tuple[str, Callable[[Array], Array]]]:
    """The model's names -> PyTorch's, and how PyTorch holds the array."""
    found: dict[str, tuple[str, Callable[[Array], Array]]] = {"bias.b": ("b", same)}
    for name, tower in model.towers.items():
        at = f"towers.{name}"
        if isinstance(tower, Wide):
            found[f"{name}.w"] = f"{at}.w.weight", as_columns
            continue
        if isinstance(tower, Linear):
            found[f"{name}.w"] = f"{at}.w.weight", transposed
            continue
        found[f"{name}.E"] = f"{at}.E.weight", same
        if isinstance(tower, Deep):
            for i in range(len(tower.mlp.layers)):
                found[f"{name}.mlp.{i}.W"] = f"{at}.layers.{i}.weight", transposed
                found[f"{name}.mlp.{i}.b"] = f"{at}.layers.{i}.bias", same
            found[f"{name}.w"] = f"{at}.last.weight", transposed
        if isinstance(tower, DeepPeriodic):
            found |= {f"{name}.{part}": (f"{at}.{part}", same) for part in WAVES}
    return found


def same(w: Array) -> Array:
    return w


def transposed(w: Array) -> Array:
    return w.T


def as_columns(w: Array) -> Array:
    return w.reshape(len(w), -1)


class TorchWideDeep(Module):                                                        # type: ignore[misc]
    """Logits z (N, K): every tower's, added, plus the bias."""

    def __init__(self, model: WideDeep):
        super().__init__()
        check_known(model)
        self.head = type(model).__name__
        self.limits = (model.low, model.high) if isinstance(model, Regression) else ()
        self.towers = nn.ModuleDict({name: tower_of(tower) for name, tower in model.towers.items()})
        self.b = nn.Parameter(torch.zeros(len(model.b)))
        arrays = dict(flatten(model.params()))
        dtype = torch.from_numpy(model.b).dtype
        self.to(dtype)
        self.load_state_dict({torch_name: torch.from_numpy(turn(arrays[name]).copy())
                              for name, (torch_name, turn) in names_of(model).items()})

    def forward(self, wide: Any, deep: Any, shares: Any, numbers: Any, bags: Sequence[int] = ()) -> Any:
        """The arrays of a Batch, as tensors(batch) gives them -> z (N, K)"""
        z = self.b
        for tower in self.towers.values():
            z = z + tower(wide, deep, shares, numbers, bags)
        return z

    def predict(self, *batch: Any, **arrays: Any) -> Any:
        """What the model's predict answers: probabilities, or a number."""
        z = self(*batch, **arrays)
        if self.limits:
            return z.clamp(*self.limits)
        return z.softmax(dim=1) if self.head == "Classes" else z.sigmoid()


class TorchWide(Module):                                                            # type: ignore[misc]
    """The sum of the weights of the ids."""

    def __init__(self, tower: Wide):
        super().__init__()
        self.w = rows_like(as_columns(tower.w))

    def forward(self, wide: Any, deep: Any, shares: Any, numbers: Any, bags: Sequence[int]) -> Any:
        return self.w(wide).sum(dim=1)                              # (N, K)  over the features that are 1


class TorchDeep(Module):                                                            # type: ignore[misc]
    """Embeddings and numbers into layers of ReLU."""

    def __init__(self, tower: Deep):
        super().__init__()
        sizes = tower.mlp.sizes
        self.E = rows_like(tower.E)
        self.layers = nn.ModuleList(nn.Linear(D, H) for D, H in zip(sizes, sizes[1:]))
        self.last = nn.Linear(tower.w.shape[0], tower.w.shape[1], bias=False)
        self.drop_inputs, self.dropout = nn.Dropout(tower.drop_inputs), nn.Dropout(tower.mlp.dropout)

    def forward(self, wide: Any, deep: Any, shares: Any, numbers: Any, bags: Sequence[int]) -> Any:
        columns = embedded(self.E(deep), shares, bags).flatten(1)
        x = self.drop_inputs(torch.cat([columns, *self.numbers(numbers)], dim=1))       # (N, C d + M)
        for i, layer in enumerate(self.layers):
            x = torch.relu(layer(x))
            x = x if i == len(self.layers) - 1 else self.dropout(x)
        return self.last(x)                                         # (N, K)

    def numbers(self, numbers: Any) -> list[Any]:
        """What the layers see of the numbers (N, M)."""
        return [numbers]


class TorchDeepPeriodic(TorchDeep):
    """The same, whose first P numbers also arrive as waves."""

    def __init__(self, tower: DeepPeriodic):
        super().__init__(tower)
        self.f, self.s, self.U, self.c = (nn.Parameter(torch.zeros(tower.theta[part].shape)) for part in WAVES)

    def numbers(self, numbers: Any) -> list[Any]:
        """(N, M) as they are, and (N, P e)"""
        x = numbers[:, :len(self.f)].T[:, :, None]                  # (P, N, 1)
        h = torch.cos(2 * torch.pi * (x * self.f + self.s))         # (P, N, K)
        return [numbers, (h @ self.U + self.c).transpose(0, 1).flatten(1)]


class TorchLinear(Module):                                                          # type: ignore[misc]
    """A weight for each number, and for each answer."""

    def __init__(self, tower: Linear):
        super().__init__()
        self.w = nn.Linear(*tower.w.shape, bias=False)

    def forward(self, wide: Any, deep: Any, shares: Any, numbers: Any, bags: Sequence[int]) -> Any:
        return self.w(numbers)                                      # (N, K)


class TorchMatrixFactorization(Module):                                             # type: ignore[misc]
    """The dot product of the two sides."""

    def __init__(self, tower: MatrixFactorization):
        super().__init__()
        self.E = rows_like(tower.E)
        self.left, self.right, self.dropout = tower.left, tower.right, nn.Dropout(tower.dropout)

    def forward(self, wide: Any, deep: Any, shares: Any, numbers: Any, bags: Sequence[int]) -> Any:
        C = embedded(self.E(deep), shares, bags)                    # (N, C, d)
        P, Q = (C[:, side].sum(dim=1) for side in (self.left, self.right))
        return self.dropout(P * Q).sum(dim=1, keepdim=True)


def embedded(V: Any, shares: Any, bags: Sequence[int]) -> Any:
    """V (N, S, d), the rows of the slots -> (N, C, d): a row of each column, the mean of each bag."""
    single = V.shape[1] - sum(bags)
    columns, start = [V[:, :single]], 0
    for slots in bags:
        rows = V[:, single + start:single + start + slots]
        columns.append(torch.bmm(shares[:, None, start:start + slots], rows))           # (N, 1, d)
        start += slots
    return torch.cat(columns, dim=1)


def rows_like(table: Array) -> Any:
    """An Embedding of this shape, whose row 0 gets no gradient."""
    return nn.Embedding(table.shape[0], table.shape[1], padding_idx=0)


def tower_of(tower: Any) -> Any:
    kinds = {DeepPeriodic: TorchDeepPeriodic, Deep: TorchDeep, Wide: TorchWide, Linear: TorchLinear,
             MatrixFactorization: TorchMatrixFactorization}
    return next(made for kind, made in kinds.items() if isinstance(tower, kind))(tower)


def check_known(model: Any) -> None:
    """Raise ValueError, by name and with what to use instead."""
    if type(model).__name__ == "Ranker":
        raise ValueError("torch: the model is a Ranker, whose lists no module here reads; want widedeep serve MODEL, "
                         "which answers other programs over HTTP, or --to safetensors")
    if type(model) not in HEADS:
        raise ValueError(f"torch: the model is a {type(model).__name__}; want {', '.join(h.__name__ for h in HEADS)}")
    for name, tower in model.towers.items():
        kind = type(tower).__name__
        if type(tower) not in TOWERS:
            want = f"{INSTEAD[kind]}, which reads no training rows" if kind in INSTEAD else \
                ", ".join(known.__name__ for known in TOWERS)
            raise ValueError(f"torch: tower {name!r}, {kind}, cannot be exported; want {want}")
        if isinstance(tower, Deep) and any(f != relu for f in tower.mlp.activations):
            raise ValueError(f"torch: tower {name!r} has activations other than relu, and cannot be exported; want "
                             "Deep as it is")
