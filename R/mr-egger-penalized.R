# Penalized MR-Egger (Rees et al. 2019, Genet Epidemiol 43:115-126): a second fit in which
# variants far from the first line lose weight. Its residual standard error, and so its
# standard errors, are those of the second fit; Q has no chi-squared distribution then.

fit_egger_penalized <- function(data, n_groups, options) {
  penalized <- penalized_weights(data, n_groups)
  line <- egger_line(data, penalized$weights, n_groups)
  egger_table(data, line, penalized$weights, penalized$status, NA_real_, n_groups, options)
}

penalized_weights <- function(data, n_groups) {
  w <- 1 / data$byse^2
  line <- first_egger_line(data, n_groups)
  residual <- line$dy - line$slope[data$group] * line$dx
  far <- stats::pchisq(w * residual^2, 1, lower.tail = FALSE)
  w <- w * pmin(1, 100 * far)
  # Far beyond the errors the probability underflows: such variants have no weight at all.
  left <- group_sums(list(n = as.numeric(w > 0)), data$group, n_groups)$n
  status <- line_status(line)
  short <- status == "ok" & !(left >= line$n_intercepts + 2)
  status[short] <- paste("fewer than", line$n_intercepts[short] + 2, "instruments left by the penalty")
  list(weights = w, status = status)
}
