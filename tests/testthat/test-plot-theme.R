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

test_that("a legend has as many columns as its longest label leaves room for", {
  expect_equal(legend_columns(c("a", "b")), 2)
  locus <- "chr2R:18548939-18549438(+)"
  expect_equal(legend_columns(rep(locus, 4)), 2)
  expect_equal(legend_columns(strrep("a", 200)), 1)
  expect_equal(legend_columns(character()), 1)
  x <- simulate_mutagenesis(n_sequences = 4, length = 5)
  x$sequence <- sub("simulated", "chr2R:18548939-1854943", x$sequence)
  expect_equal(autoplot(x, type = "se_effect")$scales$get_scales("colour")$guide$ncol, 2)
})

test_that("titles of panels get smaller where they are long and columns many, within limits", {
  size <- function(...) strip_fitting(...)$strip.text$size
  expect_equal(size(c("a", "b")), 8.8)
  locus <- "chr2R:18548939-18549438(+)"
  expect_equal(size(locus), 8.8)
  nine <- size(rep(locus, 9))
  expect_lt(nine, 8.8)
  # A longer first line counts, lines together do not.
  expect_equal(size(rep(paste0(locus, "\nDref"), 9)), nine)
  expect_equal(size(strrep("a", 500)), 5.5)
  expect_equal(autoplot(plot_effects(9))$theme$strip.text$size, size(paste0("simulated", 1:9)))
})

test_that("names are broken after punctuation, into lines that fit", {
  expect_equal(break_name("chr2R:18548939-18549438(+)", 16), "chr2R:18548939-\n18549438(+)")
  expect_equal(break_name("chr2R:18548939-18549438(+)", 40), "chr2R:18548939-18549438(+)")
  expect_equal(break_name(strrep("a", 30), 10), strrep("a", 30))
  expect_equal(break_name("", 10), "")
  expect_equal(break_name("a_b", 1), "a_\nb")
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
