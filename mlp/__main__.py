"""python -m mlp: backpropagation's five steps on XOR, with the numbers of each layer; then training until done."""
import argparse

import numpy as np

from mlp.data import INPUTS, XOR
from mlp.losses import log_loss
from mlp.network import MLP
from mlp.optimizers import Adam
from mlp.train import Epoch, fit
from perceptron.activations import Array, sigmoid, tanh


def show(name: str, values: Array) -> None:
    """A named array, a row per line."""
    rows = np.atleast_2d(values)
    label = f"{name} {values.shape}"
    for i, row in enumerate(rows):
        print(f"    {label if i == 0 else '':<16}" + " ".join(f"{v:8.4f}" for v in row))


def five_steps(network: MLP) -> None:
    """One forward and one backward pass, every array printed when it is computed."""
    print("1  Inputs X arrive: the four pairs of bits, a row per example; desired outputs y = XOR.")
    show("X", INPUTS)
    show("y", XOR)
    print("\n2  Real weights W, randomly selected (biases start at 0).")
    for name, w in network.params().items():
        show(name, w)
    print("\n3  The output of every neuron, from the input layer to the hidden layer to the output layer.")
    z, caches = network.forward(INPUTS)
    for i, ((_, Z, A), _) in enumerate(caches):
        show(f"Z{i}", Z)
        show(f"A{i}", A)
    print("\n4  The error in the outputs: actual - desired output, a = sigmoid(z).  dz = (a - y) / N.")
    loss, dz = log_loss(z, XOR)
    show("a", sigmoid(z))
    show("dz", dz)
    print(f"    log loss {loss:.4f}")
    print("\n5  Travel back from the output layer to the hidden layer; move each weight against its gradient.")
    _, grads = network.backward(dz, caches)
    for name in reversed(grads):
        show("d" + name, grads[name])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m mlp", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the random weights (default 0)")
    parser.add_argument("--epochs", type=int, default=2000, help="give up after so many (default 2000)")
    args = parser.parse_args(argv)
    if args.epochs < 1 or args.seed < 0:
        parser.error(f"--epochs {args.epochs}, --seed {args.seed}: want at least 1 and at least 0")

    rng = np.random.default_rng(args.seed)
    network = MLP([2, 3, 1], rng, np.float64, hidden=tanh)
    five_steps(network)

    print("\nKeep repeating until the desired output is achieved (log loss 0.01):")

    def report(record: Epoch) -> None:
        if record["epoch"] in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000):
            print(f"    epoch {record['epoch']:5.0f}   loss {record['loss']:.4f}")

    history = fit(network, INPUTS, XOR, log_loss, Adam(0.05), rng=rng, epochs=args.epochs, batch_size=4,
                  tolerance=0.01, report=report)
    p = sigmoid(network.forward(INPUTS)[0])
    print(f"    epoch {len(history):5d}   loss {history[-1]['loss']:.4f}\n\n    x1 x2   desired   actual")
    for x, y, a in zip(INPUTS, XOR, p):
        print(f"    {x[0]:2.0f} {x[1]:2.0f} {y[0]:9.0f} {a[0]:8.3f}")
    done = history[-1]["loss"] <= 0.01
    print("\nThe desired output is achieved." if done else "\nNot there yet: more --epochs, or another --seed.")
    return 0 if done else 1


if __name__ == "__main__":
    raise SystemExit(main())
