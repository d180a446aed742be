test_that("lines of many groups equal lm() in each, also far from the origin", {
  groups <- with_seed(1, {
    group <- sample(4L, 80, replace = TRUE)
    list(group = group, x = 1e6 + rnorm(80), y = rnorm(80, group), w = runif(80, 0.1, 5))
  })
  line <- group_line(groups$x, groups$y, groups$w, groups$group, 5L)
  for (g in 1:4) {
    rows <- groups$group == g
    fit <- lm(y ~ x, data.frame(x = groups$x[rows] - 1e6, y = groups$y[rows]), weights = groups$w[rows])
    expect_equal(line$slope[g], coef(fit)[["x"]], tolerance = 1e-7)
    expect_equal(line$rss[g], deviance(fit), tolerance = 1e-7)
    expect_equal(line$n[g], sum(rows))
  }
  expect_identical(line$n[5], 0)
})

test_that("spread tells rounding noise from a spread", {
  x <- c(rep(0.3, 5) + c(0, 1, -1, 2, -2) * 1e-17, 0.3 + c(0, 1, -1, 2, -2) * 1e-6)
  line <- group_line(x, seq_along(x), rep(1, 10), rep(1:2, each = 5L), 2L)
  expect_identical(line$spread, c(FALSE, TRUE))
})

test_that("p-values keep their digits far out in the tail", {
  expect_equal(wald(40, 1, Inf, 0.95)$p.value, 2 * pnorm(-40))
  expect_gt(wald(37, 1, Inf, 0.95)$p.value, 0)
  t <- wald(1.5, 0.5, 7, 0.9)
  expect_equal(c(t$conf.low, t$conf.high), 1.5 + c(-1, 1) * qt(0.95, 7) * 0.5)
})
