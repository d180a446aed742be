with_draws <- function(effects, pick) {
  half <- data.table::copy(effects)
  for (role in c("exposure", "outcome")) {
    draws <- lapply(half[[paste0("draws_", role)]], pick)
    half[, paste0(c("draws_", "beta_", "se_"), role) := list(draws, vapply(draws, mean, 0), vapply(draws, sd, 0))]
  }
  half[, "n_draws" := lengths(half$draws_exposure)]
  half[]
}
odd <- function(x) x[seq_along(x) %% 2 == 1]
even <- function(x) x[seq_along(x) %% 2 == 0]

test_that("one half of the draws chooses, and the other has the effects", {
  for (n_draws in c(8, 9)) {
    effects <- draws_effects(random_draws(n = 30, n_draws = n_draws))
    for (half in c("odd", "even")) {
      choosing <- with_draws(effects, if (half == "odd") odd else even)
      left <- with_draws(effects, if (half == "odd") even else odd)
      want <- select_instruments(choosing, min_effect = 0.02, min_f = 0.5)
      got <- select_instruments(effects, min_effect = 0.02, min_f = 0.5, draws = half)
      expect_identical(got$selected, want$selected)
      expect_identical(got$reason, want$reason)
      expect_true(any(got$selected) && !all(got$selected))
      columns <- c(effect_columns, "n_draws", "draws_exposure", "draws_outcome")
      expect_equal(bare(got)[columns], bare(left)[columns])
      expect_equal(got$cov_exposure_outcome, mapply(cov, left$draws_exposure, left$draws_outcome))
    }
  }
  expect_identical(effects$n_draws[1], 9L)
})

test_that("halves of an ensemble have all members, or half of them where each draw is one", {
  effects <- draws_effects(random_draws(n = 6, n_draws = 13))
  effects[, "n_members" := 3L]
  first_turns <- c(1:3, 7:9, 13)
  got <- select_instruments(effects, draws = "odd")
  expect_identical(got$draws_exposure[[2]], effects$draws_exposure[[2]][-first_turns])
  expect_identical(unique(got$n_members), 3L)
  expect_identical(unique(select_instruments(effects, draws = "even")$n_draws), 7L)
  effects[, "n_members" := 13L]
  got <- select_instruments(effects, draws = "odd")
  expect_identical(got$draws_outcome[[1]], even(effects$draws_outcome[[1]]))
  expect_identical(unique(got$n_members), 6L)
})

test_that("variants without draws are not chosen, and different numbers of draws are each halved", {
  effects <- rbind(
    draws_effects(random_draws(n = 5, n_draws = 6), "a"), draws_effects(random_draws(n = 5, n_draws = 11), "b")
  )
  effects$draws_exposure[[2]] <- effects$draws_outcome[[2]] <- numeric()
  effects$n_draws[2] <- 0L
  got <- select_instruments(effects, draws = "even")
  expect_identical(got$selected, c(TRUE, FALSE, rep(TRUE, 8)))
  expect_identical(got$n_draws, rep(c(3L, 0L, 3L, 6L), c(1, 1, 3, 5)))
  expect_true(is.na(got$beta_exposure[2]) && got$reason[2] == "missing or infinite value")
  expect_identical(fit_mr(got, method = "egger_draws", error = "mc")$n, c(4L, 5L))
})

test_that("too few draws, and no draws, are refused", {
  effects <- draws_effects(random_draws(n = 5, n_draws = 3))
  expect_error(select_instruments(effects, draws = "odd"), "3 draws", class = "deepmr_error_draws")
  expect_error(cross_fit_mr(effects, method = "ivw"), "3 draws", class = "deepmr_error_draws")
  more <- draws_effects(random_draws(n = 5, n_draws = 11))
  more[, "n_members" := 3L]
  expect_error(select_instruments(more, draws = "odd"), "of each member", class = "deepmr_error_draws")
  plain <- effects[, -c("draws_exposure", "draws_outcome")]
  expect_error(select_instruments(plain, draws = "odd"), class = "deepmr_error_no_draws")
  expect_error(select_instruments(effects, draws = "first"), class = "deepmr_error_argument")
  four <- draws_effects(random_draws(n = 5, n_draws = 4))
  expect_identical(unique(select_instruments(four, draws = "odd")$n_draws), 2L)
})
