paper_effects <- function() {
  sets <- lapply(1:3, function(i) draws_effects(random_draws(n = 60, n_draws = 8, seed = i), paste0("s", i)))
  few <- draws_effects(random_draws(n = 12, n_draws = 8, seed = 4), "few")
  rbind(data.table::rbindlist(sets), few)
}

by_hand <- function(effects) {
  z <- abs(effects$beta_exposure - mean(effects$beta_exposure)) / sd(effects$beta_exposure)
  effects[z >= 1]
}

test_that("egger_paper filters over all sequences and takes the robust line above 10 variants", {
  skip_if_not_installed("robustbase")
  effects <- paper_effects()
  fit <- fit_mr(effects, method = "egger_paper")
  expect_identical(fit$error, rep("given", 4))
  kept <- by_hand(effects)
  expect_identical(fit$n, as.integer(table(factor(kept$sequence, fit$sequence))))
  expect_true(any(fit$n > 10L) && any(fit$n <= 10L & fit$n >= 3L))
  plain <- as.data.frame(kept)[c("sequence", effect_columns)]
  expect_identical(fit$status[fit$sequence == "few"], "fewer than 3 instruments")
  for (i in which(fit$n > 0L)) {
    method <- if (fit$n[i] > 10L) "egger_robust" else "egger"
    single <- fit_mr(plain[plain$sequence == fit$sequence[[i]], , drop = FALSE], method = method)
    columns <- c("estimate", "std.error", "intercept", "rse", "q", "status")
    expect_equal(bare(fit[i])[columns], bare(single)[columns], ignore_attr = TRUE)
  }
})

test_that("where every sequence keeps more than 10 variants, or none does, it is the one line of the two", {
  skip_if_not_installed("robustbase")
  for (case in list(list(length = 60, line = "egger_robust"), list(length = 12, line = "egger"))) {
    x <- simulate_mutagenesis(3, length = case$length)
    effects <- estimate_effects(x, "exposure", "outcome")
    fit <- fit_mr(effects, method = "egger_paper")
    expect_identical(fit$n > 10L, rep(case$line == "egger_robust", 3))
    plain <- as.data.frame(by_hand(effects))[c("sequence", effect_columns)]
    columns <- c("estimate", "std.error", "intercept", "rse", "q", "n", "status")
    expect_equal(bare(fit)[columns], bare(fit_mr(plain, method = case$line))[columns])
    expect_identical(fit_mr(effects, method = "egger_paper", se = "draws")$se_from, rep("draws", 6))
  }
})

test_that("what the filter leaves out is counted and explained", {
  skip_if_not_installed("robustbase")
  effects <- paper_effects()
  fit <- fit_mr(effects, method = c("egger_paper", "ols"), error = "mc")
  table <- augment(fit)
  paper <- table[table$method == "egger_paper"]
  expect_identical(sum(paper$used), nrow(by_hand(effects)))
  expect_identical(unique(na.omit(paper$reason)), "within 1 SD of the mean exposure effect")
  expect_true(all(table$used[table$method == "ols"]))
  expect_identical(fit$n + fit$n_left_out, rep(c(60L, 60L, 60L, 12L), each = 2))
  expect_equal(bare(augment(fit[fit$sequence == "s2"])), bare(table[table$sequence == "s2"]))
})

test_that("each exposure has its own filter, and variants out of every fit do not count in it", {
  skip_if_not_installed("robustbase")
  effects <- paper_effects()
  other <- data.table::copy(effects)[, c("exposure", "beta_exposure") := list("Z", 3 * beta_exposure)]
  other$draws_exposure <- lapply(other$draws_exposure, `*`, 3)
  both <- fit_mr(rbind(effects, other), method = "egger_paper")
  expect_identical(both$n[both$exposure == "Z"], both$n[both$exposure == "X"])
  spoilt <- rbind(effects, data.table::copy(effects[1])[, c("position", "beta_exposure") := list(99L, 1e6)])
  spoilt$draws_exposure[[nrow(spoilt)]] <- rep(1e6, 8)
  spoilt[, "at_rounding" := c(rep(FALSE, nrow(effects)), TRUE)]
  expect_equal(fit_mr(spoilt, method = "egger_paper")$estimate, fit_mr(effects, method = "egger_paper")$estimate)
})

test_that("with se = 'draws' the estimate stays and each error has its row", {
  skip_if_not_installed("robustbase")
  effects <- paper_effects()
  fit <- fit_mr(effects, method = "egger_paper")
  draws <- fit_mr(effects, method = "egger_paper", se = "draws")
  expect_identical(draws$error, rep(c("mc", "classical"), 4))
  expect_equal(draws$estimate, rep(fit$estimate, each = 2))
  expect_identical(unique(draws$se_from), "draws")
})

test_that("exposure effects that are all the same, or missing, leave no variant and stop nothing", {
  skip_if_not_installed("robustbase")
  same <- plain_effects(lapply(mr_reference()$underdispersed40$input[effect_vectors], `[`, 1:5))
  same$beta_exposure <- 0.1
  for (effects in list(same, same[1])) {
    fit <- fit_mr(effects, method = c("egger_paper", "ivw"))
    expect_identical(fit$n, c(0L, nrow(effects)))
    expect_identical(fit$status, c("fewer than 3 instruments", "ok"))
  }
  expect_identical(unique(augment(fit)$reason[1]), "within 1 SD of the mean exposure effect")
})
