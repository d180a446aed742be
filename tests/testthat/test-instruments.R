test_that("variants are marked with the first reason that applies, and none is removed", {
  effects <- data.table::data.table(
    beta_exposure = c(0.5, 0.005, 0.02, NA, 0.9, -0.5), se_exposure = c(0.1, 0.001, 0.02, 0.1, 0.1, 0),
    at_rounding = c(FALSE, FALSE, FALSE, FALSE, TRUE, FALSE)
  )
  marked <- select_instruments(effects, min_effect = 0.01, min_f = 10)
  expect_identical(marked$reason, c(
    NA, "|beta_exposure| below 0.01", "F below 10", "missing or infinite value", "at float rounding level", NA
  ))
  expect_identical(marked$selected, is.na(marked$reason))
  expect_false("selected" %in% names(effects))
  expect_identical(select_instruments(effects)$selected, c(TRUE, TRUE, TRUE, FALSE, FALSE, TRUE))
})

test_that("thresholds on the boundary keep the variant", {
  effects <- data.table::data.table(beta_exposure = c(-0.5, 0.25), se_exposure = c(0.25, 0.125))
  expect_true(all(select_instruments(effects, min_effect = 0.25, min_f = 4)$selected))
})

test_that("arguments are checked", {
  effects <- data.table::data.table(beta_exposure = 1, se_exposure = -1)
  expect_error(select_instruments(effects), class = "deepmr_error_negative_se")
  effects$se_exposure <- 1
  expect_error(select_instruments(effects, min_effect = -1), class = "deepmr_error_argument")
  expect_error(select_instruments(effects, min_p = 0.1), class = "rlib_error_dots_nonempty")
  expect_error(select_instruments(data.table::data.table(a = 1)), class = "deepmr_error_columns")
})

test_that("i2_gx equals MendelianRandomization's I.sq and the direct formula", {
  for (set in mr_reference()[c("synthetic200", "underdispersed40")]) {
    input <- set$input
    expect_equal(i2_gx(input$bx, input$bxse), set$i2_gx$I2_unweighted, tolerance = 1e-10)
    expect_equal(
      i2_gx(input$bx, input$bxse, weighted = TRUE, se_outcome = input$byse), set$egger$I.sq,
      tolerance = 1e-10
    )
  }
})

test_that("i2_gx is 0 for effects closer than their errors, and leaves unusable rows out", {
  expect_identical(i2_gx(c(1, 1.01, 0.99), c(1, 1, 1)), 0)
  expect_identical(i2_gx(c(1, 1, -1), c(1, 1, 1)), 0)
  beta <- c(0.1, 0.5, 0.9)
  se <- c(0.1, 0.1, 0.1)
  expect_equal(i2_gx(c(beta, 3, NA, Inf, 2), c(se, 0, 0.1, 0.1, NA)), i2_gx(beta, se))
  expect_identical(i2_gx(0.1, 0.1), NA_real_)
  expect_equal(i2_gx(beta * 7, se * 7), i2_gx(beta, se))
})

test_that("i2_gx refuses what it cannot use", {
  expect_error(i2_gx(1:3, c(1, 1)), "same length", class = "deepmr_error_argument")
  expect_error(i2_gx(1:2, c("a", "b")), class = "deepmr_error_argument")
  expect_error(i2_gx(1:2, c(1, -1)), class = "deepmr_error_negative_se")
  expect_error(i2_gx(1:2, c(1, 1), weighted = TRUE), "se_outcome", class = "deepmr_error_argument")
  expect_error(i2_gx(1:2, c(1, 1), weighted = NA), class = "deepmr_error_argument")
})

test_that("selecting again forgets the first selection", {
  effects <- data.table::data.table(beta_exposure = c(0.5, 0.005), se_exposure = c(0.1, 0.1))
  once <- select_instruments(effects, min_effect = 0.01)
  expect_identical(select_instruments(once)$reason, c(NA_character_, NA_character_))
  expect_identical(select_instruments(select_instruments(effects), min_effect = 0.01), once)
})

test_that("a variant without effect has no strength, even without error", {
  effects <- data.frame(beta_exposure = c(0, 0.1), se_exposure = c(0, 0.01))
  expect_identical(select_instruments(effects, min_f = 10)$selected, c(FALSE, TRUE))
})
