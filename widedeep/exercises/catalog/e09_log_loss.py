"""09  The gradient of the log loss at the logits."""
import numpy as np

from widedeep.exercises.exercise import Arrays, Case, Exercise, Function, Law, Slip, changed, labels, spread

STUB = '''
def log_loss_backward(z, y):
    """The gradient of the mean log loss, at the logits:

        p = 1 / (1 + e^-z)
        L = mean over the N rows of  -(y log p + (1 - y) log(1 - p))  =  mean of  log(1 + e^z) - y z

    z  (N, 1)   the logits        y  (N, 1)   the labels, 0 or 1

    Return dz (N, 1), a new array: the slope of L in each logit.
    """
    raise NotImplementedError
'''

ANSWERS = ['''
def log_loss_backward(z, y):
    p = 1 / (1 + np.exp(-z))
    return (p - y) / len(z)
''', '''
def log_loss_backward(z, y):
    p = np.exp(z) / (1 + np.exp(z))
    return np.where(y == 1, -(1 - p), p) / z.shape[0]
''', '''
def log_loss_backward(z, y):
    p = 1 / (1 + np.exp(-z))
    dp = -(y / p - (1 - y) / (1 - p)) / len(z)
    return dp * p * (1 - p)
''', '''
def log_loss_backward(z, y):
    s = 1 - 2 * y
    return s * 0.5 * (1 + np.tanh(s * z / 2)) / len(z)
''', '''
def log_loss_backward(z, y):
    dz = np.empty(z.shape)
    for n in range(len(z)):
        p = 1 / (1 + np.exp(-z[n, 0]))
        dz[n, 0] = (p - y[n, 0]) / len(z)
    return dz
''', '''
def log_loss_backward(z, y):
    return np.mean([np.diag((np.exp(-np.logaddexp(0, -z)) - y)[:, 0])], axis=(0, 2))[:, None]
''']
EPS = (1e-3, 1e-2)                                      # of log(p + eps), as far as logits over [-3, 3] show it


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def probe(rng: np.random.Generator, s: Case) -> list[Case]:
    """Logits over [-3, 3]; and over [-15, 15], where the largest one is badly wrong: there a small eps shows."""
    z, far, y = spread(rng, s.N, 1), 5 * spread(rng, s.N, 1), labels(rng, s.N)
    worst = np.abs(far).argmax()
    right_label = np.flatnonzero(y == (far[worst] < 0))
    if len(right_label):                                # exchange two labels: both kinds stay
        y_far = y.copy()
        y_far[[worst, right_label[0]]] = y[[right_label[0], worst]]
    else:
        y_far = y
    return [Case(z=z, y=y, p=sigmoid(z)), Case(z=far, y=y_far, p=sigmoid(far))]


def signal(c: Case, answer: str = "p", label: str = "y", rows: str = "all", slope: str = "none", minus: str = "both"
           ) -> Arrays:
    """dz = (answer - label) slope / N; each argument is a slip when it is not its default."""
    p = {"p": c.p, "z": c.z, "step": (c.z >= 0) * 1.0, "tanh": np.tanh(c.z), "twice": sigmoid(c.p), "-z": 1 - c.p,
         "mean": np.full_like(c.p, c.p.mean()), "none": 0 * c.p}[answer]
    y = {"y": c.y, "-1/+1": 2 * c.y - 1, "mean": c.y.mean(), "reversed": c.y[::-1], "none": 0}[label]
    error = np.where(c.y == 0, -1, 1) * (p - y) if minus == "where y = 1" else p - y
    error = {"all": error, "1": np.where(c.y == 1, error, 0), "0": np.where(c.y == 0, error, 0)}[rows]
    factor = {"none": 1, "p(1-p)": c.p * (1 - c.p), "p": c.p, "1-p": 1 - c.p, "1/p(1-p)": 1 / (c.p * (1 - c.p)),
              "tanh": 1 - np.tanh(c.z) ** 2}[slope]
    return {"dz": error * factor / c.N}


def on(cause: str, of: str, **switches: str) -> Slip:
    return Slip(cause, of, lambda c: signal(c, **switches)["dz"], switches)


def slips_with(eps: float, of: str) -> list[Slip]:
    """The slope of log(p + eps), through the sigmoid or not; and p (1 - p) divided out again, but with an eps below."""
    def dp(c: Case) -> np.ndarray:
        return (-c.y / (c.p + eps) + (1 - c.y) / (1 - c.p + eps)) / c.N

    def clipped(c: Case) -> np.ndarray:
        return np.clip(c.p, eps, 1 - eps)
    return [
        Slip("L21", of, lambda c: dp(c) * c.p * (1 - c.p)),
        Slip("L21", of, lambda c: (c.p - c.y) * c.p * (1 - c.p) / (c.p * (1 - c.p) + eps) / c.N),
        Slip("L21", of, lambda c: (clipped(c) - c.y) / (clipped(c) * (1 - clipped(c))) * c.p * (1 - c.p) / c.N),
        Slip("L6", of, dp),
        Slip("L6", of, lambda c: (clipped(c) - c.y) / (clipped(c) * (1 - clipped(c))) / c.N),
    ]


def slips_of(of: str, small: tuple[float, ...] = EPS) -> list[Slip]:
    """The mistakes that people make in an error signal p - y, divided by N; exercise 20 meets them too.

    small : the eps of log(p + eps) that the probe can show
    """
    return [
        on("L5", of, slope="p(1-p)"),
        on("L5.once", of, slope="p"),
        on("L5.once", of, slope="1-p"),
        on("L5.tanh", of, slope="tanh"),
        on("L6", of, slope="1/p(1-p)"),
        on("L7", of, answer="z"),
        on("L8", of, label="-1/+1"),
        on("L9", of, rows="1"),
        on("L9", of, rows="0"),
        on("L10", of, answer="step"),
        on("L11", of, minus="where y = 1"),
        on("L12", of, label="mean"),
        on("L12", of, answer="mean"),
        Slip("L12", of, lambda c: (c.p - c.y[:, 0]) / c.N),
        Slip("L12", of, lambda c: (c.p[:, 0] - c.y) / c.N),
        Slip("L12.mean", of, lambda c: np.full_like(c.p, (c.p - c.y).mean())),
        Slip("L12.mean", of, lambda c: (c.p - c.y).mean()),
        Slip("L12.mean", of, lambda c: (c.p - c.y).mean(axis=0)),
        Slip("L12.mean", of, lambda c: np.full_like(c.p, (c.p - c.y).mean() / c.N)),
        on("L15", of, label="none"),
        on("L15.p", of, answer="none"),
        Slip("L15.both", of, lambda c: c.p * (1 - c.p) / c.N),
        on("M11", of, label="reversed"),
        on("A15.sign", of, answer="-z"),
        Slip("A4", of, lambda c: (c.p - c.y) * (1 - (c.p - c.y)) / c.N),
        on("A5.tanh", of, answer="tanh"),
        on("A7", of, answer="twice"),
        Slip("L23", of, lambda c: np.abs(c.p - c.y) / c.N),
        Slip("L23", of, lambda c: np.sign(c.p - c.y) / c.N),
        Slip("L23.square", of, lambda c: (c.p - c.y) ** 2 / c.N),
        Slip("L23.square", of, lambda c: (c.p - c.y) ** 2 / 2 / c.N),
        Slip("L23.loss", of, lambda c: (np.log1p(np.exp(c.z)) - c.y * c.z) / c.N),
        Slip("L23.loss", of, lambda c: np.log1p(np.exp(c.z)) - c.y * c.z),
        Slip("L21", of, lambda c: (np.clip(c.p, 1e-2, 1 - 1e-2) - c.y) / c.N),
        *[slip for eps in small for slip in slips_with(eps, of)],
    ]


FACTORS = {"-1": ("L4", lambda c: -1), "N": ("L1", lambda c: c.N), "1/N": ("L2", lambda c: 1 / c.N),
           "2": ("L3", lambda c: 2), "1/2": ("L3", lambda c: 0.5)}

EXERCISE = Exercise(
    "09_log_loss", [Function("log_loss_backward", "z y", "dz")], {"N": 7}, probe,
    loss=lambda c: (np.log(1 + np.exp(c.z)) - c.y * c.z).sum() / c.N, slope_of={"dz": "z"},
    rule=signal,
    slips=slips_of("dz", (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, *EPS)),
    factors=FACTORS,
    laws=[Law("twice", lambda c, out, c2, out2: np.allclose(2 * out2["dz"][:c.N], out["dz"]),
              lambda c: changed(c, z=np.vstack([c.z, c.z]), y=np.vstack([c.y, c.y]))),
          Law("shuffled", lambda c, out, c2, out2: not np.allclose(out2["dz"], out["dz"]),
              lambda c: changed(c, y=1 - c.y)),
          Law("at_most", lambda c, out: (np.abs(out["dz"]) <= 1 / c.N).all())],
    stub=STUB, answers=ANSWERS, reads="perceptron/losses.py")
