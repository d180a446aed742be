"""Saturation mutagenesis of sequence models under locked dropout masks.

This package knows torch and nothing about Mendelian randomization; the R side
knows the latter and nothing about torch. Sequences go in as text; everything that
returns numbers returns 1-D numpy arrays in a stated order.
"""

from . import errors  # noqa: F401  (R calls everything through errors.guard)
