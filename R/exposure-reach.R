# Sequences in which no variant moves the exposure. A network that has learnt a motif
# answers to its loss: where there is a site, some variant moves the exposure about as far as
# the strongest variants of other sequences do. Where there is none, effects are far smaller but
# still well above their error (SEs shrink with the effects), so I2_cov is near 1 and the
# slope has a small standard error, yet it is the slope of the network's background.
#
# On the demo network (20 promoters x 4 exposures) the reach of all ten sequences whose slopes are
# far off lies below 0.31, of all others above 0.42.
least_reach <- 1 / 3
idle_words <- "weak: no variant moves the exposure as far as in other sequences"

# Largest |bx| of each sequence, over the upper quartile of these over the sequences of the
# same exposure and outcome. NA below three sequences: nothing to compare with.
exposure_reach <- function(data, used, n_groups) {
  first <- by_group(seq_along(data$group), data$group, n_groups, min)
  rows <- used_rows(data, used, n_groups)
  largest <- vapply(rows, function(at) if (length(at)) max(abs(data$beta_exposure[at])) else NA_real_, 0)
  pair <- paste(data$exposure[first], data$outcome[first], sep = "\r")
  largest / stats::ave(largest, pair, FUN = upper_quartile)
}

upper_quartile <- function(x) {
  x <- x[!is.na(x)]
  if (length(x) < 3L || !any(x > 0)) NA_real_ else stats::quantile(x, 0.75, names = FALSE)
}

flag_idle_exposure <- function(fit, reach) {
  at <- which(fit$status == "ok" & reach < least_reach)
  data.table::set(fit, at, "status", idle_words)
  fit
}
