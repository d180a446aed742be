#' Whether to believe a fit
#'
#' Counts and medians over the fits of one exposure, outcome, method and error, and three sentences: what the
#' estimate is, what [diagnose()] has to say about it, and whether to believe it.
#'
#' @param object A fit ([fit_mr()]).
#' @param ... Must be empty.
#' @return A data.table of class `deepmr_mr_summary`, one row per exposure x outcome x
#'   method x error: `n_fits`, `n_ok`, `n_weak` (estimate kept), `n_failed` (no
#'   estimate), and over the fits with an estimate the medians `estimate`,
#'   `std.error`, `i2` (`i2_cov` where there are draws, else `i2_gx`) and the share
#'   `significant` of fits whose interval leaves out 0. `believe`: `"no"` where at least half of the
#'   fits failed or have a bad verdict, `"with care"` where at least a fifth have, or half a doubt, else
#'   `"yes"`; it is about the network's slope, not about biology. `words`: the three sentences.
#'   [meta_analyze()] pools.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 3, length = 30)
#' fit <- fit_mr(x, exposure = "exposure", outcome = "outcome")
#' summary(fit)
#' @method summary deepmr_mr_fit
#' @export
summary.deepmr_mr_fit <- function(object, ...) {
  rlang::check_dots_empty()
  found <- diagnose(object)
  fits <- data.table::as.data.table(as.list(object))
  key <- c("exposure", "outcome", "method", "error")
  out <- fits[, summarize_fits(.SD), by = key]
  words <- lapply(seq_len(nrow(out)), function(i) {
    judge_fits(fits[out[i], on = key], found[out[i], on = key], out[i])
  })
  data.table::set(out, j = "believe", value = vapply(words, `[[`, "", "believe"))
  data.table::set(out, j = "words", value = vapply(words, `[[`, "", "words"))
  data.table::setattr(out, "class", c("deepmr_mr_summary", "data.table", "data.frame"))
  out
}

summarize_fits <- function(fits) {
  has <- !is.na(fits$estimate)
  middle <- function(x) stats::median(as.numeric(x)[has], na.rm = TRUE)
  list(
    n_fits = nrow(fits), n_ok = sum(fits$status == "ok"),
    n_weak = sum(has & startsWith(fits$status, "weak")), n_failed = sum(!has),
    estimate = middle(fits$estimate), std.error = middle(fits$std.error),
    i2 = middle(data.table::fcoalesce(fits$i2_cov, fits$i2_gx)),
    significant = mean((fits$conf.low > 0 | fits$conf.high < 0)[has], na.rm = TRUE)
  )
}

# Why a verdict is bad or doubtful, and what helps.
reasons <- c(
  status = "there is no estimate", n = "there are few variants",
  mean_f = "exposure effects are not far above their errors",
  i2_gx = "much of the exposure effects' spread is error",
  i2_gx_weighted = "much of the exposure effects' spread is error",
  i2_cov = "much of the exposure effects' spread is error", bias_pred = "error in the effects moves the slope",
  n_eff = "few variants carry the weight", max_weight_share = "one variant carries much of the weight",
  leave_one_out = "one variant moves the slope by more than its standard error",
  cross_talk = "weak variants move both outputs by another slope than strong ones: cross-talk of the network",
  strong_slope = "the slope is not that of the variants that move the exposure most",
  exposure_reach = "hardly any variant moves the exposure"
)
remedies <- c(
  status = "see the column status", n = "mutate more positions", mean_f = "take more draws",
  i2_gx = "take sequences in which the exposure moves more", i2_gx_weighted = "take more draws, or equal weights",
  i2_cov = "take sequences in which the exposure moves more",
  bias_pred = "choose a method that corrects, as egger_draws",
  n_eff = "prefer equal weights, as in egger_draws", max_weight_share = "prefer equal weights, as in egger_draws",
  leave_one_out = "look at leave_one_out()",
  cross_talk = "prefer equal weights, and compare with the strongest variants",
  strong_slope = "prefer equal weights, as in egger_draws, and look at the scatter",
  exposure_reach = "leave such sequences out"
)

# `fits`: of one exposure, outcome, method and error; `found`: their diagnose().
judge_fits <- function(fits, found, counts) {
  n <- nrow(fits)
  affected <- function(level) {
    counted <- unique(found[found$verdict %in% level, c("sequence", "diagnostic"), with = FALSE])
    sort(table(factor(counted$diagnostic, names(reasons))), decreasing = TRUE)
  }
  share <- function(level) data.table::uniqueN(found$sequence[found$verdict %in% level]) / n
  bad <- share("bad")
  doubt <- share(c("bad", "doubt"))
  believe <- if (bad >= 0.5) "no" else if (bad >= 0.2 || doubt >= 0.5) "with care" else "yes"
  main <- affected("bad")
  if (believe == "with care" && bad < 0.2) main <- affected(c("bad", "doubt"))
  why <- names(main)[1L]
  list(believe = believe, words = paste(
    estimate_sentence(fits, counts), reason_sentence(fits, counts, if (main[[1L]]) why, main[[1L]]),
    belief_sentence(believe, fits, why)
  ))
}

estimate_sentence <- function(fits, counts) {
  if (counts$n_failed == counts$n_fits) {
    return("There is no estimate.")
  }
  pair <- sprintf("%s on %s", fits$outcome[1L], fits$exposure[1L])
  if (counts$n_fits == 1L) {
    return(sprintf(
      "The slope of %s is %.3g (interval %.3g to %.3g).", pair, fits$estimate, fits$conf.low, fits$conf.high
    ))
  }
  sprintf(
    "In %d of %d sequences the slope of %s is estimated: its median is %.3g, and %.0f %% of the intervals leave out 0.",
    counts$n_fits - counts$n_failed, counts$n_fits, pair, counts$estimate, 100 * counts$significant
  )
}

reason_sentence <- function(fits, counts, why, n) {
  if (is.null(why)) {
    return(sprintf(
      "No diagnostic is bad%s: %.0f %% of the exposure effects' spread is signal.",
      if (counts$n_fits > 1L) " in any sequence" else "", 100 * counts$i2
    ))
  }
  where <- if (counts$n_fits > 1L) sprintf("In %d of %d sequences ", n, counts$n_fits) else ""
  words <- paste0(where, reasons[[why]], ".")
  paste0(toupper(substr(words, 1L, 1L)), substring(words, 2L))
}

belief_sentence <- function(believe, fits, why) {
  switch(believe,
    yes = switch(fits$error[1L],
      mc = "Believe it, as the slope of this network; whether the network is right, draws cannot say.",
      "Believe it, as far as the spread over draws is the error of the network."
    ),
    "with care" = sprintf("Believe it with care: %s.", remedies[[why]]),
    no = sprintf("Do not believe it: %s.", remedies[[why]])
  )
}

#' @method print deepmr_mr_summary
#' @export
print.deepmr_mr_summary <- function(x, ...) {
  cli::cat_line("Medians over sequences; i2 is the share of the exposure effects' spread that is not error")
  words <- error_words[intersect(names(error_words), x$error)]
  if (length(words)) cli::cat_line("Error ", words)
  plain <- data.table::as.data.table(as.list(x))
  print(plain[, setdiff(names(plain), "words"), with = FALSE], ...)
  most <- 8L
  for (i in if ("words" %in% names(plain)) seq_len(min(nrow(plain), most))) {
    head <- sprintf("%s, %s: ", plain$method[i], plain$error[i])
    cli::cat_line()
    cli::cat_line(strwrap(paste0(head, plain$words[i]), width = cli::console_width(), exdent = 2L))
  }
  if (nrow(plain) > most) cli::cat_line("\nThe words of the other rows are in the column words.")
  invisible(x)
}
