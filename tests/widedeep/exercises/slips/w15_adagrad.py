"""Wrong answers to 15_adagrad."""

S = "s = s + g**2\n"
W = "return w - lr * g / (np.sqrt(s) + eps), s"
SINGLE = [
    ("O2.no_root", S + "return w - lr * g / (s + eps), s"),
    ("O2.squared", S + "return w - lr * g / (s**2 + eps), s"),
    ("O2.old_s", "return w - lr * g / (np.sqrt(s) + eps), s + g**2"),
    ("O2.forgets", S + "return w - lr * g / (np.abs(g) + eps), s"),
    ("O2.eps_inside", S + "return w - lr * g / np.sqrt(s + eps), s"),
    ("O2.eps_missing", S + "return w - lr * g / np.sqrt(s), s"),
    ("O2.uphill", S + W.replace("w - lr", "w + lr")),
    ("O2.no_rate", S + W.replace("lr * ", "")),
    ("O2.rate_twice", S + W.replace("lr * ", "lr**2 * ")),
    ("O2.sign", S + W.replace("lr * g", "lr * np.sign(g)")),
    ("O2.normed", S + W.replace("lr * g", "lr * g / np.linalg.norm(g)")),
    ("O2.no_g", S + W.replace("lr * g", "lr")),
    ("O2.not_stored", "new = s + g**2\nreturn w - lr * g / (np.sqrt(new) + eps), s.copy()"),
    ("O2.root_stored", S + "return w - lr * g / (np.sqrt(s) + eps), np.sqrt(s)"),
    ("O2.only_last", S + "return w - lr * g / (np.sqrt(s) + eps), g**2"),
    ("O2.double", S + W.replace("lr", "2 * lr")),
    ("O2.half", S + W.replace("lr", "0.5 * lr")),
    ("O2.abs", "s = s + np.abs(g)\n" + W),
    ("O2.g", "s = s + g\n" + W),
    ("O2.one_rate", "s = s + (g**2).sum()\n" + W),
    ("O2.one_rate", "s = s + np.mean(g**2)\n" + W),
    ("O2.half_square", "s = s + g**2 / 2\n" + W),
    ("O2.rmsprop", "s = 0.9 * s + 0.1 * g**2\n" + W),
    ("O2.leaky", "s = 0.9 * s + g**2\n" + W),
    ("O2.leaky", "s = (s + g**2) / 2\n" + W),
    ("O2.overwritten", "s = g**2\n" + W),
    ("O5", S + "return -lr * g / (np.sqrt(s) + eps), s"),
    ("O5", S + "return w.copy(), s"),
    ("S3", S + "return s, w - lr * g / (np.sqrt(s) + eps)"),
    ("A14", "s += g**2\nreturn w - lr * g / (np.sqrt(s) + eps), s"),
    ("X4", S + "return (w - lr * g / (np.sqrt(s) + eps)).astype('f'), s"),
]
DOUBLE = [
    ("O2.no_root O2.uphill", S + "return w + lr * g / (s + eps), s"),
    ("O2.abs O2.eps_inside", "s = s + np.abs(g)\nreturn w - lr * g / np.sqrt(s + eps), s"),
    ("O2.old_s O2.no_rate", "return w - g / (np.sqrt(s) + eps), s + g**2"),
    ("O2.one_rate O2.half", "s = s + (g**2).sum()\nreturn w - lr / 2 * g / (np.sqrt(s) + eps), s"),
]
UNKNOWN = [S + "return w - lr * g / (s**0.33 + eps), s", "s = s + g**4\n" + W]
