# Example D of the calibration figures: computed once by hand and with glm() and optimize().
prob_d <- c(.05, .15, .25, .45, .55, .65, .85, .95, .99, .01)
label_d <- c(0, 0, 1, 0, 1, 1, 1, 1, 1, 0)

# Applies a fit in R, step by step, as the backend does it to a draw.
apply_fit <- function(fit, prob, output = NULL) {
  of_output <- function(values) if (length(output) && !is.null(names(values))) values[[output]] else values
  for (step in transform_steps(fit)) {
    prob <- switch(step$kind,
      logit = logit_of(prob),
      affine = of_output(step$a) + of_output(step$b) * prob,
      sigmoid = stats::plogis(prob),
      table = stats::approx(unlist(of_output(step$x)), unlist(of_output(step$y)), prob, rule = 2)$y
    )
  }
  prob
}

test_that("the small example gives its figures", {
  platt <- tidy(recalibrate(prob_d, label_d, "platt"))
  expect_equal(platt$estimate, c(1.22602841, 1.58968580), tolerance = 1e-8)
  cooled <- recalibrate(prob_d, label_d, "temperature")
  expect_equal(tidy(cooled)$estimate, 0.78870936, tolerance = 2e-8) # given to 8 digits; optimize() is good to 1e-8
  expect_equal(10 * glance(cooled)$before, 3.46047640, tolerance = 1e-8)
  expect_equal(10 * glance(cooled)$after, 3.40203052, tolerance = 1e-8)
  expect_equal(stats::isoreg(c(0, 1, 0, 1, 1, 0))$yf, c(0, 0.5, 0.5, 2 / 3, 2 / 3, 2 / 3))
  points <- isotonic_points(1:6 / 10, c(0, 1, 0, 1, 1, 0))
  expect_equal(points, list(x = c(1, 2, 3, 4, 6) / 10, y = c(0, 1 / 2, 1 / 2, 2 / 3, 2 / 3)))
})

test_that("the temperature is a logistic regression without intercept, with the errors of its slope", {
  x <- labelled_table(300, slope = 1.7, shift = c(a = 0.5))
  fit <- tidy(recalibrate(x$mean, x$label, "temperature", level = 0.9))
  direct <- stats::glm(x$label ~ 0 + stats::qlogis(x$mean), family = stats::binomial(), epsilon = 1e-14)
  slope <- summary(direct)$coefficients
  expect_equal(fit$estimate, 1 / slope[1], tolerance = 1e-7)
  expect_equal(fit$std.error, slope[2] / slope[1]^2, tolerance = 1e-6)
  interval <- -log(slope[1]) + c(-1, 1) * 1.6448536 * slope[2] / slope[1]
  expect_equal(log(c(fit$conf.low, fit$conf.high)), interval, tolerance = 1e-6)
})

test_that("Platt's errors are those of the information matrix", {
  x <- labelled_table(300, slope = 1.7, shift = c(a = 0.5))
  fit <- tidy(recalibrate(x$mean, x$label, "platt"))
  design <- cbind(1, stats::qlogis(x$mean))
  p <- stats::plogis(drop(design %*% fit$estimate))
  expect_lt(max(abs(crossprod(design, x$label - p))), 1e-6) # the score is 0
  error <- sqrt(diag(solve(crossprod(design * p * (1 - p), design))))
  expect_equal(fit$std.error, error, tolerance = 1e-6)
  expect_equal(fit$conf.high - fit$conf.low, 2 * 1.959964 * error, tolerance = 1e-6)
})

test_that("curves are scikit-learn's", {
  isotonic <- sklearn("isotonic")$IsotonicRegression(out_of_bounds = "clip")
  logistic <- sklearn("linear_model")$LogisticRegression(C = Inf, tol = 1e-10, max_iter = 10000L)
  x <- random_predictions(300, 9)
  x$prob <- x$prob * 0.9 + 0.05
  new <- c(0, x$prob, with_seed(1, stats::runif(50)), 1)
  isotonic$fit(x$prob, x$label)
  expect_gt(anyDuplicated(x$prob), 0)
  expect_equal(
    apply_fit(recalibrate(x$prob, x$label, "isotonic"), new), as.vector(isotonic$predict(new)),
    tolerance = 1e-6 # scikit-learn's numbers here are single precision
  )
  logistic$fit(matrix(stats::qlogis(x$prob)), x$label)
  fit <- tidy(recalibrate(x$prob, x$label, "platt"))
  expect_equal(fit$estimate, c(logistic$intercept_, logistic$coef_), tolerance = 1e-4) # its optimiser's
})

test_that("an isotonic fit averages ties with their number as weight", {
  x <- random_predictions(400, 10)
  x$prob <- round(x$prob, 1)
  fit <- recalibrate(x$prob, x$label, "isotonic")
  # The min-max formula (Robertson, Wright and Dykstra 1988, theorem 1.4.4) over the averages.
  n <- tapply(x$label, x$prob, length)
  sums <- tapply(x$label, x$prob, sum)
  k <- length(n)
  mean_of <- function(i, j) sum(sums[i:j]) / sum(n[i:j])
  expected <- vapply(seq_len(k), function(m) {
    max(vapply(seq_len(m), function(i) min(vapply(m:k, function(j) mean_of(i, j), 0)), 0))
  }, 0)
  expect_equal(apply_fit(fit, as.numeric(names(n))), expected, tolerance = 1e-12)
  expect_equal(tidy(fit)$estimate, length(unique(round(expected, 12))))
  shuffled <- with_seed(1, sample(length(x$prob)))
  expect_identical(recalibrate(x$prob[shuffled], x$label[shuffled], "isotonic"), fit)
})

test_that("probabilities of 0 and 1 have the logit that the transform gives them", {
  prob <- c(0, 1, prob_d)
  label <- c(0, 1, label_d)
  logit <- stats::qlogis(c(1e-45, 1 - 2^-53, prob_d))
  direct <- suppressWarnings(stats::glm(label ~ logit, family = stats::binomial(), epsilon = 1e-12))
  expect_silent(fit <- recalibrate(prob, label, "platt"))
  expect_equal(tidy(fit)$estimate, unname(stats::coef(direct)), tolerance = 1e-6)
  expect_equal(apply_fit(recalibrate(prob, label, "isotonic"), c(0, 1)), c(0, 1))
  cooled <- suppressWarnings(stats::glm(label ~ 0 + logit, family = stats::binomial(), epsilon = 1e-12))
  expect_equal(tidy(recalibrate(prob, label, "temperature"))$estimate, 1 / stats::coef(cooled)[[1]], tolerance = 1e-6)
  # One that was certain and wrong outweighs ten others.
  expect_error(recalibrate(c(0, prob_d), c(1, label_d), "temperature"), class = "deepmr_error_no_information")
})

test_that("over-confident predictions are repaired on fresh data, and calibrated ones left as they are", {
  skip_on_cran()
  train <- labelled_table(4000, slope = 2, seed = 1)
  fresh <- labelled_table(20000, slope = 2, seed = 2)
  good <- labelled_table(4000, slope = 1, seed = 3)
  for (method in c("platt", "temperature", "isotonic")) {
    fit <- recalibrate(train, train, method)
    kept <- tidy(recalibrate(good, good, method))
    for (name in c("a", "b")) {
      x <- fresh[output == name]
      before <- calibration_error(x$mean, x$label, resamples = 0)
      after <- calibration_error(apply_fit(fit, x$mean, name), x$label, resamples = 0)
      expect_gt(before$rmsce_debiased, 0.08)
      expect_lt(after$rmsce_debiased, 0.02)
      expect_lt(after$log_loss, before$log_loss)
      expect_lt(after$brier, before$brier)
    }
    inside <- function(terms, value) all(terms$conf.low < value & value < terms$conf.high)
    if (method == "platt") {
      expect_true(inside(kept[term == "a"], 0) && inside(kept[term == "b"], 1))
      expect_true(inside(tidy(fit)[term == "a"], 0) && inside(tidy(fit)[term == "b"], 0.5))
    } else if (method == "temperature") {
      expect_true(inside(kept, 1) && inside(tidy(fit), 2))
    }
  }
  expect_equal(glance(recalibrate(train, train, "none"))[, after - before], c(0, 0))
})

test_that("a bootstrap of the isotonic curve of calibrated predictions holds the diagonal", {
  x <- labelled_table(3000, shift = c(a = 0), seed = 4)
  at <- c(0.1, 0.3, 0.5, 0.7, 0.9)
  curves <- with_seed(5, replicate(200, {
    rows <- sample(nrow(x), replace = TRUE)
    apply_fit(recalibrate(x$mean[rows], x$label[rows], "isotonic"), at)
  }))
  expect_true(all(apply(curves, 1, stats::quantile, 0.025) < at & at < apply(curves, 1, stats::quantile, 0.975)))
})

test_that("labels that no curve fits stop, and name the output", {
  table <- function(mean, label) data.frame(sequence = seq_along(mean), output = "Dref", mean = mean, label = label)
  failed <- function(x, method) recalibrate(x, x, method)
  threshold <- table(1:10 / 11, rep(0:1, each = 5))
  expect_snapshot(error = TRUE, {
    failed(table(1:10 / 11, rep(1, 10)), "platt")
    failed(table(1:9 / 11, rep(0:1, c(4, 5))), "isotonic")
    failed(threshold, "platt")
    failed(table(1:10 / 11, rep(1:0, each = 5)), "platt")
    failed(threshold, "temperature")
    failed(table(1:10 / 11, rep(1:0, each = 5)), "temperature")
    failed(table(rep(0.4, 10), rep(0:1, 5)), "platt")
    failed(table(rep(0.4, 10), rep(0:1, 5)), "isotonic")
  })
  for (method in c("temperature", "isotonic")) {
    expect_error(recalibrate(prob_d, rep(0, 10), method), class = "deepmr_error_one_class")
    expect_error(recalibrate(prob_d[1:9], label_d[1:9], method), class = "deepmr_error_too_few")
  }
  # A tie at the threshold is no overlap either: glm() diverges.
  expect_error(
    recalibrate(c(1:5, 5, 6:10) / 11, rep(0:1, c(5, 6)), "platt"),
    class = "deepmr_error_separation"
  )
  # For an isotonic fit a threshold is nothing special.
  expect_equal(apply_fit(failed(threshold, "isotonic"), c(0.3, 0.7)), c(0, 1))
})

test_that("predictions that fall while labels rise are warned of", {
  x <- labelled_table(100, shift = c(a = 0))
  expect_warning(fit <- recalibrate(1 - x$mean, x$label, "platt"), class = "deepmr_warning_reversed")
  expect_lt(tidy(fit)[term == "b"]$estimate, 0)
  expect_warning(recalibrate(10:1 / 11, rep(0:1, each = 5), "isotonic"), class = "deepmr_warning_reversed")
})
