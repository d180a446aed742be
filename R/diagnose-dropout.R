#' Check how a model's dropout makes its standard errors
#'
#' What can be learnt of Monte-Carlo dropout without labels: which dropout calls the variance comes from, what
#' locking the masks gains, how many effects are float rounding, and whether the standard error grows with the effect.
#'
#' @section Shares of the variance:
#' Every run has the same masks, so that a call can be switched off or left alone with the masks of the
#' others held. For a call s,
#'
#' * `"total"`: 1 - Var(all but s) / Var(all), what is lost when s is switched off;
#' * `"alone"`: Var(only s) / Var(all), what s makes by itself.
#'
#' Where a prediction is linear in each mask, the others held, these are Sobol's total and first-order indices (Homma
#' and Saltelli 1996; switching a call off puts its mask at its mean): then `"alone"` adds up to at most 1 over the
#' calls, `"total"` to at least 1, and the difference of the two is what masks do together. Elsewhere they
#' need not, and a share can be negative or above 1: a call whose masks push units through a ReLU's kink can calm
#' the others.
#'
#' Variances are summed before dividing, over sequences for predictions (`var_ref`) and over variants for effects
#' (`se`^2); rows whose spread is at float rounding level are left out. A mean of ratios would be noisy and
#' give the variants that do nothing the same say; the sum speaks for those that carry the standard errors.
#' `std.error` is the delete-one-draw jackknife (draw t of all sequences at once), the interval uses t quantiles with
#' T - 1 degrees of freedom. It is the Monte-Carlo error of T draws only: these sequences and
#' positions are taken as given.
#'
#' @section What locking gains:
#' `mask_correlation` is that of reference and alternative predictions over the draws, `gain` the factor by which an
#' independent mask for each row would make the standard error larger,
#' sqrt((`var_ref` + `var_alt`) / `se`^2); median and quartiles over the variants. With `mask = "unlocked"` both show
#' what is without locking: about 0 and 1.
#'
#' @section Standard error and effect:
#' `se_slope` is the slope of log(`se`) on log(|`effect`|) among the variants of a sequence (each sequence has its own
#' level), `se_correlation` their correlation. 0: all effects of a sequence have about the same standard error; 1: it is
#' proportional to the effect, as when a draw scales all effects. Effects that are themselves Monte-Carlo noise pull
#' the slope about: where there is nothing but noise, |`effect`| is large where `se` is.
#'
#' @param model A `deepmr_model` of one network; check the members of an ensemble one by one.
#' @inheritParams saturation_mutagenesis
#' @param positions Positions to mutate, from 1; by default 30, spread evenly over the sequence, so that it is
#'   quick: with S active calls there are 2 S + 1 runs (one for S = 1, three for S = 2).
#' @param dropout A [dropout_spec()]: the check is of the calls that it makes active.
#' @param n_samples Number T of draws, at least 3.
#' @param ... Further arguments of [saturation_mutagenesis()]: `engine`, `batch_size`, `device`.
#' @return A `deepmr_dropout_check`, a list of data.tables:
#'   \describe{
#'     \item{`sites`}{the active calls in the order of the forward pass: `site`, `kind`, `rate`}
#'     \item{`shares`}{`of` (`"prediction"`, `"effect"`), `output`, `site`, `share` (`"total"`, `"alone"`), `estimate`,
#'       `std.error`, `conf.low`, `conf.high` (95 %); `NA` where an output has no variance}
#'     \item{`effects`}{by output: `n` variants, `at_rounding` (share of them), and among the others
#'       `mask_correlation`, `gain`, `gain.low`, `gain.high` (quartiles), `se_slope`, `se_correlation`}
#'     \item{`mutagenesis`}{the [saturation_mutagenesis()] table of all calls, without draws}
#'   }
#'   `print()` says it in sentences, [autoplot.deepmr_dropout_check()] draws it.
#' @section Errors: those of [saturation_mutagenesis()]; `deepmr_error_ensemble`: a model of several networks.
#' @references
#' Homma T, Saltelli A (1996). Importance measures in global sensitivity analysis of nonlinear models. *Reliability
#' Engineering & System Safety* 52:1-17.
#' @seealso [tune_dropout()], [compare_uncertainty()].
#' @examplesIf deepmr_python_info()$usable
#' check <- diagnose_dropout(
#'   model_demo(), demo_sequences(1),
#'   outputs = c("Dref", "accessibility"), positions = seq(200, 290, by = 10),
#'   n_samples = 10
#' )
#' check
#' check$shares
#' @export
diagnose_dropout <- function(model, sequences, outputs = NULL, positions = NULL, dropout = dropout_spec(),
                             n_samples = 50L, seed = 1L, ...) {
  check_model(model)
  check_one_network(model)
  check_spec(dropout)
  n_samples <- check_count(n_samples, "n_samples", min = 3L)
  if (is.null(positions)) positions <- spread_positions(model$length)
  sequences <- as_sequences(sequences)
  sites <- active_sites(model, dropout)[, c("site", "kind", "rate"), with = FALSE]
  sets <- site_sets(sites$site)
  show <- progress("Checking dropout", length(sets))
  used <- NULL
  spread <- list()
  for (i in seq_along(sets)) {
    show(i - 1, paste(sets[[i]], collapse = ", "))
    active <- dropout
    if (i > 1L) active$layers <- sets[[i]]
    run <- function() {
      saturation_mutagenesis(model, sequences, outputs, active, n_samples, positions, draws = TRUE, seed = seed, ...)
    }
    # What a run has to say of the model or the sequences holds for all.
    x <- if (i == 1L) run() else suppressMessages(run(), classes = message_classes)
    levels <- stats::predict(model, sequences, outputs, active, n_samples, draws = TRUE, seed = seed, ...)
    if (i == 1L) {
      used <- list(prediction = !spread_is_rounding(levels), effect = !x$at_rounding)
      mutagenesis <- x
    }
    by_output <- function(draws, output) squares_by_draw(draws, factor(output, unique(x$output)), n_samples)
    spread[[names(sets)[i]]] <- list(
      prediction = by_output(levels$prediction_draws[used$prediction], levels$output[used$prediction]),
      effect = by_output(x$effect_draws[used$effect], x$output[used$effect])
    )
  }
  mutagenesis[, "effect_draws" := NULL]
  shares <- lapply(c("prediction", "effect"), function(of) {
    cbind(of = of, variance_shares(lapply(spread, `[[`, of), sites$site))
  })
  structure(
    list(
      sites = sites, shares = data.table::rbindlist(shares), effects = effects_by_output(mutagenesis),
      mutagenesis = mutagenesis
    ),
    class = "deepmr_dropout_check"
  )
}

message_classes <- c("deepmr_message_engine", "deepmr_message_no_variants")

check_one_network <- function(model, call = rlang::caller_env()) {
  n <- length(model$members)
  if (n > 1L) {
    stop_deepmr(
      "ensemble", "{.arg model} is an ensemble of {n} networks, each with dropout calls of its own.",
      "Check its members one by one.",
      call = call
    )
  }
}

spread_positions <- function(length, n = 30L) unique(round(seq(1, length, length.out = n)))

# A prediction that differs between draws by what float rounding of the network can do, and no more.
spread_is_rounding <- function(levels) !(sqrt(levels$var) > 32 * 2^-23 * abs(levels$mean))

# The active dropout calls of a model under a choice: `member` (from 1), `site`, `kind`, `rate`.
active_sites <- function(model, dropout, call = rlang::caller_env()) {
  sites_table(to_r(call_backend("active.active_sites", model$handle, backend_spec(dropout), .call = call)))
}

sites_table <- function(found) {
  found <- lapply(found, unlist)
  data.table::data.table(member = found$member, site = found$name, kind = found$kind, rate = found$rate)
}

# The sets of calls to run, each once: all, each alone, all but each. Of two calls each is the other's rest.
site_sets <- function(sites) {
  sets <- c(list(sites), as.list(sites), lapply(sites, setdiff, x = sites))
  sets <- unique(sets[lengths(sets) > 0L])
  stats::setNames(sets, vapply(sets, set_key, ""))
}

set_key <- function(sites) paste(c("calls", sites), collapse = " ")

# Outputs -> squared deviations from the mean over draws, summed over the rows: T numbers each.
squares_by_draw <- function(draws, output, n_samples) {
  lapply(split(draws, output), function(draws) {
    if (!length(draws)) {
      return(numeric(n_samples))
    }
    draws <- draw_matrix(draws)
    colSums((draws - rowMeans(draws))^2)
  })
}

# `squares`: by set of calls, then by output.
variance_shares <- function(squares, sites) {
  all <- squares[[set_key(sites)]]
  data.table::rbindlist(lapply(names(all), function(output) {
    data.table::rbindlist(lapply(sites, function(site) {
      part <- function(set) if (length(set)) squares[[set_key(set)]][[output]] else 0 * all[[output]]
      rest <- share_of_variance(part(setdiff(sites, site)), all[[output]])
      alone <- share_of_variance(part(site), all[[output]])
      estimate <- c(1 - rest[["estimate"]], alone[["estimate"]])
      error <- c(rest[["std.error"]], alone[["std.error"]])
      reach <- stats::qt(0.975, length(all[[output]]) - 1) * error
      data.table::data.table(
        output = output, site = site, share = c("total", "alone"), estimate = estimate, std.error = error,
        conf.low = estimate - reach, conf.high = estimate + reach
      )
    }))
  }))
}

# Ratio of two variances summed over rows, from their squares by draw, with the delete-one-draw jackknife:
# without draw t a row's sum of squares is less by T/(T - 1) times the square of t.
share_of_variance <- function(part, all) {
  n <- length(all)
  if (!sum(all) > 0) {
    return(c(estimate = NA_real_, std.error = NA_real_))
  }
  left <- function(squares) sum(squares) - n / (n - 1) * squares
  without <- left(part) / left(all)
  c(estimate = sum(part) / sum(all), std.error = sqrt((n - 1) / n * sum((without - mean(without))^2)))
}

# By output: rounding, what locking gains, and how the standard error goes with the effect.
effects_by_output <- function(x) {
  columns <- c("sequence", "output", "effect", "se", "var_ref", "var_alt", "cov", "at_rounding")
  by_output <- split(data.table::as.data.table(as.list(x)[columns]), factor(x$output, unique(x$output)))
  data.table::rbindlist(lapply(by_output, function(x) {
    known <- x[!x$at_rounding]
    gain <- gain_of_locking(known)
    quartiles <- unname(stats::quantile(gain, c(0.25, 0.5, 0.75)))
    centred <- function(size) log(size) - stats::ave(log(size), known$sequence)
    line <- plain_line(centred(abs(known$effect)), centred(known$se))
    data.table::data.table(
      n = nrow(x), at_rounding = mean(x$at_rounding),
      mask_correlation = stats::median(known$cov / sqrt(known$var_ref * known$var_alt), na.rm = TRUE),
      gain = quartiles[2L], gain.low = quartiles[1L], gain.high = quartiles[3L],
      se_slope = line[2L], se_correlation = line[1L]
    )
  }), idcol = "output")
}

gain_of_locking <- function(x) sqrt((x$var_ref + x$var_alt) / x$se^2)
