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

test_that("sums and extremes by group are those of the rows, whatever their order and the sizes of groups", {
  values <- with_seed(2, rnorm(60))
  groups <- list(
    equal = rep(1:4, each = 15L), unequal = rep(c(1L, 2L, 4L), c(30L, 10L, 20L)), shuffled = rep(c(3L, 1L, 4L), 20L),
    equal_but_one = rep(c(1L, 3L, 4L), each = 20L), as_long = rep(c(1L, 2L, 2L, 4L), each = 15L)
  )
  for (group in groups) {
    rows <- lapply(1:4, function(g) which(group == g))
    expect_equal(rows_by_group(group, 4L), rows)
    expect_equal(group_sums(list(v = values), group, 4L)$v, vapply(rows, function(at) sum(values[at]), 0))
    expect_equal(group_max(abs(values), group, 4L), vapply(rows, function(at) max(abs(values[at]), 0), 0))
    least <- vapply(rows, function(at) if (length(at)) min(values[at]) else NA_real_, 0)
    expect_equal(by_group(values, group, 4L, min), least)
  }
})
