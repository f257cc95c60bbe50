"""Wrong answers to 16_adam."""

M, V = "m = b1 * m + (1 - b1) * g\n", "v = b2 * v + (1 - b2) * g**2\n"
END = "\nreturn w, m, v"
W = "w = w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)"

SINGLE = [
    ("O3.uncorrected", M + V + "w = w - lr * m / (np.sqrt(v) + eps)" + END),
    ("O3.only_m", M + V + "w = w - lr * (m / (1 - b1**t)) / (np.sqrt(v) + eps)" + END),
    ("O3.only_v", M + V + "w = w - lr * m / (np.sqrt(v / (1 - b2**t)) + eps)" + END),
    ("O3.t_from_0", M + V + W.replace("**t", "**(t - 1)") + END),
    ("O3.t_stuck", M + V + W.replace("**t", "") + END),
    ("O3.t_late", M + V + W.replace("**t", "**(t + 1)") + END),
    ("O3.power", M + V + W.replace("1 - b1**t", "(1 - b1)**t").replace("1 - b2**t", "(1 - b2)**t") + END),
    ("O3.stored", M + V + "m, v = m / (1 - b1**t), v / (1 - b2**t)\nw = w - lr * m / (np.sqrt(v) + eps)" + END),
    ("O3.eps_inside", M + V + "w = w - lr * (m / (1 - b1**t)) / np.sqrt(v / (1 - b2**t) + eps)" + END),
    ("O3.no_root", M + V + "w = w - lr * (m / (1 - b1**t)) / (v / (1 - b2**t) + eps)" + END),
    ("O3.old", "new = w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)\n" + M + V + "return new, m, v"),
    ("O3.sum_m", "m = b1 * m + g\n" + V + W + END),
    ("O3.uphill", M + V + W.replace("w - lr", "w + lr") + END),
    ("O3.m_not_kept", "old = m\n" + M + V + W + "\nreturn w, old, v"),
]
SINGLE += [
    ("O3.eps_missing", M + V + W.replace(" + eps", "") + END),
    ("O3.sum_v", M + "v = b2 * v + g**2\n" + W + END),
    ("O3.b_swapped_m", "m = b1 * (m + g)\n" + V + W + END),
    ("O3.b_swapped_v", M + "v = b2 * (v + g**2)\n" + W + END),
    ("O3.abs", M + "v = b2 * v + (1 - b2) * abs(g)\n" + W + END),
    ("O3.one_rate", M + "v = b2 * v + (1 - b2) * np.full(g.shape, (g**2).mean())\n" + W + END),
    ("O3.no_rate", M + V + W.replace("lr * ", "") + END),
    ("O3.v_not_kept", "old = v\n" + M + V + W + "\nreturn w, m, old"),
]
DOUBLE = [
    (
        "O3.sum_m O3.eps_inside",
        "m = b1 * m + g\n" + V + "w = w - lr * (m / (1 - b1**t)) / np.sqrt(v / (1 - b2**t) + eps)" + END,
    ),
    ("O3.uphill O3.t_stuck", M + V + W.replace("w - lr", "w + lr").replace("**t", "") + END),
]
UNKNOWN = [M + V + W + "\nreturn w + 0.001, m, v"]
