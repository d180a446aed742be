# Coordinates in the genome, beside the position in the sequence.

# `genome_position` counts from 1 on the plus strand; `strand` is the sequence's, and so are `ref` and `alt`.
coordinate_columns <- c("chrom", "genome_position", "strand")

# What tables say about a variant's place in the genome; none of it is needed to tell variants apart.
place_columns <- c(coordinate_columns, "id")

# In place, after `alt`, where the sequences know their windows.
add_coordinates <- function(table, sequences) {
  windows <- attr(sequences, "windows")
  if (is.null(windows)) {
    return(table)
  }
  row <- match(table$sequence, windows$sequence)
  strand <- windows$strand[row]
  forward <- windows$start[row] + table$position - 1L
  backward <- windows$end[row] - table$position + 1L
  value <- list(windows$chrom[row], ifelse(strand == "-", backward, forward), strand)
  data.table::set(table, j = coordinate_columns, value = value)
  data.table::setcolorder(table, c(variant_columns, coordinate_columns))
}

# The same for hits of motifs, last, in place. The strand is the hit's in the genome.
add_hit_coordinates <- function(hits, sequences) {
  windows <- attr(sequences, "windows")
  if (is.null(windows)) {
    return(hits)
  }
  row <- match(hits$sequence, windows$sequence)
  minus <- windows$strand[row] == "-"
  start <- data.table::fifelse(minus, windows$end[row] - hits$end + 1L, windows$start[row] + hits$start - 1L)
  strand <- data.table::fifelse(minus, chartr("+-", "-+", hits$strand), hits$strand)
  value <- list(windows$chrom[row], start, start + hits$end - hits$start, strand)
  data.table::set(hits, j = c("chrom", "genome_start", "genome_end", "genome_strand"), value = value)
}

# Bases of `chromosomes`, NA where a table does not know.
chromosome_lengths <- function(x, chromosomes) {
  windows <- attr(x, "provenance")$windows
  size <- windows$chrom_length[match(chromosomes, windows$chrom)]
  if (is.null(size)) rep(NA_integer_, length(chromosomes)) else size
}

coordinates_remedy <- paste(
  "Tables have them whose sequences {.fn sequences_bed}, or {.fn as_sequences} with a {.arg genome}, cut out of a",
  "genome, and those of {.fn variant_effects}."
)

complement <- function(bases) chartr("ACGT", "TGCA", bases)

# Rows with coordinates as a plain data.table, `ref` and `alt` on the plus strand; the others are left out, counted.
on_plus_strand <- function(x, arg, call) {
  x <- check_columns(x, variant_columns, arg, call)
  missing <- setdiff(coordinate_columns, names(x))
  if (length(missing)) {
    stop_deepmr(
      "columns", "{.arg {arg}} has no coordinates in a genome: it lacks {.field {missing}}.",
      coordinates_remedy,
      call = call
    )
  }
  known <- !is.na(x$chrom) & !is.na(x$genome_position) & x$strand %in% c("+", "-")
  if (!any(known)) {
    stop_deepmr(
      "coordinates", "No row of {.arg {arg}} has coordinates in a genome.", coordinates_remedy,
      call = call
    )
  }
  if (!all(known)) {
    cli::cli_inform(
      "{sum(!known)} row{?s} without coordinates {?is/are} left out.",
      class = "deepmr_message_no_coordinates"
    )
  }
  rows <- data.table::setDT(as.list(x)[names(x)])[known]
  minus <- rows$strand == "-"
  alleles <- lapply(rows[, c("ref", "alt"), with = FALSE], function(base) ifelse(minus, complement(base), base))
  data.table::set(rows, j = c("ref", "alt"), value = alleles)
  rows
}

#' Variants as genomic ranges
#'
#' @param x A table with coordinates: of [saturation_mutagenesis()], [variant_effects()], [estimate_effects()], or
#'   [`augment()`][augment.deepmr_mr_fit] of a fit, from sequences that [sequences_bed()] or [as_sequences()] cut out
#'   of a genome.
#' @return A `GRanges` with one range of one base for each row of `x` that has coordinates. `ref` and `alt` are turned
#'   to the plus strand, and the strand of the ranges is `"*"`. The other columns go along as metadata, the
#'   sequence's strand as `sequence_strand`; list columns (draws) do not. Mutagenesis tables know the lengths of their
#'   chromosomes (`seqlengths`).
#' @section Errors: `deepmr_error_columns`, `deepmr_error_coordinates` (no row has coordinates),
#'   `deepmr_error_not_installed`.
#' @seealso [write_vcf()].
#' @examplesIf deepmr_python_info()$usable && requireNamespace("GenomicRanges", quietly = TRUE)
#' x <- saturation_mutagenesis(
#'   model_demo(), demo_sequences(1), outputs = "Dref", positions = 240:242, n_samples = 10
#' )
#' as_granges(x)
#' @export
as_granges <- function(x) {
  check_bioconductor("GenomicRanges")
  rows <- on_plus_strand(x, "x", rlang::current_env())
  chromosomes <- unique(rows$chrom)
  ranges <- GenomicRanges::GRanges(
    factor(rows$chrom, chromosomes), IRanges::IRanges(rows$genome_position, width = 1L),
    seqlengths = stats::setNames(chromosome_lengths(x, chromosomes), chromosomes)
  )
  data.table::setnames(rows, "strand", "sequence_strand")
  lists <- names(rows)[vapply(rows, is.list, TRUE)]
  metadata <- setdiff(names(rows), c("chrom", "genome_position", lists))
  S4Vectors::mcols(ranges) <- S4Vectors::DataFrame(as.list(rows)[metadata], check.names = FALSE)
  ranges
}
