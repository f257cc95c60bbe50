"""Wrong answers to 19_ftrl: the right lines, with one or two of them changed."""

LINES = {
    "sigma": "sigma = (np.sqrt(n + g**2) - np.sqrt(n)) / alpha",
    "zeta": "zeta = zeta + g - sigma * w",
    "n": "n = n + g**2",
    "w": "w = -(zeta - np.sign(zeta) * l1) / ((beta + np.sqrt(n)) / alpha + l2)",
    "zero": "w = np.where(np.abs(zeta) <= l1, 0.0, w)",
    "end": "return w, zeta, n",
}


def with_(**changed):
    return "w0, zeta0, n0 = w, zeta, n\n" + "\n".join((LINES | changed).values())


def w(old, new):
    assert old in LINES["w"]
    return with_(w=LINES["w"].replace(old, new))


SINGLE = [
    ("O4.no_threshold", with_(zero="")),
    ("O4.never_dies", with_(zero="w = np.where(np.abs(zeta) <= l1, w0, w)")),
    ("O4.on_w", with_(zero="w = np.where(np.abs(w) <= l1, 0.0, w)")),
    ("O4.one_side", with_(zero="w = np.where(zeta <= l1, 0.0, w)")),
    ("O4.old_zeta_dies", with_(zero="w = np.where(np.abs(zeta0) <= l1, 0.0, w)")),
    ("O4.reversed", with_(zero="w = np.where(np.abs(zeta) > l1, 0.0, w)")),
    ("O4.l2_threshold", with_(zero="w = np.where(np.abs(zeta) <= l2, 0.0, w)")),
    ("O4.l1_added", w("- np.sign", "+ np.sign")),
    ("O4.not_shrunk", w(" - np.sign(zeta) * l1", "")),
    ("O4.no_sign", w("np.sign(zeta) * l1", "l1")),
    ("O4.sign_of_w", w("np.sign(zeta)", "np.sign(w0)")),
    ("O4.l2_for_l1", w("* l1", "* l2")),
    ("O4.no_minus", w("= -(", "= (")),
    ("O4.no_beta", w("(beta + np.sqrt(n))", "np.sqrt(n)")),
    ("O4.beta_twice", w("beta", "2 * beta")),
    ("O4.beta_1", w("beta", "1")),
    ("O4.no_l2", w(" + l2", "")),
    ("O4.l2_twice", w("+ l2", "+ 2 * l2")),
    ("O4.l2_half", w("+ l2", "+ l2 / 2")),
    ("O4.l2_inside", w("(beta + np.sqrt(n)) / alpha + l2", "(beta + np.sqrt(n) + l2) / alpha")),
    ("O4.l1_for_l2", w("+ l2", "+ l1")),
    ("O4.alpha_times", w("/ alpha", "* alpha")),
    ("O4.alpha_missing", w("/ alpha", "")),
    ("O4.beta_outside", w("(beta + np.sqrt(n)) / alpha", "beta + np.sqrt(n) / alpha")),
    (
        "O4.old_both",
        "new = zeta + g - (np.sqrt(n + g**2) - np.sqrt(n)) / alpha * w\n"
        + LINES["w"]
        + "\n"
        + LINES["zero"]
        + "\nreturn w, new, n + g**2",
    ),
    ("O4.old_n", w("np.sqrt(n)", "np.sqrt(n0)")),
    ("O4.old_zeta", with_(w=LINES["w"].replace("zeta", "zeta0"), zero="w = np.where(np.abs(zeta0) <= l1, 0.0, w)")),
    ("O4.no_root", w("np.sqrt(n)", "n")),
    ("O4.zeta_not_stored", with_(end="return w, zeta0.copy(), n")),
    ("O4.n_not_stored", with_(end="return w, zeta, n0.copy()")),
    ("O4.no_old_root", with_(sigma="sigma = np.sqrt(n + g**2) / alpha")),
    ("O4.only_old_root", with_(sigma="sigma = np.sqrt(n) / alpha")),
    ("O4.sigma_alpha", with_(sigma="sigma = np.sqrt(n + g**2) - np.sqrt(n)")),
    ("O4.sigma_alpha", with_(sigma="sigma = alpha * (np.sqrt(n + g**2) - np.sqrt(n))")),
    ("O4.sigma_squares", with_(sigma="sigma = g**2 / alpha")),
    ("O4.no_sigma", with_(zeta="zeta = zeta + g")),
    ("O4.sigma_sign", with_(zeta="zeta = zeta + g + sigma * w")),
    ("O4.sigma_sign", with_(sigma="sigma = (np.sqrt(n) - np.sqrt(n + g**2)) / alpha")),
    ("O4.sigma_alone", with_(zeta="zeta = zeta + g - sigma")),
    ("O4.overwritten", with_(zeta="zeta = g - sigma * w")),
    ("O4.no_g", with_(zeta="zeta = zeta - sigma * w")),
    ("O4.minus_g", with_(zeta="zeta = zeta - g - sigma * w")),
    ("O4.n_overwritten", with_(sigma="sigma = (np.abs(g) - np.sqrt(n)) / alpha", n="n = g**2")),
    ("O4.abs", with_(sigma="sigma = (np.sqrt(n + abs(g)) - np.sqrt(n)) / alpha", n="n = n + abs(g)")),
    ("O4.square_twice", with_(sigma="sigma = (np.sqrt(n + 2 * g**2) - np.sqrt(n)) / alpha", n="n = n + 2 * g**2")),
    ("O4.squares", with_(end="return w, zeta, g**2")),
    ("O4.n_root", with_(end="return w, zeta, np.sqrt(n)")),
    ("O5", with_(end="return w0.copy(), zeta, n")),
    ("S3", with_(end="return zeta, w, n")),
    ("A14", "n += g**2\n" + with_()),
    ("S2", with_(end="return w, zeta")),
]
SINGLE = [row for row in SINGLE if row[0] != "A14"] + [
    ("A14", with_(end="out = w.copy(), zeta.copy(), n.copy()\nn0 += g**2\nreturn out")),
]
SINGLE += [
    ("O4.on_w", with_(zero="w = np.where(np.abs(w0) <= l1, 0.0, w)")),
    ("O4.on_g", with_(zero="w = np.where(np.abs(g) <= l1, 0.0, w)")),
    ("O4.one_side", with_(zero="w = np.where(zeta >= -l1, 0.0, w)")),
    ("O4.shrunk_twice", w("np.sign(zeta) * l1", "2 * np.sign(zeta) * l1")),
    ("O4.shrunk_twice", with_(end="return np.sign(w) * np.maximum(np.abs(w) - l1, 0), zeta, n")),
    ("O4.other_sign", w("np.sign(zeta)", "np.sign(g)")),
    ("O4.other_sign", w("np.sign(zeta)", "np.sign(zeta0)")),
    ("O4.no_sign", w("- np.sign(zeta) * l1", "+ l1")),
    ("O4.no_sign", w("(zeta - np.sign(zeta) * l1)", "(np.abs(zeta) - l1)")),
    ("O4.w_added", w("= -(", "= w - (")),
    ("O4.w_added", w("= -(", "= w + (")),
    ("O4.multiplied", w(") / ((", ") * ((")),
    ("O4.l2_inside", with_(w="w = -alpha * (zeta - np.sign(zeta) * l1) / (beta + np.sqrt(n) + l2)")),
    ("O4.no_l2", with_(w="w = -alpha * (zeta - np.sign(zeta) * l1) / (beta + np.sqrt(n))")),
    ("O4.l2_behind", with_(w="w = -alpha * (zeta - np.sign(zeta) * l1) / (beta + np.sqrt(n)) + l2")),
    ("O4.alpha_twice", w("= -(", "= -alpha * (")),
    ("O4.upside_down", w("(beta + np.sqrt(n)) / alpha", "alpha / (beta + np.sqrt(n))")),
    ("O4.root_outside", w("(beta + np.sqrt(n)) / alpha", "beta / alpha + np.sqrt(n)")),
    ("O4.beta_under", w("beta + np.sqrt(n)", "np.sqrt(beta + n)")),
    ("O4.l2_minus", w("+ l2", "- l2")),
    ("O4.exchanged", w("beta", "alpha")),
    ("O4.exchanged", w("alpha", "beta")),
    ("O4.exchanged", "alpha, beta = beta, alpha\n" + with_()),
    ("O4.l1_l2", "l1, l2 = l2, l1\n" + with_()),
    ("O4.fixed", "alpha = 0.1\n" + with_()),
    ("O4.fixed", "l1 = 1.0\n" + with_()),
    ("O4.n_root", with_(n="n = np.sqrt(n + g**2)")),
    ("O4.n_first", with_(sigma="n = n + g**2\n" + LINES["sigma"], n="")),
    ("O4.sigma_alpha", with_(sigma="sigma = (np.sqrt(n + g**2) - np.sqrt(n)) / alpha**2")),
    ("O4.sigma_bracket", with_(sigma="sigma = np.sqrt(n + g**2) - np.sqrt(n) / alpha")),
    ("O4.sigma_squares", with_(sigma="sigma = (np.sqrt(n + g**2) - n) / alpha")),
    ("O4.sigma_size", with_(sigma="sigma = np.sqrt(g**2) / alpha")),
    ("O4.w_alone", with_(zeta="zeta = zeta + g - w")),
    ("O4.sigma_times", with_(zeta="zeta = zeta + g - sigma * g")),
    ("O4.sigma_times", with_(zeta="zeta = zeta + g - sigma * zeta")),
    ("O4.new_w", with_(end="return w, zeta0 + g - sigma * w, n")),
    ("O4.other_g", with_(zeta="zeta = zeta + np.abs(g) - sigma * w")),
    ("O4.other_g", with_(zeta="zeta = zeta + g**2 - sigma * w")),
    ("O4.g", with_(sigma="sigma = (np.sqrt(n + g) - np.sqrt(n)) / alpha", n="n = n + g")),
    ("O4.g", with_(n="n = n + g")),
    ("O4.abs", with_(n="n = n + np.abs(g)")),
    ("O4.square_twice", with_(n="n = n + 2 * g**2")),
    ("O4.square_half", with_(n="n = n + g**2 / 2")),
    ("O4.falls", with_(n="n = n - g**2")),
    ("O4.n_overwritten", with_(n="n = g**2")),
]
DOUBLE = [
    ("O4.no_l2 O4.no_beta", with_(w="w = -(zeta - np.sign(zeta) * l1) / (np.sqrt(n) / alpha)")),
    ("O4.no_sigma O4.no_minus", with_(zeta="zeta = zeta + g", w=LINES["w"].replace("= -", "= "))),
    ("O4.sigma_sign O4.no_threshold", with_(zeta="zeta = zeta + g + sigma * w", zero="")),
    (
        "O4.no_old_root O4.never_dies",
        with_(sigma="sigma = np.sqrt(n + g**2) / alpha", zero="w = np.where(np.abs(zeta) <= l1, w0, w)"),
    ),
    (
        "O4.no_sigma O4.new_w",
        "z = zeta + g\n"
        + LINES["sigma"]
        + "\n"
        + LINES["n"]
        + "\n"
        + (LINES["w"] + "\n" + LINES["zero"]).replace("zeta", "z")
        + "\nreturn w, zeta + g - sigma * w, n",
    ),
    ("O4.n_first O4.no_minus", with_(sigma="n = n + g**2\n" + LINES["sigma"], n="", w=LINES["w"].replace("= -", "= "))),
    ("O4.other_sign O4.no_l2", with_(w="w = -(zeta - np.sign(g) * l1) / ((beta + np.sqrt(n)) / alpha)")),
    ("O4.no_sign O4.no_minus", w("-(zeta - np.sign(zeta) * l1)", "-(l1 - zeta)")),
]
UNKNOWN = [
    with_(zero="w = np.where(np.abs(zeta) <= n, 0.0, w)"),
    with_(end="return w * 1.01 + 0.001, zeta, n"),
    with_(n="n = n + g**4"),
]
