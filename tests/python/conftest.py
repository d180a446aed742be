"""Makes the package's Python modules importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "inst" / "python"))
