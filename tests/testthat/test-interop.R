# Live comparisons skip where the packages are absent; TwoSampleMR is not on CRAN, so its
# functions are fetched by name.

interop_effects <- function(n_sequences = 2L) {
  effects <- estimate_effects(simulate_mutagenesis(n_sequences = n_sequences, length = 20), "exposure", "outcome")
  effects$at_rounding[3L] <- TRUE
  effects$beta_outcome[5L] <- NA
  effects
}

interop_methods <- c("egger", "ivw")

# Slopes of fit_mr() by sequence and method, for one error.
slopes <- function(effects, error) {
  fit <- fit_mr(effects, method = interop_methods, error = error)
  data.table::data.table(sequence = fit$sequence, method = fit$method, estimate = fit$estimate, se = fit$std.error)
}

test_that("the arguments of mr_input() are the variants of each fit, under its name", {
  effects <- interop_effects()
  arguments <- mr_input_arguments(effects, NULL, NULL, "mc")
  expect_named(arguments, paste0("simulated", 1:2, ": exposure -> outcome"))
  expect_named(arguments[[1]], c(
    "bx", "bxse", "by", "byse", "exposure", "outcome", "snps", "effect_allele", "other_allele"
  ))
  rows <- setdiff(which(effects$sequence == "simulated1"), c(3, 5))
  kept <- effects[rows]
  expect_identical(arguments[[1]]$bx, kept$beta_exposure)
  expect_identical(arguments[[1]]$by, kept$beta_outcome)
  expect_equal(arguments[[1]]$bxse, kept$se_exposure / sqrt(kept$n_draws))
  expect_equal(arguments[[1]]$byse, kept$se_outcome / sqrt(kept$n_draws))
  expect_identical(arguments[[1]]$exposure, "exposure")
  expect_identical(arguments[[1]]$outcome, "outcome")
  expect_identical(arguments[[1]]$snps, paste0(kept$position, " ", kept$ref, ">", kept$alt))
  expect_identical(arguments[[1]]$effect_allele, kept$alt)
  expect_identical(arguments[[1]]$other_allele, kept$ref)
  expect_length(arguments[[2]]$bx, 60)
  classical <- mr_input_arguments(effects, NULL, NULL, "classical")
  expect_equal(classical[[1]]$byse, kept$se_outcome * sqrt(1 + 1 / kept$n_draws))
})

test_that("each pair and sequence has its own arguments, in the order of fit_mr()", {
  draws <- random_draws(n = 5, n_draws = 4)
  effects <- rbind(
    draws_effects(draws, "b", "X"), draws_effects(draws, "a", "Z"), draws_effects(draws, "b", "Z"),
    draws_effects(draws, "a", "X", "W")
  )
  names <- names(mr_input_arguments(effects[c(20:11, 1:10)], NULL, NULL, "mc"))
  fit <- fit_mr(effects[c(20:11, 1:10)], method = "ols", error = "mc")
  expect_identical(names, paste0(fit$sequence, ": ", fit$exposure, " -> ", fit$outcome))
  expect_length(mr_input_arguments(effects, "Z", NULL, "mc"), 2)
  expect_error(mr_input_arguments(effects, "Q", NULL, "mc"), class = "deepmr_error_unknown_output")
})

test_that("a mutagenesis table and a plain table serve as well", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 10)
  effects <- estimate_effects(x, "exposure", "outcome")
  expect_equal(as_two_sample_mr(x, "exposure", "outcome"), as_two_sample_mr(effects))
  expect_error(as_two_sample_mr(x), "exposure", class = "deepmr_error_argument")
  plain <- as.data.frame(effects)[c("sequence", effect_columns)]
  table <- suppressMessages(as_two_sample_mr(plain))
  expect_identical(table$SNP, paste("variant", 1:30))
  expect_true(all(is.na(table$effect_allele.exposure)) && is.character(table$effect_allele.exposure))
  expect_identical(table$id.exposure[1], "simulated1: exposure")
})

test_that("without the number of draws, standard errors stay as they stand, as in fit_mr()", {
  effects <- draws_effects(random_draws(n = 6, n_draws = 4))[, -c("draws_exposure", "draws_outcome")]
  effects <- rbind(effects, data.table::copy(effects)[, "sequence" := "s2"])
  effects$n_draws[8L] <- NA
  expect_message(table <- as_two_sample_mr(effects), "as they stand", class = "deepmr_message_error")
  expect_identical(table$error, rep(c("mc", "given"), each = 6))
  expect_identical(table$se.outcome[7:12], effects$se_outcome[7:12])
  expect_equal(table$se.outcome[1:6], effects$se_outcome[1:6] / 2)
  expect_identical(unique(fit_mr(effects, method = "egger", error = "mc")$error), c("mc", "given"))
  expect_silent(as_two_sample_mr(effects[1:6]))
})

test_that("the harmonised table has TwoSampleMR's columns, types and values", {
  effects <- interop_effects()
  table <- as_two_sample_mr(effects, error = "classical")
  expect_identical(class(table), "data.frame")
  text <- c(
    "SNP", "effect_allele.exposure", "other_allele.exposure", "effect_allele.outcome", "other_allele.outcome",
    "id.outcome", "outcome", "id.exposure", "exposure", "sequence", "error", "reason"
  )
  flags <- c("remove", "palindromic", "ambiguous", "mr_keep")
  numbers <- c(
    outer(c("beta.", "se.", "pval.", "eaf.", "samplesize."), c("exposure", "outcome"), paste0)
  )
  expect_setequal(names(table), c(text, flags, numbers))
  expect_true(all(vapply(table[text], is.character, TRUE)))
  expect_true(all(vapply(table[flags], is.logical, TRUE)))
  expect_true(all(vapply(table[numbers], is.double, TRUE)))

  expect_identical(nrow(table), nrow(effects))
  expect_identical(table$beta.exposure, effects$beta_exposure)
  expect_identical(table$effect_allele.outcome, effects$alt)
  expect_identical(table$other_allele.exposure, effects$ref)
  expect_equal(table$se.exposure, effects$se_exposure * sqrt(1 + 1 / effects$n_draws))
  z <- effects$beta_outcome / (effects$se_outcome * sqrt(1 + 1 / effects$n_draws))
  expect_equal(table$pval.outcome, 2 * stats::pnorm(abs(z), lower.tail = FALSE))
  expect_identical(which(!table$mr_keep), c(3L, 5L))
  expect_identical(table$reason[c(3, 5)], c("at float rounding level", "beta_outcome is missing"))
  pair <- paste0(effects$ref, effects$alt)
  expect_identical(table$palindromic, pair %in% c("AT", "TA", "CG", "GC"))
  expect_true(any(table$palindromic) && !any(table$ambiguous) && !any(table$remove))
  expect_identical(unique(table$id.exposure), paste0("simulated", 1:2, ": exposure"))
  expect_identical(table$exposure, table$id.exposure)
  expect_identical(anyDuplicated(table[c("SNP", "id.exposure", "id.outcome")]), 0L)
})

test_that("an effect of 0 without error has no p-value", {
  expect_identical(normal_p(c(0, 1, 0), c(0, 0, 1)), c(NA, 0, 1))
})

test_that("the textbook regressions on either form are those of fit_mr()", {
  effects <- interop_effects()
  for (error in c("mc", "classical")) {
    expected <- slopes(effects, error)
    arguments <- mr_input_arguments(effects, NULL, NULL, error)
    table <- as_two_sample_mr(effects, error = error)
    table <- split(table[table$mr_keep, ], table$id.exposure[table$mr_keep])
    for (i in 1:2) {
      sign <- ifelse(arguments[[i]]$bx < 0, -1, 1)
      egger <- stats::lm(
        I(sign * by) ~ abs(bx), arguments[[i]][c("bx", "by")],
        weights = 1 / arguments[[i]]$byse^2
      )
      mine <- expected[expected$sequence == paste0("simulated", i)]
      expect_equal(stats::coef(egger)[[2]], mine[mine$method == "egger"]$estimate)
      ivw <- stats::lm(beta.outcome ~ 0 + beta.exposure, table[[i]], weights = 1 / table[[i]]$se.outcome^2)
      expect_equal(stats::coef(ivw)[[1]], mine[mine$method == "ivw"]$estimate)
      summary <- summary(ivw)
      expect_equal(summary$coefficients[[2]] * max(1, 1 / summary$sigma), mine[mine$method == "ivw"]$se)
    }
  }
})

test_that("sequences without a usable variant are left out with a warning, or an error if there is no other", {
  effects <- interop_effects()
  effects$at_rounding[effects$sequence == "simulated2"] <- TRUE
  expect_warning(
    arguments <- mr_input_arguments(effects, NULL, NULL, "mc"), "simulated2: exposure -> outcome",
    class = "deepmr_warning_no_instruments"
  )
  expect_length(arguments, 1)
  effects$at_rounding <- TRUE
  expect_error(mr_input_arguments(effects, NULL, NULL, "mc"), "rounding", class = "deepmr_error_no_rows")
  expect_false(any(as_two_sample_mr(effects)$mr_keep))
  selected <- select_instruments(interop_effects(), min_effect = 0.01)
  expect_identical(as_two_sample_mr(selected)$mr_keep, is.na(prepare_effects(selected)$reason))
})

test_that("bad arguments are errors, and the user's table stays as it was", {
  effects <- interop_effects()
  before <- data.table::copy(effects)
  as_two_sample_mr(effects)
  mr_input_arguments(effects, NULL, NULL, "mc")
  expect_identical(effects, before)
  expect_error(as_two_sample_mr(effects, error = "given"), "error", class = "deepmr_error_argument")
  expect_error(as_two_sample_mr(effects, error = c("mc", "classical")), class = "deepmr_error_argument")
  expect_error(as_two_sample_mr(list()), class = "deepmr_error_columns")
  first <- effects[effects$sequence == "simulated1"]
  twins <- rbind(
    data.table::copy(first)[, c("sequence", "exposure") := list("a", "b: c")],
    data.table::copy(first)[, c("sequence", "exposure") := list("a: b", "c")]
  )
  expect_error(as_two_sample_mr(twins), "a: b: c", class = "deepmr_error_argument")
  expect_error(check_installed("a.package.of.nobody"), "install.packages", class = "deepmr_error_not_installed")
})

test_that("MendelianRandomization gives the slopes of fit_mr()", {
  skip_if_not_installed("MendelianRandomization")
  effects <- interop_effects()
  for (error in c("mc", "classical")) {
    expected <- slopes(effects, error)
    inputs <- as_mr_input(effects, error = error)
    expect_named(inputs, paste0("simulated", 1:2, ": exposure -> outcome"))
    egger <- lapply(inputs, MendelianRandomization::mr_egger)
    ivw <- lapply(inputs, MendelianRandomization::mr_ivw)
    of_method <- function(name) expected[expected$method == name]
    expect_equal(vapply(egger, function(x) x@Estimate, 0), of_method("egger")$estimate, ignore_attr = TRUE)
    expect_equal(vapply(egger, function(x) x@StdError.Est, 0), of_method("egger")$se, ignore_attr = TRUE)
    expect_equal(vapply(ivw, function(x) x@Estimate, 0), of_method("ivw")$estimate, ignore_attr = TRUE)
    expect_equal(vapply(ivw, function(x) x@StdError, 0), of_method("ivw")$se, ignore_attr = TRUE)
  }
})

test_that("without MendelianRandomization the error says how to install it", {
  skip_if(requireNamespace("MendelianRandomization", quietly = TRUE))
  expect_error(as_mr_input(interop_effects()), "install.packages", class = "deepmr_error_not_installed")
})

test_that("TwoSampleMR gives the slopes of fit_mr()", {
  skip_if_not_installed("TwoSampleMR")
  effects <- interop_effects()
  mr <- getExportedValue("TwoSampleMR", "mr")
  for (error in c("mc", "classical")) {
    expected <- slopes(effects, error)
    fit <- suppressMessages(
      mr(as_two_sample_mr(effects, error = error), method_list = c("mr_egger_regression", "mr_ivw"))
    )
    for (i in 1:2) {
      theirs <- fit[fit$id.exposure == paste0("simulated", i, ": exposure"), ]
      ours <- expected[expected$sequence == paste0("simulated", i)]
      expect_equal(theirs$b[theirs$method == "MR Egger"], ours$estimate[ours$method == "egger"])
      expect_equal(theirs$se[theirs$method == "MR Egger"], ours$se[ours$method == "egger"])
      expect_equal(theirs$b[theirs$method == "Inverse variance weighted"], ours$estimate[ours$method == "ivw"])
      expect_equal(theirs$nsnp, rep(c(58, 60)[i], 2))
    }
  }
})
