"""Run by R with a Python that has not been started: prints what deepmr wants to know of it."""

import sys

print("version", ".".join(str(part) for part in sys.version_info[:3]))

import glob  # noqa: E402  (an interpreter too old for the imports has at least said its version)
import importlib.metadata  # noqa: E402
import importlib.util  # noqa: E402
import os  # noqa: E402
import sysconfig  # noqa: E402


def version_of(package):
    """Version of an installed package without importing it, or None."""
    try:
        if importlib.util.find_spec(package) is None:
            return None
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def has_shared_library():
    """reticulate loads libpython into R; a Python built without it cannot be used."""
    if not sys.platform.startswith("linux"):
        return True
    folders = [
        sysconfig.get_config_var("LIBDIR"),
        sysconfig.get_config_var("LIBPL"),
        os.path.join(sys.base_prefix, "lib"),
    ]
    return any(glob.glob(os.path.join(folder, "libpython3*.so*")) for folder in folders if folder)


for name in ("torch", "numpy"):
    found = version_of(name)
    if found is not None:
        print(name, found)
print("shared", has_shared_library())
