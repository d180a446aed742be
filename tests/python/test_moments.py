"""Streaming moments against brute force with numpy (divisor T - 1)."""

import numpy as np
import pytest

from deepmr_torch.moments import Moments

T, V, K = 40, 7, 3


def draws(level, size, seed=0):
    """ref (T, K) and alt (T, V, K) with correlated errors of `size` around `level`."""
    rng = np.random.default_rng(seed)
    ref = rng.normal(size=(T, K))
    alt = 0.8 * ref[:, None] + 0.5 * rng.normal(size=(T, V, K)) + rng.normal(size=(V, K))
    return level + size * ref, level + size * alt


def accumulate(ref, alt, splits):
    moments = Moments(V, K)
    for t in range(T):
        moments.add_reference(ref[t], np.zeros(K))
        for rows in splits:
            moments.add_effects(rows, alt[t, rows] - ref[t], np.zeros((len(alt[t, rows]), K)))
    result = moments.result()
    assert not result.pop("at_rounding").any()
    return result


def brute_force(ref, alt):
    effect = alt - ref[:, None]
    cov = [[np.cov(ref[:, k], alt[:, v, k])[0, 1] for k in range(K)] for v in range(V)]
    return {
        "mean_ref": ref.mean(0),
        "mean_alt": alt.mean(0),
        "var_ref": ref.var(0, ddof=1),
        "var_alt": alt.var(0, ddof=1),
        "cov": np.array(cov),
        "effect": effect.mean(0),
        "se": effect.std(0, ddof=1),
    }


SPLITS = {
    "whole": [slice(0, V)],
    "singles": [slice(i, i + 1) for i in range(V)],
    "uneven": [slice(0, 3), slice(3, 4), slice(4, V)],
    "backwards": [slice(4, V), slice(0, 4)],
}


@pytest.mark.parametrize("splits", SPLITS.values(), ids=SPLITS.keys())
def test_equal_brute_force_however_batches_are_cut(splits):
    """Both routes are doubles on numbers of order 1: 1e-12."""
    ref, alt = draws(0.0, 1.0)
    expected = brute_force(ref, alt)
    for name, values in accumulate(ref, alt, splits).items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-12, atol=1e-12, err_msg=name)


def test_a_huge_common_level_does_not_cancel():
    """Draws of size 1e-6 on a level of 1e6 are known to 1e-10 / 1e-6 = 1e-4 (eps of a double times 1e6
    is 1e-10), and so are their moments. The sum-of-squares formula is off by more than its result."""
    level, size = 1e6, 1e-6
    ref, alt = draws(level, size)
    got = accumulate(ref, alt, SPLITS["uneven"])
    unit = brute_force(*draws(0.0, 1.0))
    for name in ("var_ref", "var_alt", "cov"):
        np.testing.assert_allclose(got[name] / size**2, unit[name], rtol=2e-3, atol=2e-3, err_msg=name)
    np.testing.assert_allclose(got["se"] / size, unit["se"], rtol=2e-3)
    np.testing.assert_allclose(got["effect"] / size, unit["effect"], atol=2e-3)
    naive = (np.square(alt).sum(0) - T * alt.mean(0) ** 2) / (T - 1)
    assert (np.abs(naive / size**2 - unit["var_alt"]) > 0.5).all()


def test_a_tiny_effect_on_a_large_variance_keeps_its_error():
    """var(effect) = 1e-14 beside var(ref) = 1: var_ref + var_alt - 2 cov loses it, se does not."""
    rng = np.random.default_rng(1)
    ref = rng.normal(size=(T, K))
    alt = ref[:, None] + 1e-7 * rng.normal(size=(T, V, K))
    got = accumulate(ref, alt, SPLITS["whole"])
    np.testing.assert_allclose(got["se"], (alt - ref[:, None]).std(0, ddof=1), rtol=1e-6)
    cancelled = got["var_ref"] + got["var_alt"] - 2 * got["cov"]
    assert np.abs(cancelled / got["se"] ** 2 - 1).max() > 1e-3


def test_two_draws_and_no_variants():
    moments = Moments(1, 1)
    for ref, effect in ((1.0, 0.5), (3.0, 1.5)):
        moments.add_reference(np.array([ref]), np.array([0.1]))
        moments.add_effects(slice(0, 1), np.array([[effect]]), np.array([[0.2]]))
    got = {name: values.item() for name, values in moments.result().items()}
    assert got == pytest.approx(
        {
            "mean_ref": 2,
            "mean_alt": 3,
            "var_ref": 2,
            "var_alt": 4.5,
            "cov": 3,
            "effect": 1,
            "se": 0.5**0.5,
            "at_rounding": False,
        }
    )
    empty = {name: values.shape for name, values in Moments(0, 2).result().items()}
    assert empty.pop("mean_ref") == empty.pop("var_ref") == (2,)
    assert set(empty.values()) == {(0, 2)}


@pytest.mark.parametrize(("effect", "rounding", "marked"), [(1.0, 0.9, False), (1.0, 1.1, True), (0.0, 0.0, True)])
@pytest.mark.parametrize("of_reference", [True, False])
def test_an_effect_within_the_rounding_of_either_side_is_marked(effect, rounding, marked, of_reference):
    """Root mean square over the draws: roundings of r sqrt(2) and 0 count as r."""
    moments = Moments(1, 1)
    for size, shift in ((rounding * 2**0.5, 3.0), (0.0, -3.0)):
        moments.add_reference(np.array([0.0]), np.array([size * of_reference]))
        moments.add_effects(slice(0, 1), np.array([[effect + shift]]), np.array([[size * (not of_reference)]]))
    assert moments.result()["at_rounding"].tolist() == [[marked]]


def test_one_draw_has_no_variance():
    moments = Moments(1, 1)
    moments.add_reference(np.array([1.0]), np.array([0.0]))
    moments.add_effects(slice(0, 1), np.array([[0.5]]), np.array([[0.0]]))
    got = moments.result()
    assert got["effect"] == 0.5 and got["mean_alt"] == 1.5 and not got["at_rounding"]
    assert all(np.isnan(got[name]) for name in ("var_ref", "var_alt", "cov", "se"))
