#' Effects of a list of variants
#'
#' In place of every mutation of a sequence ([saturation_mutagenesis()]), the single-nucleotide variants (SNVs) of a
#' list: each in a window of the model's length around it, under the same masks and with the same moments.
#'
#' @section Where the variant sits:
#' Windows lie on the plus strand; the variant is base `length %/% 2 + 1` of its window, the middle one for an odd
#' length, the first of the second half for an even one. It has the effect that
#' `saturation_mutagenesis(positions = length %/% 2 + 1)` gives it on that window, but only the alternatives asked for
#' are computed.
#'
#' @section Masks:
#' Masks go by the text of the window. Alternatives of one position share a window, and so their masks. Every other
#' variant has a window, and masks, of its own, even a neighbour's: their errors are independent, and `sequence` differs
#' from variant to variant. So there is no regression over the variants of one sequence here: [fit_mr()] says that it
#' has no estimate. For Mendelian randomization over many variants of one sequence take [saturation_mutagenesis()] of
#' that sequence. One slope over the whole list, through the origin, is `fit_mr(by = NULL, method = "ivw_draws")`.
#'
#' @section What is set aside:
#' Variants that cannot be used are set aside, with a message, and listed in `attr(x, "set_aside")` (`id`, `chrom`,
#' `position`, `ref`, `alt`, `reason`, `detail`): insertions and deletions, several bases at once, symbolic alleles,
#' alleles other than A, C, G and T, a reference that is not the genome's (`detail` has the base found), a variant that
#' stands there twice, an unknown chromosome, a window beyond the chromosome, with more than `max_n` of N or with other
#' characters than A, C, G, T and N. Lines with several alternatives are split. If nothing is left, it is an error.
#'
#' @param variants SNVs: the path of a VCF file (plain or gzipped), a data frame with columns `chrom`, `position` (from
#'   1), `ref`, `alt` and perhaps `id`, or called as in VCF (`CHROM`, `POS` or `pos`, ...), a `GRanges` with metadata
#'   columns `ref` and `alt`, or a VCF object of the package VariantAnnotation. Alleles are on the plus strand, in upper
#'   or lower case.
#' @inheritParams saturation_mutagenesis
#' @inheritParams sequences_bed
#' @return A `deepmr_mutagenesis` table, as of [saturation_mutagenesis()], with one row for each variant and output, in
#'   the order of `variants`: `sequence` is the window, such as `"chr1:101-600(+)"`; after `chrom`, `genome_position`
#'   and `strand` comes `id`, the variant's name, or `chrom:position:ref:alt` where it has none (alternatives of one
#'   line have theirs added).
#' @section Errors: `deepmr_error_variants`, `deepmr_error_columns`, `deepmr_error_genome`, `deepmr_error_chromosomes`,
#'   `deepmr_error_not_installed`, and those of [saturation_mutagenesis()].
#' @seealso [write_vcf()], [as_granges()].
#' @examplesIf deepmr_python_info()$usable && requireNamespace("Biostrings", quietly = TRUE)
#' genome <- Biostrings::DNAStringSet(c(chr2R = paste(demo_sequences(3), collapse = "")))
#' variants <- data.frame(chrom = "chr2R", position = c(700, 701), ref = "A", alt = c("C", "AT"))
#' variants$ref <- substring(as.character(genome), variants$position, variants$position)
#' variants$alt[1] <- setdiff(c("A", "C"), variants$ref[1])[1]
#' variant_effects(model_demo(), variants, genome, outputs = "Dref", n_samples = 10)
#' @export
variant_effects <- function(model, variants, genome, outputs = NULL, dropout = dropout_spec(), n_samples = 50L,
                            max_n = 0.1, draws = NULL, engine = "auto", seed = 1L, batch_size = NULL, device = NULL,
                            precision = "float32") {
  check_model(model)
  max_n <- check_number(max_n, "max_n", 0, 1)
  variants <- place_variants(read_variants(variants, rlang::current_env()), model$length, genome, max_n)
  set_aside <- variants[
    !is.na(variants$reason), c("id", "chrom", "position", "ref", "alt", "reason", "detail"),
    with = FALSE
  ]
  variants <- variants[is.na(variants$reason)]
  if (!nrow(variants)) {
    reasons <- set_aside_in_words(set_aside)
    first <- c(id = set_aside$id[1L], detail = set_aside$detail[1L])
    stop_deepmr("variants", "No variant is left: {reasons}.", "The first, {.val {first[['id']]}}: {first[['detail']]}.")
  }
  tell_set_aside(data.table::data.table(name = set_aside$id, set_aside), "variant")
  own <- variants[!duplicated(variants$sequence)]
  windows <- own[, c("sequence", "chrom", "start", "end", "strand", "chrom_length"), with = FALSE]
  sequences <- new_sequences(stats::setNames(own$bases, own$sequence), windows)
  asked <- check_run(model, sequences, outputs, dropout, n_samples, seed, batch_size)
  if (!missing(n_samples)) tell_unused_samples(n_samples, asked$n_samples)
  x <- run_mutagenesis(
    model, asked, dropout, positions = model$length %/% 2L + 1L, draws, engine, device, precision,
    alternatives = split(variants$alt, factor(variants$sequence, own$sequence))
  )
  result <- new_mutagenesis(in_order_of(x, variants), attr(x, "provenance"))
  if (nrow(set_aside)) data.table::setattr(result, "set_aside", set_aside)
  result
}

# The rows of `x` in the order of `variants`, with their ids.
in_order_of <- function(x, variants) {
  plain <- data.table::setDT(as.list(x)[names(x)])
  row <- match(paste(plain$sequence, plain$alt), paste(variants$sequence, variants$alt))
  data.table::set(plain, j = "id", value = variants$id[row])
  data.table::setcolorder(plain[order(row)], c(variant_columns, place_columns))
}

# Adds window, bases, and for what cannot be used `reason` and `detail`.
place_variants <- function(variants, length, genome, max_n, call = rlang::caller_env()) {
  genome <- open_genome(genome, call)
  check_some_chromosomes(variants$chrom, genome, "variants", call)
  problem <- allele_problem(variants$ref, variants$alt)
  intervals <- variants[, c("chrom", "id", "ref", "alt", "position"), with = FALSE]
  data.table::set(
    intervals, j = c("name", "start", "end", "strand", "centre"),
    value = list(intervals$id, intervals$position, intervals$position, "+", intervals$position)
  )
  windows <- place_windows(intervals, length, genome, distinct = FALSE)
  data.table::set(windows, j = "sequence", value = window_id(windows))
  again <- duplicated(windows, by = c("chrom", "position", "ref", "alt"))
  set_reason(windows, again, "same variant twice", function(rows) {
    sprintf("%s:%d %s>%s stands there more than once", rows$chrom, rows$position, rows$ref, rows$alt)
  })
  alleles <- which(!is.na(problem))
  detail <- sprintf("%s>%s", windows$ref, windows$alt)[alleles]
  data.table::set(windows, alleles, c("reason", "detail"), list(problem[alleles], detail))
  windows <- read_windows(windows, genome, max_n)
  centre <- length %/% 2L + 1L
  found <- substr(windows$bases, centre, centre)
  set_reason(windows, found != windows$ref, "not the genome's reference", function(rows) {
    found <- substr(rows$bases, centre, centre)
    sprintf("the genome has %s at %s:%d, not %s", found, rows$chrom, rows$position, rows$ref)
  })
  windows
}
