#' Motifs of the JASPAR database
#'
#' Through the Python package pyjaspar, which brings the database with it. It is not installed with deepmr:
#' `reticulate::py_install("pyjaspar")` adds it to the Python in use.
#'
#' @param motifs Matrix ids such as `"MA0148.4"` (`"MA0148"` takes the newest version), or names of factors as JASPAR
#'   spells them, such as `"FOXA1"`: then all motifs of this name in the collection CORE.
#' @param release A release such as `"JASPAR2024"`; by default the newest that pyjaspar has.
#' @param tax_group Taxonomic groups in which names are looked up, such as `"vertebrates"` or `"insects"`; by
#'   default all. Ids are looked up everywhere.
#' @return A `deepmr_motifs`, as of [read_motifs()]: counts, each motif once.
#' @section Errors: `deepmr_error_pyjaspar_missing`, `deepmr_error_motif_unknown`, `deepmr_error_argument`, and where
#'   there is no Python those of [deepmr_python_info()].
#' @references
#' Rauluseviciute I, et al. (2024). JASPAR 2024. Nucleic Acids Research 52:D174-D182.
#'
#' Khan A (2021). pyJASPAR: a Pythonic interface to JASPAR transcription factor motifs. doi:10.5281/zenodo.4485856
#' @seealso [read_motifs()] for files, also those that JASPAR's site gives.
#' @examplesIf deepmr_python_info()$usable && reticulate::py_module_available("pyjaspar")
#' jaspar_motifs(c("FOXA1", "CTCF"), release = "JASPAR2024", tax_group = "vertebrates")
#' @export
jaspar_motifs <- function(motifs, release = NULL, tax_group = NULL) {
  check_given(motifs, "motifs", "ids or names of motifs")
  check_query(motifs, "motifs")
  if (!is.null(release)) check_string(release, "release", "a release such as {.val JASPAR2024},")
  if (!is.null(tax_group)) check_query(tax_group, "tax_group")
  found <- to_r(call_backend("jaspar.fetch_motifs", as.list(motifs), release, as.list(tax_group)))
  new_motifs(lapply(found, function(motif) {
    list(id = motif$id, name = motif$name, matrix = do.call(rbind, lapply(motif$counts, unlist)))
  }), "JASPAR")
}

check_query <- function(x, arg, call = rlang::caller_env()) {
  if (!is.character(x) || !length(x) || anyNA(x) || any(!nzchar(x))) {
    stop_deepmr("argument", "{.arg {arg}} must be one or more names, not {.val {x}}.", call = call)
  }
}
