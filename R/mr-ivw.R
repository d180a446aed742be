# Inverse-variance weighted regression through the origin (Burgess, Butterworth and
# Thompson 2013, Genet Epidemiol 37:658-665), first-order weights 1/byse^2. The random
# model multiplies the standard error by the residual one where that is above 1.

fit_ivw <- function(data, n_groups, options) {
  ivw_table(data, 1 / data$byse^2, n_groups, options)
}

# Second-order weights (Thompson, Minelli and Del Greco 2016): the variance of a ratio
# counts the error of the exposure effect, and its correlation `psi` with the outcome's.
# Near bx = 0 a weight hangs on the ratio by/bx, which is then noise.
fit_ivw_delta <- function(data, n_groups, options) {
  ivw_table(data, delta_weights(data, options$psi), n_groups, options)
}

delta_weights <- function(data, psi) {
  from_exposure <- data$by / data$bx * data$bxse
  1 / (data$byse^2 + from_exposure^2 - 2 * psi * from_exposure * data$byse)
}

ivw_line <- function(data, n_groups, w = 1 / data$byse^2) {
  w_bx <- w * data$bx
  sums <- group_sums(list(xx = w_bx * data$bx, xy = w_bx * data$by), data$group, n_groups)
  slope <- sums$xy / sums$xx
  fitted <- ifelse(is.finite(slope), slope, 0)[data$group] * data$bx
  rss <- group_sums(list(rss = w * (data$by - fitted)^2), data$group, n_groups)$rss
  list(n = as.numeric(tabulate(data$group, n_groups)), xx = sums$xx, slope = slope, rss = rss)
}

ivw_table <- function(data, w, n_groups, options) {
  line <- ivw_line(data, n_groups, w)
  status <- origin_status(line$n, line$xx, options)
  line$slope[!(line$xx > 0)] <- NA_real_
  rse <- ifelse(line$n > 1, sqrt(line$rss / (line$n - 1)), NA_real_)
  inflation <- ifelse(random_effects(line$n, options) & !is.na(rse), pmax(1, rse), 1)
  slope <- wald(line$slope, inflation / sqrt(line$xx), origin_df(line$slope, line$n, options), options$level)
  q <- ifelse(line$n > 1, line$rss, NA_real_)
  balance <- weight_balance(w, data$group, n_groups)
  table <- fit_table(slope, intercept = NULL, status, rse = rse, q = q, q_df = line$n - 1, balance = balance)
  set_influence(table, function() origin_influence(data$bx, w, line$xx[data$group]))
}

# Of a line through the origin with denominator `xx` (see draw-sandwich.R).
origin_influence <- function(x, w, xx) {
  list(weights = w, sign = rep(1, length(w)), pull = w / xx, slope = w * x / xx, intercept = NULL)
}

# Of a line through the origin with `n` variants and sum `xx` of squared exposure effects.
origin_status <- function(n, xx, options) {
  data.table::fcase(
    n < 1, "no instruments",
    !(xx > 0), "no spread in exposure effects",
    n < 2 & options$distribution == "t", "one instrument: no t interval",
    default = "ok"
  )
}

# "default" is the rule of the package MendelianRandomization.
random_effects <- function(n, options) {
  switch(options$model,
    fixed = rep(FALSE, length(n)),
    random = rep(TRUE, length(n)),
    default = n >= 4
  )
}

origin_df <- function(estimate, n, options) {
  df <- if (options$distribution == "t") ifelse(n > 1, n - 1, NA_real_) else rep(Inf, length(n))
  df[is.na(estimate)] <- NA_real_
  df
}
