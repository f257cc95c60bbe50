"""02  Rosenblatt's rule: one step of the perceptron, on one example."""
import numpy as np

from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Slip, switched

STUB = '''
def rosenblatt_step(x, y, W, b, lr):
    """One step of the perceptron's rule on one example.

    x  (1, D)   the example        y  (1, 1)   its label, 0 or 1
    W  (D, 1)   the weights        b  (1,)     the bias        lr   the learning rate, a number

        a = step(x W + b),  where step(z) is 1 for z >= 0, and else 0
        error = a - y                                     actual output - desired output
        W = W - lr x^T error        b = b - lr error

    Return two new arrays: W (D, 1), b (1,).
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def rosenblatt_step(x, y, W, b, lr):
    a = (x @ W + b >= 0) * 1.0
    error = a - y
    return W - lr * x.T @ error, b - lr * error[0]
''', '''
def rosenblatt_step(x, y, W, b, lr):
    z = float(np.sum(x[0] * W[:, 0]) + b[0])
    error = (1 if z >= 0 else 0) - y[0, 0]
    return W - lr * error * x.T, b - lr * error
''', '''
def rosenblatt_step(x, y, W, b, lr):
    W, b = W.copy(), b.copy()
    fires = (x @ W + b)[0, 0] >= 0
    if fires and y[0, 0] == 0:
        W -= lr * x.T
        b -= lr
    elif not fires and y[0, 0] == 1:
        W += lr * x.T
        b += lr
    return W, b
''', '''
def rosenblatt_step(x, y, W, b, lr):
    error = np.heaviside(x @ W + b, 1.0) - y
    return W - lr * np.outer(x, error), b - lr * error.sum(axis=0)
''', '''
def rosenblatt_step(x, y, W, b, lr):
    whole = np.append(W, b)
    inputs = np.append(x, 1.0)
    whole = whole + lr * (y.item() - float(whole @ inputs >= 0)) * inputs
    return whole[:-1, None], whole[-1:]
''']


def step(c: Case, at_0: str = "1", error: str = "a - y", output: str = "step", labels: str = "0/1", bias: str = "moved",
         inputs: str = "x", rate: str = "lr", net: str = "b") -> Arrays:
    """A step of the rule; each argument is a slip when it is not its default."""
    z = c.x @ c.W + (c.b if net == "b" else 0)
    fires = z >= 0 if at_0 == "1" else z > 0
    a = {"step": fires * 1.0, "z": z, "sign": np.where(fires, 1.0, -1.0), "sigmoid": 1 / (1 + np.exp(-z)),
         "not": 1.0 - fires, "half": np.heaviside(z, 0.5)}[output]
    y = {"0/1": c.y, "-1/+1": 2 * c.y - 1}[labels]
    e = {"a - y": a - y, "y - a": y - a, "abs": np.abs(a - y), "when right": (fires == c.y) * 1.0}[error]
    lr = {"lr": c.lr, "1": 1.0, "lr^2": c.lr**2, "lr/2": c.lr / 2, "2 lr": 2 * c.lr}[rate]
    x = {"x": c.x, "ones": np.ones_like(c.x), "sign": np.sign(c.x), "normed": c.x / np.linalg.norm(c.x)}[inputs]
    W = c.W - lr * x.T @ e
    moved = {"moved": c.b - lr * e[0], "kept": c.b, "x": c.b - lr * e[0] * c.x.sum(), "+": c.b + lr * e[0],
             "1": c.b - e[0], "after W": c.b - lr * ((c.x @ W + c.b >= 0) - c.y)[0]}[bias]
    return {"W": W, "b": moved}


def probe(rng: np.random.Generator, s: Case) -> list[Case]:
    """Examples of whole numbers, among them one whose net sum is exactly 0 (and is right only if it fires).

    All numbers are small sums of powers of 2: exact in float64, whatever the order of adding; too long for float32.
    """
    W, b, steps = rng.integers(1, 4, size=(s.D, 1)) + rng.integers(1, 2**20, size=(s.D, 1)) / 2**30, np.ones(1), []
    rates = rng.permutation([0.125, 0.25, 0.5, 0.75, 0.25, 0.125])
    for k, (y, lr) in enumerate(zip((0.0, 1.0, 0.0, 1.0, 1.0, 0.0), rates)):
        x = rng.integers(1, 4, size=(1, s.D)) * np.where(np.arange(s.D) % 2, -1.0, 1.0)
        if k == 0:
            x = -x if (x @ W + b)[0, 0] < 0 else x      # a mistake: it fires, and should not
        if k == 1:
            x = -x if (x @ W + b)[0, 0] >= 0 else x     # a mistake of the other kind
            x = x if (x @ W + b)[0, 0] < 0 else -np.abs(x) - 2
        if k in (2, 3):
            b = b.copy() - (x @ W + b)[0]               # the net sum is 0
        if k == 4:                                      # x W has the sign of x W + b, and x W - b the other one
            b = (x @ W)[0] + np.where((x @ W)[0] >= 0, 1.0, -1.0)
        steps.append(Case(x=x, y=np.array([[y]]), W=W, b=b, lr=float(lr)))
        W, b = step(steps[-1]).values()
    return steps


EXERCISE = Exercise(
    "02_rosenblatt", [Function("rosenblatt_step", "x y W b lr", "W b")], {"D": 5}, probe, rule=step,
    slips=[
        switched(step, "Q1", bias="kept"),
        switched(step, "Q1.left_out", net="none"),
        switched(step, "Q1.x", bias="x"),
        switched(step, "Q1.up", bias="+"),
        switched(step, "Q1.rate", bias="1"),
        switched(step, "Q2", error="y - a"),
        switched(step, "Q2.when_right", error="when right"),
        switched(step, "Q3", labels="-1/+1"),
        switched(step, "Q3.sign", output="sign"),
        switched(step, "Q5", at_0="0"),
        switched(step, "Q5.not", output="not"),
        switched(step, "Q5.half", output="half"),
        switched(step, "L23", error="abs"),
        switched(step, "M1", bias="after W"),
        switched(step, "L7", output="z"),
        switched(step, "L7.sigmoid", output="sigmoid"),
        switched(step, "D9", inputs="ones"),
        switched(step, "D9.sign", inputs="sign"),
        switched(step, "D9.normed", inputs="normed"),
        switched(step, "F1.no_rate", rate="1"),
        switched(step, "F1.rate_twice", rate="lr^2"),
        switched(step, "F1.half", rate="lr/2"),
        switched(step, "F1.double", rate="2 lr"),
        switched(step, "Q3.both", labels="-1/+1", output="sign"),   # the numbers of F1.double
        Slip("M7", "W", lambda c: c.W),
        Slip("O5", "W", lambda c: -c.lr * c.x.T @ ((c.x @ c.W + c.b >= 0) - c.y)),
        Slip("O5", "b", lambda c: -c.lr * ((c.x @ c.W + c.b >= 0) - c.y)[0]),
    ],
    laws=[Law("no_mistake", lambda c, out: ((c.x @ c.W + c.b >= 0) != c.y).any() or np.array_equal(out["W"], c.W))],
    stub=STUB, answers=ANSWERS, reads="perceptron/neuron.py")
