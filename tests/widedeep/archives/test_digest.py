"""The digest changes with everything that load reads, and with nothing else."""

import numpy as np

from widedeep.archives.digest import digest


def test_it_covers_names_dtypes_shapes_and_bytes_and_not_their_order():
    a, b = np.arange(6, dtype=np.float32), np.zeros(0)
    same = digest({"a": a, "b": b})
    assert same.dtype == np.uint8 and same.shape == (32,)
    for others in (
        {"b": b, "a": a},
        {"a": a[::2].repeat(2) * 0 + a, "b": b},
        {"a": a, "b": b, "digest": a},
        {"a": a.astype(">f4"), "b": b},
    ):
        assert digest(others).tobytes() == same.tobytes()
    seen = {same.tobytes()}
    for others in (
        {"a": a},
        {"a": b, "b": a},
        {"a": a.reshape(2, 3), "b": b},
        {"a": a.view(np.int32), "b": b},
        {"a": a + np.float32(1e-6), "b": b},
        {"a": a, "c": b},
        {"a": a, "b": b.reshape(0, 1)},
        {"a": np.append(a, a[:0]).reshape(6, 1), "b": b},
    ):
        seen.add(digest(others).tobytes())
    assert len(seen) == 9


def test_a_transposed_array_is_read_in_c_order():
    table = np.arange(6.0).reshape(2, 3)
    assert digest({"a": np.asfortranarray(table)}).tobytes() == digest({"a": table}).tobytes()
