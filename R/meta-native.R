# Meta-analysis without metafor, which takes milliseconds a pair: DerSimonian and Laird (1986, Control
# Clin Trials 7:177-188), Paule and Mandel (1982, J Res Natl Bur Stand 87:377-385) and the fixed effect, with
# the tests of metafor's rma(). Returns its figures under the names of `meta_columns`.

pool_native <- function(estimate, std_error, pooling) {
  v <- std_error^2
  k <- length(v)
  fixed <- weighted_mean(estimate, 1 / v)
  typical <- (k - 1) / (sum(1 / v) - sum(1 / v^2) / sum(1 / v)) # the "typical" sampling variance
  tau2 <- switch(pooling$method,
    FE = 0,
    DL = max(0, (fixed$q - (k - 1)) * typical / (k - 1)),
    PM = paule_mandel(estimate, v)
  )
  pooled <- weighted_mean(estimate, 1 / (v + tau2))
  factor <- switch(pooling$test, knha = pooled$q / (k - 1), adhoc = max(1, pooled$q / (k - 1)), 1)
  df <- if (pooling$test == "z") Inf else k - 1
  line <- wald(pooled$mean, sqrt(factor / pooled$s0), df, pooling$level)
  list(
    status = if (max(v) >= 1e7 * min(v)) "sampling variances differ by a factor of 1e7 or more: not stable" else "ok",
    result = c(
      line[setdiff(wald_columns, "df")],
      prediction(pooled$mean, if (pooling$method == "FE") NA_real_ else line$std.error^2 + tau2, df, pooling$level),
      list(
        tau = sqrt(tau2), tau2 = tau2,
        i2 = if (pooling$method == "FE") max(0, 1 - (k - 1) / fixed$q) else tau2 / (tau2 + typical),
        q = fixed$q, q_p = stats::pchisq(fixed$q, k - 1, lower.tail = FALSE)
      )
    )
  )
}

weighted_mean <- function(y, w) {
  mean <- sum(w * y) / sum(w)
  list(mean = mean, s0 = sum(w), q = sum(w * (y - mean)^2))
}

# Where one more sequence is expected, of `variance` about the mean.
prediction <- function(mean, variance, df, level) {
  half <- stats::qt(1 - (1 - level) / 2, df) * sqrt(variance)
  list(pred.low = mean - half, pred.high = mean + half)
}

# The tau2 at which Q is k - 1, or 0. Q falls and is convex, so that Newton's steps from 0 never pass it.
paule_mandel <- function(y, v, max_steps = 100L) {
  tau2 <- 0
  for (step in seq_len(max_steps)) {
    w <- 1 / (v + tau2)
    fit <- weighted_mean(y, w)
    excess <- fit$q - (length(y) - 1)
    if (excess <= 1e-12 * length(y)) break
    tau2 <- tau2 + excess / sum(w^2 * (y - fit$mean)^2)
  }
  tau2
}
