# Inverse-variance weighted regression through the origin (Burgess, Butterworth and
# Thompson 2013, Genet Epidemiol 37:658-665), first-order weights 1/byse^2. The random
# model multiplies the standard error by the residual one where that is above 1.

ivw_line <- function(data, n_groups) {
  w <- 1 / data$byse^2
  sums <- group_sums(
    list(n = rep(1, length(w)), xx = w * data$bx^2, xy = w * data$bx * data$by), data$group, n_groups
  )
  slope <- sums$xy / sums$xx
  fitted <- ifelse(is.finite(slope), slope, 0)[data$group] * data$bx
  rss <- group_sums(list(rss = w * (data$by - fitted)^2), data$group, n_groups)$rss
  list(n = sums$n, xx = sums$xx, slope = slope, rss = rss)
}

fit_ivw <- function(data, n_groups, options) {
  line <- ivw_line(data, n_groups)
  status <- data.table::fcase(
    line$n < 1, "no instruments",
    !(line$xx > 0), "no spread in exposure effects",
    line$n < 2 & options$distribution == "t", "one instrument: no t interval",
    default = "ok"
  )
  line$slope[!(line$xx > 0)] <- NA_real_
  rse <- ifelse(line$n > 1, sqrt(line$rss / (line$n - 1)), NA_real_)
  # "default" is the rule of the package MendelianRandomization.
  random <- switch(options$model,
    fixed = rep(FALSE, n_groups),
    random = rep(TRUE, n_groups),
    default = line$n >= 4
  )
  inflation <- ifelse(random & !is.na(rse), pmax(1, rse), 1)
  df <- if (options$distribution == "t") ifelse(line$n > 1, line$n - 1, NA_real_) else rep(Inf, n_groups)
  df[is.na(line$slope)] <- NA_real_
  slope <- wald(line$slope, inflation / sqrt(line$xx), df, options$level)
  q <- ifelse(line$n > 1, line$rss, NA_real_)
  balance <- weight_balance(1 / data$byse^2, data$group, n_groups)
  fit_table(slope, intercept = NULL, status, rse = rse, q = q, q_df = line$n - 1, balance = balance)
}
