# Two exposures, an outcome that hangs on both, and errors that all three share.
mv_draws <- function(n = 24, n_draws = 10, seed = 1, error = 0.3) {
  a <- random_draws(n = n, n_draws = n_draws, seed = seed, error = error)
  b <- random_draws(n = n, n_draws = n_draws, seed = seed + 50, error = error)
  list(a = a$x, b = b$x + 0.5 * a$x, y = a$y + 0.7 * b$x)
}

mv_effects <- function(draws = mv_draws(), sequence = "s1") {
  rbind(
    draws_effects(list(x = draws$a, y = draws$y), sequence, exposure = "A"),
    draws_effects(list(x = draws$b, y = draws$y), sequence, exposure = "B")
  )
}

test_that("mv_ivw and mv_egger are lm() with the standard error never below the stated errors", {
  draws <- mv_draws()
  a <- rowMeans(draws$a)
  b <- rowMeans(draws$b)
  y <- rowMeans(draws$y)
  fit <- fit_mvmr(mv_effects(draws))
  for (wanted in c("mc", "classical")) {
    w <- 1 / (row_sd(draws$y)^2 * if (wanted == "mc") 1 / 10 else 1 + 1 / 10)
    model <- summary(lm(y ~ 0 + a + b, weights = w))
    got <- fit[fit$method == "mv_ivw" & fit$error == wanted]
    expect_equal(got$estimate, unname(model$coefficients[, 1]), tolerance = 1e-10)
    expect_equal(got$std.error, unname(model$coefficients[, 2]) / min(1, model$sigma), tolerance = 1e-10)
    expect_equal(got$rse, rep(model$sigma, 2), tolerance = 1e-10)
    expect_identical(got$q_df, c(22, 22))
    s <- sign(a)
    model <- summary(lm(I(s * y) ~ I(s * a) + I(s * b), weights = w))
    got <- fit[fit$method == "mv_egger" & fit$error == wanted]
    expect_equal(c(got$intercept[1], got$estimate), unname(model$coefficients[, 1]), tolerance = 1e-10)
    expect_equal(
      c(got$intercept_se[1], got$std.error), unname(model$coefficients[, 2]) / min(1, model$sigma),
      tolerance = 1e-10
    )
  }
})

test_that("orient chooses the exposure that turns variants", {
  draws <- mv_draws()
  s <- sign(rowMeans(draws$b))
  w <- 1 / row_sd(draws$y)^2
  model <- lm(
    I(s * y) ~ I(s * a) + I(s * b), list(y = rowMeans(draws$y), a = rowMeans(draws$a), b = rowMeans(draws$b)),
    weights = w
  )
  fit <- fit_mvmr(mv_effects(draws), method = "mv_egger", error = "mc", orient = "B")
  expect_identical(fit$exposure, c("B", "A"))
  expect_equal(fit$estimate, unname(coef(model)[3:2]))
  expect_error(fit_mvmr(mv_effects(draws), orient = "C"), "orient", class = "deepmr_error_argument")
})

test_that("the model rule and the t distribution are those of ivw", {
  effects <- mv_effects()
  fixed <- fit_mvmr(effects, method = "mv_ivw", error = "mc", model = "fixed")
  random <- fit_mvmr(effects, method = "mv_ivw", error = "mc")
  expect_equal(random$std.error, fixed$std.error * pmax(1, fixed$rse))
  t <- fit_mvmr(effects, method = "mv_ivw", error = "mc", distribution = "t")
  expect_identical(t$df, c(22, 22))
  expect_equal(t$conf.high, t$estimate + qt(0.975, 22) * t$std.error)
})

test_that("standard errors from the draws are those of full covariance matrices", {
  draws <- mv_draws()
  x <- cbind(rowMeans(draws$a), rowMeans(draws$b))
  y <- rowMeans(draws$y)
  w <- 1 / row_sd(draws$y)^2
  for (target in c("structural", "network")) {
    fit <- fit_mvmr(mv_effects(draws), method = "mv_ivw", error = "classical", se = "draws", target = target)
    h <- solve(t(x) %*% (w * x), t(w * x))
    theta <- drop(h %*% y)
    off <- draws$y - theta[1] * draws$a - theta[2] * draws$b
    residual <- drop(y - x %*% theta)
    v <- h %*% (off - rowMeans(off))
    tau2 <- 0
    if (target == "network") {
      moved <- rbind(colSums(w * residual * (draws$a - x[, 1])), colSums(w * residual * (draws$b - x[, 2])))
      v <- v + solve(t(x) %*% (w * x), moved)
    } else {
      projected <- (diag(24) - x %*% h) %*% (off - rowMeans(off))
      explained <- 1.1 * sum(w * projected^2) / 9
      tau2 <- max(0, sum(w * residual^2) - explained) / (sum(w) * 22 / 24)
    }
    variance <- 1.1 * rowSums(v^2) / 9 + tau2 * rowSums(h^2)
    expect_equal(fit$estimate, theta)
    expect_equal(fit$std.error, sqrt(variance))
  }
})

test_that("direct effects that a position's substitutions share count as shared", {
  draws <- mv_draws(error = 0.1)
  draws$y <- draws$y + rep(with_seed(3, rnorm(8, sd = 0.1)), each = 3)
  effects <- mv_effects(draws)
  position <- rep(1:8, each = 3)
  effects[, c("position", "alt") := list(rep(rep(1:8, each = 3), 2), rep(c("C", "G", "T"), 16))]
  x <- cbind(rowMeans(draws$a), rowMeans(draws$b))
  y <- rowMeans(draws$y)
  pairs <- outer(position, position, "==") - diag(24)
  for (method in c("mv_ivw", "mv_egger")) {
    fit <- fit_mvmr(effects, method = method, error = "mc", se = "draws")
    s <- if (method == "mv_egger") sign(x[, 1]) else rep(1, 24)
    z <- if (method == "mv_egger") cbind(s, x) else x
    w <- 1 / row_sd(draws$y)^2
    h <- solve(t(z) %*% (w * z), t(w * z))
    residual <- sqrt(w) * drop(y - z %*% h %*% y)
    slopes <- ncol(z) - 1:0
    theta <- drop(h %*% y)[slopes]
    s_off <- cov(t(draws$y - theta[1] * draws$a - theta[2] * draws$b)) / 10
    project <- diag(sqrt(w)) %*% (diag(24) - z %*% h)
    excess <- tcrossprod(residual) - project %*% s_off %*% t(project)
    tau2 <- sum(diag(excess)) / (sum(w) * (24 - ncol(z)) / 24)
    shared <- min(tau2, sum(pairs * excess) / sum(pairs * tcrossprod(sqrt(w))))
    expect_gt(shared, 0)
    variance <- h %*% (s_off + tau2 * diag(24) + shared * pairs) %*% t(h)
    expect_equal(fit$std.error, unname(sqrt(diag(variance))[slopes]))
  }
})

test_that("conditional strength is that of what the other exposures leave", {
  draws <- mv_draws()
  fit <- fit_mvmr(mv_effects(draws), method = c("mv_ivw", "mv_egger"), error = "mc")
  a <- rowMeans(draws$a)
  b <- rowMeans(draws$b)
  w <- 1 / row_sd(draws$y)^2
  by_hand <- function(z, own, own_draws, other_draws, coefficient) {
    project <- diag(24) - z %*% solve(t(z) %*% (w * z), t(w * z))
    noise <- own_draws - rowMeans(own_draws) - coefficient * (other_draws - rowMeans(other_draws))
    covariance <- project %*% cov(t(noise)) %*% t(project)
    sum(w * (project %*% own)^2) / (sum(w * diag(covariance)) / 10)
  }
  got <- fit[fit$method == "mv_ivw"]
  expect_equal(got$conditional_f, c(
    by_hand(cbind(b), a, draws$a, draws$b, coef(lm(a ~ 0 + b, weights = w))),
    by_hand(cbind(a), b, draws$b, draws$a, coef(lm(b ~ 0 + a, weights = w)))
  ))
  s <- sign(a)
  model <- lm(I(s * a) ~ I(s * b), weights = w)
  got <- fit[fit$method == "mv_egger"]
  expect_equal(got$conditional_f[1], by_hand(cbind(1, s * b), s * a, s * draws$a, s * draws$b, coef(model)[[2]]))
  expect_equal(got$conditional_i2, 1 - 1 / got$conditional_f)
})

test_that("exposures that cannot be told apart are called so", {
  draws <- mv_draws()
  draws$b <- draws$a + with_seed(1L, matrix(rnorm(240, sd = 0.02), 24))
  fit <- fit_mvmr(mv_effects(draws), error = "classical")
  expect_match(fit$status, "^weak: conditional I2")
  expect_false(anyNA(fit$estimate))
  draws$b <- 2 * draws$a
  fit <- fit_mvmr(mv_effects(draws))
  expect_match(fit$status, "cannot be told apart")
  expect_true(all(is.na(fit$estimate)))
})

test_that("units, order of rows and splitting sequences change nothing they should not", {
  effects <- rbind(mv_effects(), mv_effects(mv_draws(seed = 2), "s2"))
  for (se in c("method", "draws")) {
    fit <- fit_mvmr(effects, se = se)
    shuffled <- fit_mvmr(effects[with_seed(1L, sample(nrow(effects)))], se = se, orient = "A")
    data.table::setorderv(shuffled, names(fit)[1:5])
    sorted <- data.table::copy(fit)
    data.table::setorderv(sorted, names(fit)[1:5])
    expect_equal(shuffled, sorted, tolerance = 1e-9)
    apart <- lapply(c("s1", "s2"), function(name) fit_mvmr(effects[effects$sequence == name], se = se))
    apart <- data.table::rbindlist(apart)
    expect_equal(apart, fit)
    scaled <- data.table::copy(effects)
    b <- scaled$exposure == "B"
    for (column in c("beta_exposure", "se_exposure")) {
      data.table::set(scaled, which(b), column, 1000 * scaled[[column]][b])
    }
    draws <- scaled$draws_exposure
    draws[b] <- lapply(draws[b], `*`, 1000)
    data.table::set(scaled, j = "draws_exposure", value = list(draws))
    other <- fit_mvmr(scaled, se = se)
    expect_equal(other$estimate * ifelse(other$exposure == "B", 1000, 1), fit$estimate)
    expect_equal(other$std.error * ifelse(other$exposure == "B", 1000, 1), fit$std.error)
    expect_equal(other$conditional_f, fit$conditional_f)
  }
})

test_that("with effects uncorrelated in the weights it is ivw one exposure at a time", {
  x <- cbind(rep(c(1, -1), 10), rep(c(1, 1, -1, -1), 5)) / 10
  y <- 0.3 * x[, 1] - 0.2 * x[, 2] + with_seed(3L, rnorm(20, sd = 0.01))
  effects <- data.table::rbindlist(lapply(1:2, function(k) {
    data.table::data.table(
      sequence = "s", position = 1:20, ref = "A", alt = "C", exposure = c("A", "B")[k], beta_exposure = x[, k],
      se_exposure = 0.01, beta_outcome = y, se_outcome = 0.01
    )
  }))
  fit <- fit_mvmr(effects, method = "mv_ivw")
  expect_identical(unique(fit$error), "given")
  expect_equal(fit$estimate, fit_mr(effects, method = "ivw")$estimate)
  expect_true(all(is.na(fit$conditional_f)))
})

test_that("no row is lost, and variants that one exposure cannot use are left out of all", {
  effects <- mv_effects()
  effects$beta_exposure[3] <- NA
  effects[, "at_rounding" := seq_len(48) == 30]
  fit <- fit_mvmr(effects, method = "mv_ivw", error = "mc")
  expect_identical(fit$n, c(22L, 22L))
  expect_identical(fit$n_left_out, c(2L, 2L))
  without <- fit_mvmr(effects[!effects$position %in% c(3, 6)], method = "mv_ivw", error = "mc")
  expect_equal(fit$estimate, without$estimate)
  few <- fit_mvmr(mv_effects(lapply(mv_draws(), `[`, 1:3, TRUE)))
  expect_identical(is.na(few$estimate), few$method == "mv_egger")
  expect_identical(unique(few$status[few$method == "mv_egger"]), "fewer than 4 instruments")
  none <- data.table::copy(effects)[, "selected" := FALSE]
  expect_identical(unique(fit_mvmr(none, method = "mv_ivw")$status), "fewer than 3 instruments")
})

test_that("exposures with different effects on the outcome are no one regression", {
  effects <- mv_effects()
  other <- draws_effects(list(x = mv_draws()$b, y = 2 * mv_draws()$y), exposure = "B")
  expect_error(fit_mvmr(rbind(effects[effects$exposure == "A"], other)), "24 variants", class = "deepmr_error_columns")
})

test_that("arguments are checked", {
  effects <- mv_effects()
  expect_error(fit_mvmr(effects[effects$exposure == "A"]), "one exposure", class = "deepmr_error_argument")
  expect_error(fit_mvmr(effects, method = "ivw"), "fit_mr", class = "deepmr_error_unknown_method")
  expect_error(fit_mr(effects, method = "mv_ivw"), "fit_mvmr", class = "deepmr_error_unknown_method")
  expect_error(fit_mvmr(effects, error = "posterior"), "posterior", class = "deepmr_error_argument")
  plain <- as.data.frame(effects)[c("sequence", "exposure", effect_columns)]
  expect_error(fit_mvmr(plain), "position", class = "deepmr_error_columns")
  no_draws <- data.table::copy(effects)[, c("draws_exposure", "draws_outcome") := NULL]
  expect_error(fit_mvmr(no_draws, se = "draws"), class = "deepmr_error_no_draws")
})

test_that("an argument that nothing in the call uses is an error", {
  x <- simulate_mutagenesis(1, length = 12)
  other <- data.table::copy(x[x$output == "outcome"])[, "output" := "decoy"]
  effects <- estimate_effects(rbind(x, other), c("exposure", "decoy"), "outcome")
  unused <- function(...) {
    expect_error(fit_mvmr(effects, error = "mc", ...), "has no meaning", class = "deepmr_error_argument")
  }
  unused(method = "mv_ivw", orient = "decoy")
  unused(method = "mv_egger", model = "fixed")
  unused(target = "network")
  unused(se = "draws", distribution = "t")
})
