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
    ("O3.b_exchanged", "b1, b2 = b2, b1\n" + M + V + W + END),
    ("O3.b_exchanged", "m = b2 * m + (1 - b2) * g\nv = b1 * v + (1 - b1) * g**2\n" + W + END),
    ("O3.b_exchanged", M + V + W.replace("b1", "b3").replace("b2", "b1").replace("b3", "b2") + END),
    ("O3.one_b", M + "b2 = b1\n" + V + W + END),
    ("O3.fixed_b", "b1, b2 = 0.9, 0.999\n" + M + V + W + END),
    ("O3.fixed_b", "b1 = 0.9\n" + M + V + W + END),
    ("O3.b_times_t", M + V + W.replace("**t", " * t") + END),
    ("O3.corrected_down", M + V + W.replace("/ (1 - b1", "* (1 - b1").replace("/ (1 - b2", "* (1 - b2") + END),
    ("O3.corrected_down", M + V + W.replace("/ (1 - b1", "* (1 - b1") + END),
    ("O3.b_to_t", M + V + W.replace("1 - b1**t", "b1**t").replace("1 - b2**t", "b2**t") + END),
    ("O3.t_stuck", M + V + W.replace("b2**t", "b2") + END),
    ("O3.power", M + V + W.replace("1 - b1**t", "(1 - b1)**t") + END),
    ("O3.eps_hat", M + V + "w = w - lr * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + eps)" + END),
    ("O3.eps_after", M + V + "m1, v1 = m / (1 - b1**t), v / (1 - b2**t)\nw = w - lr * m1 / np.sqrt(v1) + eps" + END),
    ("O3.eps_after", M + V + "m1, v1 = m / (1 - b1**t), v / (1 - b2**t)\nw = w - lr * (m1 / np.sqrt(v1) + eps)" + END),
    ("O3.eps_inside", M + V + "w = w - lr * (m / (1 - b1**t)) / np.sqrt(v / (1 - b2**t) + eps**2)" + END),
    ("O3.fixed_eps", M + V + W.replace("eps", "1e-8") + END),
    ("O3.no_v", M + V + "w = w - lr * m / (1 - b1**t)" + END),
    ("O3.rmsprop", M + V + W.replace("m / (1 - b1**t)", "g") + END),
    ("O3.nadam", M + V + W.replace("m / ", "(b1 * m + (1 - b1) * g) / ") + END),
    ("O3.sign", M + V + W.replace("m / ", "np.sign(m) / ").replace(" / (1 - b1**t)", "") + END),
    ("O3.no_g", "m = b1 * m\n" + V + W + END),
    ("O3.g", M + "v = b2 * v + (1 - b2) * g\n" + W + END),
    ("O3.m_squared", M + "v = b2 * v + (1 - b2) * m**2\n" + W + END),
    ("O3.rate_twice", M + V + W.replace("lr", "lr**2") + END),
    ("O3.fixed_rate", M + V + W.replace("lr", "0.01") + END),
    ("O3.double", M + V + W.replace("lr", "2 * lr") + END),
    ("O3.half", M + V + W.replace("lr", "lr / 2") + END),
    ("O5", M + V + W.replace("w - lr", "-lr") + END),
    ("O5", M + V + W.replace("w - lr", "lr") + END),
    ("O5", M + V + "return w.copy(), m, v"),
    ("S3", M + V + W + "\nreturn m, v, w"),
    ("A14", "m *= b1\nm += (1 - b1) * g\n" + V + W + END),
]
DOUBLE = [
    (
        "O3.sum_m O3.eps_inside",
        "m = b1 * m + g\n" + V + "w = w - lr * (m / (1 - b1**t)) / np.sqrt(v / (1 - b2**t) + eps)" + END,
    ),
    ("O3.uphill O3.t_stuck", M + V + W.replace("w - lr", "w + lr").replace("**t", "") + END),
]
DOUBLE += [
    ("O3.g O3.uphill", M + "v = b2 * v + (1 - b2) * g\n" + W.replace("w - lr", "w + lr") + END),
    ("O3.corrected_down O3.eps_inside", M + V + "w = w - lr * m * (1 - b1**t) / np.sqrt(v * (1 - b2**t) + eps)" + END),
    ("O3.uncorrected O3.fixed_eps", M + V + "w = w - lr * m / (np.sqrt(v) + 1e-8)" + END),
]
CLIPPED = "t = min(t, 9)\n"
UNKNOWN = [CLIPPED + M + V + W + END, M + V + "if t > 9:\n    return w - lr * m / (np.sqrt(v) + eps), m, v\n" + W + END]
UNKNOWN += [M + V + W + "\nreturn w + 0.001, m, v"]
