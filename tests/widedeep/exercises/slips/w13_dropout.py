"""Wrong answers to 13_dropout."""


def forward(mask="(rng.random(A.shape) >= rate) / (1 - rate)", out="A * mask", returned="mask"):
    return {"dropout_forward": f"mask = {mask}\nout = {out}\nreturn out, {returned}"}


def back(body):
    return {"dropout_backward": "return " + body}


SINGLE = [
    ("P1", forward("(rng.random(A.shape) >= rate) * 1.0")),
    ("P1.keep", forward("(rng.random(A.shape) >= rate) * (1 - rate)")),
    ("P1.rate", forward("(rng.random(A.shape) >= rate) / rate")),
    ("P1.rate", forward("(rng.random(A.shape) >= rate) * rate")),
    ("P1.twice", forward("(rng.random(A.shape) >= rate) / (1 - rate) ** 2")),
    ("P1.unscaled_out", forward(out="A * (mask > 0)")),
    ("P1.out_twice", forward(out="A * mask / (1 - rate)")),
    ("P1.not_dropped", forward(out="A.copy()")),
    ("P1.not_dropped", forward(out="A / (1 - rate)")),
    ("P1.test_time", forward(out="A * (1 - rate)")),
    ("P1.no_input", forward(out="mask.copy()")),
    ("P1.added", forward(out="A + mask")),
    ("P1.pattern", forward(returned="(mask > 0) * 1.0")),
    ("P1.dropped", forward(returned="(mask == 0) * 1.0")),
    ("P1.pattern", {"dropout_forward": "on = (rng.random(A.shape) >= rate) * 1\nreturn A * on / (1 - rate), on"}),
    ("P1.drawn", {"dropout_forward": "u = rng.random(A.shape)\nreturn A * (u >= rate) / (1 - rate), u"}),
    ("P1.no_mask", forward(returned="np.ones_like(A)")),
    ("P1.dropped", forward(returned="(mask == 0) / (1 - rate)")),
    (
        "P1.share",
        {"dropout_forward": "kept = rng.random(A.shape) >= rate\nmask = kept / kept.mean()\nreturn A * mask, mask"},
    ),
    ("P1.half", forward("(rng.random(A.shape) >= 0.5) / (1 - rate)")),
    ("P1.inverted", forward("(rng.random(A.shape) < rate) / (1 - rate)")),
    ("P1.keep_for_rate", forward("(rng.random(A.shape) >= 1 - rate) / (1 - rate)")),
    ("P1.by_row", forward("(rng.random((len(A), 1)) >= rate) * np.ones(A.shape) / (1 - rate)")),
    ("P1.by_column", forward("np.tile(rng.random(A.shape[1]) >= rate, (len(A), 1)) / (1 - rate)")),
    ("P1.by_row", forward("(rng.random((len(A), 1)) >= rate) / (1 - rate)")),
    ("P1.by_column", forward("(rng.random(A.shape[1]) >= rate) / (1 - rate)")),
    ("P1.one_draw", forward("np.full(A.shape, rng.random() >= rate) / (1 - rate)")),
    ("P1.one_draw", forward("float(rng.random() >= rate) / (1 - rate)")),
    ("P1.normal", forward("(rng.normal(size=A.shape) >= rate) / (1 - rate)")),
    ("P2.own", forward("(np.random.default_rng(0).random(A.shape) >= rate) / (1 - rate)")),
    ("P2.own", forward("(np.random.default_rng(42).random(A.shape) >= rate) / (1 - rate)")),
    ("P2.binomial", forward("rng.binomial(1, 1 - rate, size=A.shape) / (1 - rate)")),
    ("P2.turned", forward("(rng.random(A.shape[::-1]).T >= rate) / (1 - rate)")),
    ("P2.second", forward(returned="(rng.random(A.shape) >= rate) / (1 - rate)")),
    (
        "P2.second",
        {
            "dropout_forward": "u = rng.random(A.shape)\n"
            + "mask = (rng.random(A.shape) >= rate) / (1 - rate)\nreturn A * mask, mask"
        },
    ),
    ("P2.none", forward("np.ones(A.shape) / (1 - rate)")),
    ("P2", forward("(np.random.rand(*A.shape) >= rate) / (1 - rate)")),
    ("P1.back_unmasked", back("dout.copy()")),
    ("P1.back_pattern", back("dout * (mask > 0)")),
    ("P1.back_twice", back("dout * mask**2")),
    ("P1.back_divided", back("np.where(mask > 0, dout / np.maximum(mask, 1), 0)")),
    ("P1.back_inverted", back("dout * (mask == 0)")),
    ("P1.back_inverted", back("dout * (1 - mask)")),
    ("P1.back_divided", back("dout / mask")),
    ("P1.back_unmasked", back("dout * mask.max()")),
    ("P1.back_rows", back("(dout * mask).sum(axis=0)")),
    ("P1.back_rows", back("np.mean(dout * mask, axis=0)")),
    ("A8", back("mask.copy()")),
    ("D10", back("-dout * mask")),
    ("D6", back("dout * mask / len(dout)")),
    ("F1", back("2 * dout * mask")),
    ("S3", {"dropout_forward": "mask = (rng.random(A.shape) >= rate) / (1 - rate)\nreturn mask, A * mask"}),
    ("A14", {"dropout_forward": "mask = (rng.random(A.shape) >= rate) / (1 - rate)\nA *= mask\nreturn A, mask"}),
    ("X4", back("(dout * mask).astype(np.float32)")),
    ("Z1", back("np.zeros(dout.shape)")),
    ("A14", {"dropout_backward": "dout[mask == 0] = 0\nreturn dout * mask"}),
    ("S4", back("(dout * mask).T")),
    ("S2", {"dropout_forward": "mask = (rng.random(A.shape) >= rate) / (1 - rate)\nreturn A * mask"}),
]
DOUBLE = [
    ("P1 P1.back_unmasked", forward("(rng.random(A.shape) >= rate) * 1.0") | back("dout.copy()")),
    ("P1.inverted P1.rate", forward("(rng.random(A.shape) < rate) / rate")),
    ("P1.by_row P1", forward("(rng.random((len(A), 1)) >= rate) * np.ones(A.shape)")),
    ("P1.not_dropped P1.back_pattern", forward(out="A.copy()") | back("dout * (mask > 0)")),
    ("P1.back_inverted D10", back("-dout * (mask == 0)")),
]
UNKNOWN = [back("dout * mask + 0.01"), back("dout * mask**3"), forward("(rng.random(A.shape) >= rate**2) / (1 - rate)")]
