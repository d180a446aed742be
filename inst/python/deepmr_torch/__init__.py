"""The torch half of deepmr: models, dropout masks and mutagenesis. It knows nothing of MR."""

from . import errors  # noqa: F401  (R calls everything through errors.guard)
