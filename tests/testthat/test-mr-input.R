test_that("columns are checked before anything is fitted", {
  effects <- plain_effects(mr_reference()$n4$input)
  expect_error(fit_mr(effects[, -"se_outcome"]), "se_outcome", class = "deepmr_error_columns")
  expect_error(fit_mr(list(1)), class = "deepmr_error_columns")
  words <- data.table::copy(effects)[, "beta_outcome" := as.character(beta_outcome)]
  expect_error(fit_mr(words), "numeric", class = "deepmr_error_columns")
  for (column in c("se_exposure", "se_outcome")) {
    negative <- data.table::copy(effects)
    negative[[column]][2] <- -0.1
    expect_error(fit_mr(negative), column, class = "deepmr_error_negative_se")
  }
  expect_error(fit_mr(effects[0]), class = "deepmr_error_no_rows")
  expect_error(fit_mr(effects[, "selected" := NA], method = "egger"), "selected", class = "deepmr_error_columns")
})

test_that("numbers of draws are whole, and rows have names", {
  effects <- plain_effects(mr_reference()$n4$input)
  for (wrong in c(-5, 2.5, Inf)) {
    effects[, "n_draws" := c(20, 20, wrong, 20)]
    expect_error(fit_mr(effects, method = "egger"), "n_draws", class = "deepmr_error_columns")
  }
  effects$n_draws <- c(20, NA, 20, 20)
  expect_identical(fit_mr(effects, method = "ols")$error, "given")
  for (column in c("sequence", "exposure", "outcome")) {
    named <- data.table::copy(effects)[, c("exposure", "outcome") := list("X", "Y")]
    named[[column]][2] <- NA
    expect_error(fit_mr(named, method = "egger"), column, class = "deepmr_error_columns")
  }
})

test_that("a variant that stands twice is an error, not twice the evidence", {
  effects <- draws_effects(random_draws(n = 5, n_draws = 4))
  expect_error(fit_mr(rbind(effects, effects[2]), method = "ols"), class = "deepmr_error_duplicated_rows")
})

test_that("effects changed without their draws are an error", {
  effects <- draws_effects(random_draws(n = 5, n_draws = 4))
  effects[, "beta_exposure" := 2 * beta_exposure]
  expect_error(fit_mr(effects, method = "egger_draws"), "beta_exposure", class = "deepmr_error_draws")
})

test_that("exposure and outcome narrow an effects table", {
  draws <- random_draws(n = 5, n_draws = 4)
  effects <- rbind(draws_effects(draws, exposure = "A"), draws_effects(draws, exposure = "B", outcome = "Z"))
  fit <- fit_mr(effects, method = "ols", error = "mc", exposure = "B")
  expect_identical(fit$exposure, "B")
  expect_identical(fit$outcome, "Z")
  expect_error(fit_mr(effects, exposure = "C"), class = "deepmr_error_unknown_output")
})

test_that("a list of variants, each of a sequence of its own, is told why no fit has an estimate", {
  draws <- random_draws(n = 12, n_draws = 8)
  one_each <- draws_effects(draws)[, "sequence" := paste0("window", .I)]
  said <- function(...) {
    fit <- NULL
    message <- expect_message(fit <- fit_mr(...), class = "deepmr_message_few_variants")
    expect_true(all(is.na(fit$estimate)))
    conditionMessage(message)
  }
  expect_match(said(one_each, method = "egger_draws"), "more than 1 variant\\..*by = NULL, method = \"ivw_draws\"")
  plain <- one_each[, -c("draws_exposure", "draws_outcome")]
  expect_match(said(plain, method = "egger"), "method = \"ivw\"")
  # What it recommends has an estimate: the slope of all variants through the origin.
  expect_no_message(fit <- fit_mr(plain, method = "ivw", error = "mc", by = NULL))
  by_lm <- lm(beta_outcome ~ 0 + beta_exposure, plain, weights = 1 / se_outcome^2)
  expect_equal(fit$estimate, unname(coef(by_lm)))
  expect_no_message(fit_mr(one_each, method = "ivw_draws", error = "mc", by = NULL))
  # Not where some other cause leaves no estimate, as where the advice was followed and the list is too short.
  expect_no_message(fit_mr(one_each[1], method = "ivw_draws", by = NULL))
  expect_no_message(fit_mr(one_each, method = "egger_draws", by = NULL))
  expect_no_message(fit_mr(draws_effects(draws)[, "at_rounding" := TRUE], method = "egger_draws"))
  expect_no_message(fit_mr(draws_effects(draws)[1:2], method = "egger_draws"))
})

test_that("the user's table is left as it was", {
  effects <- draws_effects(random_draws(n = 5, n_draws = 4))
  before <- data.table::copy(effects)
  fit_mr(effects, method = c("egger_draws", "egger"))
  select_instruments(effects, min_effect = 0.1)
  expect_identical(effects, before)
})

test_that("without n_draws the draws are counted", {
  effects <- draws_effects(random_draws(n = 6, n_draws = 4))
  counted <- fit_mr(effects[, -"n_draws"], method = c("egger_draws", "egger"))
  expect_equal(bare(counted), bare(fit_mr(effects, method = c("egger_draws", "egger"))))
  unknown <- data.table::copy(effects)[, "n_draws" := NA_integer_]
  expect_equal(bare(fit_mr(unknown, method = c("egger_draws", "egger"))), bare(counted))
  effects$n_draws[2] <- 50L
  expect_error(fit_mr(effects, method = "egger"), "n_draws", class = "deepmr_error_draws")
})

test_that("tables read back from a file give the same fits", {
  file <- temporary_file(".csv")
  through_file <- function(table) {
    data.table::fwrite(table, file)
    data.table::fread(file)
  }
  x <- simulate_mutagenesis(n_sequences = 2, length = 10)
  effects <- estimate_effects(x, "exposure", "outcome")
  methods <- c("egger_draws", "egger")
  fit <- bare(fit_mr(effects, method = methods))
  expect_equal(bare(fit_mr(through_file(effects), method = methods)), fit)
  again <- fit_mr(through_file(x), method = methods, exposure = "exposure", outcome = "outcome")
  expect_equal(bare(again), fit)
  selected <- select_instruments(effects, min_effect = 0.01)
  expect_equal(bare(fit_mr(through_file(selected), method = methods)), bare(fit_mr(selected, method = methods)))
})

test_that("columns of draws that hold no draws are an error", {
  effects <- draws_effects(random_draws(n = 5, n_draws = 4))
  effects$draws_exposure <- 1:5
  expect_error(fit_mr(effects, method = "egger_draws"), "draws_exposure", class = "deepmr_error_columns")
})

test_that("n_draws that is no number is an error, not unknown", {
  effects <- draws_effects(random_draws(n = 5, n_draws = 4))[, -c("draws_exposure", "draws_outcome")]
  effects$n_draws <- as.character(effects$n_draws)
  expect_error(fit_mr(effects, method = "egger"), "n_draws", class = "deepmr_error_columns")
})

test_that("groups are numbered by sequence, exposure and outcome in order of appearance, also where rows alternate", {
  units <- list(sequence = c("b", "a", "b", "b", "a"), exposure = c("x", "y", "y", "x", "x"), outcome = rep("z", 5))
  expect_identical(number_groups(units), c(1L, 4L, 2L, 1L, 3L))
})

test_that("of several reasons to leave a row out the first counts", {
  effects <- data.table::data.table(
    sequence = "s", beta_exposure = c(NA, 1, 1, 1, Inf, 1), se_exposure = 1,
    beta_outcome = 1, se_outcome = c(0, 0, 0, 1, 1, 1), at_rounding = c(TRUE, FALSE, FALSE, NA, FALSE, FALSE),
    selected = c(FALSE, FALSE, TRUE, FALSE, FALSE, TRUE), reason = c(NA, "F below 9", NA, "F below 9", NA, NA)
  )
  expect_identical(prepare_effects(effects)$reason, c(
    "at float rounding level", "se_outcome is 0", "se_outcome is 0", "F below 9", "beta_exposure is infinite", NA
  ))
})
