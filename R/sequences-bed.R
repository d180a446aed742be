#' Sequences of the intervals of a BED file
#'
#' Reads peaks or other intervals, cuts windows of the model's length out of a genome around their centres or summits,
#' and keeps the genome's coordinates with them: [saturation_mutagenesis()] has them in its table,
#' [as_granges()] and [write_vcf()] give them back.
#'
#' @section Where a window lies:
#' BED starts count from 0, ends are not included. The centre of an interval is its middle base, for an even number of
#' bases the right one of the two in the middle; with a summit (column 10 of a narrowPeak file, the offset from the
#' start) it is the summit. -1 there says that an interval has none; a message of class `deepmr_message_summit` counts
#' these. The centre becomes base `width %/% 2 + 1` of the window on the plus strand: the middle for an odd `width`, the
#' first base of the second half for an even one. An interval of `width` bases without a summit is its own window. The
#' strand makes no difference to where the window lies; on `"-"` the sequence is the window's reverse complement.
#'
#' @section What is set aside:
#' Windows that cannot be used are set aside, with a message, and listed in `attr(x, "set_aside")` (`name`, `chrom`,
#' `start`, `end`, `strand`, `line` of the file, `reason`, `detail`; no `line` for a `GRanges`):
#' * chromosomes that the genome does not have (if it has none of them, as with `chr1` against `1`, that is an error);
#' * intervals without a base, and windows that stand there more than once (overlapping ones stay, and a message
#'   of class `deepmr_message_overlap` counts them: their slopes are not independent, as [meta_analyze()] takes them);
#' * intervals or windows beyond the ends of the chromosome;
#' * more than a share `max_n` of N, and characters other than A, C, G, T and N.
#'
#' @section Names:
#' Column 4 of the file; where that is missing or `"."`, the window: `"chr2R:1000-1499(+)"`, 1-based, both ends
#' included. A name that several windows have gets the window added to it, with a message.
#'
#' @section The genome:
#' Only the windows are read. A FASTA file needs its index (`samtools faidx`). Without one, an index is made for this
#' session in R's temporary folder, with a message; nothing is written beside the file. A compressed
#' FASTA must be made with `bgzip`. Letter case (soft masks) is ignored.
#'
#' @param bed Path of a BED file, plain or gzipped: BED3 and more columns, or narrowPeak (10 columns).
#'   Columns are parted by tabs, or, in lines without a tab, by spaces. Lines that begin with `#`,
#'   `track` or `browser` are no intervals; a line of column names without `#` is an error, as UCSC's tools take it.
#' @param genome The path of a FASTA or 2bit file (`.2bit`), a BSgenome, or a `DNAStringSet`. FASTA files need the
#'   package Rsamtools, 2bit files rtracklayer.
#' @param width Bases of each window: the length that the model takes. `NULL`: the intervals as they are.
#' @param max_n Largest share of N in a window, from 0 to 1.
#' @param ... Not used.
#' @return A `deepmr_sequences`: a named character vector in upper case, with the table of its windows,
#'   `attr(x, "windows")`: `sequence` (the name), `chrom`, `start`, `end` (1-based, both ends included), `strand`,
#'   `chrom_length`. `[`, [head()], [rev()], [c()] and new names keep it, and what was set aside. Other
#'   sequences joined to them have no window (`NA`): `c(x, other)`; in `c(other, x)` R asks `other` alone how to join,
#'   and no window is kept. `x[1] <- ` leaves a plain character vector. A sequence changed otherwise ([substr()],
#'   [chartr()]) is no longer the genome's, and has no coordinates in later tables, with a message.
#' @section Errors:
#' `deepmr_error_bed` (a line that is no interval, with its number), `deepmr_error_genome`,
#' `deepmr_error_chromosomes`, `deepmr_error_sequences` (no window is left), `deepmr_error_not_installed`.
#' @seealso [as_sequences()] for a `GRanges`, [sample_sequences()] for bound and unbound regions.
#' @examplesIf requireNamespace("Biostrings", quietly = TRUE)
#' genome <- Biostrings::DNAStringSet(c(chr1 = strrep("ACGTTGCA", 50), chr2 = strrep("CCATG", 40)))
#' bed <- tempfile(fileext = ".bed")
#' peaks <- c("chr1\t100\t140\tpeak1\t0\t-", "chr2\t90\t130\tpeak2\t0\t+", "chr2\t0\t10\tedge\t0\t.")
#' writeLines(peaks, bed)
#' sequences_bed(bed, genome, width = 20)
#' @export
sequences_bed <- function(bed, genome, width, max_n = 0.1, ...) {
  rlang::check_dots_empty()
  check_given(width, "width", "the length that the model takes, or NULL for the intervals as they are")
  width <- if (!is.null(width)) check_count(width, "width")
  max_n <- check_number(max_n, "max_n", 0, 1)
  check_bed_path(bed, rlang::current_env())
  tell_overlaps(cut_windows(read_bed(bed), width, open_genome(genome), max_n, "bed", rlang::current_env()))
}

# What holds intervals, but not in a file.
check_bed_path <- function(bed, call) {
  if (is.data.frame(bed) || inherits(bed, "GRanges")) {
    stop_deepmr(
      "argument", "{.arg bed} must be the path of a BED file, not {.obj_type_friendly {bed}}.",
      "Of a {.cls GRanges}: {.code as_sequences(ranges, genome, width = 1000)}. A table: write it as a BED file.",
      call = call
    )
  }
}

granges_intervals <- function(x) {
  name <- if (is.null(names(x))) NA_character_ else names(x)
  data.table::data.table(
    name = name, chrom = as.character(GenomeInfoDb::seqnames(x)), start = BiocGenerics::start(x),
    end = BiocGenerics::end(x), strand = ifelse(as.character(BiocGenerics::strand(x)) == "-", "-", "+"),
    centre = NA_integer_
  )
}
