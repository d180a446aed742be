"""Means, variances and covariances over draws, accumulated one draw at a time.

Only differences are accumulated (Welford 1962, Technometrics 4:419): the variance of
an effect is that of alt - ref draw by draw, never var(alt) + var(ref) - 2 cov of nearly
equal numbers, which cancels and goes negative.
"""

import numpy as np


class Moments:
    """Moments of V variants x K outputs; memory is 4 V K doubles, whatever the number of draws."""

    def __init__(self, n_variants, n_outputs):
        self.n = 0
        self.mean_ref = np.zeros(n_outputs)
        self.ss_ref = np.zeros(n_outputs)
        self.mean_effect = np.zeros((n_variants, n_outputs))
        self.ss_effect = np.zeros((n_variants, n_outputs))
        self.sp_effect_ref = np.zeros((n_variants, n_outputs))
        self.rounding_ref = np.zeros(n_outputs)
        self.rounding_alt = np.zeros((n_variants, n_outputs))
        self._ref_residual = None

    def add_reference(self, ref, rounding):
        """Starts a draw with the reference's outputs (K,), double, and their `rounding`: how far they may
        be off."""
        self.n += 1
        self.rounding_ref += rounding**2
        before = ref - self.mean_ref
        self.mean_ref += before / self.n
        self._ref_residual = ref - self.mean_ref
        self.ss_ref += before * self._ref_residual

    def add_effects(self, rows, effect, rounding):
        """Adds the effects alt - ref (n, K), double, of the variants in the slice `rows`, of the
        draw whose reference was added last, and the `rounding` of alt. Each variant once per draw."""
        self.rounding_alt[rows] += rounding**2
        before = effect - self.mean_effect[rows]
        self.mean_effect[rows] += before / self.n
        self.ss_effect[rows] += before * (effect - self.mean_effect[rows])
        self.sp_effect_ref[rows] += before * self._ref_residual

    def result(self):
        """Dict of (V, K) arrays, of the reference alone (K,); variances and covariances with divisor n - 1, NaN for
        one draw.

        `at_rounding`: effect or se no larger than the rounding of reference or variant, as its root mean
        square over the draws. var_alt = var_ref + 2 cov(ref, effect) + var(effect) and cov = var_ref + cov(ref, effect)
        are sums without cancellation beyond what they mean."""
        df = self.n - 1 if self.n > 1 else np.nan
        var_ref = self.ss_ref / df
        var_effect = self.ss_effect / df
        cov_ref_effect = self.sp_effect_ref / df
        se = np.sqrt(var_effect)
        bound = np.sqrt(np.maximum(self.rounding_ref, self.rounding_alt) / self.n)
        return {
            "mean_ref": self.mean_ref,
            "mean_alt": self.mean_ref + self.mean_effect,
            "var_ref": var_ref,
            "var_alt": np.maximum(var_ref + 2 * cov_ref_effect + var_effect, 0.0),
            "cov": var_ref + cov_ref_effect,
            "effect": self.mean_effect,
            "se": se,
            "at_rounding": (np.abs(self.mean_effect) <= bound) | (se <= bound),
        }
