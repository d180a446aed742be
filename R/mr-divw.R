# Debiased inverse-variance weighted (Ye, Shao and Kang 2021, Ann Stat 49:2079-2100):
# IVW with the error taken out of both sums, w = 1/byse^2. `psi`, the correlation of the
# two errors, is 0 in the paper. With e = by - theta bx, d its variance and k = theta
# bxse^2 - psi bxse byse (minus the covariance of bx and e), the variance of the
# estimating function is sum w^2 (bx^2 d + k^2), to which balanced direct effects of
# variance tau2 add sum w^2 bx^2 tau2.

fit_divw <- function(data, n_groups, options) {
  group <- data$group
  w <- 1 / data$byse^2
  overlap <- options$psi * data$bxse * data$byse
  sums <- group_sums(list(
    n = rep(1, length(w)), w = w, xy = w * (data$bx * data$by - overlap), xx = w * (data$bx^2 - data$bxse^2),
    f = ifelse(data$bxse > 0, (data$bx / data$bxse)^2, Inf)
  ), group, n_groups)
  estimate <- ifelse(sums$xx > 0, sums$xy / sums$xx, NA_real_)
  theta <- estimate[group]
  variance <- data$byse^2 + theta^2 * data$bxse^2 - 2 * theta * overlap
  parts <- group_sums(list(
    excess = w * ((data$by - theta * data$bx)^2 - variance),
    noise = w^2 * (data$bx^2 * variance + (theta * data$bxse^2 - overlap)^2), direct = w^2 * data$bx^2
  ), group, n_groups)
  tau2 <- if (options$model == "fixed") 0 else pmax(0, parts$excess / sums$w)
  se <- sqrt(parts$noise + tau2 * parts$direct) / sums$xx
  condition <- (sums$f / sums$n - 1) * sqrt(sums$n)
  status <- data.table::fcase(
    sums$n < 1, "no instruments",
    !(sums$xx > 0), "denominator not positive: exposure effects carry no signal beyond their error",
    sums$n < 2 & options$distribution == "t", "one instrument: no t interval",
    condition < 20, "weak: (mean F - 1) sqrt(n) below 20",
    default = "ok"
  )
  table <- fit_table(
    wald(estimate, se, origin_df(estimate, sums$n, options), options$level),
    intercept = NULL, status,
    rse = NA_real_, q = NA_real_, q_df = NA_real_, balance = weight_balance(w, group, n_groups)
  )
  set_influence(table, function() origin_influence(data$bx, w, sums$xx[group]))
}
