test_that("effects stand beside each other, and the covariance is that of the draws", {
  x <- simulate_mutagenesis(n_sequences = 2, length = 12, n_samples = 7)
  effects <- estimate_effects(x, "exposure", "outcome")
  expect_named(effects, c(
    "sequence", "position", "ref", "alt", "exposure", "outcome", "beta_exposure", "se_exposure",
    "beta_outcome", "se_outcome", "cov_exposure_outcome", "n_draws", "draws_exposure", "draws_outcome", "at_rounding"
  ))
  expect_equal(nrow(effects), nrow(x) / 2)
  for (i in c(1, 17, nrow(effects))) {
    variant <- x[x$sequence == effects$sequence[i] & x$position == effects$position[i] & x$alt == effects$alt[i], ]
    from <- variant[variant$output == "exposure", ]
    to <- variant[variant$output == "outcome", ]
    expect_identical(effects$beta_exposure[i], from$effect)
    expect_identical(effects$se_outcome[i], to$se)
    expect_equal(
      effects$cov_exposure_outcome[i], stats::cov(from$effect_draws[[1]], to$effect_draws[[1]]),
      tolerance = 1e-12
    )
  }
})

test_that("the covariance and the two SEs give the SE of the difference of the effects", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 10)
  effects <- estimate_effects(x, "exposure", "outcome")
  difference <- mapply(function(a, b) stats::var(a - b), effects$draws_exposure, effects$draws_outcome)
  from_table <- with(effects, se_exposure^2 + se_outcome^2 - 2 * cov_exposure_outcome)
  expect_equal(from_table, difference, tolerance = 1e-10)
})

test_that("every exposure meets every outcome", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 5)
  third <- data.table::copy(x)[x$output == "exposure"]
  third[, c("output", "effect") := list("third", 2 * third$effect)]
  x <- rbind(x, third)
  effects <- estimate_effects(x, c("exposure", "third"), "outcome")
  expect_equal(unique(effects$exposure), c("exposure", "third"))
  beta <- split(effects$beta_exposure, effects$exposure)
  expect_equal(beta$third, 2 * beta$exposure)
  expect_equal(nrow(estimate_effects(x, "exposure", c("outcome", "third"))), 2 * 15)
})

three_outputs <- function(...) {
  x <- simulate_mutagenesis(...)
  third <- x[x$output == "outcome"]
  third[, "output" := "third"]
  third$effect_draws <- lapply(third$effect_draws, rev)
  rbind(x, third)
}

test_that("the same outputs on both sides give all ordered pairs, none with itself", {
  x <- three_outputs(n_sequences = 1, length = 5)
  all <- c("exposure", "outcome", "third")
  expect_message(effects <- estimate_effects(x, all, all), class = "deepmr_message_same_output")
  pairs <- unique(bare(effects)[c("exposure", "outcome")])
  want <- subset(expand.grid(outcome = all, exposure = all, stringsAsFactors = FALSE), outcome != exposure)
  expect_identical(as.list(pairs), as.list(want[c("exposure", "outcome")]), ignore_attr = TRUE)
  one <- effects[effects$exposure == "third" & effects$outcome == "exposure"]
  expect_equal(bare(one), bare(estimate_effects(x, "third", "exposure")))
  expect_message(left <- estimate_effects(x, all, "outcome"), "1 output is", class = "deepmr_message_same_output")
  expect_identical(unique(left$exposure), c("exposure", "third"))
})

test_that("the reverse direction stands beside the forward one, once", {
  x <- three_outputs(n_sequences = 2, length = 5)
  both <- estimate_effects(x, "exposure", c("outcome", "third"), reverse = TRUE)
  apart <- rbind(
    estimate_effects(x, "exposure", c("outcome", "third")), estimate_effects(x, c("outcome", "third"), "exposure")
  )
  expect_equal(bare(both), bare(apart))
  pair <- c("exposure", "outcome")
  suppressMessages(expect_equal(
    estimate_effects(x, pair, pair, reverse = TRUE), estimate_effects(x, pair, pair)
  ))
  expect_error(estimate_effects(x, "third", "outcome", reverse = NA), class = "deepmr_error_argument")
})

test_that("the order of the rows and the class of the table do not matter", {
  x <- simulate_mutagenesis(n_sequences = 2, length = 8)
  effects <- estimate_effects(x, "exposure", "outcome")
  shuffled <- as.data.frame(x)[with_seed(3, sample(nrow(x))), ]
  shuffled$output <- factor(shuffled$output)
  again <- estimate_effects(shuffled, "exposure", "outcome")
  data.table::setorderv(again, c("sequence", "position", "alt"))
  expect_equal(bare(again), bare(effects), ignore_attr = TRUE)
})

test_that("without draws there is no covariance and no draw column", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 5)
  x[, "effect_draws" := NULL]
  effects <- estimate_effects(x, "exposure", "outcome")
  expect_false(any(c("draws_exposure", "draws_outcome") %in% names(effects)))
  expect_true(all(is.na(effects$cov_exposure_outcome)))
})

test_that("draws of unequal length per sequence are each paired with their own", {
  a <- simulate_mutagenesis(n_sequences = 1, length = 4, n_samples = 5)
  b <- simulate_mutagenesis(n_sequences = 1, length = 4, n_samples = 9)
  b[, "sequence" := "other"]
  effects <- estimate_effects(rbind(a, b), "exposure", "outcome")
  alone <- estimate_effects(b, "exposure", "outcome")
  expect_equal(effects[effects$sequence == "other"]$cov_exposure_outcome, alone$cov_exposure_outcome)
})

test_that("a variant is at rounding when either effect is", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 2)
  x$at_rounding[x$output == "exposure" & x$position == 1] <- TRUE
  x$at_rounding[x$output == "outcome" & x$position == 2 & x$alt == "A"] <- TRUE
  effects <- estimate_effects(x, "exposure", "outcome")
  expect_identical(effects$at_rounding, effects$position == 1 | effects$alt == "A")
})

test_that("wrong outputs are refused with the nearest names", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 3)
  expect_error(estimate_effects(x, "outcome", "outcome"), class = "deepmr_error_same_output")
  expect_error(estimate_effects(x, "exposur", "outcome"), '"exposure"', class = "deepmr_error_unknown_output")
  expect_error(estimate_effects(x, 1, "outcome"), class = "deepmr_error_argument")
  expect_error(estimate_effects(as.data.frame(x)[-5], "exposure", "outcome"), "output", class = "deepmr_error_columns")
})

test_that("duplicated and unmatched variants are errors", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 3)
  expect_error(estimate_effects(rbind(x, x[3]), "exposure", "outcome"), class = "deepmr_error_duplicated_rows")
  first <- which(x$output == "exposure")[1]
  expect_error(
    estimate_effects(x[-first], "exposure", "outcome"), "1 variant ",
    class = "deepmr_error_unmatched_variants"
  )
  second <- which(x$output == "outcome")[4]
  expect_error(
    estimate_effects(x[-c(first, second)], "exposure", "outcome"), "2 variants",
    class = "deepmr_error_unmatched_variants"
  )
  x$effect_draws[[first]] <- x$effect_draws[[first]][-1]
  expect_error(estimate_effects(x, "exposure", "outcome"), class = "deepmr_error_draws")
})

test_that("exposure and outcome from different numbers of draws are an error, with draws or without", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 3)[, -"effect_draws"]
  x$n_draws[x$output == "outcome"] <- 500L
  expect_error(estimate_effects(x, "exposure", "outcome"), "9 variants", class = "deepmr_error_draws")
  x$n_draws <- NA_integer_
  expect_identical(unique(estimate_effects(x, "exposure", "outcome")$n_draws), NA_integer_)
})

test_that("printing says what the table holds and leaves the draws out", {
  effects <- estimate_effects(simulate_mutagenesis(n_sequences = 2, length = 3), "exposure", "outcome")
  effects$at_rounding[1] <- TRUE
  text <- capture.output(print(effects))
  expect_match(text[1], "18 variants in 2 sequences")
  expect_match(text[3], "Draws kept; 1 at float rounding level")
  expect_false(any(grepl("draws_", text[-length(text)])))
})

test_that("columns of the user's own do not get in the way", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 4)
  named <- data.table::copy(x)[, c("exposure", "outcome", "x", "rows") := list("a", "b", 1, 0L)]
  expect_equal(estimate_effects(named, "exposure", "outcome"), estimate_effects(x, "exposure", "outcome"))
})

test_that("a table without rows says so", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 3)
  expect_error(estimate_effects(x[0], "exposure", "outcome"), "no rows", class = "deepmr_error_no_rows")
})
