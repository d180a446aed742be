test_that("methods get their error only where there are several", {
  expect_equal(levels(method_label(plot_fit(2, "mc"))), "egger_draws")
  expect_equal(levels(method_label(plot_fit(2))), c("egger_draws (mc)", "egger_draws (classical)"))
})

test_that("method colours are bound to names and never run out", {
  few <- method_colours(factor(c("b", "a"), c("b", "a")))
  expect_equal(few, c(b = okabe_ito[1], a = okabe_ito[2]))
  many <- method_colours(factor(letters[1:10]))
  expect_length(unique(many), 10)
})

test_that("captions leave out the empty and wrap the long", {
  expect_null(caption_of("", NULL))
  expect_equal(caption_of("A.", "", NULL, "B."), "A. B.")
  expect_match(caption_of(strrep("word ", 40)), "\n")
})

test_that("what is not shown is counted, nothing when nothing", {
  expect_equal(not_shown(0, 10, "points", "why"), "")
  expect_equal(not_shown(12, 3000, "points", "missing"), "12 of 3,000 points not shown: missing.")
})

test_that("log axes have short labels", {
  expect_equal(log10_labels(c(1e-5, 0.001, 0.1, 100)), c("1e-5", "0.001", "0.1", "100"))
  expect_equal(log10_labels(c(NA, 1))[2], "1")
})
