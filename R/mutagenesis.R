# The class of mutagenesis tables. Later steps check columns, never attributes, so
# a plain data.table with the same columns serves as well.

new_mutagenesis <- function(table, provenance = list()) {
  data.table::setattr(table, "provenance", provenance)
  data.table::setattr(table, "class", c("deepmr_mutagenesis", "data.table", "data.frame"))
  table
}

# Column names of a mutagenesis table (`effect_draws`, a list-column, is optional).
mutagenesis_columns <- c(
  "sequence", "position", "ref", "alt", "output", "mean_ref", "mean_alt",
  "var_ref", "var_alt", "cov", "effect", "se", "n_draws", "at_rounding"
)

#' Saturation in-silico mutagenesis
#'
#' Changes every base of every sequence to each of the three others, predicts
#' reference and variants under the same dropout masks in each of T draws, and
#' returns mean, variance and covariance over the draws, with the effect of each
#' variant and its standard error.
#'
#' @param model A `deepmr_model`: [model_kipoi()], [model_torch()], [model_ensemble()],
#'   [model_demo()].
#' @param sequences Anything that [as_sequences()] takes; all of the model's
#'   length. `N` is allowed: a base that is N has no variants.
#' @param outputs Names of the predictions to keep, or rows of the table that
#'   [outputs()] returns, such as `outputs(model, "HepG2", "FOXA1")`; all by default.
#' @param dropout How dropout is used: [dropout_spec()], or `NULL` for dropout switched off:
#'   one draw, with no variances (`NA`), or for an ensemble one draw for each member.
#' @param n_samples Number T of draws, at least 2 and at least one for each member of an ensemble. Not used, with a
#'   message, for `dropout = NULL`.
#' @param positions Positions to mutate, from 1; all by default.
#' @param draws Whether to keep the T effects of each row in the list-column
#'   `effect_draws`, which the draw-based estimators need. By default they are
#'   kept as long as there are at most 50 million numbers (0.4 GB).
#' @param engine How the network is computed. `"dense"` runs the whole network for every variant
#'   and draw. `"windowed"` runs it once for each draw and chunk of variants on the *differences*
#'   between variants and reference: under a shared mask a variant changes only a window of each
#'   layer, and the rest is the reference's. `"auto"` takes windowed where it gains and gives what
#'   dense gives on 16 variants from all over the first sequence (to float rounding), else dense, and says
#'   why. The numbers agree to float rounding; [mutagenesis_engine()] shows what ran.
#' @param seed Whole number. The same seed gives the same masks; R's own random
#'   state is neither used nor changed.
#' @param batch_size Variants per call of the network. By default as many as free
#'   memory and a fraction of a second's work allow; the choice is stored with the result.
#'   Results for two batch sizes agree to float tolerance, for the same one
#'   exactly.
#' @param device `"cpu"`, `"cuda"`, `"cuda:1"`, ...; by default a GPU if there is
#'   one.
#' @param precision `"float32"`, or `"tf32"` on an NVIDIA GPU from the Ampere generation on: the windowed engine then
#'   rounds the factors of its products, differences and weights, to 10 bits. That moves an effect by about .0005 of
#'   itself, the predictions not at all. (Root mean square error as a share of the effects', with TF32's rounding
#'   emulated on a CPU: 5.0e-4 for DeepSEA's architecture, 5.2e-4 for Basset's, 3.2e-4 for BPNet's, 2.2e-4 for
#'   [model_demo()]; `benchmarks/precision.py`.) Networks that the dense engine computes stay in float32: there TF32
#'   would move predictions by as much as most effects.
#' @return A `deepmr_mutagenesis`, a data.table with one row per sequence x
#'   variant x output, sorted by sequence, position, alt, output:
#'   \describe{
#'     \item{`sequence`}{name of the sequence}
#'     \item{`position`}{position in the sequence, from 1}
#'     \item{`ref`, `alt`}{bases, on the sequence's strand}
#'     \item{`chrom`, `genome_position`, `strand`}{only of sequences cut from a genome ([sequences_bed()]): where the
#'       base lies, from 1 on the plus strand, and the sequence's strand}
#'     \item{`output`}{name of the prediction}
#'     \item{`mean_ref`, `mean_alt`}{means over the draws, on the model's scale (see
#'       [with_transform()])}
#'     \item{`var_ref`, `var_alt`, `cov`}{sample variances and covariance over
#'       the draws (divisor T - 1)}
#'     \item{`effect`, `se`}{`mean_alt - mean_ref`, and the standard deviation of
#'       the effect over the draws, `sqrt(var_ref + var_alt - 2 * cov)`, computed
#'       from the differences. It is not the error of the mean.}
#'     \item{`n_draws`}{T}
#'     \item{`at_rounding`}{`TRUE` where |effect| or se is at most what float
#'       rounding of the network can do to it: 32 eps times the prediction, eps being the
#'       machine precision of the network's numbers (1.2e-7 for float32), carried through the model's
#'       transform; its root mean square over the draws, of reference or variant, whichever is
#'       larger. Rounding, not an effect. Fits leave such rows out, visibly.}
#'     \item{`effect_draws`}{the T effects, one per draw}
#'     \item{`n_members`}{of an ensemble: its members M; draw t is member (t - 1) mod M}
#'     \item{`spread`}{of a model with [transform_spread()]: the factor that variances, covariance and draws include}
#'   }
#'   `attr(x, "provenance")` says how it was made.
#' @section Errors:
#' `deepmr_error_no_dropout` (no active dropout), `deepmr_error_dropout_site` (a
#' dropout call that cannot be locked), `deepmr_error_batchnorm` and
#' `deepmr_error_batch_dependent` (predictions depend on the rest of the batch),
#' `deepmr_error_length`, `deepmr_error_characters`, `deepmr_error_sequences`,
#' `deepmr_error_engine` (`engine = "windowed"` where it does not fit),
#' `deepmr_error_precision` (`precision = "tf32"` on a device without it),
#' `deepmr_error_unknown_output`, `deepmr_error_ambiguous_output` (a label of several
#' outputs), `deepmr_error_no_output` (a search that found nothing),
#' `deepmr_error_not_finite` (NaN predictions),
#' `deepmr_error_too_large` and `deepmr_error_memory`.
#' @examplesIf deepmr_python_info()$usable
#' x <- saturation_mutagenesis(
#'   model_demo(), demo_sequences(1),
#'   outputs = c("Dref", "accessibility"), positions = 240:250, n_samples = 10
#' )
#' x
#' @export
saturation_mutagenesis <- function(model, sequences, outputs = NULL, dropout = dropout_spec(), n_samples = 50L,
                                   positions = NULL, draws = NULL, engine = "auto", seed = 1L, batch_size = NULL,
                                   device = NULL, precision = "float32") {
  asked <- check_run(model, sequences, outputs, dropout, n_samples, seed, batch_size)
  if (!missing(n_samples)) tell_unused_samples(n_samples, asked$n_samples)
  sequences <- asked$sequences
  n_samples <- asked$n_samples
  positions <- check_positions(positions, model$length)
  check_choice(engine, c("auto", "dense", "windowed"), "engine")
  check_choice(precision, c("float32", "tf32"), "precision")
  n_variants <- count_variants(sequences, positions)
  tell_without_variants(names(sequences)[n_variants == 0])
  n_rows <- as.numeric(sum(n_variants)) * length(asked$index)
  draws <- if (is.null(draws)) n_samples > 1L && n_rows * n_samples <= most_draws else check_flag(draws, "draws")
  check_result_size(n_rows, if (draws) n_samples else 0)

  run <- call_backend(
    "mutagenesis.Mutagenesis", model$handle, asked$spec, as.list(asked$index - 1L), n_samples, asked$seed,
    positions = if (!is.null(positions)) as.list(positions - 1L), keep_draws = draws, engine = engine,
    batch_size = asked$batch_size, device = device, precision = precision
  )
  started <- Sys.time()
  tables <- run_sequences(run, sequences, "Mutating", function(name) {
    mutagenesis_rows(call_backend(run$collect), name, model$outputs[asked$index], n_samples)
  })
  table <- if (length(tables) == 1L) tables[[1L]] else data.table::rbindlist(tables)
  engines <- engines_used(run, model$members)
  tell_engine(engines)
  # Python's NaN for "one draw has no variance" is R's NA.
  if (n_samples == 1L) data.table::set(table, j = c("var_ref", "var_alt", "cov", "se"), value = NA_real_)
  spread_mutagenesis(table, model$transform)
  # Draws of one member are not independent of each other, which fits must know.
  if (length(model$members) > 1L) data.table::set(table, j = "n_members", value = length(model$members))
  add_coordinates(table, sequences)
  new_mutagenesis(table, list(
    source = model$source, members = model$members, transform = model$transform, n_sequences = length(sequences),
    windows = attr(sequences, "windows"), positions = positions, dropout = dropout, n_samples = n_samples,
    seed = asked$seed, engine = engines, batch_size = to_r(run$rows_per_pass), device = to_r(run$device_name),
    precision = precision,
    seconds = as.numeric(difftime(Sys.time(), started, units = "secs")),
    deepmr = as.character(utils::packageVersion("deepmr"))
  ))
}

most_draws <- 5e7

# The arguments that mutagenesis and prediction share, checked: `index` are the outputs asked for, from 1,
# `spec` is Python's form of `dropout`.
check_run <- function(model, sequences, outputs, dropout, n_samples, seed, batch_size, call = rlang::caller_env()) {
  check_model(model, call = call)
  sequences <- as_sequences(sequences)
  check_sequence_lengths(sequences, model, call = call)
  index <- match_outputs(outputs, model, call = call)
  check_scale(model, index, call = call)
  if (is.null(dropout)) {
    n_samples <- length(model$members)
  } else {
    check_spec(dropout, call = call)
    n_samples <- check_count(n_samples, "n_samples", min = 2L, call = call)
    check_members(n_samples, model, call = call)
  }
  list(
    sequences = sequences, index = index, spec = if (!is.null(dropout)) backend_spec(dropout), n_samples = n_samples,
    seed = check_count(seed, "seed", min = 0L, call = call),
    batch_size = if (!is.null(batch_size)) check_count(batch_size, "batch_size", call = call)
  )
}

# With dropout off there is a draw for each member, whatever `given` is.
tell_unused_samples <- function(given, n_samples) {
  if (given != n_samples) {
    cli::cli_inform(
      paste(
        "{.code n_samples = {given}} is not used:",
        "with dropout off there {cli::qty(n_samples)}{?is/are} {n_samples} draw{?s}."
      ),
      class = "deepmr_message_n_samples"
    )
  }
}

# Runs a Python job over the sequences, one after the other: step by step, so that
# progress shows and an interrupt is answered, and the model is handed back whatever happens.
run_sequences <- function(run, sequences, verb, collect) {
  on.exit(call_backend(run$close))
  show <- progress(verb, length(sequences))
  lapply(seq_along(sequences), function(i) {
    name <- names(sequences)[i]
    call_backend(run$begin, name, sequences[[i]])
    repeat {
      share <- to_r(call_backend(run$step))
      show(i - 1 + share, name)
      if (share >= 1) break
    }
    collect(name)
  })
}

mutagenesis_rows <- function(collected, name, outputs, n_samples) {
  x <- vectors(collected)
  bases <- c("A", "C", "G", "T")
  n_rows <- length(x$effect)
  # rep(each = ) takes three times as long.
  of_variant <- function(values) rep.int(values, rep.int(length(outputs), length(values)))
  of_output <- function(values) rep_len(values, n_rows)
  # R collects garbage whenever a column takes it over its limit, which one request for them all moves far enough.
  numeric(n_rows * length(mutagenesis_columns))
  # Text last: the garbage collector walks through every string there is.
  columns <- c(
    x[c("mean_alt", "var_alt", "cov", "effect", "se", "at_rounding")],
    list(
      mean_ref = of_output(x$mean_ref), var_ref = of_output(x$var_ref), n_draws = of_output(n_samples),
      position = of_variant(as.integer(x$position)), ref = of_variant(bases[x$ref + 1L]),
      alt = of_variant(bases[x$alt + 1L]), output = of_output(outputs), sequence = of_output(name)
    )
  )
  # A list made a table in place: data.table() would copy the columns.
  table <- data.table::setDT(columns[mutagenesis_columns])
  if (!is.null(x$draws)) {
    table[, "effect_draws" := split_draws(x$draws, n_samples)]
  }
  table
}

# Consecutive runs of `n_samples` numbers as a list.
split_draws <- function(x, n_samples) {
  starts <- (seq_len(length(x) / n_samples) - 1L) * n_samples
  lapply(starts, function(start) x[start + seq_len(n_samples)])
}

check_positions <- function(positions, length, call = rlang::caller_env()) {
  if (is.null(positions)) {
    return(NULL)
  }
  ok <- is.numeric(positions) & is.finite(positions) & positions %in% seq_len(length)
  if (!base::length(positions) || !all(ok)) {
    found <- if (base::length(positions)) "{.val {positions[!ok][1]}}" else "none"
    stop_deepmr(
      "argument", paste0("{.arg positions} must be whole numbers from 1 to {length}, not ", found, "."),
      call = call
    )
  }
  twice <- anyDuplicated(positions)
  if (twice) {
    stop_deepmr("argument", "{.arg positions} names {.val {positions[twice]}} more than once.",
      "Each position is mutated once: {.code unique(positions)}.",
      call = call
    )
  }
  sort(as.integer(positions))
}

count_variants <- function(sequences, positions) {
  if (is.null(positions)) {
    return(3 * nchar(gsub("N", "", sequences, fixed = TRUE)))
  }
  vapply(strsplit(sequences, ""), function(bases) 3 * sum(bases[positions] != "N"), 0)
}

# They have no row in the result.
tell_without_variants <- function(names) {
  if (length(names)) {
    cli::cli_inform(
      "{.val {names}} {?has/have} no base to mutate, only N: no rows.",
      class = "deepmr_message_no_variants"
    )
  }
}

bytes_per_table_row <- 120 # columns of numbers and pointers
bytes_per_draw <- 8
bytes_per_draws_entry <- 56 # a numeric vector's header and its pointer

check_result_size <- function(n_rows, n_draws, call = rlang::caller_env()) {
  available <- to_r(call_backend("memory.available_bytes"))
  size <- n_rows * (bytes_per_table_row + (n_draws > 0) * bytes_per_draws_entry + bytes_per_draw * n_draws)
  # The draws pass through Python and R, so twice what stays must fit.
  if (!is.null(available) && 2 * size > available) {
    stop_deepmr(
      "too_large",
      paste(
        "The result would have {format(n_rows, big.mark = ',')} rows and need {format_gb(size)},",
        "of {format_gb(available)} free."
      ),
      c(
        "Name fewer predictions with {.arg outputs}, mutate fewer {.arg positions} or sequences at a time",
        if (n_draws > 0) "or leave the draws out with {.code draws = FALSE}."
      ),
      call = call
    )
  }
}

format_gb <- function(bytes) {
  paste(format(round(bytes / 1e9, 1), nsmall = 1, big.mark = ","), "GB")
}

#' @export
print.deepmr_mutagenesis <- function(x, ...) {
  if (!is_to_be_printed(x)) {
    return(invisible(x))
  }
  if (!all(mutagenesis_columns %in% names(x))) {
    # A summary that the user made of the table keeps its class.
    print_table(x, ...)
    return(invisible(x))
  }
  made <- attr(x, "provenance")
  draws <- if (nrow(x)) paste0(", ", draws_in_words(x$n_draws)) else ""
  masks <- if (inherits(made$dropout, "deepmr_dropout_spec")) paste0(" (", made$dropout$mask, " masks)") else ""
  cat("<saturation mutagenesis> ", counted(nrow(x), "row"), ": ", counted_by(x), draws, masks, "\n", sep = "")
  if (length(made$transform)) cat("Scale: ", format(made$transform), "\n", sep = "")
  print_table(x, ...)
  rounding <- sum(x$at_rounding)
  if (isTRUE(rounding > 0)) {
    cat(format(rounding, big.mark = ","), "rows are at float rounding level (at_rounding): left out of every fit\n")
  }
  print_set_aside(x)
  invisible(x)
}
