# Every slope against a refit without the variant.

refits <- function(effects, ...) {
  vapply(seq_len(nrow(effects)), function(j) fit_mr(effects[-j], ...)$estimate, 0)
}

test_that("leave_one_out() equals refits for methods on standard errors", {
  effects <- plain_effects(lapply(mr_reference()$synthetic200$input[effect_vectors], `[`, 1:30))
  for (method in c("egger", "ivw", "ivw_delta", "divw", "ols")) {
    got <- leave_one_out(effects, method = method, psi = 0.2)
    # only some of them have a psi, and fit_mr() takes none for the others
    psi <- if (method %in% c("ivw_delta", "divw")) list(psi = 0.2)
    want <- do.call(refits, c(list(effects, method = method), psi))
    expect_lt(relative_gap(got$estimate, want), 1e-10)
    whole <- do.call(fit_mr, c(list(effects, method = method), psi))
    expect_equal(got$change, want - whole$estimate, tolerance = 1e-8)
    expect_equal(c(whole$loo_low, whole$loo_high), range(want))
  }
})

test_that("leave_one_out() equals refits for methods on draws under each error, also of ensembles", {
  effects <- draws_effects(random_draws(n = 15, n_draws = 8, error = 0.3))
  ensemble <- data.table::copy(effects)[, "n_members" := 2L]
  errors <- c("mc", "classical", "posterior")
  for (table in list(effects, ensemble)) {
    for (method in c("egger_draws", "ivw_draws")) {
      got <- leave_one_out(table, method = method, error = errors)
      for (wanted in errors) {
        want <- refits(table, method = method, error = wanted)
        expect_lt(relative_gap(got$estimate[got$error == wanted], want), 1e-10)
      }
    }
  }
  for (table in list(effects, ensemble)) {
    weighted <- leave_one_out(table, method = "egger_draws", weights = "inverse_variance", error = "mc")
    whole <- fit_mr(table, method = "egger_draws", weights = "inverse_variance", error = "mc")
    expect_equal(unique(round(weighted$estimate - weighted$change, 10)), round(whole$estimate, 10))
    expect_equal(c(whole$loo_low, whole$loo_high), range(weighted$estimate))
  }
})

test_that("the table has a row per variant used, with its place", {
  effects <- estimate_effects(simulate_mutagenesis(n_sequences = 2, length = 10), "exposure", "outcome")
  effects$at_rounding[1] <- TRUE
  got <- leave_one_out(effects, method = c("ivw", "egger_draws"), error = "mc")
  expect_named(got, c(
    fit_keys, "position", "ref", "alt", "beta_exposure", "beta_outcome", "estimate", "change"
  ))
  expect_identical(nrow(got), 2L * 59L)
  expect_equal(got$beta_exposure[got$method == "ivw"], effects$beta_exposure[-1])
})

test_that("what cannot be left out is NA", {
  three <- plain_effects(lapply(mr_reference()$n4$input, `[`, 1:3))
  expect_true(all(is.na(leave_one_out(three, method = "egger")$estimate)))
  expect_false(anyNA(leave_one_out(three, method = "ivw")$estimate))
  one <- plain_effects(lapply(mr_reference()$n4$input, `[`, 1))
  expect_true(is.na(leave_one_out(one, method = "ivw")$estimate))
  lone <- plain_effects(list(bx = c(1, 1, 1, 2), bxse = rep(0.1, 4), by = 1:4 / 10, byse = rep(0.1, 4)))
  expect_identical(is.na(leave_one_out(lone, method = "ols")$estimate), c(FALSE, FALSE, FALSE, TRUE))
})

test_that("methods without a closed form are refused by name", {
  effects <- plain_effects(mr_reference()$n4$input)
  expect_error(leave_one_out(effects, method = "median"), "median", class = "deepmr_error_no_closed_form")
})
