# MR-Egger regression (Bowden et al. 2015, Int J Epidemiol 44:512-525): outcome on
# absolute exposure effects, weights 1/byse^2, both signs turned so that the exposure
# effect is positive. SE = max(1, residual SE) / sqrt(Sxx): errors are never taken to
# be smaller than stated.

fit_egger <- function(data, n_groups, options) {
  line <- first_egger_line(data, n_groups)
  egger_table(data, line, 1 / data$byse^2, line_status(line), line$rss, n_groups, options)
}

# With weights 1/byse^2, as kernel, diagnostics and leave-one-out need it: kernel_input() finds it once for all.
first_egger_line <- function(data, n_groups) {
  if (is.null(data$egger)) egger_line(data, 1 / data$byse^2, n_groups) else data$egger
}

egger_line <- function(data, w, n_groups) {
  group_line(abs(data$bx), orient(data$bx) * data$by, w, data$group, n_groups, data$stratum)
}

# `q`: heterogeneity about the line, one per group or NA.
egger_table <- function(data, line, w, status, q, n_groups, options) {
  line$slope[status != "ok"] <- NA_real_
  line$intercept[status != "ok"] <- NA_real_
  rse <- sqrt(line$rss / line$df)
  slope <- egger_inference(line$slope, 1 / sqrt(line$sxx), rse, line$df, options)
  intercept <- egger_inference(
    line$intercept, sqrt(1 / line$s0 + line$x_mean^2 / line$sxx), rse, line$df, options
  )
  balance <- weight_balance(w, data$group, n_groups)
  table <- fit_table(slope, intercept, status, rse = rse, q = q, q_df = line$df, balance = balance)
  set_influence(table, function() line_influence(orient(data$bx), w, line, data$group))
}

# With t quantiles and residuals smaller than their standard errors (rse < 1), the
# wider of two intervals: normal about the stated errors, t about the residual ones.
egger_inference <- function(estimate, se_stated, rse, df, options) {
  df[is.na(estimate)] <- NA_real_
  std_error <- se_stated * pmax(1, rse)
  normal <- wald(estimate, std_error, ifelse(is.na(df), NA_real_, Inf), options$level)
  if (options$distribution == "normal") {
    return(normal)
  }
  t <- wald(estimate, std_error, df, options$level)
  under <- which(rse < 1)
  residual <- wald(estimate, se_stated * rse, df, options$level)
  t$conf.low[under] <- pmin(normal$conf.low, residual$conf.low)[under]
  t$conf.high[under] <- pmax(normal$conf.high, residual$conf.high)[under]
  # na.rm: an estimate of 0 with residuals of 0 has no residual p-value
  t$p.value[under] <- pmax(normal$p.value, residual$p.value, na.rm = TRUE)[under]
  t
}

# What stops a line with an intercept, in words.
line_status <- function(line) {
  data.table::fcase(
    line$df < 1, paste("fewer than", line$n_intercepts + 2, "instruments"),
    !line$spread, "no spread in exposure effects",
    default = "ok"
  )
}
