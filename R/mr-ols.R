# Ordinary least squares of outcome effects on exposure effects as they are coded
# (alternative minus reference), intercept included, every variant with the same
# weight; standard errors, t quantiles and p-values are those of lm().

fit_ols <- function(data, n_groups, options) {
  w <- rep(1, length(data$bx))
  line <- group_line(data$bx, data$by, w, data$group, n_groups, data$stratum)
  status <- line_status(line)
  failed <- status != "ok"
  line$slope[failed] <- NA_real_
  line$intercept[failed] <- NA_real_
  df <- ifelse(failed, NA_real_, line$df)
  rse <- sqrt(line$rss / df)
  table <- fit_table(
    slope = wald(line$slope, rse / sqrt(line$sxx), df, options$level),
    intercept = wald(line$intercept, rse * sqrt(1 / line$n + line$x_mean^2 / line$sxx), df, options$level),
    status,
    rse = rse, q = NA_real_, q_df = NA_real_, balance = weight_balance(w, data$group, n_groups)
  )
  set_influence(table, function() line_influence(rep(1, length(w)), w, line, data$group))
}
