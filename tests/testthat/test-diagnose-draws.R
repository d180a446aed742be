# A mutagenesis table whose draws are `draws` (n x T), one sequence per row.
with_draws <- function(draws, output = "x") {
  n <- nrow(draws)
  data.table::data.table(
    sequence = paste0("s", seq_len(n)), position = 1L, ref = "A", alt = "C", output = output, effect = rowMeans(draws),
    se = row_sd(draws), n_draws = ncol(draws), at_rounding = FALSE,
    effect_draws = lapply(seq_len(n), function(i) draws[i, ])
  )
}

normal_draws <- function(n, n_draws, seed = 1L) {
  with_seed(seed, matrix(stats::rnorm(n * n_draws), n) * stats::rexp(n) + stats::rnorm(n))
}

# Negative where the effect is below 0 for sure.
slow_sign <- function(draws) {
  apply(draws, 1, function(one) if (mean(one) / (stats::sd(one) / sqrt(length(one))) < -3) -1 else 1)
}

# Each row with its own mean and standard deviation.
slow_residuals <- function(draws) {
  sign <- slow_sign(draws)
  unlist(lapply(seq_len(nrow(draws)), function(i) {
    (draws[i, ] - mean(draws[i, ])) / stats::sd(draws[i, ]) * sign[i]
  }))
}

test_that("normal draws have the quantiles, tails and moments that are said to be theirs, for small T", {
  for (n_draws in c(4L, 6L, 20L)) {
    n <- 20000L %/% n_draws
    check <- diagnose_draws(with_draws(normal_draws(n, n_draws, seed = n_draws)))
    total <- n * n_draws
    middle <- check$qq[probability > 0.01 & probability < 0.99]
    # in shares: what quantile error means on the scale of probability, 4.5 standard errors of a share of `total`
    residuals <- slow_residuals(normal_draws(n, n_draws, n_draws))
    share <- vapply(middle$theoretical, function(q) mean(residuals <= q), 0)
    expect_lt(max(abs(share - middle$probability)), 4.5 * 0.5 / sqrt(total))
    got <- check$normality
    expect_lt(abs(got$tails - 0.05), 4 * sqrt(0.05 * 0.95 / total))
    skew_se <- sqrt(6 * (n_draws - 2) / ((n_draws + 1) * (n_draws + 3)) / n)
    expect_lt(abs(got$skewness - got$skewness_expected), 4 * skew_se)
    expect_equal(got$excess_kurtosis_expected, -6 / (n_draws + 1))
    expect_lt(abs(got$excess_kurtosis - got$excess_kurtosis_expected), 4 * sqrt(24 / n_draws / n))
  }
  # N(0, 1) would be the wrong reference for T = 6: residuals are bounded by 5/sqrt(6)
  expect_lt(residual_quantile(1 - 1e-12, 6), 5 / sqrt(6))
})

test_that("the reference is Thompson's: a beta distribution after squaring", {
  for (n_draws in c(3, 5, 50)) {
    p <- c(0.6, 0.9, 0.999)
    r <- residual_quantile(p, n_draws)
    expect_equal(stats::pbeta(r^2 * n_draws / (n_draws - 1)^2, 0.5, (n_draws - 2) / 2), 2 * p - 1, tolerance = 1e-10)
    expect_equal(residual_quantile(1 - p, n_draws), -r)
  }
})

test_that("components equal loops over rows", {
  draws <- normal_draws(40, 12, seed = 2)^3 # not normal
  expect_setequal(slow_sign(draws), c(-1, 1))
  check <- diagnose_draws(with_draws(draws))
  residuals <- slow_residuals(draws)
  expect_equal(check$qq$observed, stats::quantile(residuals, check$qq$probability, names = FALSE), tolerance = 1e-12)
  expect_equal(check$normality$tails, mean(abs(residuals) > residual_quantile(0.975, 12)))
  moment <- function(x, k) mean((x - mean(x))^k)
  skewness <- apply(draws, 1, moment, 3) / apply(draws, 1, moment, 2)^1.5
  expect_equal(check$normality$skewness, mean(slow_sign(draws) * skewness))
  expect_equal(check$normality$excess_kurtosis, mean(apply(draws, 1, moment, 4) / apply(draws, 1, moment, 2)^2) - 3)
  ratio <- apply(draws[, 1:6], 1, stats::sd) / apply(draws[, 7:12], 1, stats::sd)
  expect_equal(check$halves$se_ratio, stats::median(ratio))
  expect_equal(c(check$halves$ratio_low, check$halves$ratio_high), unname(stats::quantile(ratio, c(0.025, 0.975))))
  expect_equal(check$halves$correlation, stats::cor(rowMeans(draws[, 1:6]), rowMeans(draws[, 7:12])))
  f <- stats::pf(ratio^2, 5, 5)
  expect_equal(check$halves$within, mean(f >= 0.025 & f <= 0.975))
  expect_equal(check$se_by_draws$n_draws, c(5L, 10L, 12L))
  five <- apply(draws[, 1:5], 1, stats::sd) / apply(draws, 1, stats::sd)
  expect_equal(check$se_by_draws$se_ratio[1], stats::median(five))
  expect_equal(check$se_by_draws$relative_error[1:3], c(
    stats::median(abs(five - 1)),
    stats::median(abs(apply(draws[, 1:10], 1, stats::sd) / apply(draws, 1, stats::sd) - 1)), 0
  ))
  expect_equal(check$se_by_draws$theory, 1 / sqrt(2 * (c(5, 10, 12) - 1)))
})

test_that("for normal draws the expected spread of halves and of the first t is what is seen", {
  check <- diagnose_draws(with_draws(normal_draws(4000, 80, seed = 3)))
  expect_lt(abs(check$halves$within - 0.95), 4 * sqrt(0.05 * 0.95 / 4000))
  # 1/sqrt(2 (t - 1)) is the first term of a series in 1/t: right to 5 % from t = 10 on
  rows <- check$se_by_draws[n_draws >= 10 & n_draws < 80]
  expect_lt(max(abs(rows$relative_error / rows$expected - 1)), 0.05)
})

test_that("heavy and light tails, skew and drift are seen and said", {
  n <- 400
  say <- function(draws) {
    lines <- capture.output(print(diagnose_draws(with_draws(draws))))
    gsub("\\s+", " ", paste(lines, collapse = " "))
  }
  normal <- normal_draws(n, 40, seed = 3)
  expect_match(say(normal), "The draws are near enough to normal", fixed = TRUE)
  expect_match(say(normal), "For 10 % it takes 5[0-3] draws")
  heavy <- with_seed(4, matrix(stats::rt(n * 40, 3), n))
  expect_match(say(heavy), "The draws are heavy-tailed", fixed = TRUE)
  light <- with_seed(5, matrix(sample(c(-1, 1), n * 40, TRUE) + stats::rnorm(n * 40, sd = 0.3), n))
  expect_match(say(light), "The draws are light-tailed", fixed = TRUE)
  # losses are skewed the other way; towards a larger effect both are skewed alike
  skewed <- with_seed(6, matrix(stats::rexp(n * 40), n)) * rep(c(1, -1), n / 2)
  expect_match(say(skewed), "The draws are skewed and heavy-tailed", fixed = TRUE)
  expect_gt(diagnose_draws(with_draws(skewed))$normality$skewness, 1)
  drift <- with_seed(7, matrix(stats::rnorm(n * 40), n)) * rep(rep(c(1, 2), each = 20), each = n)
  expect_lt(diagnose_draws(with_draws(drift))$halves$within, 0.3)
})

test_that("the error of the standard error is what repeated sampling shows, for tails of several weights", {
  # kurtosis: 0 (normal), 1.5 (mean of two exponentials that were signed), -1.2 (uniform)
  shapes <- list(
    stats::rnorm, function(n) (stats::rexp(n) - stats::rexp(n)) + (stats::rexp(n) - stats::rexp(n)),
    function(n) stats::runif(n)
  )
  for (i in seq_along(shapes)) {
    draws <- with_seed(20 + i, matrix(shapes[[i]](4000 * 50), 4000))
    seen <- stats::sd(row_sd(draws)) / mean(row_sd(draws))
    # the delta method, and kurtosis of 50 draws is biased low: 8 % off at most for these
    expect_lt(abs(diagnose_draws(with_draws(draws))$normality$se_error / seen - 1), 0.08)
  }
})

test_that("rows at rounding level, without draws or with constant ones are left out and counted", {
  draws <- normal_draws(30, 10, seed = 9)
  x <- rbind(with_draws(draws), with_draws(draws[1:5, ] * 100), with_draws(matrix(2, 2, 10)))
  x$at_rounding[31:35] <- TRUE
  x <- rbind(x, x[1])
  x$effect_draws[[38]] <- rep(NA_real_, 10)
  got <- diagnose_draws(x)
  want <- diagnose_draws(with_draws(draws))
  for (component in names(want)) expect_equal(got[[component]], want[[component]])
  header <- capture.output(print(got))[1]
  expect_match(header, "30 effects, 1 output, 10 draws; 8 rows at float rounding level", fixed = TRUE)
})

test_that("outputs are checked on their own, large ones on evenly spaced rows", {
  one <- normal_draws(25, 8, seed = 10)
  two <- normal_draws(25, 8, seed = 11)
  both <- diagnose_draws(rbind(with_draws(one, "a"), with_draws(two, "b")))
  expect_identical(both$normality$output, c("a", "b"))
  expect_equal(both$halves[output == "b", -1], diagnose_draws(with_draws(two, "b"))$halves[, -1])
  many <- with_draws(normal_draws(25000, 4, seed = 12))
  check <- diagnose_draws(many)
  expect_identical(check$normality$n, 10000L)
  used <- round(seq(1, 25000, length.out = 10000))
  expect_equal(check$halves, diagnose_draws(many[used])$halves)
})

test_that("few draws, none, mixed numbers and one row are errors or documented results", {
  draws <- normal_draws(6, 10, seed = 13)
  x <- with_draws(draws)
  expect_error(diagnose_draws(x[, !"effect_draws"]), class = "deepmr_error_no_draws")
  expect_error(diagnose_draws(x[, !"output"]), class = "deepmr_error_columns")
  expect_error(diagnose_draws(with_draws(draws[, 1:3])), class = "deepmr_error_draws")
  expect_error(diagnose_draws(with_draws(draws[, 1, drop = FALSE])), class = "deepmr_error_no_rows")
  expect_error(diagnose_draws(rbind(x, with_draws(draws[, 1:5]))), class = "deepmr_error_draws")
  expect_error(diagnose_draws(x[0]), class = "deepmr_error_no_rows")
  expect_error(diagnose_draws(data.table::copy(x)[, "at_rounding" := TRUE]), class = "deepmr_error_no_rows")
  expect_error(diagnose_draws(x, 1), class = "rlib_error_dots_nonempty")
  one <- diagnose_draws(x[1])
  expect_identical(one$halves$correlation, NA_real_)
  expect_identical(one$normality$n, 1L)
  four <- diagnose_draws(with_draws(draws[, 1:4]))
  expect_identical(four$se_by_draws$n_draws, 4L)
})

test_that("draws read from a file serve as well", {
  x <- with_draws(normal_draws(20, 6, seed = 14))
  file <- temporary_file(".csv")
  data.table::fwrite(x, file)
  expect_equal(diagnose_draws(data.table::fread(file))$halves, diagnose_draws(x)$halves, tolerance = 1e-9)
})

test_that("the demo model's draws pass through", {
  skip_if_no_python()
  x <- saturation_mutagenesis(model_demo(), demo_sequences(1), outputs = "Dref", n_samples = 10, positions = 240:250)
  check <- diagnose_draws(x)
  kept <- which(!x$at_rounding)
  draws <- do.call(rbind, x$effect_draws[kept])
  expect_identical(check$normality$n, length(kept))
  expect_equal(check$normality$tails, mean(abs(slow_residuals(draws)) > residual_quantile(0.975, 10)))
})

test_that("it prints its conclusions in words", {
  check <- diagnose_draws(simulate_mutagenesis(n_sequences = 2, length = 20, n_samples = 20))
  expect_snapshot(check)
})
