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
  cat("Shares of the variance in percent (median over outputs), of predictions and of effects:\n")
  print(sites_with_shares(x), row.names = FALSE, class = FALSE)
  sentences <- c(
    shares_in_words(x), locking_in_words(x, made$dropout$mask == "locked"), rounding_in_words(x), scaling_in_words(x)
  )
  for (sentence in sentences) cat(strwrap(sentence, 100L, initial = "* ", prefix = "  "), sep = "\n")
  invisible(x)
}

# The calls with their median share over the outputs, in percent.
sites_with_shares <- function(x) {
  table <- data.table::copy(x$sites)
  for (of in c("prediction", "effect")) {
    for (share in c("total", "alone")) {
      one <- x$shares[x$shares$of == of & x$shares$share == share]
      middle <- tapply(one$estimate, one$site, stats::median, na.rm = TRUE)
      data.table::set(table, j = paste0(of, ".", share), value = round(100 * unname(middle[table$site])))
    }
  }
  table
}

shares_in_words <- function(x) {
  effects <- x$shares[x$shares$of == "effect" & x$shares$share == "total"]
  if (all(is.na(effects$estimate))) {
    return("No effect has a variance above float rounding: dropout does not touch the effects.")
  }
  middle <- tapply(effects$estimate, effects$site, stats::median, na.rm = TRUE)[x$sites$site]
  if (nrow(x$sites) == 1L) {
    return(sprintf("All variance is that of %s, the only active dropout call.", x$sites$site))
  }
  top <- which.max(middle)
  least <- which(middle < 0.01)
  paste0(
    sprintf("Most of the effects' variance hangs on %s: without it, %.0f %% is gone.", names(top), 100 * middle[top]),
    if (length(least)) sprintf(" Less than 1 %% hangs on %s.", name_some(names(middle)[least]))
  )
}

locking_in_words <- function(x, locked) {
  if (all(is.na(x$effects$gain))) {
    return(NULL)
  }
  correlation <- middle_of_outputs(x$effects$mask_correlation)
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
middle_of_outputs <- function(x) {
  x <- x[!is.na(x)]
  shown <- format(signif(c(stats::median(x), range(x)), 2), trim = TRUE)
  if (length(unique(shown)) == 1L) shown[1L] else sprintf("%s (%s to %s by output)", shown[1L], shown[2L], shown[3L])
}
