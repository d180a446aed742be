simulated_effects <- function(...) estimate_effects(simulate_mutagenesis(...), "exposure", "outcome")

test_that("there is one row per sequence, exposure, outcome, method and error", {
  x <- simulate_mutagenesis(n_sequences = 3, length = 6)
  extra <- data.table::copy(x)[x$output == "exposure"]
  extra[, "output" := "third"]
  effects <- estimate_effects(rbind(x, extra), c("exposure", "third"), "outcome")
  fit <- fit_mr(effects, method = c("ols", "egger_draws", "ivw"))
  expect_equal(nrow(fit), 3 * 2 * 1 * 3 * 2)
  expect_identical(anyDuplicated(fit, by = fit_keys), 0L)
  expect_identical(fit$sequence, rep(unique(effects$sequence), each = 12))
  expect_equal(fit$estimate[fit$exposure == "third"], fit$estimate[fit$exposure == "exposure"])
})

test_that("all sequences at once equal each alone, for every method", {
  effects <- simulated_effects(n_sequences = 4, length = 15)
  effects <- effects[!(effects$sequence == "simulated2" & effects$position > 5)]
  # These two look at other sequences, as they must.
  methods <- setdiff(fittable_methods(), "egger_paper")
  own <- function(fit) {
    fit <- bare(fit)
    fit$status[fit$status == idle_words] <- "ok"
    fit[setdiff(names(fit), "exposure_reach")]
  }
  together <- fit_mr(effects, method = methods, distribution = "t")
  looped <- data.table::rbindlist(lapply(unique(effects$sequence), function(name) {
    fit_mr(effects[effects$sequence == name], method = methods, distribution = "t")
  }))
  expect_equal(own(together), own(looped), tolerance = 1e-10)
})

test_that("method = NULL takes the draws where they are and says so", {
  effects <- simulated_effects(n_sequences = 1, length = 10)
  expect_message(fit <- fit_mr(effects), "egger_draws", class = "deepmr_message_method")
  expect_identical(unique(fit$method), "egger_draws")
  plain <- bare(effects)[c("sequence", effect_columns)]
  expect_message(fit <- fit_mr(plain), "no draws", class = "deepmr_message_method")
  expect_identical(unique(fit$method), "egger")
  expect_no_message(fit_mr(plain, method = "ivw"))
})

test_that("textbook methods get the SE of the error that is named", {
  effects <- simulated_effects(n_sequences = 1, length = 10, n_samples = 8)
  plain <- bare(effects)[c("sequence", effect_columns)]
  scaled <- function(factor) {
    plain[c("se_exposure", "se_outcome")] <- plain[c("se_exposure", "se_outcome")] * factor
    fit_mr(plain, method = c("egger", "ivw"))
  }
  fit <- fit_mr(effects, method = c("egger", "ivw"))
  columns <- c("estimate", "std.error", "mean_f", "i2_gx", "q", "q_rucker")
  by_error <- function(error) bare(fit)[fit$error == error, columns]
  expect_equal(by_error("mc"), bare(scaled(1 / sqrt(8)))[columns], ignore_attr = TRUE)
  expect_equal(by_error("classical"), bare(scaled(sqrt(1 + 1 / 8)))[columns], ignore_attr = TRUE)
  expect_identical(unique(scaled(1)$error), "given")
})

test_that("a sequence of unknown number of draws is fitted as given, the others are not", {
  effects <- simulated_effects(n_sequences = 2, length = 10)
  effects$n_draws[effects$sequence == "simulated2"] <- NA
  fit <- fit_mr(effects[, -c("draws_exposure", "draws_outcome")], method = "ivw")
  expect_identical(fit$error, c("mc", "classical", "given"))
  expect_identical(fit$sequence, c("simulated1", "simulated1", "simulated2"))
  expect_identical(fit$n_draws, c(20L, 20L, NA))
})

test_that("a mutagenesis table goes straight in", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 10)
  fit <- fit_mr(x, method = "egger_draws", exposure = "exposure", outcome = "outcome")
  expect_equal(fit$estimate, fit_mr(estimate_effects(x, "exposure", "outcome"), method = "egger_draws")$estimate)
  expect_error(fit_mr(x), "exposure", class = "deepmr_error_argument")
})

test_that("fewer than 3 instruments, or none, keep their row", {
  input <- mr_reference()$n4$input
  for (n in 0:2) {
    rows <- plain_effects(input)
    rows[, "selected" := seq_len(4) <= n]
    fit <- fit_mr(rows, method = c("egger", "ols", "ivw"))
    expect_identical(fit$status[fit$method != "ivw"], rep("fewer than 3 instruments", 2))
    expect_identical(fit$status[fit$method == "ivw"], if (n) "ok" else "no instruments")
    expect_true(all(is.na(fit$estimate[fit$method != "ivw"])))
    expect_identical(fit$n, rep(n, 3))
    expect_identical(fit$n_left_out, rep(4L - n, 3))
  }
  draws <- draws_effects(random_draws(n = 2, n_draws = 5))
  expect_identical(unique(fit_mr(draws, method = "egger_draws")$status), "fewer than 3 instruments")
})

test_that("exposure effects without spread keep their row", {
  input <- list(bx = c(0.3, -0.3, 0.3, 0.3), bxse = rep(0.1, 4), by = c(1, 2, 3, 5), byse = rep(1, 4))
  fit <- fit_mr(plain_effects(input), method = c("egger", "ivw", "ols"))
  expect_identical(fit$status, c("no spread in exposure effects", "ok", "ok"))
  failed <- fit[fit$method == "egger", ]
  expect_true(all(is.na(failed[, c("estimate", "std.error", "p.value", "intercept", "q", "rse"), with = FALSE])))
  input$bx <- rep(0, 4)
  fit <- fit_mr(plain_effects(input), method = c("egger", "ivw", "ols"))
  expect_identical(unique(fit$status), "no spread in exposure effects")
  constant <- draws_effects(random_draws(n = 5, n_draws = 6))
  constant$draws_exposure <- rep(constant$draws_exposure[1], 5)
  constant$beta_exposure <- constant$beta_exposure[1]
  fit <- fit_mr(constant, method = "egger_draws")
  expect_identical(unique(fit$status), "no spread in exposure effects")
})

test_that("values that cannot be used are left out, counted and explained", {
  effects <- plain_effects(mr_reference()$underdispersed40$input)
  spoilt <- data.table::copy(effects)
  spoilt$beta_exposure[1] <- NA
  spoilt$se_exposure[2] <- NaN
  spoilt$beta_outcome[3] <- Inf
  spoilt$se_outcome[4] <- Inf
  spoilt$se_outcome[5] <- 0
  spoilt[, "at_rounding" := seq_len(40) == 6]
  spoilt[, "selected" := seq_len(40) != 7]
  for (method in c("egger", "ivw")) { # ols needs no standard errors: test-mr-ols.R
    fit <- fit_mr(spoilt, method = method)
    same <- setdiff(names(fit), "n_left_out")
    expect_equal(bare(fit)[same], bare(fit_mr(effects[8:40], method = method))[same])
    expect_identical(fit$n_left_out, 7L)
    expect_identical(augment(fit)$reason[1:8], c(
      "beta_exposure is missing", "se_exposure is missing", "beta_outcome is infinite", "se_outcome is infinite",
      "se_outcome is 0",
      "at float rounding level", "not selected", NA
    ))
  }
})

test_that("an exposure SE of 0 is no obstacle to the fit", {
  effects <- plain_effects(mr_reference()$underdispersed40$input)
  zero <- data.table::copy(effects)
  zero$se_exposure[1] <- 0
  columns <- c("estimate", "std.error", "n", "status")
  expect_equal(bare(fit_mr(zero, method = "egger"))[columns], bare(fit_mr(effects, method = "egger"))[columns])
  expect_lt(fit_mr(zero, method = "egger")$i2_gx, 1)
})

test_that("select_instruments() decides what is fitted, and its words are kept", {
  effects <- select_instruments(simulated_effects(n_sequences = 1, length = 20), min_effect = 0.02)
  fit <- fit_mr(effects, method = "ols", error = "mc")
  expect_equal(fit$n, sum(abs(effects$beta_exposure) >= 0.02))
  by_hand <- lm(beta_outcome ~ beta_exposure, effects, subset = abs(beta_exposure) >= 0.02)
  expect_equal(fit$estimate, unname(coef(by_hand)[2]))
  expect_identical(unique(na.omit(augment(fit)$reason)), "|beta_exposure| below 0.02")
})

test_that("sequences without usable draws keep a row for egger_draws", {
  good <- draws_effects(random_draws(n = 10, n_draws = 5), "good")
  none <- draws_effects(random_draws(n = 10, n_draws = 5), "none")
  none$draws_exposure <- rep(list(NULL), 10)
  none$draws_outcome <- rep(list(NULL), 10)
  ragged <- draws_effects(random_draws(n = 10, n_draws = 5), "ragged")
  for (role in c("exposure", "outcome")) {
    draws <- ragged[[paste0("draws_", role)]]
    draws[[1]] <- rep(draws[[1]], 2)
    ragged[[paste0("draws_", role)]] <- draws
    ragged$n_draws[1] <- 10
  }
  hole <- draws_effects(random_draws(n = 10, n_draws = 5), "hole")
  hole$draws_outcome[[4]][2] <- NA
  fit <- fit_mr(rbind(good, none, ragged, hole), method = c("egger_draws", "egger"), error = "mc")
  draws_fit <- fit[fit$method == "egger_draws", ]
  expect_identical(draws_fit$sequence, c("good", "none", "ragged", "hole"))
  expect_identical(draws_fit$status[2:3], c("no draws", "numbers of draws differ between variants"))
  expect_identical(draws_fit$n, c(10L, 0L, 10L, 9L))
  expect_identical(draws_fit$n_left_out, c(0L, 10L, 0L, 1L))
  expect_true(all(fit$status[fit$method == "egger"] == "ok"))
  left_out <- augment(fit)
  left_out <- left_out[left_out$method == "egger_draws" & left_out$sequence == "hole", ]
  expect_identical(left_out$reason[3:5], c(NA, "missing or infinite draw", NA))
})

test_that("arguments are checked", {
  effects <- simulated_effects(n_sequences = 1, length = 5)
  plain <- bare(effects)[c("sequence", effect_columns)]
  expect_error(fit_mr(plain, method = "mr_egger"), class = "deepmr_error_unknown_method")
  expect_error(fit_mr(plain, method = "egger_draws"), class = "deepmr_error_no_draws")
  expect_error(fit_mr(plain, method = "egger", error = "bayes"), class = "deepmr_error_argument")
  expect_error(fit_mr(plain, method = "egger", weights = "equal"), "weights", class = "deepmr_error_argument")
  expect_error(fit_mr(effects, method = "egger_draws", weights = "floor"), class = "deepmr_error_argument")
  expect_error(fit_mr(plain, method = "egger", level = 95), class = "deepmr_error_argument")
  expect_error(fit_mr(plain, method = "egger", distribution = "cauchy"), class = "deepmr_error_argument")
  expect_error(fit_mr(plain, method = "egger", alpha = 0.05), class = "rlib_error_dots_nonempty")
})

test_that("the level sets the width of every interval", {
  effects <- simulated_effects(n_sequences = 1, length = 10)
  width <- function(level) {
    fit <- fit_mr(effects, method = fittable_methods(), level = level)
    (fit$conf.high - fit$conf.low) / (fit$std.error * qt(1 - (1 - level) / 2, fit$df))
  }
  for (level in c(0.5, 0.99)) expect_equal(width(level), rep(2, length(width(level))))
})

test_that("no fit is ok without an estimate", {
  tiny <- plain_effects(list(bx = 1:4 * 1e-170, bxse = rep(1e-172, 4), by = 1:4 * 1e-170, byse = rep(1e-172, 4)))
  fit <- fit_mr(tiny, method = c("egger", "ivw", "ols"))
  expect_identical(fit$estimate, rep(NA_real_, 3))
  expect_false("ok" %in% fit$status)
})

test_that("a table without standard errors is said to be one", {
  effects <- plain_effects(mr_reference()$underdispersed40$input)
  effects$se_exposure <- NA_real_
  expect_message(fit <- fit_mr(effects, method = "egger"), "no standard errors", class = "deepmr_message_no_errors")
  expect_identical(unique(augment(fit)$reason), "se_exposure is missing")
  expect_no_message(fit_mr(plain_effects(mr_reference()$underdispersed40$input), method = "egger"))
})

test_that("a table without standard errors is fitted by ols, said so", {
  effects <- plain_effects(mr_reference()$underdispersed40$input)
  none <- data.table::copy(effects)[, c("se_exposure", "se_outcome") := NA_real_]
  expect_message(
    expect_message(fit <- fit_mr(none), "no standard errors", class = "deepmr_message_no_errors"),
    "ols.*no standard errors",
    class = "deepmr_message_method"
  )
  expect_identical(c(fit$method, fit$status), c("ols", "ok"))
  expect_equal(fit$estimate, coef(lm(beta_outcome ~ beta_exposure, effects))[[2]])
})

test_that("an argument that no method of the call uses is an error, where it is given", {
  effects <- draws_effects(random_draws(n = 12, n_draws = 6))
  unused <- function(...) expect_error(fit_mr(effects, error = "mc", ...), class = "deepmr_error_argument")
  expect_match(conditionMessage(unused(method = "egger", psi = 0.3)), "psi.*ivw_delta.*divw")
  expect_match(conditionMessage(unused(method = "egger", model = "fixed")), "model.*no meaning for.*egger")
  expect_match(conditionMessage(unused(method = c("egger_draws", "ols"), distribution = "t")), "distribution")
  expect_match(conditionMessage(unused(distribution = "t")), "egger_draws")
  expect_match(conditionMessage(unused(method = "ivw", target = "network")), "target.*se = \"draws\"")
  # also if it is the default's value, but not if it is left to it
  unused(method = "egger", psi = 0)
  unused(method = "ivw", se = "draws", model = "fixed")
  expect_no_error(fit_mr(effects, error = "mc", method = c("egger", "divw"), psi = 0.3, model = "fixed"))
  expect_no_error(fit_mr(effects, error = "mc", method = "ivw", se = "draws", target = "network"))
  expect_no_error(fit_mr(effects, error = "mc", method = c("egger_draws", "ivw"), target = "network"))
})

test_that("the arguments that a method obeys are those that change its figures", {
  skip_if_not_installed("robustbase")
  effects <- plain_effects(mr_reference()$synthetic200$input)
  obeyed <- function(...) {
    vapply(setdiff(fittable_methods(), c("egger_draws", "ivw_draws")), function(name) {
      data <- prepare_effects(effects)
      fit <- function(...) {
        options <- utils::modifyList(list(
          distribution = "normal", model = "default", psi = 0, level = 0.95, se = "method", target = "structural",
          weights = "equal", masks = "auto"
        ), list(...))
        fit_method(data, name, "mc", options)[, wald_columns, with = FALSE]
      }
      !isTRUE(all.equal(fit(), fit(...)))
    }, TRUE)
  }
  has <- function(arg) vapply(method_registry()[names(obeyed())], function(method) arg %in% method$obeys, TRUE)
  expect_identical(obeyed(psi = 0.3), has("psi"))
  expect_identical(obeyed(model = "fixed"), has("model"))
  expect_identical(obeyed(distribution = "t"), has("distribution"))
})

test_that("nothing given for a choice is said to be that, and by = NULL is named", {
  x <- simulate_mutagenesis(1, length = 12)
  fit <- function(...) fit_mr(x, exposure = "exposure", outcome = "outcome", ...)
  expect_error(fit(method = character()), "not character\\(0\\)", class = "deepmr_error_unknown_method")
  expect_error(fit(error = character()), "not character\\(0\\)", class = "deepmr_error_argument")
  expect_error(fit_mvmr(x, method = character()), "not character\\(0\\)", class = "deepmr_error_unknown_method")
  expect_error(fit(by = "exposure"), "NULL.*one over all", class = "deepmr_error_argument")
})

test_that("outputs given where method and error stand are recognised", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 20)
  expect_error(fit_mr(x, "exposure", "outcome"), "exposure = ", class = "deepmr_error_unknown_method")
})

test_that("an estimate whose standard error is no number is not ok", {
  input <- lapply(mr_reference()$underdispersed40$input[effect_vectors], `*`, 1e-100)
  fit <- fit_mr(plain_effects(input), method = c("divw", "profile_likelihood", "ivw"))
  expect_identical(is.na(fit$std.error), fit$status != "ok")
  expect_match(fit$status[2], "no standard error")
})
