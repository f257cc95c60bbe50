"""What is saved is loaded: the same weights and predictions, bit for bit, and training goes on as if never stopped."""

import copy
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlp.windows import flatten
from tests.builders import memories
from tests.properties.strategies import cases, rules
from widedeep import Deep, Hashed, MatrixFactorization, Regression, Wide, WideClasses, load, save, train_step
from widedeep.towers.deep_periodic import DeepPeriodic


def reloaded(*parts):
    file = io.BytesIO()
    save(file, *parts)
    file.seek(0)
    return load(file)


def same_weights(one, other):
    weights, others = dict(flatten(one.params())), dict(flatten(other.params()))
    assert weights.keys() == others.keys()
    for name, w in weights.items():
        assert (w.dtype, w.shape, w.tobytes()) == (others[name].dtype, others[name].shape, others[name].tobytes()), name


floats = st.sampled_from([np.float32, np.float64])


@given(st.data(), floats)
def test_a_model_that_was_saved_predicts_the_same_bits(data, dtype):
    case = data.draw(cases(dtype=dtype))
    model, encoder, none = reloaded(case.model, case.encoder)
    assert none == {} and type(model) is type(case.model) and model.spec() == case.model.spec()
    assert list(model.towers) == list(case.model.towers)
    same_weights(model, case.model)
    batch, other = (e.encode(case.table, dtype=dtype) for e in (case.encoder, encoder))
    assert model.logits(other).tobytes() == case.model.logits(batch).tobytes()
    assert model.predict(other).tobytes() == case.model.predict(batch).tobytes()


@given(st.data(), floats)
def test_training_goes_on_after_an_archive_as_if_it_had_not_stopped(data, dtype):
    case = data.draw(cases(dtype=dtype))
    made = {name: data.draw(rules)() for name in case.model.params()}
    for _ in range(2):
        train_step(case.model, made, case.batch, loss=case.loss)
    model, _, others = reloaded(case.model, case.encoder, made)
    copied, copies = copy.deepcopy((case.model, made))
    assert memories(others) == memories(made)
    for _ in range(3):
        values = {train_step(m, r, case.batch, loss=case.loss)
                  for m, r in ((case.model, made), (model, others), (copied, copies))}  # fmt: skip
        assert len(values) == 1
    same_weights(model, case.model)
    same_weights(copied, case.model)
    assert memories(others) == memories(made) == memories(copies)


@given(st.data())
def test_a_cast_and_back_changes_no_bit(data):
    case = data.draw(cases(dtype=np.float32))
    before = {name: w.tobytes() for name, w in flatten(case.model.params())}
    same_weights(case.model.astype(np.float64).astype(np.float32), case.model)
    assert {name: w.tobytes() for name, w in flatten(case.model.params())} == before


# ---- exports: numbers that want another library ---------------------------------------------------------------------


def exportable(model):
    known = (Wide, WideClasses, Deep, MatrixFactorization)
    return all(isinstance(tower, known) and not isinstance(tower, DeepPeriodic) for tower in model.towers.values())


@given(cases().filter(lambda case: exportable(case.model)))
def test_pytorch_answers_the_same(case):
    torch = pytest.importorskip("torch")
    from widedeep.bridges.torch import take_back, tensors, to_torch

    module = to_torch(case.model)
    with torch.no_grad():
        z = module(**tensors(case.batch)).numpy()
    np.testing.assert_allclose(z, case.model.logits(case.batch), rtol=1e-9, atol=1e-12)
    same_weights(take_back(copy.deepcopy(case.model), module.state_dict()), case.model)


@given(cases(dtype=np.float32).filter(lambda case: exportable(case.model)))
def test_an_onnx_graph_answers_the_same(case):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    from widedeep.bridges.onnx import onnx_model
    from widedeep.bridges.onnx_inputs import feeds

    if any(isinstance(column, Hashed) for column in case.encoder.columns):
        with pytest.raises(ValueError, match="cannot be exported; want"):
            onnx_model(case.model, case.encoder)
        return
    session = runtime.InferenceSession(onnx_model(case.model, case.encoder).SerializeToString())
    (answer, *_) = session.run(None, feeds(case.encoder, case.table))
    scale = 4 if isinstance(case.model, Regression) else 1
    np.testing.assert_allclose(answer, case.model.predict(case.encoder.encode(case.table)), atol=2e-5 * scale)


@given(data=st.data(), dtype=floats)
def test_safetensors_hold_the_archive(data, dtype, tmp_path_factory):
    pytest.importorskip("safetensors")
    from widedeep.bridges.safetensors import load_safetensors, save_safetensors

    case = data.draw(cases(dtype=dtype))
    path = tmp_path_factory.mktemp("safe") / "model.safetensors"
    save_safetensors(path, case.model, case.encoder)
    model, encoder, _ = load_safetensors(path)
    same_weights(model, case.model)
    assert encoder.fingerprint == case.encoder.fingerprint
