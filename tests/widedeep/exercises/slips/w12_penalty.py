"""Wrong answers to 12_penalty."""


def written(price, db="db.copy()", dW="dW"):
    return f"return {dW} + {price}, {db}"


SINGLE = [
    ("R1.missing", "return dW.copy(), db.copy()"),
    ("R1.double", written("2 * l2 * W")),
    ("R1.half", written("l2 * W / 2")),
    ("R1.minus", "return dW - l2 * W, db.copy()"),
    ("R1.no_strength", written("W")),
    ("R1.twice", written("l2**2 * W")),
    ("R2", written("l2 * W", "db + l2 * b")),
    ("R2.zero", written("l2 * W", "np.zeros(b.shape)")),
    ("R3", written("l2 * W / len(W)")),
    ("R3", written("l2 * W / W.size")),
    ("R4", written("l2 * W**2")),
    ("R4", written("l2 / 2 * W**2")),
    ("R4.sum", written("l2 * W.sum()")),
    ("R4.sum", written("l2 / 2 * (W**2).sum()")),
    ("R4.constant", written("l2")),
    ("R4.norm", written("l2 * W / np.linalg.norm(W)")),
    ("R4.decay", "return W - l2 * dW, db.copy()"),
    ("R5", written("l2 * np.sign(W)")),
    ("R5.abs", written("l2 * np.abs(W)")),
    ("R6", "return l2 * (dW + W), db.copy()"),
    ("R6", "return (1 - l2) * dW + l2 * W, db.copy()"),
    ("R6.only", "return l2 * W, db.copy()"),
    ("R6.minus", "return l2 * W - dW, db.copy()"),
    ("D10", "return -(dW + l2 * W), -db"),
    ("F1", "return 2 * (dW + l2 * W), db.copy()"),
    ("S3", "return db.copy(), dW + l2 * W"),
    ("S4", "return (dW + l2 * W).T, db.copy()"),
    ("A14", "dW += l2 * W\nreturn dW, db"),
    ("S2", "return dW + l2 * W"),
]
DOUBLE = [
    ("R1.double R2", written("2 * l2 * W", "db + l2 * b")),
    ("R5 R2.zero", written("l2 * np.sign(W)", "0 * b")),
    ("R4 D10", "return -(dW + l2 * W**2), -db"),
    ("R1.minus R6.minus", "return -dW - l2 * W, db.copy()"),
    ("R5 R6", "return l2 * dW + l2 * np.sign(W), db.copy()"),
]
DOUBLE.remove(("R1.minus R6.minus", "return -dW - l2 * W, db.copy()"))  # is D10
UNKNOWN = [written("l2 * W**3"), written("l2 * W", "db + 0.01")]
