check_of <- function() diagnose_draws(simulate_mutagenesis(n_sequences = 2, length = 20, n_samples = 20))

test_that("each type shows its component", {
  check <- check_of()
  qq <- autoplot(check)
  draw(qq)
  points <- layers_of(qq, "GeomPoint")[[1]]
  expect_equal(points$x, check$qq$theoretical)
  expect_equal(points$y, check$qq$observed)
  halves <- autoplot(check, type = "halves")
  draw(halves)
  expect_equal(10^layers_of(halves, "GeomPoint")[[1]]$x, check$halves$se_ratio)
  bars <- layers_of(halves, "GeomLinerange")
  expect_equal(10^bars[[1]]$xmin, check$halves$expected_low)
  expect_equal(10^bars[[2]]$xmax, check$halves$ratio_high)
  expect_equal(layers_of(halves, "GeomText")[[1]]$label, sprintf("r = %.3f", check$halves$correlation))
  se <- autoplot(check, type = "se")
  draw(se)
  expect_equal(layers_of(se, "GeomPoint")[[1]]$y, check$se_by_draws$relative_error)
})

test_that("the curves of the standard error go through the table's values", {
  check <- check_of()
  lines <- layers_of(autoplot(check, type = "se"), "GeomLine")
  at <- check$se_by_draws[output == "exposure"]
  of_panel <- function(line) stats::approx(10^line$x[line$PANEL == 1], line$y[line$PANEL == 1], at$n_draws, rule = 2)$y
  # linear between 200 points of a smooth curve
  expect_equal(of_panel(lines[[1]]), at$theory, tolerance = 1e-3)
  expect_equal(of_panel(lines[[2]]), at$expected, tolerance = 1e-2)
})

test_that("an unknown type stops", {
  expect_error(autoplot(check_of(), type = "pie"), class = "deepmr_error_argument")
})
