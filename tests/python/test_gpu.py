"""On a GPU: the CPU's masks, and its results. Needs torch and a CUDA device, neither R nor kipoi."""

import numpy as np
import pytest
import torch
from drive import mutate, predict
from test_windowed import WITH_N, zoo

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]
NETS = ["deepsea", "deepsea_both_strands", "beluga", "basset", "bpnet", "branches"]


def close(gpu, cpu):
    """Sums are taken in another order there: 1e-4 of the level, and of each effect."""
    level = max(1.0, float(np.abs(cpu["mean_ref"]).max()))
    for column in ("draws", "effect", "mean_ref", "var_ref", "cov"):
        np.testing.assert_allclose(gpu[column], cpu[column], rtol=1e-4, atol=1e-4 * level, err_msg=column)
    np.testing.assert_allclose(gpu["draws"], cpu["draws"], rtol=1e-3, atol=1e-5 * level)


@pytest.mark.parametrize("engine", ["dense", "windowed"])
@pytest.mark.parametrize("name", NETS)
def test_mutagenesis(name, engine):
    gpu = mutate(zoo(name), WITH_N, engine=engine, device="cuda")
    close(gpu, mutate(zoo(name), WITH_N, engine="dense", device="cpu"))


@pytest.mark.parametrize("name", NETS)
def test_tf32_moves_effects_by_a_share_of_themselves(name):
    if torch.cuda.get_device_capability() < (8, 0):
        pytest.skip("no TF32 on this GPU")
    cpu = mutate(zoo(name), WITH_N, engine="dense", device="cpu")
    gpu = mutate(zoo(name), WITH_N, engine="windowed", device="cuda", precision="tf32")
    np.testing.assert_allclose(gpu["mean_ref"], cpu["mean_ref"], rtol=1e-4, atol=1e-4)
    off = np.sqrt(np.mean((gpu["draws"] - cpu["draws"]) ** 2))
    assert off < 2e-3 * np.sqrt(np.mean(cpu["draws"] ** 2))


@pytest.mark.parametrize("name", NETS)
def test_predictions(name):
    gpu = predict(zoo(name), WITH_N, device="cuda")
    np.testing.assert_allclose(gpu, predict(zoo(name), WITH_N, device="cpu"), rtol=1e-4, atol=1e-4)


def test_the_model_comes_back_to_its_device():
    model = zoo("deepsea")
    predict(model, WITH_N, device="cuda")
    assert {p.device.type for p in model.module.parameters()} == {"cpu"}
