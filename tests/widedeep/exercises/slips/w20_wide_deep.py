"""Wrong answers to 20_wide_deep."""


def written(z="z_wide + z_deep + b", dz="(p - y) / len(y)", ends="dz, dz.copy(), dz.sum(axis=0)", more=""):
    return f"z = {z}\np = 1 / (1 + np.exp(-z))\ndz = {dz}\n{more}return {ends}"


OWN = "p_wide, p_deep = 1 / (1 + np.exp(-z_wide)), 1 / (1 + np.exp(-z_deep))\n"
SINGLE = [
    ("W3", OWN + written(ends="(p_wide - y) / len(y), (p_deep - y) / len(y), dz.sum(axis=0)")),
    ("W3", OWN + written(ends="(p_wide - y) / len(y), dz, dz.sum(axis=0)")),
    (
        "W3.bias",
        OWN.replace("z_wide)", "z_wide - b)").replace("z_deep)", "z_deep - b)")
        + written(ends="(p_wide - y) / len(y), (p_deep - y) / len(y), dz.sum(axis=0)"),
    ),
    ("W3.swapped", OWN + written(ends="(p_deep - y) / len(y), (p_wide - y) / len(y), dz.sum(axis=0)")),
    ("W3.alone", OWN + written(ends="dz, dz, ((p_wide - y) + (p_deep - y)).sum(axis=0) / len(y)")),
    ("W4", written(ends="dz / 2, dz / 2, dz.sum(axis=0)")),
    ("W4", written(ends="2 * dz, 2 * dz, dz.sum(axis=0)")),
    ("W4.mean", written(z="(z_wide + z_deep) / 2 + b")),
    ("W4.mean", written(z="(z_wide + z_deep + b) / 2")),
    ("W4.probabilities", OWN + written(dz="((p_wide + p_deep) / 2 - y) / len(y)")),
    ("W4.product", written(z="z_wide * z_deep + b")),
    ("W4.z", written(ends="dz * z_wide, dz * z_deep, dz.sum(axis=0)")),
    ("W5", written(ends="dz, dz, 2 * dz.sum(axis=0)")),
    ("W5", written(more="dz_wide = dz_deep = dz\n", ends="dz_wide, dz_deep, (dz_wide + dz_deep).sum(axis=0)")),
    ("W5.no_bias", written(z="z_wide + z_deep")),
    ("W5.bias_twice", written(z="z_wide + b + z_deep + b")),
    ("W6", written(ends="dz, 0 * dz, dz.sum(axis=0)")),
    ("W6", written(ends="np.zeros(dz.shape), dz, dz.sum(axis=0)")),
    ("W6.forward", written(z="z_wide + b")),
    ("W6.forward", written(z="z_deep + b")),
    ("M7", written(ends="dz, dz, np.zeros(1)")),
    ("D1", written(ends="dz, dz, dz.mean(axis=0)")),
    ("D2", written(ends="dz, dz, dz.sum(axis=1)")),
    ("D4", written(ends="dz, dz, dz")),
    ("D4", written(ends="dz, dz, dz[-1]")),
    ("D5", written(ends="dz, dz, dz.sum(axis=0) * b")),
    ("D9", written(ends="dz, dz, np.ones(1)")),
    ("S6", written(ends="dz, dz, dz.sum()")),
    ("S5", written(ends="dz, dz, dz.sum(axis=0, keepdims=True)")),
    ("L1", written(dz="p - y")),
    ("L2", written(dz="(p - y) / len(y) ** 2")),
    ("L4", written(dz="(y - p) / len(y)")),
    ("L5", written(dz="(p - y) * p * (1 - p) / len(y)")),
    ("L5.once", written(dz="(p - y) * p / len(y)")),
    ("L6", written(dz="(p - y) / (p * (1 - p)) / len(y)")),
    ("L7", written(dz="(z - y) / len(y)")),
    ("L8", written(dz="(p - (2 * y - 1)) / len(y)")),
    ("L9", written(dz="np.where(y == 1, p - y, 0) / len(y)")),
    ("L10", written(dz="((z >= 0) - y) / len(y)")),
    ("L11", written(dz="-(y / p + (1 - y) / (1 - p)) * p * (1 - p) / len(y)")),
    ("L12", written(dz="(p - y.mean()) / len(y)")),
    ("L12", written(dz="(p - y[:, 0]) / len(y)", ends="dz, dz, dz.sum(axis=0)")),
    ("L12.mean", written(dz="np.full(y.shape, (p - y).mean())")),
    ("L15", written(dz="p / len(y)")),
    ("L15.p", written(dz="-y / len(y)")),
    ("L21", written(dz="(-y / (p + 1e-3) + (1 - y) / (1 - p + 1e-3)) * p * (1 - p) / len(y)")),
    ("L23", written(dz="np.abs(p - y) / len(y)")),
    ("L23.square", written(dz="(p - y) ** 2 / len(y)")),
    ("L23.loss", written(dz="(np.log(1 + np.exp(z)) - y * z) / len(y)")),
    ("A4", written(dz="(p - y) * (1 - (p - y)) / len(y)")),
    ("A5.tanh", written(dz="(np.tanh(z) - y) / len(y)")),
    ("A7", written(dz="(1 / (1 + np.exp(-p)) - y) / len(y)")),
    ("A15.sign", written(dz="(1 - p - y) / len(y)")),
    ("S3", written(ends="dz.sum(axis=0), dz, dz")),
    ("A14", "z_wide += z_deep + b\n" + written(z="z_wide")),
    ("S2", written(ends="dz, dz.sum(axis=0)")),
    ("X4", written(ends="dz.astype('f'), dz, dz.sum(axis=0)")),
]
DOUBLE = [
    (
        "W3.bias W3.alone",
        OWN.replace("z_wide)", "z_wide - b)").replace("z_deep)", "z_deep - b)")
        + written(
            ends="(p_wide - y) / len(y), (p_deep - y) / len(y), ((p_wide - y) + (p_deep - y)).sum(axis=0) / len(y)"
        ),
    ),
    ("W6 D1", written(ends="dz, 0 * dz, dz.mean(axis=0)")),
    ("W3 M7", OWN + written(ends="(p_wide - y) / len(y), (p_deep - y) / len(y), np.zeros(1)")),
    ("W6 W5", written(ends="dz, 0 * dz, 2 * dz.sum(axis=0)")),
    ("L5 L4", written(dz="(y - p) * p * (1 - p) / len(y)")),
    ("L4 L1", written(dz="y - p")),
    ("W4 D5", written(ends="dz / 2, dz / 2, dz.sum(axis=0) * b")),
    ("W5.no_bias L1", written(z="z_wide + z_deep", dz="p - y")),
]
UNKNOWN = [written(dz="(p - 0.9 * y) / len(y)"), written(z="z_wide + 0.9 * z_deep + b")]
