# Standard errors from the draws, by brute force: full covariance matrices, n x n.

brute_force <- function(draws, cf, w, sign, centred, theta) {
  bx <- rowMeans(draws$x)
  by <- rowMeans(draws$y)
  n <- length(bx)
  a <- diag(w) - if (centred) tcrossprod(w * sign) / sum(w) else 0
  h <- drop(a %*% bx) / drop(bx %*% a %*% bx)
  off <- cov(t(draws$y - theta * draws$x))
  alpha <- if (centred) sum(w * sign * (by - theta * bx)) / sum(w) else 0
  residual <- by - theta * bx - alpha * sign
  left <- n - 1 - centred
  tau2 <- max(0, sum(w * residual^2) - cf * sum(diag(a %*% off))) / (sum(w) * left / n)
  v1 <- cf * drop(h %*% off %*% h)
  v2 <- tau2 * sum(h^2)
  sxx <- cov(t(draws$x))
  trace_xx <- sum(diag(a %*% sxx))
  trace_xy <- sum(diag(a %*% cov(t(draws$x), t(draws$y))))
  spread <- drop(bx %*% a %*% bx)
  t <- ncol(draws$x)
  list(
    std.error = sqrt(v1 + v2), df = (v1 + v2)^2 / (v1^2 / (t - 1) + v2^2 / left),
    i2_cov = 1 - cf * trace_xx / spread, bias_pred = cf * (trace_xy - theta * trace_xx) / spread
  )
}

test_that("the sandwich around egger, ivw and ols is the one of full covariance matrices", {
  draws <- random_draws(n = 25, n_draws = 14)
  effects <- draws_effects(draws)
  fit <- fit_mr(effects, method = c("egger", "ivw", "ols"), se = "draws")
  plain <- fit_mr(effects, method = c("egger", "ivw", "ols"))
  expect_equal(fit$estimate, plain$estimate)
  sign <- ifelse(effects$beta_exposure < 0, -1, 1)
  w <- 1 / effects$se_outcome^2
  for (i in seq_len(nrow(fit))) {
    cf <- if (fit$error[i] == "mc") 1 / 14 else 1 + 1 / 14
    want <- switch(fit$method[i],
      egger = brute_force(draws, cf, w, sign, TRUE, fit$estimate[i]),
      ivw = brute_force(draws, cf, w, rep(1, 25), FALSE, fit$estimate[i]),
      ols = brute_force(draws, cf, rep(1, 25), rep(1, 25), TRUE, fit$estimate[i])
    )
    expect_equal(as.list(bare(fit)[i, names(want)]), want, tolerance = 1e-9, ignore_attr = TRUE)
    expect_equal(fit$conf.high[i], fit$estimate[i] + qt(0.975, want$df) * want$std.error)
    # i2_cov and bias_pred come with any standard error
    expect_equal(plain$i2_cov[i], want$i2_cov)
    expect_equal(plain$bias_pred[i], want$bias_pred)
  }
  expect_identical(unique(fit$se_from), "draws")
  expect_identical(unique(plain$se_from), "method")
})

test_that("substitutions of one position share direct effects, as by full covariance matrices", {
  draws <- random_draws(n = 27, n_draws = 14, error = 0.3)
  draws$y <- draws$y + rep(with_seed(3, rnorm(9, sd = 0.1)), each = 3)
  effects <- draws_effects(draws)
  position <- rep(1:9, each = 3)
  effects[, c("position", "alt") := list(rep(1:9, each = 3), rep(c("C", "G", "T"), 9))]
  methods <- c("egger", "ivw", "ols")
  fit <- fit_mr(effects, method = methods, se = "draws")
  bx <- effects$beta_exposure
  pairs <- outer(position, position, "==") - diag(27)
  for (i in seq_len(nrow(fit))) {
    s <- if (fit$method[i] == "egger") ifelse(bx < 0, -1, 1) else rep(1, 27)
    w <- if (fit$method[i] == "ols") rep(1, 27) else 1 / effects$se_outcome^2
    centred <- fit$method[i] != "ivw"
    cf <- if (fit$error[i] == "mc") 1 / 14 else 1 + 1 / 14
    project <- diag(sqrt(w)) %*% (diag(27) - centred * tcrossprod(s, w * s) / sum(w))
    residual <- drop(project %*% (effects$beta_outcome - fit$estimate[i] * bx))
    s_off <- cf * cov(t(draws$y - fit$estimate[i] * draws$x))
    excess <- tcrossprod(residual) - project %*% s_off %*% t(project)
    left <- 27 - 1 - centred
    tau2 <- max(0, sum(diag(excess))) / (sum(w) * left / 27)
    shared <- min(tau2, max(0, sum(pairs * excess) / sum(pairs * tcrossprod(sqrt(w)))))
    expect_gt(shared, 0)
    x <- s * bx - centred * sum(w * s * bx) / sum(w)
    h <- s * w * x / sum(w * x^2)
    v1 <- drop(h %*% s_off %*% h)
    v2 <- drop(h %*% (tau2 * diag(27) + shared * pairs) %*% h)
    expect_equal(fit$std.error[i], sqrt(v1 + v2), tolerance = 1e-9)
    df2 <- 27 / (1 + (27 / 9 - 1) * (shared / tau2)^2) - (27 - left)
    expect_equal(fit$df[i], (v1 + v2)^2 / (v1^2 / 13 + v2^2 / df2), tolerance = 1e-9)
  }
  # Without positions, and for the network's own slope, nothing is shared.
  alone <- fit_mr(effects[, -"position"], method = methods, se = "draws")
  expect_false(any(alone$std.error == fit$std.error))
  own <- function(x) fit_mr(x, method = methods, se = "draws", target = "network")$std.error
  expect_equal(own(effects), own(effects[, -"position"]))
})

test_that("around ols, with errors next to nothing, it is that of egger_draws", {
  draws <- random_draws(n = 27, n_draws = 14, error = 1e-6)
  draws$y <- draws$y + rep(with_seed(3, rnorm(9, sd = 0.1)), each = 3)
  effects <- draws_effects(draws)
  effects[, c("position", "alt") := list(rep(1:9, each = 3), rep(c("C", "G", "T"), 9))]
  fit <- fit_mr(effects, method = c("egger_draws", "ols"), se = "draws", error = "mc")
  same <- c("std.error", "df", "intercept_se", "conf.low")
  expect_equal(unlist(bare(fit)[1, same]), unlist(bare(fit)[2, same]), tolerance = 1e-5)
})

test_that("the intercept has its own sandwich", {
  draws <- random_draws(n = 25, n_draws = 14, error = 5)
  fit <- fit_mr(draws_effects(draws), method = "ols", se = "draws", error = "classical")
  z <- cbind(1, rowMeans(draws$x))
  g <- solve(crossprod(z), t(z))[1, ]
  off <- cov(t(draws$y - fit$estimate * draws$x))
  # draws explain all of the scatter here, so that no direct effects are left
  v1 <- (1 + 1 / 14) * drop(g %*% off %*% g)
  slope_h <- solve(crossprod(z), t(z))[2, ]
  v1_slope <- (1 + 1 / 14) * drop(slope_h %*% off %*% slope_h)
  expect_equal(fit$std.error^2, v1_slope)
  expect_equal(fit$intercept_se^2, v1)
  expect_equal(fit$intercept_df, 13)
})

test_that("methods on draws, and medians, are the same with either se", {
  effects <- draws_effects(random_draws(n = 20, n_draws = 6))
  methods <- c("egger_draws", "median", "median_weighted")
  fits <- lapply(c("draws", "method"), function(se) bare(fit_mr(effects, method = methods, se = se)))
  same <- setdiff(names(fits[[1]]), "target")
  expect_equal(fits[[1]][same], fits[[2]][same])
})

test_that("every method takes standard errors from the draws, and none changes its estimate", {
  effects <- estimate_effects(simulate_mutagenesis(n_sequences = 3, length = 25), "exposure", "outcome")
  methods <- setdiff(fittable_methods(), "egger_paper")
  fit <- fit_mr(effects, method = methods, se = "draws")
  plain <- fit_mr(effects, method = methods)
  expect_equal(fit$estimate, plain$estimate)
  expect_true(all(is.na(fit$estimate) | fit$std.error > 0))
  expect_true(all(fit$se_from == "draws"))
})

test_that("sequences without draws keep their row and say so", {
  good <- draws_effects(random_draws(n = 10, n_draws = 5), "good")
  none <- draws_effects(random_draws(n = 10, n_draws = 5), "none")
  none$draws_exposure <- rep(list(NULL), 10)
  none$draws_outcome <- rep(list(NULL), 10)
  ragged <- draws_effects(random_draws(n = 10, n_draws = 5), "ragged")
  ragged$draws_exposure[[1]] <- rep(ragged$draws_exposure[[1]], 2)
  ragged$draws_outcome[[1]] <- rep(ragged$draws_outcome[[1]], 2)
  ragged$n_draws[1] <- 10
  fit <- fit_mr(rbind(good, none, ragged), method = c("egger", "ivw"), se = "draws", error = "mc")
  expect_identical(fit$status[fit$sequence == "none"], rep("no draws", 2))
  expect_identical(fit$status[fit$sequence == "ragged"], rep("numbers of draws differ between variants", 2))
  expect_identical(is.na(fit$estimate), fit$sequence != "good")
  expect_identical(is.na(fit$std.error), fit$sequence != "good")
  reason <- augment(fit)
  expect_identical(unique(reason$reason[reason$sequence == "none"]), "no draws")
})

test_that("a table without draws has none to give", {
  effects <- plain_effects(mr_reference()$n4$input)
  expect_error(fit_mr(effects, method = "egger", se = "draws"), "se = ", class = "deepmr_error_no_draws")
  expect_error(fit_mr(effects, method = "egger", se = "bootstrap"), "se", class = "deepmr_error_argument")
})

test_that("about the network's own slope residuals are no error, and errors of the exposure count with them", {
  skip_on_cran()
  draws <- random_draws(n = 25, n_draws = 14)
  effects <- draws_effects(draws)
  fit <- fit_mr(effects, method = c("egger", "ols", "ivw"), se = "draws", error = "mc", target = "network")
  # The derivative of the slope by every effect, numerically, and the covariance of all of them.
  for (i in seq_len(nrow(fit))) {
    slope <- function(bx, by) {
      changed <- data.table::copy(effects)[, c("draws_exposure", "draws_outcome") := NULL]
      changed[, c("beta_exposure", "beta_outcome") := list(bx, by)]
      fit_mr(changed, method = fit$method[i], error = "mc")$estimate
    }
    bx <- effects$beta_exposure
    by <- effects$beta_outcome
    step <- 1e-6
    gradient <- vapply(1:50, function(j) {
      shift <- replace(numeric(50), j, step)
      (slope(bx + shift[1:25], by + shift[26:50]) - slope(bx - shift[1:25], by - shift[26:50])) / (2 * step)
    }, 0)
    variance <- drop(gradient %*% cov(t(rbind(draws$x, draws$y))) %*% gradient) / 14
    expect_equal(fit$std.error[i], sqrt(variance), tolerance = 1e-5)
    expect_equal(fit$df[i], 13)
  }
})

test_that("draws of an ensemble's members are not taken for independent", {
  draws <- random_draws(n = 15, n_draws = 12)
  member <- with_seed(2, matrix(rep(rnorm(15 * 3, sd = 0.05), 4), 15))
  draws <- list(x = draws$x + member, y = draws$y + 0.3 * member)
  effects <- draws_effects(draws)
  effects$n_members <- 3L
  fit <- fit_mr(effects, method = c("ols", "median"), se = "draws", target = "network")
  plain <- fit_mr(draws_effects(draws), method = c("ols", "median"), se = "draws", target = "network")
  mc <- fit$error == "mc"
  expect_true(all(fit$std.error[mc] < plain$std.error[mc]))
  expect_equal(fit$estimate, plain$estimate)
  ols <- fit[fit$method == "ols"]
  z <- cbind(1, rowMeans(draws$x))
  residual <- rowMeans(draws$y) - drop(z %*% c(ols$intercept[1], ols$estimate[1]))
  x <- z[, 2] - mean(z[, 2])
  deviation <- function(m) m - rowMeans(m)
  v <- crossprod(deviation(draws$y) - ols$estimate[1] * deviation(draws$x), x) + crossprod(deviation(draws$x), residual)
  v <- drop(v) / sum(x^2)
  within <- v - ave(v, rep(1:3, 4))
  expect_equal(ols$std.error[1]^2, sum(within^2) / 9 / 12)
  expect_equal(ols$df[1], 9)
})

test_that("the posterior is for methods on draws, and the others say so", {
  effects <- draws_effects(random_draws(n = 20, n_draws = 6))
  for (se in c("method", "draws")) {
    fit <- fit_mr(effects, method = c("egger", "median"), error = "posterior", se = se)
    expect_match(fit$status, "posterior")
    expect_true(all(is.na(fit$estimate) & is.na(fit$loo_low)))
  }
})
