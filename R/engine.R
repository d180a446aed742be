#' Which engine computed a mutagenesis
#'
#' @param x A mutagenesis table from [saturation_mutagenesis()].
#' @return A data.table with one row per operation of the network's forward pass that works on
#'   variants: `member` (source of the network), `engine` (`"windowed"` or `"dense"`), `reason` (why
#'   dense, `NA` otherwise), `difference` (largest absolute difference between the two engines'
#'   predictions on the variants compared, `NA` where none were), `operation`, and `rule`: `"windows of
#'   10 of 241"` (differences on 10 of 241 positions), `"differences"` (of each variant as a whole),
#'   `"all rows"` (computed as in dense, as are all operations after it). One row with `NA` for
#'   `operation` where no operation was tried.
#' @section Errors: `deepmr_error_columns`: `x` does not say how it was made, because it was
#'   read from a file or put together from others.
#' @examplesIf deepmr_python_info()$usable
#' x <- saturation_mutagenesis(model_demo(), demo_sequences(1), positions = 240:250, n_samples = 2)
#' mutagenesis_engine(x)
#' @export
mutagenesis_engine <- function(x) {
  engines <- attr(x, "provenance")$engine
  if (!is.data.frame(engines)) {
    stop_deepmr(
      "columns", "{.arg x} does not say which engine made it.",
      "Give the table as {.fn saturation_mutagenesis} returned it."
    )
  }
  data.table::copy(engines)
}

# `run` is Python's Mutagenesis, after the run.
engines_used <- function(run, members) {
  found <- to_r(call_backend(run$engines))
  or_na <- function(x, na) if (is.null(x)) na else x
  data.table::rbindlist(lapply(seq_along(found$engine), function(i) {
    data.table::data.table(
      member = members[i], engine = found$engine[[i]], reason = or_na(found$reason[[i]], NA_character_),
      difference = or_na(found$difference[[i]], NA_real_),
      operation = or_na(unlist(found$operation[[i]]), NA_character_),
      rule = or_na(unlist(found$rule[[i]]), NA_character_)
    )
  }))
}

# Says once a run why the whole network was computed for every variant.
tell_engine <- function(engines) {
  for (reason in unique(engines$reason[!is.na(engines$reason)])) {
    cli::cli_inform(
      c("i" = "The whole network was computed for every variant, because {reason}."),
      class = "deepmr_message_engine"
    )
  }
}
