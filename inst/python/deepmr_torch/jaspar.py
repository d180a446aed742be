"""Motifs of the JASPAR database, through the Python package pyjaspar, which holds it: no network is asked."""

import contextlib
import importlib
import io
import re
import warnings

from .errors import DeepmrError

INSTALL = 'Install it into the Python in use: reticulate::py_install("pyjaspar"), or pip install pyjaspar'
MATRIX_ID = re.compile(r"[A-Z]{2}[0-9]+(\.[0-9]+)?")


def fetch_motifs(queries, release=None, tax_group=None):
    """Motifs by matrix id ("MA0148.4"; without a version the newest) or by name, exactly as JASPAR spells it.

    queries, tax_group: lists of str. release: such as "JASPAR2024"; None for the newest that pyjaspar has.
    Returns a list of dicts: id, name, counts (four lists of float, A C G T). Raises DeepmrError("pyjaspar_missing"),
    DeepmrError("argument"), DeepmrError("motif_unknown").
    """
    pyjaspar = import_pyjaspar()
    # What it finds odd pyjaspar prints and warns of.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        database = open_release(pyjaspar, release)
        found = [motif for query in queries for motif in look_up(database, query, tax_group)]
    by_id = {motif.matrix_id: motif for motif in found}
    return [
        {"id": key, "name": motif.name, "counts": [[float(x) for x in motif.counts[base]] for base in "ACGT"]}
        for key, motif in by_id.items()
    ]


def import_pyjaspar():
    try:
        return importlib.import_module("pyjaspar")
    except ImportError as error:
        missing = getattr(error, "name", None) == "pyjaspar"
        state = "is not installed" if missing else f"cannot be imported: {error}"
        raise DeepmrError("pyjaspar_missing", f"The Python package pyjaspar {state}.", INSTALL) from error


def open_release(pyjaspar, release):
    if release is None:
        return pyjaspar.jaspardb()
    known = sorted(pyjaspar.jaspar_releases)
    if release not in known:
        raise DeepmrError("argument", f"There is no release {release} in pyjaspar.", f"It has {', '.join(known)}.")
    return pyjaspar.jaspardb(release=release)


def look_up(database, query, tax_group):
    if MATRIX_ID.fullmatch(query):
        motif = database.fetch_motif_by_id(query)
        found = [] if motif is None else [motif]
    else:
        found = list(database.fetch_motifs(tf_name=[query], tax_group=tax_group))
    if not found:
        within = f" among {', '.join(tax_group)}" if tax_group else ""
        raise DeepmrError(
            "motif_unknown",
            f"{database.release} has no motif {query}{within}.",
            "Names are spelt as in JASPAR, upper and lower case included: FOXA1 in man, Foxa2 in the mouse.",
        )
    return found
