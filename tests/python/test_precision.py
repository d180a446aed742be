"""float32 is float32 whatever the session has set, and TF32, emulated on the CPU, is for differences alone."""

import copy

import numpy as np
import pytest
import torch
from drive import as_model
from rounded import Rounded, ten_bits
from test_windowed import LONG, RANDOM, same
from zoo_networks import build_zoo

from deepmr_torch import precision, rules_linear
from deepmr_torch.errors import DeepmrError
from deepmr_torch.mutagenesis import Mutagenesis
from deepmr_torch.sites import make_spec
from deepmr_torch.takeover import Takeover


def run(model, how="float32"):
    job = Mutagenesis(model, make_spec("locked", "element"), [0, 1], 4, 1, keep_draws=True, engine="windowed")
    job.precision = how
    try:
        job.begin("s", RANDOM)
        while job.step() < 1:
            pass
        return job.collect()
    finally:
        job.close()


def test_ten_bits():
    x = torch.tensor([1.0, 1 + 2**-10, 1 + 2**-11, 1 + 3 * 2**-11, 1 + 2**-11 + 2**-20, -3.0000001, 0.0])
    assert ten_bits(x).tolist() == [1, 1 + 2**-10, 1, 1 + 2**-9, 1 + 2**-10, -3, 0]


@pytest.mark.parametrize("name", ["deepsea", "deepsea_both_strands", "beluga", "bpnet"])
def test_tf32_moves_an_effect_by_a_share_of_itself(name, monkeypatch):
    net, layout = build_zoo(name)
    exact = run(as_model(copy.deepcopy(net).double(), layout=layout, length=LONG))
    model = as_model(net, layout=layout, length=LONG)
    plain = run(model)
    monkeypatch.setattr(rules_linear, "BY_START", {"cpu"})
    monkeypatch.setattr(precision, "tf32", Rounded)
    monkeypatch.setattr("deepmr_torch.mutagenesis.refuse_without_tensor_cores", lambda device: None)
    rounded = run(model, "tf32")
    np.testing.assert_array_equal(rounded["mean_ref"], plain["mean_ref"])
    off = np.abs(rounded["draws"] - exact["draws"])
    size = np.sqrt(np.mean(exact["draws"] ** 2))
    # Each factor is off by up to 2^-11 of itself, in a product for each layer; sums of them by less.
    assert 1e-6 < np.sqrt(np.mean(off**2)) / size < 2e-3
    assert (np.abs(plain["draws"] - exact["draws"]).max() < off.max()).all()


def test_tf32_on_a_cpu_is_refused():
    net, layout = build_zoo("deepsea")
    with pytest.raises(DeepmrError, match="the device is 'cpu'"):
        run(as_model(net, layout=layout, length=LONG), "tf32")


def holders():
    backends = torch.backends
    if not hasattr(backends.cudnn, "conv"):
        pytest.skip("this torch has one setting for all")
    return [backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn, backends.mkldnn.matmul,
            backends.mkldnn.conv, backends.mkldnn.rnn]  # fmt: skip


@pytest.mark.parametrize("name", ["tf32", "ieee"])
def test_the_session_may_have_set_less(name):
    before = [h.fp32_precision for h in holders()]
    net, _ = build_zoo("deepsea")
    try:
        for holder in holders():
            holder.fp32_precision = name
        with Takeover(net):
            assert [h.fp32_precision for h in holders()] == ["ieee"] * 6
        assert [h.fp32_precision for h in holders()] == [name] * 6
    finally:
        for holder, value in zip(holders(), before):
            holder.fp32_precision = value


def test_results_do_not_depend_on_the_sessions_setting():
    net, layout = build_zoo("beluga")
    model = as_model(net, layout=layout, length=LONG)
    expected = run(model)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        same(run(model), expected)
    finally:
        torch.set_float32_matmul_precision(before)


def test_tf32_is_set_for_products_of_differences_alone(monkeypatch):
    seen = []

    @precision.of_differences
    def product():
        seen.append(holders()[0].fp32_precision)

    with precision.full():
        product()
        with precision.differences_in("tf32"):
            product()
            seen.append(holders()[0].fp32_precision)
        product()
    assert seen == ["ieee", "tf32", "ieee", "ieee"]
