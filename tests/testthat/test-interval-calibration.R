# Four predictions, computed by hand: z = (.5, -1.5, .5, -1.5).
sd_b <- c(1, 1, 2, 2)
y_b <- c(0.5, -1.5, 1, -3)

# A module of the Python that deepmr uses.
import_or_skip <- function(module) {
  skip_if_no_python()
  backend() # starts it
  skip_if_not(reticulate::py_module_available(module), paste("no", module))
  reticulate::import(module)
}

# Means, too-small standard deviations that differ between predictions, and what came.
heteroscedastic <- function(n, shrink, seed) {
  with_seed(seed, {
    mean <- stats::rnorm(n)
    sd <- exp(stats::rnorm(n, sd = 0.7))
    list(mean = mean, sd = sd / shrink, y = mean + sd * stats::rnorm(n))
  })
}

# |observed - q| integrated between neighbouring jumps by quadrature, shares counted one by one.
slow_area <- function(level) {
  jumps <- sort(unique(c(0, level, 1)))
  observed <- function(q) vapply(q, function(one) mean(level <= one), 0)
  sum(vapply(seq_len(length(jumps) - 1L), function(i) {
    # split where the gap changes sign, else quadrature meets a kink
    middle <- min(max(observed(jumps[i]), jumps[i]), jumps[i + 1L])
    gap <- function(q) abs(observed(jumps[i]) - q)
    stats::integrate(gap, jumps[i], middle)$value + stats::integrate(gap, middle, jumps[i + 1L])$value
  }, 0))
}

# CRPS as its definition: the integral of (F(x) - 1(x >= y))^2 (Gneiting & Raftery 2007, eq. 20).
slow_crps <- function(z, cdf) {
  stats::integrate(function(x) cdf(x)^2, -Inf, z, rel.tol = 1e-10)$value +
    stats::integrate(function(x) (1 - cdf(x))^2, z, Inf, rel.tol = 1e-10)$value
}

test_that("the small example gives the values computed by hand", {
  row <- interval_calibration(mean = rep(0, 4), sd = sd_b, y = y_b)
  expect_named(row, c("n", "miscalibration_area", "mace", "rmsce", "sharpness", "nll", "crps"))
  want <- c(4, 0.1562146423, 0.1529292929, 0.1876668727, 1.5811388301, 1.8905121235, 0.9943706514)
  expect_equal(unlist(row, use.names = FALSE), want, tolerance = 1e-9)
  each <- vapply(1:4, function(i) interval_calibration(0, sd_b[i], y_b[i])$crps, 0)
  expect_equal(each, c(0.3314035313, 0.9944240040, 0.6628070625, 1.9888480080), tolerance = 1e-9)
  # lambda, the mean of z^2, is the factor of the variances that makes the likelihood largest
  nll <- function(lambda) interval_calibration(rep(0, 4), sqrt(lambda) * sd_b, y_b)$nll
  expect_equal(stats::optimize(nll, c(0.1, 10), tol = 1e-8)$minimum, 1.25, tolerance = 1e-5)
})

test_that("the small example's curve has its shares and quantiles", {
  levels <- c(0.5, 0.8, 0.9, 0.95)
  curve <- coverage_curve(rep(0, 4), sd_b, y_b, levels = levels)
  expect_equal(curve$observed[curve$type == "interval"], c(0.5, 0.5, 1, 1))
  whole <- coverage_curve(rep(0, 4), sd_b, y_b)
  expect_equal(whole$level[whole$type == "quantile"], c(0, 0.0668072013, 0.6914624613, 1), tolerance = 1e-9)
  expect_equal(whole$observed[whole$type == "quantile"], c(0, 0.5, 1, 1))
})

test_that("errors of the levels equal counting and quadrature, for the normal and for Student's t", {
  x <- heteroscedastic(40, 1.7, seed = 1)
  for (df in list(Inf, 4, rep(c(3, 9, Inf, 30), 10))) {
    row <- interval_calibration(x$mean, x$sd, x$y, df = df)
    u <- stats::pt((x$y - x$mean) / x$sd, df)
    level <- abs(2 * u - 1)
    grid <- seq(0, 1, length.out = 100)
    gap <- vapply(grid, function(q) mean(level <= q), 0) - grid
    expect_equal(row$mace, mean(abs(gap)), tolerance = 1e-12)
    expect_equal(row$rmsce, sqrt(mean(gap^2)), tolerance = 1e-12)
    expect_equal(row$miscalibration_area, slow_area(level), tolerance = 1e-10)
  }
})

test_that("the CRPS and the likelihood are those of the distribution", {
  for (df in c(2, 3.5, 10, Inf)) {
    for (z in c(-3, -0.2, 0, 1.4)) {
      slow <- slow_crps(z, function(x) stats::pt(x, df))
      expect_equal(interval_calibration(2, 0.5, 2 + 0.5 * z, df = df)$crps, 0.5 * slow, tolerance = 1e-6)
    }
  }
  # df = 1 has no mean, and no CRPS
  expect_identical(interval_calibration(0, 1, 0.3, df = 1)$crps, Inf)
  x <- heteroscedastic(20, 1, seed = 2)
  density <- function(df) function(y, mean, sd) stats::dt((y - mean) / sd, df) / sd
  slow <- mapply(function(y, mean, sd) -log(density(5)(y, mean, sd)), x$y, x$mean, x$sd)
  expect_equal(interval_calibration(x$mean, x$sd, x$y, df = 5)$nll, mean(slow), tolerance = 1e-12)
  expect_equal(
    interval_calibration(x$mean, x$sd, x$y)$nll, -mean(stats::dnorm(x$y, x$mean, x$sd, log = TRUE)), tolerance = 1e-12
  )
})

test_that("scipy gives the same quantiles, likelihood and CRPS", {
  stats_py <- import_or_skip("scipy.stats")
  integrate_py <- import_or_skip("scipy.integrate")
  x <- heteroscedastic(6, 1.3, seed = 3)
  row <- interval_calibration(x$mean, x$sd, x$y, df = 7)
  t7 <- function(i) stats_py$t(df = 7, loc = x$mean[i], scale = x$sd[i])
  nll <- vapply(1:6, function(i) -t7(i)$logpdf(x$y[i]), 0)
  expect_equal(row$nll, mean(nll), tolerance = 1e-9)
  crps <- vapply(1:6, function(i) {
    below <- integrate_py$quad(function(v) t7(i)$cdf(v)^2, -Inf, x$y[i])[[1L]]
    below + integrate_py$quad(function(v) t7(i)$sf(v)^2, x$y[i], Inf)[[1L]]
  }, 0)
  expect_equal(row$crps, mean(crps), tolerance = 1e-6) # quad's own accuracy is 1.5e-8 of each part
  u <- vapply(1:6, function(i) t7(i)$cdf(x$y[i]), 0)
  curve <- coverage_curve(x$mean, x$sd, x$y, df = 7)
  expect_equal(curve$level[curve$type == "quantile"], c(0, sort(u), 1), tolerance = 1e-9)
})

test_that("scoringRules gives the same CRPS", {
  skip_if_not_installed("scoringRules")
  x <- heteroscedastic(30, 1.3, seed = 4)
  expect_equal(interval_calibration(x$mean, x$sd, x$y)$crps, mean(scoringRules::crps_norm(x$y, x$mean, x$sd)))
  expect_equal(
    interval_calibration(x$mean, x$sd, x$y, df = 4)$crps, mean(scoringRules::crps_t(x$y, 4, x$mean, x$sd))
  )
})

test_that("the CRPS of draws equals all pairs, and on average that of their distribution whatever T", {
  draws <- list(c(1, 4, 2), c(0.5, 0.5), c(-1, 3, 3, 8, 0))
  y <- c(2.5, 0.1, 9)
  slow <- mapply(function(x, y) {
    n <- length(x)
    mean(abs(x - y)) - sum(outer(x, x, function(a, b) abs(a - b))) / (2 * n * (n - 1))
  }, draws, y)
  row <- interval_calibration(c(1, 2, 3), c(1, 1, 1), y, draws = draws)
  expect_equal(row$crps, mean(slow), tolerance = 1e-14)
  expect_equal(row$nll, interval_calibration(c(1, 2, 3), c(1, 1, 1), y)$nll)
  # 20,000 predictions of N(0, 1) with two draws each: within 4 standard errors of the closed form
  n <- 20000
  x <- with_seed(5, list(y = stats::rnorm(n), draws = matrix(stats::rnorm(2 * n), n)))
  by_draws <- abs(x$draws - x$y)
  fair <- rowMeans(by_draws) - abs(x$draws[, 1] - x$draws[, 2]) / 2
  got <- interval_calibration(rep(0, n), rep(1, n), x$y, draws = x$draws)$crps
  expect_equal(got, mean(fair), tolerance = 1e-12)
  closed <- interval_calibration(rep(0, n), rep(1, n), x$y)$crps
  expect_lt(abs(got - closed), 4 * stats::sd(fair) / sqrt(n))
})

test_that("shares have the intervals of binom.test() and count what they say", {
  x <- heteroscedastic(25, 1.5, seed = 6)
  curve <- coverage_curve(x$mean, x$sd, x$y, levels = c(0.2, 0.9, 0.5), level = 0.9)
  expect_equal(curve$level, rep(c(0.2, 0.5, 0.9), 2))
  for (i in seq_len(nrow(curve))) {
    q <- curve$level[i]
    within <- if (curve$type[i] == "interval") {
      abs(x$y - x$mean) <= stats::qnorm((1 + q) / 2) * x$sd
    } else {
      x$y <= x$mean + stats::qnorm(q) * x$sd
    }
    expect_equal(curve$observed[i], mean(within))
    exact <- stats::binom.test(sum(within), 25, conf.level = 0.9)$conf.int
    expect_equal(c(curve$conf.low[i], curve$conf.high[i]), as.vector(exact), tolerance = 1e-10)
  }
})

test_that("recalibrated intervals cover 95 % of fresh data where standard deviations are too small or too large", {
  for (shrink in c(0.6, 1.5, 2)) {
    seen <- heteroscedastic(5000, shrink, seed = 7)
    fresh <- heteroscedastic(20000, shrink, seed = 8)
    covers <- function(level) mean(abs(fresh$y - fresh$mean) <= stats::qnorm((1 + level) / 2) * fresh$sd)
    expect_gt(abs(covers(0.95) - 0.95), 0.04)
    curve <- coverage_curve(seen$mean, seen$sd, seen$y)
    # sampling alone: sd of .0031 from 5,000 seen, .0015 from 20,000 fresh
    expect_gt(covers(calibrated_level(curve, 0.95)), 0.94)
    expect_lt(covers(calibrated_level(curve, 0.95)), 0.96)
    below <- function(level) mean(fresh$y <= fresh$mean + stats::qnorm(level) * fresh$sd)
    expect_lt(abs(below(calibrated_level(curve, 0.9, type = "quantile")) - 0.9), 0.015)
  }
})

test_that("calibrated predictions keep their levels within the interval of the share", {
  x <- heteroscedastic(2000, 1, seed = 9)
  levels <- c(0.5, 0.8, 0.9, 0.95)
  curve <- coverage_curve(x$mean, x$sd, x$y)
  asked <- calibrated_level(curve, levels)
  at <- coverage_curve(x$mean, x$sd, x$y, levels = levels)[1:4]
  expect_true(all(at$conf.low <= levels & levels <= at$conf.high))
  expect_true(all(abs(asked - levels) <= at$conf.high - at$conf.low))
  expect_lt(interval_calibration(x$mean, x$sd, x$y)$miscalibration_area, 1 / sqrt(2000))
})

test_that("the level to ask for is the curve read backwards, by straight lines and within what was seen", {
  curve <- coverage_curve(rep(0, 4), sd_b, y_b)
  c1 <- 2 * stats::pnorm(0.5) - 1
  c2 <- 2 * stats::pnorm(1.5) - 1
  # half of the observations are at c1, all at c2; wanted levels end at 1/8 and 7/8
  expect_equal(calibrated_level(curve, c(0.3, 0.5, 0.75)), c(0.6 * c1, c1, (c1 + c2) / 2))
  expect_equal(calibrated_level(curve, c(0.001, 0.999)), c(0.25 * c1, c1 + 0.75 * (c2 - c1)))
  # coarse levels of equal share are averaged; beyond them nothing is known
  coarse <- data.frame(type = "interval", level = c(0.2, 0.4, 0.8), n = 100, observed = c(0.1, 0.1, 0.6))
  expect_equal(calibrated_level(coarse, c(0.05, 0.1, 0.35)), c(0.15, 0.3, 0.55))
  expect_warning(got <- calibrated_level(coarse, c(0.35, 0.8)), class = "deepmr_warning_level")
  expect_equal(got, c(0.55, 1))
})

test_that("sklearn's isotonic regression of level on share is the same map", {
  isotonic <- import_or_skip("sklearn.isotonic")$IsotonicRegression
  x <- heteroscedastic(200, 1.6, seed = 10)
  curve <- coverage_curve(x$mean, x$sd, x$y)
  inner <- curve[type == "interval" & level < 1]
  fit <- isotonic()$fit(inner$observed, inner$level)
  wanted <- c(0.1, 0.5, 0.77, 0.95, 0.99)
  expect_equal(calibrated_level(curve, wanted), as.vector(fit$predict(wanted)), tolerance = 1e-9)
})

test_that("standard deviations far too small for any level are told", {
  curve <- coverage_curve(rep(0, 20), rep(0.001, 20), seq(1, 20))
  expect_warning(got <- calibrated_level(curve, 0.95), class = "deepmr_warning_level")
  expect_identical(got, 1)
})

test_that("one prediction, and few, have results", {
  row <- interval_calibration(0, 1, 0)
  expect_equal(c(row$n, row$miscalibration_area), c(1, 0.5))
  curve <- coverage_curve(0, 1, 0.3)
  expect_equal(calibrated_level(curve, 0.5), 0.5 * (2 * stats::pnorm(0.3) - 1))
})

test_that("bad predictions, draws and levels stop with their own class", {
  expect_error(interval_calibration(numeric(), numeric(), numeric()), class = "deepmr_error_length")
  expect_error(interval_calibration(0, 1, c(0, 1)), class = "deepmr_error_length")
  expect_error(interval_calibration(c(0, 1), c(1, 1), c(0, 1), df = 1:3), class = "deepmr_error_length")
  expect_error(interval_calibration(y = 1, sd = 1), class = "deepmr_error_argument")
  for (bad in list(NA_real_, NaN, Inf, "1")) {
    expect_error(interval_calibration(bad, 1, 0), class = "deepmr_error_argument")
    expect_error(interval_calibration(0, 1, bad), class = "deepmr_error_argument")
  }
  for (bad in c(0, -1, NA, Inf)) {
    expect_error(coverage_curve(c(0, 0), c(1, bad), c(0, 0)), class = "deepmr_error_argument")
  }
  expect_error(interval_calibration(0, 1, 0, df = 0), class = "deepmr_error_argument")
  for (bad in list(matrix(1:4, 2), list(1), list(c(1, NA)), list("a"), 1:3)) {
    expect_error(interval_calibration(0, 1, 0, draws = bad), class = "deepmr_error_draws")
  }
  expect_error(interval_calibration(0, 1, 0, colour = 1), class = "rlib_error_dots_nonempty")
  curve <- coverage_curve(rep(0, 4), sd_b, y_b)
  for (bad in list(0, 1, NA_real_, "0.5", numeric())) {
    expect_error(calibrated_level(curve, bad), class = "deepmr_error_argument")
  }
  expect_error(calibrated_level(curve[type == "quantile"], 0.5), class = "deepmr_error_no_rows")
  expect_error(calibrated_level(data.frame(a = 1), 0.5), class = "deepmr_error_columns")
  expect_error(coverage_curve(0, 1, 0, levels = 1.2), class = "deepmr_error_argument")
})

test_that("messages and prints", {
  expect_snapshot(error = TRUE, {
    interval_calibration(c(0, 0, 0), c(1, 0, -2), c(1, 1, 1))
    interval_calibration(c(0, 0), c(1, 1), c(1, 1), draws = matrix(1:6, 3))
  })
  expect_snapshot(coverage_curve(rep(0, 4), sd_b, y_b, levels = c(0.5, 0.9)))
})
