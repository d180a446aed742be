#' Compare ways of being uncertain
#'
#' Runs the same sequences through several ways of getting uncertainty (locked or unlocked masks, whole channels, other
#' rates, single layers, ensembles with and without dropout, ...) and puts side by side what each says: calibration of
#' the predictions, coverage and size of the standard errors of effects, the strength of the instruments, the answer,
#' and the cost.
#'
#' @section Reading the table:
#' Coverage is what tells right standard errors from wrong ones; it needs a truth. Without one, only sizes are compared:
#' a way with smaller standard errors or a larger I^2 is not a better one. ECE and log loss are of mean
#' predictions, which ways can share while their standard errors differ by factors: locked and unlocked masks predict
#' references alike. If `estimate` changes with the way by
#' more than its interval, the conclusion depends on a choice that the data did not make.
#' Each way leaves out its own rows at float rounding level (`at_rounding`), so medians and coverage are over different
#' variants where that share differs; give a `truth` of the effects that matter to compare like with like.
#'
#' @param ways A named list. Each is a `deepmr_model`, taken with [dropout_spec()] and `n_samples`, or a
#'   list of `model` and optionally `dropout` (a [dropout_spec()], or `NULL` for dropout off: members of an ensemble, or
#'   a baseline without standard errors) and `n_samples`.
#' @param sequences Anything that [as_sequences()] takes: the sequences to mutate.
#' @param exposure,outcome One or more names of outputs, or rows of the table that [outputs()] returns. Every
#'   exposure is paired with every outcome but itself.
#' @param truth A data frame of true effects, as in [se_coverage()], or `NULL`.
#' @param labels A data frame with `sequence`, `output` and `label` (0/1) of `labelled_sequences`, or `NULL`. Labels of
#'   other outputs are not used.
#' @param labelled_sequences The sequences that `labels` are of.
#' @param n_samples Number T of draws of the ways that do not name their own.
#' @param level Nominal level of the coverage and of the slope's interval.
#' @inheritParams saturation_mutagenesis
#' @param ... Further arguments of [saturation_mutagenesis()]: `engine`, `batch_size`, `device`.
#' @return A `deepmr_uncertainty_comparison`, a data.table with one row per way x exposure x outcome:
#'   \describe{
#'     \item{`way`, `exposure`, `outcome`, `n_draws`}{}
#'     \item{`ece`, `ece.low`, `ece.high`, `log_loss`}{[calibration_error()] of the exposure's and outcome's predictions
#'       together, with its 95 % interval over sequences; `NA` without labels}
#'     \item{`level`}{nominal level}
#'     \item{`coverage_exposure`, `coverage_exposure.low`, `coverage_exposure.high`, `coverage_outcome`, ...}{share of
#'       true effects within the t interval, with the 95 % bootstrap interval over sequences ([se_coverage()]); `NA`
#'       without a truth, the interval with one sequence}
#'     \item{`se_exposure`, `se_outcome`}{median standard error of the effects above float rounding level}
#'     \item{`at_rounding`}{share of the two outputs' effects at rounding level, in none of the other figures}
#'     \item{`i2_gx`, `i2_cov`}{of [fit_mr()] (`method = "egger_draws"`, `error = "classical"`): medians over the
#'       sequences. That error takes `se` as it is, as the coverage does; `"mc"` would take `se / sqrt(T)`, so that
#'       I^2 would show the number of draws.}
#'     \item{`estimate`, `conf.low`, `conf.high`, `k`, `status`}{the slope of that method, pooled over `k` sequences
#'       ([meta_analyze()]; of one sequence, its own), and what either says of it}
#'     \item{`seconds`, `passes`}{of the mutagenesis: time, and rows (references and variants) times draws. The windowed
#'       engine computes a part of each row only; a model of both strands computes each row twice.}
#'   }
#'   Without a standard error (one draw) coverage, `se_*`, I^2 and the slope are `NA`.
#' @section Errors: `deepmr_error_argument` (`ways` and the others), and those of the functions named above, with
#'   the name of the way: a `deepmr_error_way` whose parent is the error itself.
#' @seealso [diagnose_dropout()], [tune_dropout()], [autoplot.deepmr_uncertainty_comparison()].
#' @examplesIf deepmr_python_info()$usable
#' model <- model_demo()
#' sequences <- demo_sequences(2)
#' compare_uncertainty(
#'   list(
#'     locked = model, unlocked = list(model = model, dropout = dropout_spec("unlocked")),
#'     channel = list(model = model, dropout = dropout_spec(unit = "channel"))
#'   ),
#'   sequences, exposure = "Dref", outcome = "accessibility", truth = demo_truth(sequences)$effects,
#'   n_samples = 10, positions = seq(200, 290, by = 10)
#' )
#' @export
compare_uncertainty <- function(ways, sequences, exposure, outcome, truth = NULL, labels = NULL,
                                labelled_sequences = sequences, n_samples = 50L, positions = NULL, level = 0.95,
                                seed = 1L, ...) {
  ways <- check_ways(ways, n_samples)
  check_given(exposure, "exposure", "the name of an output, or several")
  check_given(outcome, "outcome", "the name of an output, or several")
  level <- check_level(level)
  pairs <- pair_outputs(
    unique(output_names(exposure, "exposure")), unique(output_names(outcome, "outcome")), FALSE
  )
  outputs <- unique(c(pairs$exposure, pairs$outcome))
  labels <- if (!is.null(labels)) labels_of_outputs(labels, outputs)
  sequences <- as_sequences(sequences)
  # Names and numbers of every way before the first long run.
  for (name in names(ways)) in_way(name, check_way(ways[[name]], outputs))
  show <- progress("Comparing", length(ways))
  rows <- lapply(seq_along(ways), function(i) {
    name <- names(ways)[i]
    show(i - 1, name)
    way <- ways[[i]]
    in_way(name, {
      x <- saturation_mutagenesis(
        way$model, sequences, outputs, way$dropout, way$n_samples, positions, draws = TRUE, seed = seed, ...
      )
      labelled <- if (!is.null(labels)) {
        levels <- stats::predict(
          way$model, labelled_sequences, outputs, way$dropout, way$n_samples, seed = seed, ...
        )
        told <- if (i > 1L) "deepmr_message_unlabelled" else ""
        suppressMessages(labelled_predictions(levels, labels), classes = told)
      }
      compare_way(x, pairs, labelled, truth, level, seed)
    })
  })
  table <- data.table::rbindlist(stats::setNames(rows, names(ways)), idcol = "way")
  data.table::setattr(table, "class", c("deepmr_uncertainty_comparison", "data.table", "data.frame"))
  table[]
}

# Each way as a list of `model`, `dropout`, `n_samples`.
check_ways <- function(ways, n_samples, call = rlang::caller_env()) {
  named <- is.list(ways) && length(ways) && !is.null(names(ways)) && all(nzchar(names(ways)))
  if (inherits(ways, "deepmr_model") || !named || anyDuplicated(names(ways))) {
    stop_deepmr(
      "argument", "{.arg ways} must be a list of ways with a name each, not {.obj_type_friendly {ways}}.",
      "For example {.code list(locked = model, off = list(model = model, dropout = NULL))}.",
      call = call
    )
  }
  Map(function(way, name) as_way(way, name, n_samples, call), ways, names(ways))
}

as_way <- function(way, name, n_samples, call) {
  if (inherits(way, "deepmr_model")) way <- list(model = way)
  unknown <- setdiff(names(way), c("model", "dropout", "n_samples"))
  if (!is.list(way) || !inherits(way$model, "deepmr_model") || length(unknown)) {
    stop_deepmr(
      "argument",
      "Way {.val {name}} must be a model, or a list of {.code model}, {.code dropout} and {.code n_samples}.",
      if (length(unknown)) "It has {.val {unknown}} too." else "It is {.obj_type_friendly {way}}.",
      call = call
    )
  }
  # way$dropout would not tell dropout = NULL from no dropout.
  dropout <- if ("dropout" %in% names(way)) way$dropout else dropout_spec()
  if (!is.null(way$n_samples)) n_samples <- way$n_samples
  # Without dropout a draw for each member.
  if (is.null(dropout)) n_samples <- length(way$model$members)
  list(model = way$model, dropout = dropout, n_samples = n_samples)
}

check_way <- function(way, outputs) {
  check_model(way$model)
  match_outputs(outputs, way$model)
  if (!is.null(way$dropout)) {
    check_spec(way$dropout)
    check_members(check_count(way$n_samples, "n_samples", min = 2L), way$model)
  }
}

# Evaluates `code`; its errors name the way.
in_way <- function(name, code, call = rlang::caller_env()) {
  withCallingHandlers(
    code,
    deepmr_error = function(e) stop_deepmr("way", "Way {.val {name}} stopped.", parent = e, call = call)
  )
}

labels_of_outputs <- function(labels, outputs, call = rlang::caller_env()) {
  labels <- check_columns(labels, c("sequence", "output", "label"), "labels", call = call)
  used <- labels[labels$output %in% (outputs)]
  if (!nrow(used)) {
    stop_deepmr(
      "labels", "{.arg labels} has no label of {.val {outputs}}.",
      "It has labels of {.val {name_some(unique(labels$output))}}.",
      call = call
    )
  }
  used
}

# A row for each pair, of one way: its mutagenesis table, and its labelled predictions or NULL.
compare_way <- function(x, pairs, labelled, truth, level, seed) {
  has_error <- x$n_draws[1L] > 1L
  coverage <- if (has_error && !is.null(truth)) {
    suppressMessages(se_coverage(x, truth, level, seed = seed), classes = "deepmr_message_left_out")
  }
  made <- attr(x, "provenance")
  n_variants <- nrow(x) / length(unique(x$output))
  rows <- Map(function(exposure, outcome) {
    both <- x[x$output %in% c(exposure, outcome)]
    data.table::data.table(
      exposure = exposure, outcome = outcome, n_draws = x$n_draws[1L],
      calibration_of_pair(labelled[labelled$output %in% c(exposure, outcome)], seed),
      level = level,
      coverage_of_output(coverage, exposure, "exposure"), coverage_of_output(coverage, outcome, "outcome"),
      se_exposure = middle_error(x, exposure), se_outcome = middle_error(x, outcome),
      at_rounding = mean(both$at_rounding),
      answer_of_pair(x, exposure, outcome, has_error, level),
      seconds = made$seconds, passes = (n_variants + made$n_sequences) * x$n_draws[1L]
    )
  }, pairs$exposure, pairs$outcome)
  data.table::rbindlist(rows)
}

calibration_of_pair <- function(labelled, seed) {
  columns <- c("ece", "ece.low", "ece.high", "log_loss")
  if (!length(labelled$prob)) {
    return(na_row(columns))
  }
  calibration_error(labelled$prob, labelled$label, clusters = labelled$sequence, seed = seed)[, columns, with = FALSE]
}

coverage_of_output <- function(coverage, output, role) {
  columns <- paste0("coverage_", role, c("", ".low", ".high"))
  row <- which(coverage$output == output & coverage$interval == "t")
  if (!length(row)) {
    return(na_row(columns))
  }
  found <- list(coverage$coverage[row], coverage$cluster.low[row], coverage$cluster.high[row])
  data.table::setDT(stats::setNames(found, columns))
}

na_row <- function(columns) data.table::setDT(stats::setNames(rep(list(NA_real_), length(columns)), columns))

middle_error <- function(x, output) stats::median(x$se[x$output == output & !x$at_rounding])

# I^2 and the slope of egger_draws.
answer_of_pair <- function(x, exposure, outcome, has_error, level) {
  if (!has_error) {
    none <- na_row(c("i2_gx", "i2_cov", "estimate", "conf.low", "conf.high"))
    return(cbind(none, k = 0L, status = "one draw: no standard errors"))
  }
  fit <- fit_mr(
    x, method = "egger_draws", error = "classical", exposure = exposure, outcome = outcome, level = level
  )
  pooled <- if (nrow(fit) > 1L) {
    suppressMessages(meta_analyze(fit, level = level), classes = "deepmr_message_weak")
  } else {
    list(
      estimate = fit$estimate, conf.low = fit$conf.low, conf.high = fit$conf.high, k = sum(!is.na(fit$estimate)),
      status = fit$status
    )
  }
  data.table::data.table(
    i2_gx = stats::median(fit$i2_gx, na.rm = TRUE), i2_cov = stats::median(fit$i2_cov, na.rm = TRUE),
    estimate = pooled$estimate, conf.low = pooled$conf.low, conf.high = pooled$conf.high, k = pooled$k,
    status = pooled$status
  )
}

#' @export
print.deepmr_uncertainty_comparison <- function(x, topn = 24L, ...) {
  if (!is_to_be_printed(x)) {
    return(invisible(x))
  }
  if (!all(c("way", "exposure", "outcome", "level", "coverage_exposure") %in% names(x)) || !nrow(x)) {
    print_table(x, topn = topn, ...)
    return(invisible(x))
  }
  cat(
    "<ways of being uncertain> ", counted(data.table::uniqueN(x$way), "way"), ", ",
    counted(nrow(unique(x[, c("exposure", "outcome")])), "pair"), "; coverage is to be ", x$level[1L], "\n", sep = ""
  )
  hidden <- grep("[.](low|high)$|^level$", names(x), value = TRUE)
  empty <- setdiff(names(x)[vapply(x, function(column) all(is.na(column)), NA)], hidden)
  shown <- data.table::as.data.table(as.list(x)[setdiff(names(x), c(hidden, empty))])
  for (column in names(shown)[vapply(shown, is.double, NA)]) {
    data.table::set(shown, j = column, value = signif(shown[[column]], 3L))
  }
  print_table(shown, topn = topn, ...)
  cli::cat_line("Not shown: ", paste(hidden, collapse = ", "))
  if (length(empty)) cli::cat_line("Without a value: ", paste(empty, collapse = ", "))
  invisible(x)
}
