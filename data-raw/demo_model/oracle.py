"""The oracle that labels the demo's sequences: motif occupancies and accessibility.

A window is scored on both strands by log-likelihood ratio (llr, natural log) against
the background; a factor's occupancy is

    q_k = 1 - exp(-sum over windows and strands of softplus(llr + mu_k)),

the chance that at least one window is bound when each is bound, independently, with
odds exp(llr + mu_k). Accessibility is linear in the occupancies.
"""

import csv
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

BASES = "ACGT"
EXTDATA = Path(__file__).parents[2] / "inst" / "extdata"
BUILD = Path(__file__).parent / "build"
FIXTURES = Path(__file__).parents[2] / "tests" / "testthat" / "fixtures"


def encode(sequences):
    """Strings over ACGT, all of length L -> base codes 0..3, an (N, L) int64 tensor."""
    code = np.full(256, -1, np.int64)
    code[[ord(base) for base in BASES]] = range(4)
    codes = np.stack([code[np.frombuffer(s.encode(), np.uint8)] for s in sequences])
    if codes.min() < 0:
        raise ValueError("A sequence holds a character outside ACGT.")
    return torch.from_numpy(codes)


def one_hot(codes, dtype=torch.float32):
    """Base codes (N, L) -> one-hot (N, 4, L), rows in the order ACGT."""
    return F.one_hot(codes, 4).transpose(1, 2).to(dtype)


def all_variants(codes):
    """The 3L substitutions of one sequence (L,): position-major, alternatives in ACGT order, (3L, L)."""
    length = len(codes)
    position = torch.arange(length).repeat_interleave(4)
    alternative = torch.arange(4).repeat(length)
    changed = alternative != codes[position]
    position, alternative = position[changed], alternative[changed]
    variants = codes.repeat(len(position), 1)
    variants[torch.arange(len(position)), position] = alternative
    return variants


def read_windows(split):
    """Names and base codes (N, 500) of one split of build/windows.csv."""
    with open(BUILD / "windows.csv") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    return [row["name"] for row in rows], encode([row["sequence"] for row in rows])


def read_fasta(path):
    """A FASTA file -> {name: sequence}, in file order."""
    records = Path(path).read_text().lstrip(">").split("\n>")
    return {name: "".join(lines) for name, *lines in (record.split() for record in records)}


def read_motifs(path):
    """A JASPAR file -> {name: counts (4, width) as float64}, in file order."""
    motifs = {}
    for line in Path(path).read_text().splitlines():
        if line.startswith(">"):
            counts = motifs.setdefault(line[1:].split()[1], [])
        elif line.strip():
            counts.append([float(x) for x in line.partition("[")[2].rstrip(" ]").split()])
    return {name: np.array(counts) for name, counts in motifs.items()}


def llr_matrix(counts, background, pseudocount):
    """Counts (4, width) -> log-likelihood ratios (4, width), float64.

    A column's frequencies f become (f + pseudocount * background) / (1 + pseudocount).
    """
    background = np.asarray(background)[:, None]
    frequency = counts / counts.sum(0)
    smoothed = (frequency + pseudocount * background) / (1 + pseudocount)
    return torch.from_numpy(np.log(smoothed / background))


def scan(x, llr):
    """One-hot (N, 4, L) and llr (4, width) -> scores (N, 2 * (L - width + 1)), both strands."""
    llr = llr.to(x.dtype)
    strands = torch.stack([llr, llr.flip(0, 1)])
    return F.conv1d(x, strands).flatten(1)


def occupancy(scores, mu):
    """Scores (N, windows) -> occupancy (N,) in [0, 1)."""
    return -torch.expm1(-F.softplus(scores + mu).sum(1))


class Oracle:
    """The oracle of `demo_motifs.jaspar` and `demo_oracle.csv`.

    `outputs`: the motif names in file order, then "accessibility".
    """

    def __init__(self, folder=EXTDATA):
        parameters = {}
        with open(Path(folder) / "demo_oracle.csv") as file:
            for row in csv.DictReader(file):
                parameters.setdefault(row["parameter"], {})[row["name"]] = float(row["value"])
        background = [parameters["background"][base] for base in BASES]
        pseudocount = parameters["pseudocount"]["all"]
        motifs = read_motifs(Path(folder) / "demo_motifs.jaspar")
        self.outputs = [*motifs, "accessibility"]
        self._llr = [llr_matrix(counts, background, pseudocount) for counts in motifs.values()]
        self._mu = [parameters["mu"][name] for name in motifs]
        self._coefficients = [parameters["coefficient"][name] for name in motifs]
        self._intercept = parameters["intercept"]["accessibility"]

    def __call__(self, codes, dtype=torch.float32):
        """Base codes (N, L) -> levels (N, 5), probabilities in the order of `outputs`."""
        x = one_hot(codes, dtype)
        q = torch.stack([occupancy(scan(x, w), mu) for w, mu in zip(self._llr, self._mu)], 1)
        accessibility = self._intercept + q @ torch.tensor(self._coefficients, dtype=dtype)
        return torch.cat([q, accessibility[:, None]], 1)
