# What diagnose_dropout() found, in words.

#' @export
print.deepmr_dropout_check <- function(x, ...) {
  made <- attr(x$mutagenesis, "provenance")
  cat(
    "<dropout check> ", counted_by(x$mutagenesis), ", ",
    counted(data.table::uniqueN(x$mutagenesis$position), "position"), ", ",
    draws_in_words(x$mutagenesis$n_draws), "\n", sep = ""
  )
  cat("Dropout: ", format(made$dropout), "\n", sep = "")
  cat("Percent of the variance lost without a call / made by it alone (median over outputs):\n")
  print(sites_with_shares(x), row.names = FALSE, class = FALSE)
  sentences <- c(
    shares_in_words(x), locking_in_words(x, made$dropout$mask == "locked"), rounding_in_words(x), scaling_in_words(x)
  )
  for (sentence in sentences) cat(strwrap(sentence, 100L, initial = "* ", prefix = "  "), sep = "\n")
  invisible(x)
}

sites_with_shares <- function(x) {
  table <- data.table::copy(x$sites)
  percent <- function(wanted, share) {
    sprintf("%.0f", 100 * median_shares(x, wanted, share))
  }
  for (wanted in c("prediction", "effect")) {
    shown <- paste(percent(wanted, "total"), "/", percent(wanted, "alone"))
    data.table::set(table, j = paste0(wanted, "s"), value = shown)
  }
  table
}

# Of each active call, the median over the outputs.
median_shares <- function(x, wanted, wanted_share) {
  one <- x$shares[x$shares$of == wanted & x$shares$share == wanted_share]
  unname(tapply(one$estimate, one$site, stats::median, na.rm = TRUE)[x$sites$site])
}

shares_in_words <- function(x) {
  total <- median_shares(x, "effect", "total")
  if (all(is.na(total))) {
    return("No effect has a variance above float rounding: dropout does not touch the effects.")
  }
  if (nrow(x$sites) == 1L) {
    return(sprintf("All variance is that of %s, the only active dropout call.", x$sites$site))
  }
  top <- which.max(total)
  little <- x$sites$site[total < 0.01]
  paste0(
    sprintf(
      "The effects' variance hangs most on %s: without it %.0f %% is gone, alone it makes %.0f %%.",
      x$sites$site[top], 100 * total[top], 100 * median_shares(x, "effect", "alone")[top]
    ),
    if (length(little)) sprintf(" Less than 1 %% is gone without %s.", name_some(little))
  )
}

locking_in_words <- function(x, locked) {
  if (all(is.na(x$effects$gain))) {
    return(NULL)
  }
  # Up to what tells it from 1
  correlation <- middle_of_outputs(x$effects$mask_correlation, function(x) 1 - signif(1 - x, 2))
  if (locked) {
    sprintf(
      paste(
        "Reference and variant correlate by %s over the draws: a mask of each row's own would make the standard error",
        "%s times larger."
      ),
      correlation, middle_of_outputs(x$effects$gain)
    )
  } else {
    sprintf(
      paste(
        "Masks are not locked: reference and variant correlate by %s over the draws, so the standard errors hold",
        "the whole variance of both. mask = \"locked\" takes off what they have in common."
      ),
      correlation
    )
  }
}

rounding_in_words <- function(x) {
  n <- sum(x$mutagenesis$at_rounding)
  if (n == 0) {
    return("No effect is at float rounding level.")
  }
  share <- n / nrow(x$mutagenesis)
  sprintf(
    "%s of %s effects (%.2g %%) are at float rounding level.", big(n), big(nrow(x$mutagenesis)), 100 * share
  )
}

scaling_in_words <- function(x) {
  slope <- stats::median(x$effects$se_slope, na.rm = TRUE)
  if (is.na(slope)) {
    return(NULL)
  }
  how <- if (slope < 0.25) {
    "hardly grows with"
  } else if (slope < 0.75) {
    "grows with, but less than in proportion to,"
  } else if (slope <= 1.25) {
    "grows in proportion to"
  } else {
    "grows faster than in proportion to"
  }
  sprintf(
    "The standard error %s the effect: log-log slope %s, correlation %s.", how, middle_of_outputs(x$effects$se_slope),
    middle_of_outputs(x$effects$se_correlation)
  )
}

# "0.62", or with the range where outputs differ: "0.62 (0.4 to 0.8 by output)".
middle_of_outputs <- function(x, rounded = function(x) signif(x, 2)) {
  x <- x[!is.na(x)]
  shown <- vapply(rounded(c(stats::median(x), range(x))), format, "", digits = 7)
  if (length(unique(shown)) == 1L) shown[1L] else sprintf("%s (%s to %s by output)", shown[1L], shown[2L], shown[3L])
}
