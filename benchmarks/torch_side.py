"""PyTorch, in three forms: eager, eager with the fused optimizer, and the whole step compiled into one graph.

The same model under all three.  A step of the compiled form is forward, gradient (torch.func) and optimizer in ONE
graph, gathers of the batch included; weights and optimizer state are updated in place.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.ours import GradcheckSide, RecommendSide, ScoreSide, Side
from benchmarks.workloads import ADAGRAD, ADAM, FTRL, Problem


class WideDeep(nn.Module):
    """Our model: logits of the wide sum and of the MLP over [columns, numbers], plus one bias."""

    def __init__(self, problem: Problem, sparse: bool = False):
        super().__init__()
        init = {name: torch.from_numpy(w.copy()) for name, w in problem.weights().items()}
        kind = {"freeze": False, "padding_idx": 0, "sparse": sparse}
        self.wide = nn.Embedding.from_pretrained(init["wide.w"][:, None], **kind)
        self.E = nn.Embedding.from_pretrained(init["deep.E"], **kind)
        self.layers = nn.ModuleList(dense(init, f"deep.mlp.{i}") for i in range(problem.layers()))
        self.w, self.b = nn.Parameter(init["deep.w"]), nn.Parameter(init["bias.b"])
        self.bags = problem["bags"]

    def forward(self, wide: Tensor, deep: Tensor, shares: Tensor, numbers: Tensor) -> Tensor:
        V = self.E(deep)  # (N, S, d)
        if self.bags:
            start = deep.shape[1] - sum(self.bags)
            parts = [V[:, :start].flatten(1)]
            for k, slots in enumerate(self.bags):
                parts.append(V[:, start : start + slots].sum(1) * shares[:, k, None])
                start += slots
            x = torch.cat([*parts, numbers], 1)
        else:
            x = torch.cat([V.flatten(1), numbers], 1)
        for layer in self.layers:
            x = F.relu(layer(x))
        return self.wide(wide).sum(1) + x @ self.w + self.b

    def names(self) -> dict[str, str]:
        """Names of the weights: ours -> PyTorch's."""
        layers = {f"deep.mlp.{i}.{x}": f"layers.{i}.{y}" for i in range(len(self.layers)) for x, y in LETTERS}
        return {"wide.w": "wide.weight", "deep.E": "E.weight", "deep.w": "w", "bias.b": "b"} | layers


class Network(nn.Module):
    def __init__(self, problem: Problem):
        super().__init__()
        init = {name: torch.from_numpy(w.copy()) for name, w in problem.weights().items()}
        self.layers = nn.ModuleList(dense(init, str(i)) for i in range(problem.layers()))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)

    def names(self) -> dict[str, str]:
        return {f"{i}.{x}": f"layers.{i}.{y}" for i in range(len(self.layers)) for x, y in LETTERS}


LETTERS = (("W", "weight"), ("b", "bias"))


def dense(init: dict[str, Tensor], name: str) -> nn.Linear:
    W, b = init[f"{name}.W"], init[f"{name}.b"]
    layer = nn.Linear(*W.shape, dtype=W.dtype)
    layer.weight.data, layer.bias.data = W.T.contiguous(), b
    return layer


class FTRLStep:
    """FTRL-Proximal, written by hand as in widedeep/ftrl.py, with the interface of a torch optimizer."""

    def __init__(self, w: Tensor, batch_size: int):
        self.w, self.zeta, self.n = w, torch.zeros_like(w), torch.zeros_like(w)
        self.beta, self.l1, self.l2 = (FTRL[name] / batch_size for name in ("beta", "l1", "l2"))

    def zero_grad(self) -> None:
        self.w.grad = None

    @torch.no_grad()
    def step(self) -> None:
        ftrl(self.w, self.w.grad, self.zeta, self.n, self.beta, self.l1, self.l2)


def ftrl(w: Tensor, g: Tensor, zeta: Tensor, n: Tensor, beta: float, l1: float, l2: float) -> None:
    square = g * g
    root = n.sqrt()
    n += square
    new_root = n.sqrt()
    sigma = square / (FTRL["alpha"] * (new_root + root) + torch.finfo(w.dtype).tiny)
    zeta += g - sigma * w
    beyond = zeta - zeta.clamp(-l1, l1)
    w.copy_(-beyond / ((beta + new_root) / FTRL["alpha"] + l2))


class TorchSide(Side):
    """form : torch-eager, torch-fused or torch-compiled; torch-sparse has sparse gradients of tables, and SparseAdam"""

    def __init__(self, problem: Problem, form: str, threads: int = 1):
        torch.set_num_threads(threads)
        self.problem, self.batch_size, self.rule, self.form = problem, problem["batch"], problem["rule"], form
        inputs = ("wide", "deep", "shares", "numbers") if "wide" in problem.arrays else ("X",)
        self.model = WideDeep(problem, form == "torch-sparse") if "wide" in inputs else Network(problem)
        self.inputs = [torch.from_numpy(problem[name]) for name in inputs]
        self.labels = torch.from_numpy(problem["labels"])
        self.compiles = form == "torch-compiled"
        if self.compiles:
            self.memory = {name: (torch.zeros_like(p), torch.zeros_like(p)) for name, p in self.params().items()}
            self.steps = torch.zeros((), dtype=self.labels.dtype)
            self.total = torch.zeros((), dtype=self.labels.dtype)
            self.one_step = torch.compile(self.compiled_step, fullgraph=True, dynamic=False)
        else:
            self.optimizers = self.make_optimizers(form != "torch-eager")

    def params(self) -> dict[str, Tensor]:
        return {name: p.detach() for name, p in self.model.named_parameters()}

    def make_optimizers(self, fused: bool) -> list[Any]:
        params = dict(self.model.named_parameters())
        if self.rule != "ftrl":
            rule = (ADAM["lr"], (ADAM["b1"], ADAM["b2"]), ADAM["eps"])
            tables = [params.pop(name) for name in ("wide.weight", "E.weight")] if self.form == "torch-sparse" else []
            rest = torch.optim.Adam(params.values(), *rule, fused=fused)
            return [torch.optim.SparseAdam(tables, *rule), rest] if tables else [rest]
        wide = params.pop("wide.weight")
        rest = torch.optim.Adagrad(params.values(), ADAGRAD["lr"], eps=ADAGRAD["eps"], fused=fused)
        return [FTRLStep(wide, self.batch_size), rest]

    def epoch(self, seed: int) -> float:
        order = torch.from_numpy(self.problem.order(seed))
        step = self.one_step if self.compiles else self.eager_step
        total = torch.zeros((), dtype=self.labels.dtype)
        params = self.params() if self.compiles else {}
        for rows in order.split(self.batch_size):
            if self.compiles:
                step(params, self.memory, self.steps, total, rows, self.inputs, self.labels)
            else:
                total += step(rows) * len(rows)
        return total.item() / len(order)

    def eager_step(self, rows: Tensor) -> Tensor:
        z = self.model(*(x.index_select(0, rows) for x in self.inputs))
        loss = F.binary_cross_entropy_with_logits(z, self.labels.index_select(0, rows))
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in self.optimizers:
            optimizer.step()
        return loss.detach()

    def compiled_step(self, params: Any, memory: Any, steps: Tensor, total: Tensor, rows: Tensor, inputs: Any,
                      labels: Tensor) -> None:  # fmt: skip
        batch, y = [x[rows] for x in inputs], labels[rows]

        def loss_of(params: dict[str, Tensor]) -> Tensor:
            z = torch.func.functional_call(self.model, params, tuple(batch))
            return F.binary_cross_entropy_with_logits(z, y)

        grads, loss = torch.func.grad_and_value(loss_of)(params)
        total += loss * len(rows)
        steps += 1
        for name, w in params.items():
            if self.rule == "adam":
                adam(w, grads[name], *memory[name], steps)
            elif name == "wide.weight":
                ftrl(w, grads[name], *memory[name], *(FTRL[x] / self.batch_size for x in ("beta", "l1", "l2")))
            else:
                s = memory[name][0]
                s += grads[name] * grads[name]
                w -= ADAGRAD["lr"] * grads[name] / (s.sqrt() + ADAGRAD["eps"])

    def weights(self) -> dict[str, np.ndarray]:
        params, found = self.params(), {}
        for ours, theirs in self.model.names().items():
            w = params[theirs].numpy()
            found[ours] = w.T if theirs.startswith("layers") else w[:, 0] if ours == "wide.w" else w
        return found


def adam(w: Tensor, g: Tensor, m: Tensor, v: Tensor, steps: Tensor) -> None:
    b1, b2 = ADAM["b1"], ADAM["b2"]
    m += (1 - b1) * (g - m)
    v += (1 - b2) * (g * g - v)
    w -= ADAM["lr"] / (1 - b1**steps) * m / ((v / (1 - b2**steps)).sqrt() + ADAM["eps"])


class TorchScore(ScoreSide):
    """form : torch-eager, or torch-jit: traced, frozen and optimized for inference"""

    def prepare(self, problem: Problem, form: str, threads: int) -> Callable[[], Any]:
        torch.set_num_threads(threads)
        model = Scorer(problem).eval()
        inputs = tuple(torch.from_numpy(problem[name]) for name in ("wide", "deep", "shares", "numbers"))
        if form == "torch-jit":
            model = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, inputs)))

        def predict() -> Tensor:
            with torch.inference_mode():
                return model(*inputs)

        return predict


class Scorer(WideDeep):
    def forward(self, wide: Tensor, deep: Tensor, shares: Tensor, numbers: Tensor) -> Tensor:
        return super().forward(wide, deep, shares, numbers).sigmoid()


class TorchRecommend(RecommendSide):
    """Our encoder, its model, and topk; no reasons."""

    def __init__(self, problem: Problem, form: str, threads: int = 1):
        super().__init__(problem)
        torch.set_num_threads(threads)
        self.model = Scorer(problem).eval()
        self.films = np.asarray(self.recommender.items["item"])

    @torch.inference_mode()
    def epoch(self, seed: int) -> None:
        for user in self.users:
            rows = np.flatnonzero(~np.isin(self.films, list(self.recommender.seen[user])))
            batch = self.recommender.encoder.encode(self.recommender.candidates(user, rows, {}))
            self.model.bags = batch.bags  # as many slots as the fullest row of this batch needs
            inputs = (torch.from_numpy(a) for a in (batch.wide, batch.deep, batch.shares, batch.numbers))
            p, best = self.model(*inputs)[:, 0].topk(10)
            list(zip(self.films[rows[best.numpy()]].tolist(), p.tolist()))


class TorchGradcheck(GradcheckSide):
    """torch.autograd.gradcheck, of all weights.  Adult has no padding here: id 0 is never looked up in these rows."""

    def __init__(self, problem: Problem, form: str, threads: int = 1):
        torch.set_num_threads(threads)
        problem = problem.rows(problem["batch"]).astype(np.float64)
        self.model = WideDeep(problem)
        self.batch = [torch.from_numpy(problem[name]) for name in ("wide", "deep", "shares", "numbers")]
        self.labels = torch.from_numpy(problem["labels"])
        self.names = [name for name, _ in self.model.named_parameters()]

    def loss(self, *params: Tensor) -> Tensor:
        z = torch.func.functional_call(self.model, dict(zip(self.names, params)), tuple(self.batch))
        return F.binary_cross_entropy_with_logits(z, self.labels)

    def epoch(self, seed: int) -> None:
        params = [p.detach().clone().requires_grad_() for p in self.model.parameters()]
        assert torch.autograd.gradcheck(self.loss, params)


SIDES = {
    "widedeep": TorchSide,
    "mlp": TorchSide,
    "score": TorchScore,
    "recommend": TorchRecommend,
    "gradcheck": TorchGradcheck,
}
