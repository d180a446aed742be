# The columns that every method returns, one row per group. A method that has no value
# for a column leaves NA.

wald_columns <- c("estimate", "std.error", "df", "statistic", "p.value", "conf.low", "conf.high")
intercept_columns <- c(
  "intercept", "intercept_se", "intercept_df", "intercept_statistic", "intercept_p",
  "intercept_low", "intercept_high"
)
empty_fit <- as.list(stats::setNames(rep(NA_real_, 22L), c(
  wald_columns, intercept_columns,
  "rse", "n_eff", "max_weight_share", "i2_cov", "bias_pred", "q", "q_df", "q_p"
)))

# `slope` and `intercept` come from wald(), `balance` from weight_balance(); a method
# through the origin has `intercept` NULL. A row
# without an estimate keeps no number that would look like a result.
fit_table <- function(slope, intercept, status, rse, q, q_df, balance) {
  given <- c(slope, as_intercept(intercept), balance, list(rse = rse, q = q, q_df = q_df, q_p = chisq_tail(q, q_df)))
  table <- data.table::as.data.table(utils::modifyList(empty_fit, given))
  failed <- which(is.na(table$estimate))
  data.table::set(table, failed, c(wald_columns, intercept_columns, "rse", "q", "q_df", "q_p"), NA_real_)
  # Weights that overflow: no number, so no "ok" either.
  status[intersect(failed, which(status == "ok"))] <- "numbers too large or too small"
  status[is.na(table$std.error) & status == "ok"] <- "no standard error: numbers too large or too small"
  table[, "status" := status][]
}

# How the slope of each group follows its outcome effects, for the draw sandwich and leave-one-out
# (draw-sandwich.R): a function without arguments, so that it costs nothing where neither is asked for.
set_influence <- function(table, influence) data.table::setattr(table, "influence", influence)

as_intercept <- function(wald) {
  if (is.null(wald)) NULL else stats::setNames(wald, intercept_columns[match(names(wald), wald_columns)])
}
