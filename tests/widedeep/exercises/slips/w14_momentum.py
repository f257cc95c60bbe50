"""Wrong answers to 14_momentum."""

SINGLE = [
    ("O1.old_v", "new = mu * v + g\nreturn w - lr * v, new"),
    ("O1.sgd", "v = mu * v + g\nreturn w - lr * g, v"),
    ("O1.nesterov", "v = mu * v + g\nreturn w - lr * (g + mu * v), v"),
    ("O1.both", "v = mu * v + g\nreturn w - lr * (v + g), v"),
    ("O1.uphill", "v = mu * v + g\nreturn w + lr * v, v"),
    ("O1.no_rate", "v = mu * v + g\nreturn w - v, v"),
    ("O1.rate_twice", "v = mu * v + g\nreturn w - lr * lr * v, v"),
    ("O1.not_stored", "return w - lr * (mu * v + g), v.copy()"),
    ("O1.g_stored", "return w - lr * (mu * v + g), g.copy()"),
    ("O1.step_stored", "v = lr * (mu * v + g)\nreturn w - v, v"),
    ("O1.step_stored", "v = -lr * (mu * v + g)\nreturn w + v, v"),
    ("O1.double", "v = mu * v + g\nreturn w - 2 * lr * v, v"),
    ("O1.half", "v = mu * v + g\nreturn w - lr * v / 2, v"),
    ("O1.dampened", "v = mu * v + (1 - mu) * g\nreturn w - lr * v, v"),
    ("O1.rate_inside", "v = mu * v + lr * g\nreturn w - v, v"),
    ("O1.rate_inside", "v = mu * v - lr * g\nreturn w + v, v"),
    ("O1.inside", "v = mu * (v + g)\nreturn w - lr * v, v"),
    ("O1.minus_g", "v = mu * v - g\nreturn w - lr * v, v"),
    ("O1.forgets", "v = g.copy()\nreturn w - lr * v, v"),
    ("O1.never_fades", "v = v + g\nreturn w - lr * v, v"),
    ("O1.swapped", "v = (1 - mu) * v + g\nreturn w - lr * v, v"),
    ("O1.mu_twice", "v = mu * mu * v + g\nreturn w - lr * v, v"),
    ("O5", "v = mu * v + g\nreturn -lr * v, v"),
    ("O5", "v = mu * v + g\nreturn w.copy(), v"),
    ("S3", "v = mu * v + g\nreturn v, w - lr * v"),
    ("A14", "v *= mu\nv += g\nw -= lr * v\nreturn w, v"),
    ("X2", "old = globals().get('old', 0 * v)\nold = old if np.shape(old) == v.shape else v\n"
     "globals()['old'] = v + 1\nreturn w - lr * (mu * v + g) + 0 * old + (0.1 if old[0, 0] else 0), mu * v + g"),
]  # fmt: skip
DOUBLE = [
    ("O1.dampened O1.uphill", "v = mu * v + (1 - mu) * g\nreturn w + lr * v, v"),
    ("O1.old_v O1.never_fades", "new = v + g\nreturn w - lr * v, new"),
    ("O1.nesterov O1.no_rate", "v = mu * v + g\nreturn w - (g + mu * v), v"),
    ("O1.minus_g O1.half", "v = mu * v - g\nreturn w - lr * v / 2, v"),
]
UNKNOWN = ["v = mu * v + g**3\nreturn w - lr * v, v", "v = mu * v + g\nreturn w - lr * v - 0.01, v"]
