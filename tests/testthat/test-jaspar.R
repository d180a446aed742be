# A stand-in for pyjaspar: what deepmr calls of it, with two motifs of one name.
fake_pyjaspar <- '
jaspar_releases = {"JASPAR2022": "", "JASPAR2024": ""}

class Motif:
    def __init__(self, matrix_id, name, group, first):
        self.matrix_id, self.name, self.group = matrix_id, name, group
        self.counts = {"A": [first, 1.0], "C": [2.0, 3.0], "G": [0.0, 4.0], "T": [5.0, 6.0]}

MOTIFS = [
    Motif("MA0001.2", "AB", "insects", 10.0),
    Motif("MA0002.1", "AB", "vertebrates", 20.0),
    Motif("MA0003.1", "C", "insects", 30.0),
]

class jaspardb:
    def __init__(self, release="JASPAR2024"):
        print("said aloud")
        self.release = release

    def fetch_motif_by_id(self, id):
        found = [m for m in MOTIFS if id in (m.matrix_id, m.matrix_id.split(".")[0])]
        return found[0] if found else None

    def fetch_motifs(self, tf_name, tax_group):
        return [m for m in MOTIFS if m.name in tf_name and (not tax_group or m.group in tax_group)]
'

# Puts the stand-in on Python's path while `code` runs.
with_fake_pyjaspar <- function(code) {
  folder <- tempfile("pyjaspar-")
  dir.create(folder)
  writeLines(fake_pyjaspar, file.path(folder, "pyjaspar.py"))
  backend()
  sys <- reticulate::import("sys", convert = FALSE)
  sys$path$insert(0L, folder)
  on.exit({
    sys$path$remove(folder)
    sys$modules$pop("pyjaspar", NULL)
    unlink(folder, recursive = TRUE)
  })
  code
}

test_that("motifs come by id and by name, each once", {
  skip_if_no_python()
  with_fake_pyjaspar({
    expect_silent(motifs <- jaspar_motifs(c("MA0003", "AB", "MA0001.2")))
    expect_identical(names(motifs), c("C", "AB (MA0001.2)", "AB (MA0002.1)"))
    expect_identical(unname(motifs$C), rbind(c(30, 1), c(2, 3), c(0, 4), c(5, 6)))
    expect_identical(attr(motifs, "about")$nsites, c(37, 17, 27))
    expect_identical(names(jaspar_motifs("AB", tax_group = "insects")), "AB")
    expect_error(jaspar_motifs("ab"), "JASPAR2024 has no motif ab", class = "deepmr_error_motif_unknown")
    expect_error(jaspar_motifs("MA0009.1", release = "JASPAR2022"), "JASPAR2022", class = "deepmr_error_motif_unknown")
    other <- quote(jaspar_motifs("C", tax_group = "vertebrates"))
    expect_error(eval(other), "among vertebrates", class = "deepmr_error_motif_unknown")
    expect_error(jaspar_motifs("C", release = "JASPAR1"), "JASPAR2022", class = "deepmr_error_argument")
  })
})

test_that("without pyjaspar the error says what to install", {
  skip_if_no_python()
  skip_if(reticulate::py_module_available("pyjaspar"), "pyjaspar is installed")
  expect_error(jaspar_motifs("FOXA1"), "py_install", class = "deepmr_error_pyjaspar_missing")
})

test_that("what is asked for must be names", {
  expect_error(jaspar_motifs(), class = "deepmr_error_argument")
  expect_error(jaspar_motifs(character()), class = "deepmr_error_argument")
  expect_error(jaspar_motifs(1), class = "deepmr_error_argument")
  expect_error(jaspar_motifs("A", tax_group = ""), class = "deepmr_error_argument")
  expect_error(jaspar_motifs("A", release = 2024), class = "deepmr_error_argument")
})
