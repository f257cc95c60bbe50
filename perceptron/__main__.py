"""python -m perceptron: one neuron, drawn with its numbers, learns AND and OR and never settles on XOR."""
import argparse

from perceptron.activations import Array, sigmoid, step
from perceptron.data import AND, INPUTS, OR, XOR
from perceptron.logistic import LogisticNeuron
from perceptron.neuron import Perceptron, three_steps


def draw(unit: Perceptron, x: Array) -> str:
    """The four parts of the unit for one example x (D,), a line per input."""
    products, z, a = three_steps(x, unit.W, unit.b, unit.activation)
    b = unit.b[0]
    rows = [f"x{d + 1} = {x[d]:4.1f}   * w{d + 1} = {unit.W[d, 0]:5.1f}   = {products[d]:5.1f}" for d in range(len(x))]
    rows.append(f"            + b  = {b:5.1f}   = {b:5.1f}")
    middle = len(rows) // 2
    lines = ["1 inputs    2 weights and bias      3 net sum        4 activation"]
    for i, row in enumerate(rows):
        corner = " \\" if i < middle else " /" if i > middle else " -"
        tail = f"--> z = {z[0]:5.1f} --> {unit.activation.name}(z) = {a[0]:.0f}" if i == middle else ""
        lines.append(f"{row:<34}{corner}{tail}")
    return "\n".join(lines)


def learn(name: str, y: Array, epochs: int) -> Perceptron:
    """Rosenblatt's rule on the four pairs of bits, reported in one line."""
    unit = Perceptron(2, step)
    mistakes = unit.fit(INPUTS, y, epochs=epochs)
    told = " ".join(map(str, mistakes[:20])) + (" ..." if len(mistakes) > 20 else "")
    end = f"clean in epoch {len(mistakes)}" if mistakes[-1] == 0 else f"still wrong after {len(mistakes)} epochs"
    print(f"{name:>3}: mistakes in each epoch: {told}   {end}")
    return unit


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m perceptron", description=__doc__)
    parser.add_argument("--epochs", type=int, default=100, help="give up after so many (default 100)")
    epochs = parser.parse_args(argv).epochs
    if epochs < 1:
        parser.error(f"--epochs {epochs}: want at least 1")

    print("Rosenblatt's rule: W <- W - lr x (a - y).  A neuron that has no mistake left has nothing to learn.\n")
    unit = learn("AND", AND, epochs)
    learn("OR", OR, epochs)
    learn("XOR", XOR, epochs)

    print("\nThe neuron that was shown AND, looking at x = (1, 1):\n")
    print(draw(unit, INPUTS[3]))

    print("\nXOR never settles: no straight line has (0, 1) and (1, 0) on one side, (0, 0) and (1, 1) on the other.\n"
          "Two layers can do it: python -m mlp\n")

    smooth = LogisticNeuron(2)
    losses = smooth.fit(INPUTS, AND, lr=1.0, epochs=2000)
    print("The same neuron with a sigmoid and the log loss is logistic regression.  AND again, as probabilities:\n")
    print("  x1 x2   desired y   net sum z   sigmoid(z)")
    for x, y, z in zip(INPUTS, AND, smooth.net_sum(INPUTS)):
        print(f"  {x[0]:2.0f} {x[1]:2.0f} {y[0]:8.0f} {z[0]:13.2f} {sigmoid(z)[0]:12.3f}")
    print(f"\n  log loss: {losses[0]:.3f} before the first step, {losses[-1]:.3f} before the last of {len(losses)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
