"""09  The gradient of the log loss at the logits."""
import numpy as np

from widedeep.exercises.exercise import Case, Exercise, Function, Law, Slip, changed, labels, spread

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


def slips_with(eps: float, of: str) -> list[Slip]:
    """The slope of log(p + eps), through the sigmoid or not; and p (1 - p) divided out again, but with an eps below."""
    def dp(c: Case) -> np.ndarray:
        return (-c.y / (c.p + eps) + (1 - c.y) / (1 - c.p + eps)) / c.N
    return [
        Slip("L21", of, lambda c: dp(c) * c.p * (1 - c.p)),
        Slip("L21", of, lambda c: (c.p - c.y) * c.p * (1 - c.p) / (c.p * (1 - c.p) + eps) / c.N),
        Slip("L6", of, dp),
    ]


def slips_of(of: str, small: tuple[float, ...] = EPS) -> list[Slip]:
    """The mistakes that people make in an error signal p - y, divided by N; exercise 20 meets them too.

    small : the eps of log(p + eps) that the probe can show
    """
    return [
        Slip("L5", of, lambda c: (c.p - c.y) * c.p * (1 - c.p) / c.N),
        Slip("L5.once", of, lambda c: (c.p - c.y) * c.p / c.N),
        Slip("L5.once", of, lambda c: (c.p - c.y) * (1 - c.p) / c.N),
        Slip("L6", of, lambda c: (c.p - c.y) / (c.p * (1 - c.p)) / c.N),
        Slip("L7", of, lambda c: (c.z - c.y) / c.N),
        Slip("L8", of, lambda c: (c.p - (2 * c.y - 1)) / c.N),
        Slip("L9", of, lambda c: np.where(c.y == 1, c.p - c.y, 0) / c.N),
        Slip("L9", of, lambda c: np.where(c.y == 0, c.p - c.y, 0) / c.N),
        Slip("L10", of, lambda c: ((c.z >= 0) - c.y) / c.N),
        Slip("L11", of, lambda c: (c.y * (c.p - 1) - (1 - c.y) * c.p) / c.N),
        Slip("L12", of, lambda c: (c.p - c.y.mean()) / c.N),
        Slip("L12", of, lambda c: (c.p - c.y[:, 0]) / c.N),
        Slip("L12", of, lambda c: (c.p[:, 0] - c.y) / c.N),
        Slip("L12.mean", of, lambda c: np.full_like(c.p, (c.p - c.y).mean())),
        Slip("L12.mean", of, lambda c: (c.p - c.y).mean()),
        Slip("L12.mean", of, lambda c: np.full_like(c.p, (c.p - c.y).mean() / c.N)),
        Slip("L15", of, lambda c: c.p / c.N),
        Slip("L15.p", of, lambda c: -c.y / c.N),
        Slip("A15.sign", of, lambda c: (1 - c.p - c.y) / c.N),
        Slip("A4", of, lambda c: (c.p - c.y) * (1 - (c.p - c.y)) / c.N),
        Slip("A5.tanh", of, lambda c: (np.tanh(c.z) - c.y) / c.N),
        Slip("A7", of, lambda c: (sigmoid(c.p) - c.y) / c.N),
        Slip("L23", of, lambda c: np.abs(c.p - c.y) / c.N),
        Slip("L23.square", of, lambda c: (c.p - c.y) ** 2 / c.N),
        Slip("L23.square", of, lambda c: (c.p - c.y) ** 2 / 2 / c.N),
        Slip("L23.loss", of, lambda c: (np.log1p(np.exp(c.z)) - c.y * c.z) / c.N),
        Slip("L23.loss", of, lambda c: np.log1p(np.exp(c.z)) - c.y * c.z),
        *[slip for eps in small for slip in slips_with(eps, of)],
    ]


FACTORS = {"-1": ("L4", lambda c: -1), "N": ("L1", lambda c: c.N), "1/N": ("L2", lambda c: 1 / c.N),
           "2": ("L3", lambda c: 2), "1/2": ("L3", lambda c: 0.5)}

EXERCISE = Exercise(
    "09_log_loss", [Function("log_loss_backward", "z y", "dz")], {"N": 7}, probe,
    loss=lambda c: (np.log(1 + np.exp(c.z)) - c.y * c.z).sum() / c.N, slope_of={"dz": "z"},
    slips=slips_of("dz", (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, *EPS)),
    factors=FACTORS,
    laws=[Law("twice", lambda c, out, c2, out2: np.allclose(2 * out2["dz"][:c.N], out["dz"]),
              lambda c: changed(c, z=np.vstack([c.z, c.z]), y=np.vstack([c.y, c.y]))),
          Law("shuffled", lambda c, out, c2, out2: not np.allclose(out2["dz"], out["dz"]),
              lambda c: changed(c, y=1 - c.y)),
          Law("at_most", lambda c, out: (np.abs(out["dz"]) <= 1 / c.N).all())],
    stub=STUB, answers=ANSWERS, reads="perceptron/losses.py")
