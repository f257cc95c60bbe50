"""The five steps: what was heard, told in the article's order.

    1  inputs X arrive        2  weights W        3  the output of every neuron        4  the error
    5  back from the output to the hidden layers, to adjust the weights

Symbols are those of docs/design.md.  W0 and Z0 are of the first layer of the MLP, as its parameters are called
"0.W" and "0.b"; a prime, as in w', is a number after the step.

Read before: quantity.py        Read next: text.py
"""
from typing import Any

import numpy as np

from perceptron.activations import Array, identity, relu
from perceptron.neuron import three_steps
from widedeep.columns import Bag
from widedeep.crosses import Cross
from widedeep.trace.quantity import Quantity, Stop, as_words, plain
from widedeep.trace.recording import Record, used
from widedeep.trace.small import SmallModel

ARTICLE = {1: "Inputs X arrive through the preconnected path", 2: "Input is modelled using real weights W",
           3: "The output of every neuron, from the input layer to the hidden layers to the output layer",
           4: "The error in the outputs: actual output - desired output",
           5: "Travel back from the output layer to the hidden layers, and adjust the weights"}


class Names:
    """Names for the entries of the arrays of one row."""

    def __init__(self, small: SmallModel, batch: Any):
        deep: Any = small.model.towers["deep"]
        self.wide = tuple(small.wide_name(i) for i in batch.wide[0])                    # of the slots
        self.deep = tuple(small.deep_name(i) for i in batch.deep[0])
        self.features, self.rows = used(batch.wide), used(batch.deep)                   # ids, each once
        self.feature = tuple(small.wide_name(i) for i in self.features)
        self.row = tuple(small.deep_name(i) for i in self.rows)
        self.numbers = tuple(number.name for number in small.encoder.numbers)
        self.columns = tuple(column.name for column in small.encoder.deep)
        self.in_bags = len(batch.deep[0]) - sum(batch.bags)                             # the slots from here on
        self.bags = [c.name for c in small.encoder.deep if isinstance(c, (Bag, Cross))]
        d = deep.E.shape[1]
        self.x = tuple(f"{c}[{k}]" for c in self.columns for k in range(d)) + self.numbers
        self.d = tuple(str(k) for k in range(d))
        self.hidden = [tuple(f"neuron {k}" for k in range(H)) for H in deep.hidden]
        self.layers = len(deep.hidden)


def steps_of(small: SmallModel, seen: Record) -> list[Stop]:
    """All stops, in order."""
    names = Names(small, seen.batch)
    return [*inputs(seen, names), *weights(small, seen, names), *outputs(seen, names), *error(seen),
            *back(seen, names), *adjust(small, seen, names)]


def inputs(seen: Record, names: Names) -> list[Stop]:
    """Step 1."""
    batch = seen.batch
    found = [Quantity("ids (wide)", "the features that are 1; all others are 0, and stay unwritten", batch.wide,
                      names.wide),
             Quantity("ids (deep)", "which rows of the table E belong to this row", batch.deep, names.deep)]
    if batch.bags:
        found.append(Quantity("shares", "1 / the number of known values in the bag", batch.shares,
                              names.deep[names.in_bags:]))
    if names.numbers:
        found.append(Quantity("numbers", "(x - mean) / spread of the training rows", batch.numbers, names.numbers))
    return [Stop(1, 1, "The row arrives, as ids and numbers",
                 f"The encoder has turned the values of the row into ids: {len(names.wide)} features of the wide tower "
                 f"are 1, and {len(names.deep)} rows of the embedding table are looked up. A multiplication by 0 adds "
                 "nothing, so only the ones are written down.", found, ("features", "rows", "numbers"))]


def weights(small: SmallModel, seen: Record, names: Names) -> list[Stop]:
    """Step 2."""
    before, f, r = seen.before, names.features, names.rows
    table = [Quantity("w[ids]", f"the weights of these features, of w {before['wide.w'].shape}", before["wide.w"][f],
                      names.feature, code="wide.w"),
             Quantity("E[ids]", f"the rows of these values, of E {before['deep.E'].shape}", before["deep.E"][r],
                      names.row, names.d, "deep.E"),
             Quantity("b", "the bias, the intercept: one for both towers", before["bias.b"], code="bias.b")]
    layers = []
    for i in range(names.layers):
        inputs = names.x if i == 0 else names.hidden[i - 1]
        layers += [Quantity(f"W{i}", "a line for each input, a column for each neuron", before[f"deep.mlp.{i}.W"],
                            inputs, names.hidden[i], f"deep.mlp.{i}.W"),
                   Quantity(f"b{i}", "a bias for each neuron", before[f"deep.mlp.{i}.b"], (), names.hidden[i],
                            f"deep.mlp.{i}.b")]
    layers.append(Quantity("w_deep", "from the last layer to the logit; its bias is b", before["deep.w"],
                           names.hidden[-1], code="deep.w"))
    zero = int(np.count_nonzero(before["wide.w"][f] == 0))
    return [
        Stop(2, 1, "Weights of the wide tower, rows of the embedding table, the bias",
             f"E was drawn at random (seed {small.seed}), w and b began at 0; then the model was trained on "
             f"{small.trained_on:,} rows, one at a time. {zero} of these {len(f)} wide weights are exactly 0: FTRL's "
             "L1 keeps them there until enough rows have spoken.", table, ("features", "rows", "bias")),
        Stop(2, 2, "Weights and biases of the layers",
             "Drawn at random too: equal weights would get equal gradients and stay equal for ever. A column of W is "
             "one perceptron.", layers, tuple(f"weights{i}" for i in range(names.layers + 1)),
             "weights")]


def outputs(seen: Record, names: Names) -> list[Stop]:
    """Step 3."""
    forward, before = seen.forward, seen.before
    terms = before["wide.w"].take(seen.batch.wide)                  # (1, F)
    stops = [
        Stop(3, 1, "The wide tower adds up",
             "A feature that is 1, times its weight, is the weight: so the net sum is the sum of the weights looked "
             "up. This is a perceptron, and it memorizes.",
             [Quantity("w x", "each weight times its input, which is 1", terms, names.wide, code="wide.w"),
              Quantity("z_wide", "z_wide = w . [x, phi(x)]", forward["z_wide"])], ("features", "to_wide", "z_wide")),
        Stop(3, 2, "The deep tower looks up its rows",
             "A column of one value gets its row of E; a bag gets the mean of the rows of its values. Side by side "
             "with the numbers they are the inputs of the MLP.",
             [Quantity("V", "V = E[ids]" + ("; of a bag the sum of shares times rows" if seen.batch.bags else ""),
                       forward["V"], names.columns, names.d, "deep.E"),
              Quantity("X", "X = [V, numbers]", forward["X"], names.x)],
             ("rows", "to_columns", "columns", "numbers"))]
    for i in range(names.layers):
        name, below, W, b = f"A{i - 1}" if i else "X", ("hidden", "columns")[i == 0], *layer_of(before, i)
        Z, A = forward[f"Z{i}"], forward[f"A{i}"]
        k, x, of = int(np.argmax(Z)), forward[name], names.hidden[i - 1] if i else names.x
        products, z, a = three_steps(x[0], W[:, k:k + 1], b[k:k + 1], relu)
        stops.append(Stop(
            3, 3 + i, f"Layer {i}: multiply, add, activate",
            f"Neuron {k} slowly: its products add up to {as_words(products.sum())}; with the bias {as_words(b[k])} the "
            f"net sum is {as_words(z[0])}, and ReLU makes {as_words(a[0])} of it. {active(A)}",
            [Quantity(f"neuron {k}", "each input times its weight", np.column_stack([x[0], W[:, k], products]), of,
                      (name, f"W{i}[:, {k}]", "product"), mixed=True),
             Quantity(f"Z{i}", f"Z{i} = {name} W{i} + b{i}", Z, (), names.hidden[i]),
             Quantity(f"A{i}", f"A{i} = relu(Z{i}) = max(Z{i}, 0)", A, (), names.hidden[i])],
            (*((f"hidden{i - 1}",) if i else (below, "numbers")), f"weights{i}", f"hidden{i}")))
    last, n = f"A{names.layers - 1}", names.layers
    products = three_steps(forward[last][0], before["deep.w"], np.zeros(1), identity)[0]
    said = {name: as_words(forward[name][0, 0]) for name in ("z_wide", "z_deep", "z")}
    stops += [
        Stop(3, 3 + n, "The deep tower's logit", "One more weighted sum, without a bias: the model has only one.",
             [Quantity("z_deep, slowly", "each output times its weight",
                       np.column_stack([forward[last][0], before["deep.w"][:, 0], products]), names.hidden[-1],
                       (last, "w_deep", "product"), mixed=True),
              Quantity("z_deep", f"z_deep = {last} w_deep", forward["z_deep"])],
             (f"hidden{n - 1}", f"weights{n}", "z_deep")),
        Stop(3, 4 + n, "Logits add; the sigmoid makes a probability of them",
             f"{said['z_wide']} from the wide tower, {said['z_deep']} from the deep one, and the bias "
             f"{as_words(before['bias.b'][0])}: log-odds of {said['z']}, a probability of {plain(forward['p'][0, 0])}.",
             [Quantity("z", "z = z_wide + z_deep + b", forward["z"]),
              Quantity("p", "p = sigmoid(z) = 1 / (1 + e^-z)", forward["p"])],
             ("z_wide", "z_deep", "bias", "to_z", "z", "p"))]
    return stops


def error(seen: Record) -> list[Stop]:
    """Step 4."""
    y, p, dz = (float(part[0, 0]) for part in (seen.batch.labels, seen.forward["p"], seen.errors["dz"]))
    return [Stop(
        4, 1, "p - y, the one error signal",
        f"Actual output {plain(p)}, desired output {y:g}: the error is {as_words(dz)}. It is the slope of the loss "
        f"at the logit, so to lower the loss z has to go {'down' if dz > 0 else 'up'}.",
        [Quantity("y", "the label: the desired output", seen.batch.labels),
         Quantity("L", "L = log(1 + e^z) - y z, in nats", np.array([seen.loss])),
         Quantity("dz", "dz = (p - y) / N, here N = 1", seen.errors["dz"])], ("p", "y", "loss", "compared", "error"))]


def back(seen: Record, names: Names) -> list[Stop]:
    """Step 5, first half: the error travels back, and every weight gets its gradient."""
    errors, grads, n, last = seen.errors, seen.grads, names.layers, names.layers - 1
    stops = [
        Stop(5, 1, "The same error goes into both towers",
             "Addition copies the gradient: the wide tower, the deep tower and the bias all get dz. Each feature that "
             "is 1 gets the whole error; features that are 0 get none. This is joint training.",
             [Quantity("dz_wide", "dz_wide = dz", errors["z_wide"]),
              Quantity("dz_deep", "dz_deep = dz", errors["z_deep"]),
              Quantity("db", "db = 1^T dz", grads["bias.b"], code="bias.b"),
              Quantity("dw", "dw[i] = dz x_i, and x_i = 1", grads["wide.w"][names.features], names.feature,
                       code="wide.w")],
             ("error", "sent", "z", "to_z", "z_wide", "z_deep", "bias", "to_wide", "features"), "back"),
        Stop(5, 2, "Back through the last weights",
             "A weight's gradient is its input times the error; what a neuron is told is its weight times the error.",
             [Quantity("dw_deep", f"dw_deep = A{last}^T dz", grads["deep.w"], names.hidden[-1], code="deep.w"),
              Quantity(f"dA{last}", f"dA{last} = dz w_deep^T", errors[f"A{last}"], (), names.hidden[-1])],
             ("z_deep", f"weights{n}", f"hidden{last}"), "back")]
    for i in reversed(range(n)):
        below, of = (f"A{i - 1}", names.hidden[i - 1]) if i else ("X", names.x)
        stops.append(Stop(
            5, 3 + last - i, f"Back through layer {i}",
            f"ReLU's slope is 1 where Z{i} is above 0, and 0 elsewhere. {reached(errors[f'delta{i}'])}"
            + ("" if i else " The row's numbers cannot be adjusted: of dX only the part of the embeddings goes on."),
            [Quantity(f"delta{i}", f"delta{i} = dA{i} * relu'(Z{i})", errors[f"delta{i}"], (), names.hidden[i]),
             Quantity(f"dW{i}", f"dW{i} = {below}^T delta{i}", grads[f"deep.mlp.{i}.W"], of, names.hidden[i],
                      f"deep.mlp.{i}.W"),
             Quantity(f"db{i}", f"db{i} = 1^T delta{i}, here delta{i} itself, as N = 1", grads[f"deep.mlp.{i}.b"], (),
                      names.hidden[i], f"deep.mlp.{i}.b"),
             Quantity(f"d{below}", f"d{below} = delta{i} W{i}^T", errors[below], of)],
            (f"hidden{i}", f"weights{i}", *((f"hidden{i - 1}",) if i else ("columns", "numbers"))), "back"))
    stops.append(Stop(
        5, 3 + n, "Back to the rows of the embedding table",
        "Each row that was looked up gets the error of its column" + (", a value in a bag its share of it."
                                                                       if seen.batch.bags else ".")
        + " All other rows of E get none.",
        [Quantity("dV", "the error of each use of a row of E: dX, of its column" +
                  (", times its share" if seen.batch.bags else ""), errors["V"], names.deep, names.d),
         Quantity("dE[ids]", "dE[v] = sum of dV where v was", grads["deep.E"][names.rows], names.row, names.d,
                  "deep.E")],
        ("columns", "to_columns", "rows"), "back"))
    return stops


def adjust(small: SmallModel, seen: Record, names: Names) -> list[Stop]:
    """Step 5, second half: every weight is moved against its gradient."""
    start, f, r = 4 + names.layers, names.features, names.rows
    ftrl: Any = small.optimizers["wide"]
    (zeta, n), (zeta_after, n_after) = seen.memory["wide.w"], seen.memory_after["wide.w"]
    columns = (seen.grads["wide.w"], zeta, n, seen.before["wide.w"], zeta_after, n_after, seen.after["wide.w"])
    wide = Quantity("w", "w' = 0 if |zeta'| <= l1, else -(zeta' - sgn(zeta') l1) / ((beta + sqrt n') / alpha)",
                    np.column_stack([column[f] for column in columns]), names.feature,
                    ("g = dw", "zeta", "n", "w", "zeta'", "n'", "w'"), "wide.w", mixed=True)
    moved: list[Quantity] = []
    for i in range(names.layers):
        inputs = names.x if i == 0 else names.hidden[i - 1]
        moved += adagrad(seen, f"W{i}", f"deep.mlp.{i}.W", inputs, names.hidden[i])
        moved += adagrad(seen, f"b{i}", f"deep.mlp.{i}.b", (), names.hidden[i])
    moved += adagrad(seen, "w_deep", "deep.w", names.hidden[-1]) + adagrad(seen, "b", "bias.b")
    again, loss = seen.again, seen.loss_again
    better = "Less" if loss < seen.loss else "Not less"
    return [
        Stop(5, start, "Adjust the wide weights: FTRL",
             f"sigma = (sqrt(n + g^2) - sqrt n) / alpha, zeta' = zeta + g - sigma w, n' = n + g^2, with alpha "
             f"{ftrl.lr:g}, beta {ftrl.beta:g}, l1 {ftrl.l1:g}. A feature that has been 1 often has a large n and "
             "moves little; a weight stays at 0 while zeta is within l1 of 0.", [wide], ("features",), "back"),
        Stop(5, start + 1, "Adjust the bias and the layers: AdaGrad",
             f"s adds up the squares of the gradients so far; the learning rate {small.optimizers['deep'].lr:g} is "
             "divided by the root of it. What has been moved much moves less; where the gradient is 0 nothing moves.",
             moved,
             ("bias", *(f"weights{i}" for i in range(names.layers + 1))), "back"),
        Stop(5, start + 2, "Adjust the rows of the embedding table: AdaGrad",
             f"Of {len(seen.before['deep.E']) - 1:,} rows only the {len(r)} of this row's values move.",
             [*adagrad(seen, "E[ids]", "deep.E", names.row, names.d, r)], ("rows",), "back"),
        Stop(5, start + 3, "Keep repeating",
             f"The same row once more, through the adjusted weights: p goes from {plain(seen.forward['p'][0, 0])} to "
             f"{plain(again['p'][0, 0])}, and the desired output is {seen.batch.labels[0, 0]:g}. {better} loss than "
             f"before: {plain(seen.loss)}, now {plain(loss)} nats. Training does this for every row, again and again.",
             [Quantity("z_wide'", "through the moved w", again["z_wide"]),
              Quantity("z_deep'", "through the moved E, W, b and w_deep", again["z_deep"]),
              Quantity("z'", "z' = z_wide' + z_deep' + b'", again["z"]),
              Quantity("p'", "p' = sigmoid(z')", again["p"]),
              Quantity("L'", "L' = log(1 + e^z') - y z', in nats", np.array([loss]))], everywhere(names))]


def everywhere(names: Names) -> tuple[str, ...]:
    """All that is on the way forward."""
    layers = [part for i in range(names.layers) for part in (f"weights{i}", f"hidden{i}")]
    return ("features", "to_wide", "z_wide", "rows", "to_columns", "columns", "numbers", *layers,
            f"weights{names.layers}", "z_deep", "bias", "to_z", "z", "p", "y", "loss")


def adagrad(seen: Record, symbol: str, name: str, down: tuple[str, ...] = (), across: tuple[str, ...] = (),
            rows: Any = slice(None)) -> list[Quantity]:
    """The memory and the weights of one array after the step."""
    g = {"E[ids]": "dE[ids]"}.get(symbol, f"d{symbol}")
    return [Quantity(f"s({symbol})'", f"s' = s + ({g})^2", seen.memory_after[name][0][rows], down, across, name),
            Quantity(f"{symbol}'", f"{symbol}' = {symbol} - lr {g} / (sqrt s' + eps)", seen.after[name][rows], down,
                     across, name)]


def layer_of(arrays: dict[str, Array], i: int) -> tuple[Array, Array]:
    """W (D, H) and b (H,) of layer i."""
    return arrays[f"deep.mlp.{i}.W"], arrays[f"deep.mlp.{i}.b"]


def active(A: Array) -> str:
    n = np.count_nonzero(A)
    if n == 0:
        return f"No neuron of {A.size} is active: this layer says nothing about the row, and no error will pass it."
    return f"{n} of {A.size} neurons are active{'; the others give 0' if n < A.size else ''}."


def reached(delta: Array) -> str:
    n = np.count_nonzero(delta)
    return f"The error reaches {n} of {delta.size} neurons." if n else "No neuron was active: the error ends here."
