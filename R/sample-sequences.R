#' Bound and unbound regions of a factor
#'
#' Draws windows on the peaks of a factor, and windows elsewhere in the genome that are like them but overlap no peak:
#' half FOXA2-bound, half not, say.
#'
#' @section How unbound windows are matched:
#' Bound windows are drawn at random, without replacement, from those on the peaks that can be used. Each unbound window
#' has a bound partner (where there are more unbound than bound ones, partners serve several times); it has its
#' partner's strand and, with `"width"`, its number of bases, else that of a bound window at random (all the same where
#' `width` is given). 50 candidates for each unbound window are
#' drawn at random places of the chromosomes, a chromosome as often as it is long. Candidates that overlap a peak (of
#' any chromosome, used or not), a bound window, or hold too many N, are left out. With `"gc"` each partner, in random
#' order, gets the candidate of nearest GC content (share of G and C among A, C, G, T) that overlaps no unbound window
#' taken before; else the first. Where GC contents differ by more than 0.02, a warning says for how many, and how far.
#'
#' @section What the model itself calls bound:
#' The labels are the peaks'. To keep what the model agrees with:
#' ```r
#' level <- predict(model, x, outputs = "HepG2_FOXA2_None")$mean
#' x <- x[(level > 0.5) == attr(x, "windows")$bound]
#' ```
#'
#' @param peaks Peaks of one factor: the path of a BED or narrowPeak file (see [sequences_bed()]), or a `GRanges`.
#'   All of them, not a selection: what is not in here counts as unbound.
#' @param n Number of sequences.
#' @param bound Share of them on peaks, from 0 to 1.
#' @param match What unbound windows share with bound ones: `"gc"`, `"width"`, both, or `character()`.
#' @param chromosomes Names of the chromosomes to draw from; by default those with a peak that can be used.
#' @param seed Whole number. The same seed gives the same windows; R's own random state is neither used nor changed.
#' @inheritParams sequences_bed
#' @return A `deepmr_sequences` (see [sequences_bed()]), bound windows first. Its `attr(x, "windows")` has two more
#'   columns: `bound` and `gc` (GC content). Bound windows that could not be used are in `attr(x, "set_aside")`.
#' @section Errors: those of [sequences_bed()], and `deepmr_error_too_few` (not that many peaks that can be used, or
#'   unbound places).
#' @examplesIf requireNamespace("Biostrings", quietly = TRUE)
#' genome <- Biostrings::DNAStringSet(c(chr2R = paste(demo_sequences(40), collapse = "")))
#' bed <- tempfile(fileext = ".bed")
#' writeLines(sprintf("chr2R\t%d\t%d", seq(500, 9500, 1000), seq(600, 9600, 1000)), bed)
#' x <- sample_sequences(bed, 6, genome = genome, width = 200)
#' attr(x, "windows")
#' @export
sample_sequences <- function(peaks, n, bound = 0.5, match = c("gc", "width"), chromosomes = NULL, genome, width,
                             max_n = 0.1, seed = 1L) {
  n <- check_count(n, "n")
  n_bound <- round(n * check_number(bound, "bound", 0, 1))
  if (!is.character(match) || !all(match %in% c("gc", "width"))) {
    stop_deepmr("argument", "{.arg match} must be {.val gc}, {.val width}, both or none, not {.val {match}}.")
  }
  check_given(width, "width", "the length that the model takes, or NULL for the widths of the peaks")
  width <- if (!is.null(width)) check_count(width, "width")
  max_n <- check_number(max_n, "max_n", 0, 1)
  seed <- check_count(seed, "seed", min = 0L)
  genome <- open_genome(genome)
  intervals <- if (inherits(peaks, "GRanges")) granges_intervals(peaks) else read_bed(peaks, "peaks")
  check_chromosomes(chromosomes, genome)
  wanted <- if (is.null(chromosomes)) intervals else intervals[intervals$chrom %in% chromosomes]
  if (!nrow(wanted)) stop_deepmr("too_few", "There is no peak on {.val {chromosomes}}.")
  usable <- cut_windows(wanted, width, genome, max_n, "peaks", rlang::current_env())
  check_enough(n_bound, length(usable), "window{?s} on peaks")
  with_seed(seed, {
    on_peaks <- usable[sort(sample.int(length(usable), n_bound))]
    # Partners of the unbound, also where no bound sequence is asked for.
    models <- if (n_bound) on_peaks else usable
    partner <- sample(rep_len(sample.int(length(models)), n - n_bound))
    unbound <- draw_unbound(models[partner], intervals, attr(on_peaks, "windows"), genome, match, chromosomes, max_n)
  })
  sample <- c(label_windows(on_peaks, TRUE), unbound)
  attr(sample, "set_aside") <- attr(usable, "set_aside")
  tell_overlaps(sample)
}

check_chromosomes <- function(chromosomes, genome, call = rlang::caller_env()) {
  unknown <- setdiff(chromosomes, names(genome$lengths))
  if (length(unknown)) {
    near <- nearest_chromosomes(unknown[1L], names(genome$lengths))
    stop_deepmr(
      "chromosomes", "{.arg genome} has no chromosome {.val {unknown[1]}}.", "Nearest: {.val {near}}.",
      call = call
    )
  }
}

check_enough <- function(n, available, what, call = rlang::caller_env()) {
  if (n > available) {
    stop_deepmr(
      "too_few", paste0("It takes {n}, but there {cli::qty(available)}{?is/are} {available} ", what, "."),
      "{.arg n} times {.arg bound} are bound, the others unbound: ask for fewer.",
      call = call
    )
  }
}

label_windows <- function(x, bound) {
  windows <- data.table::copy(attr(x, "windows"))
  windows[, c("bound", "gc") := list(rep(bound, length(x)), gc_content(plain_sequences(x)))]
  new_sequences(plain_sequences(x), windows)
}

gc_content <- function(bases) {
  gc <- nchar(gsub("[ATN]", "", bases))
  gc / (nchar(gsub("N", "", bases, fixed = TRUE)))
}

candidates_per_window <- 50L
gc_tolerance <- 0.02

# One window for each sequence of `partners`, that overlaps neither `peaks` nor the windows `taken`.
draw_unbound <- function(partners, peaks, taken, genome, match, chromosomes, max_n, call = rlang::caller_env()) {
  if (!length(partners)) {
    return(label_windows(partners, FALSE))
  }
  if (is.null(chromosomes)) chromosomes <- unique(attr(partners, "windows")$chrom)
  width <- nchar(partners, keepNA = FALSE)
  if (!"width" %in% match) width <- width[sample.int(length(width))]
  pool <- draw_candidates(unname(width), chromosomes, genome, rbind(peaks, taken, fill = TRUE), max_n)
  wanted <- gc_content(plain_sequences(partners))
  chosen <- rep(NA_integer_, length(partners))
  free <- rep(TRUE, nrow(pool))
  show <- progress("Drawing", length(partners))
  order <- sample.int(length(partners))
  for (done in seq_along(order)) {
    i <- order[done]
    show(done - 1L, "unbound windows")
    at <- which(free & pool$end - pool$start + 1L == width[i])
    if (!length(at)) next
    pick <- at[if ("gc" %in% match) which.min(abs(pool$gc[at] - wanted[i])) else 1L]
    chosen[i] <- pick
    free <- free & !(pool$chrom == pool$chrom[pick] & pool$start <= pool$end[pick] & pool$end >= pool$start[pick])
  }
  check_enough(length(chosen), sum(!is.na(chosen)), "unbound window{?s} to be found", call = call)
  if ("gc" %in% match) tell_unmatched(abs(pool$gc[chosen] - wanted), call)
  windows <- pool[chosen, c("chrom", "start", "end", "chrom_length"), with = FALSE]
  windows[, "strand" := attr(partners, "windows")$strand]
  windows[, "sequence" := window_id(windows)]
  data.table::setcolorder(windows, c("sequence", "chrom", "start", "end", "strand"))
  bases <- pool$bases[chosen]
  bases <- ifelse(windows$strand == "-", reverse_complement(bases), bases)
  label_windows(new_sequences(stats::setNames(bases, windows$sequence), windows), FALSE)
}

# Random windows of the plus strand with their bases and GC contents, of the widths asked for, in random order.
draw_candidates <- function(width, chromosomes, genome, avoid, max_n) {
  width <- rep(width, candidates_per_window)
  size <- unname(genome$lengths[chromosomes])
  chrom <- sample.int(length(chromosomes), length(width), replace = TRUE, prob = size)
  room <- size[chrom] - width + 1
  start <- as.integer(floor(stats::runif(length(width)) * pmax(room, 0)) + 1)
  pool <- data.table::data.table(
    chrom = chromosomes[chrom], start = start, end = start + width - 1L, chrom_length = size[chrom]
  )[room >= 1]
  avoid <- avoid[avoid$end >= avoid$start, c("chrom", "start", "end"), with = FALSE]
  data.table::setkeyv(avoid, c("chrom", "start", "end"))
  hits <- data.table::foverlaps(pool, avoid, by.x = c("chrom", "start", "end"), which = TRUE, nomatch = NULL)
  pool <- pool[setdiff(seq_len(nrow(pool)), hits$xid)]
  read_candidates(pool, genome, max_n)
}

windows_per_block <- 2000L

# Block by block, so that progress shows: this is most of the work.
read_candidates <- function(pool, genome, max_n) {
  show <- progress("Reading", nrow(pool))
  blocks <- lapply(seq(1L, by = windows_per_block, to = max(nrow(pool), 1L)), function(first) {
    show(first - 1L, "candidate windows")
    block <- pool[first - 1L + seq_len(min(windows_per_block, nrow(pool) - first + 1L))]
    data.table::set(block, j = "bases", value = genome$read(block$chrom, block$start, block$end))
    block <- block[!grepl("[^ACGTN]", block$bases) & n_share(block$bases) <= max_n]
    data.table::set(block, j = "gc", value = gc_content(block$bases))
  })
  data.table::rbindlist(blocks)
}

tell_unmatched <- function(gap, call) {
  far <- sum(gap > gc_tolerance)
  if (far) {
    warn_deepmr(
      "unmatched_gc",
      paste(
        "GC contents of {far} of {length(gap)} unbound window{?s} differ from their bound partners' by more than",
        "{gc_tolerance}, at most by {signif(max(gap), 2)}."
      ),
      "The genome has few unbound places like these; {.code attr(x, \"windows\")$gc} has them all.",
      call = call
    )
  }
}
