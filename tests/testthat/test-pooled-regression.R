test_that("egger and ols equal lm() with an intercept for each sequence, ivw lm() without any", {
  effects <- pooled_effects(pooled_draws())
  fit <- fit_mr(
    effects, method = c("egger", "ivw", "ols"), error = "mc", by = NULL, distribution = "t", model = "random"
  )
  data <- with(effects, data.frame(sequence, bx = beta_exposure, by = beta_outcome, se = se_outcome / sqrt(12)))
  data$sign <- ifelse(data$bx < 0, -1, 1)
  lines <- list(
    egger = lm(I(sign * by) ~ 0 + abs(bx) + sequence, data, weights = 1 / se^2),
    ivw = lm(by ~ 0 + bx, data, weights = 1 / se^2), ols = lm(by ~ 0 + bx + sequence, data)
  )
  for (name in names(lines)) {
    row <- bare(fit)[fit$method == name, ]
    line <- lines[[name]]
    rse <- summary(line)$sigma
    least <- if (name == "ols") rse else min(1, rse)
    expect_equal(row$estimate, coef(line)[[1]])
    expect_equal(row$std.error, sqrt(vcov(line)[1, 1]) / if (name == "ols") 1 else least)
    expect_equal(c(row$rse, row$df), c(rse, line$df.residual))
    if (name == "ivw") next
    expect_equal(unname(row$sequence_intercepts[[1]][c("s1", "s2", "s3")]), unname(coef(line)[-1]))
    # their mean over variants, by weight
    share <- tapply(if (is.null(weights(line))) rep(1, 34) else weights(line), data$sequence, sum)
    share <- c(0, share / sum(share))
    expect_equal(row$intercept, sum(share * coef(line)))
    scale <- if (name == "ols") 1 else least
    expect_equal(row$intercept_se, sqrt(drop(t(share) %*% vcov(line) %*% share)) / scale)
  }
  expect_identical(fit$n_sequences, rep(3L, 3))
  expect_identical(unique(fit$sequence), "all sequences")
  # Rucker: as many intercepts as sequences
  egger <- bare(fit)[fit$method == "egger", ]
  expect_equal(c(egger$q_egger, egger$q), rep(deviance(lines$egger), 2))
  expect_equal(egger$q_rucker, deviance(lines$ivw) - deviance(lines$egger))
  expect_equal(egger$q_rucker_p, pchisq(egger$q_rucker, 3, lower.tail = FALSE))
  expect_equal(egger$q_egger_p, pchisq(egger$q_egger, 30, lower.tail = FALSE))
})

test_that("penalized weights are those of the line with an intercept for each sequence", {
  effects <- pooled_effects(pooled_draws(error = 0.1))
  effects$beta_outcome[3] <- 2
  effects <- effects[, -c("draws_exposure", "draws_outcome", "n_draws")]
  fit <- fit_mr(effects, method = "egger_penalized", by = NULL)
  data <- with(effects, data.frame(
    sequence, x = abs(beta_exposure), y = ifelse(beta_exposure < 0, -1, 1) * beta_outcome, w = 1 / se_outcome^2
  ))
  first <- lm(y ~ 0 + x + sequence, data, weights = w)
  data$p <- data$w * pmin(1, 100 * pchisq(data$w * resid(first)^2, 1, lower.tail = FALSE))
  expect_equal(fit$estimate, coef(lm(y ~ 0 + x + sequence, data, weights = p))[[1]])
})

test_that("methods through the origin take all variants as those of one sequence", {
  effects <- pooled_effects(pooled_draws())
  as_one <- data.table::copy(effects)[, c("sequence", "position") := list("one", seq_len(.N))]
  methods <- c("ivw", "ivw_delta", "divw", "profile_likelihood", "median", "median_weighted")
  columns <- c("estimate", "std.error", "df", "n", "n_eff", "status", "loo_low", "q")
  pooled <- fit_mr(effects, method = methods, by = NULL)
  expect_equal(bare(pooled)[columns], bare(fit_mr(as_one, method = methods))[columns])
  expect_true(all(lengths(pooled$sequence_intercepts) == 0))
  # The draws of all side by side are what masks shared by all are
  shared <- fit_mr(effects, method = methods, by = NULL, se = "draws", masks = "shared")
  expect_equal(bare(shared)[columns], bare(fit_mr(as_one, method = methods, se = "draws"))[columns])
})

test_that("standard errors from the draws add up over sequences, or draw by draw", {
  sets <- pooled_draws()
  effects <- pooled_effects(sets)
  sequence <- rep(1:3, c(12, 18, 4))
  bx <- effects$beta_exposure
  a <- diag(34) - outer(sequence, sequence, "==") / tabulate(sequence)[sequence]
  h <- drop(a %*% bx) / sum(bx * (a %*% bx))
  for (target in c("structural", "network")) {
    for (masks in c("own", "shared")) {
      fit <- fit_mr(effects, method = "ols", error = "mc", by = NULL, se = "draws", target = target, masks = masks)
      off <- do.call(rbind, lapply(sets, function(s) s$y - fit$estimate * s$x))
      residual <- drop(a %*% (effects$beta_outcome - fit$estimate * bx))
      covariance <- cov(t(off)) / 12
      v <- crossprod(off, h)
      if (target == "network") {
        v <- v + crossprod(do.call(rbind, lapply(sets, `[[`, "x")), residual) / sum(bx * (a %*% bx))
      }
      each <- vapply(1:3, function(i) {
        at <- sequence == i
        u <- crossprod(off[at, ], h[at])
        if (target == "network") u <- u + crossprod(sets[[i]]$x, residual[at]) / sum(bx * (a %*% bx))
        var(drop(u)) / 12
      }, 0)
      own <- diag(34) * 0 + outer(sequence, sequence, "==")
      tau2 <- max(0, sum(residual^2) - sum(a * own * covariance)) / 30
      want <- if (masks == "own") sum(each) else var(drop(v)) / 12
      if (target == "structural") want <- want + tau2 * sum(h^2)
      expect_equal(fit$std.error, sqrt(want))
      expect_identical(fit$masks, masks)
    }
  }
})

# The draw sandwich around one fit, with n x n matrices over all variants; `s`, `w`: signs and weights of the line.
pooled_sandwich <- function(row, sets, effects, s, w, centred, own) {
  bx <- effects$beta_exposure
  n <- length(bx)
  same <- outer(effects$sequence, effects$sequence, "==")
  pairs <- same * outer(effects$position, effects$position, "==") - diag(n)
  a <- diag(n) - centred * same * tcrossprod(s, w * s) / drop(same %*% w)
  project <- diag(sqrt(w)) %*% a
  cf <- if (row$error == "mc") 1 / 12 else 1 + 1 / 12
  s_off <- cf * cov(t(do.call(rbind, lapply(sets, function(set) set$y - row$estimate * set$x))))
  if (own) s_off <- s_off * same
  excess <- tcrossprod(project %*% (effects$beta_outcome - row$estimate * bx)) - project %*% s_off %*% t(project)
  left <- n - 1 - length(sets) * centred
  tau2 <- max(0, sum(diag(excess))) / (sum(w) * left / n)
  shared <- min(tau2, max(0, sum(pairs * excess) / sum(pairs * tcrossprod(sqrt(w)))))
  expect_gt(shared, 0)
  df2 <- n / (1 + (3 - 1) * (shared / tau2)^2) - (n - left)
  inference <- function(h) {
    each <- vapply(names(sets), function(name) {
      part <- h * (effects$sequence == name)
      drop(part %*% s_off %*% part)
    }, 0)
    v1 <- drop(h %*% s_off %*% h)
    df1 <- if (own) v1^2 / sum(each^2 / 11) else 11
    v2 <- drop(h %*% (tau2 * diag(n) + shared * pairs) %*% h)
    c(sqrt(v1 + v2), (v1 + v2)^2 / (v1^2 / df1 + v2^2 / df2))
  }
  h <- drop(crossprod(a, w * (a %*% bx)) / sum(w * (a %*% bx)^2))
  list(slope = inference(h), intercept = inference(w * s / sum(w) - sum(w * s * bx) / sum(w) * h))
}

test_that("around any line, substitutions of one position share direct effects within their sequence only", {
  sets <- pooled_draws(n = c(12, 18, 6), error = 0.2)
  for (i in 1:3) {
    shift <- with_seed(i, rnorm(nrow(sets[[i]]$y) / 3, sd = 0.1))
    sets[[i]]$y <- sets[[i]]$y + rep(shift, each = 3)
  }
  effects <- data.table::rbindlist(Map(function(s, name) triples_of(draws_effects(s, name)), sets, names(sets)))
  one <- rep(1, 36)
  weights <- 1 / effects$se_outcome^2
  signs <- list(egger = ifelse(effects$beta_exposure < 0, -1, 1), ivw = one, ols = one)
  for (masks in c("own", "shared")) {
    fit <- bare(fit_mr(effects, method = names(signs), se = "draws", by = NULL, masks = masks))
    for (i in seq_len(6)) {
      name <- fit$method[i]
      w <- if (name == "ols") one else weights
      want <- pooled_sandwich(fit[i, ], sets, effects, signs[[name]], w, name != "ivw", masks == "own")
      expect_equal(c(fit$std.error[i], fit$df[i]), want$slope, tolerance = 1e-9)
      if (name == "ivw") next
      expect_equal(c(fit$intercept_se[i], fit$intercept_df[i]), want$intercept, tolerance = 1e-9)
    }
  }
})

test_that("over one sequence it is the fit of that sequence", {
  effects <- triples_of(draws_effects(random_draws(n = 27, n_draws = 8, error = 0.4)))
  methods <- names(Filter(function(method) method$strata, method_registry()))
  same <- setdiff(fit_columns, c("group", "method_rank", "error_rank", "slope_without_draw"))
  for (se in c("method", "draws")) {
    for (target in c("structural", "network")) {
      how <- list(effects, method = methods, error = c("mc", "classical", "posterior"), se = se, target = target)
      pooled <- do.call(fit_mr, c(how, list(by = NULL)))
      alone <- do.call(fit_mr, how)
      expect_equal(bare(pooled)[same], bare(alone)[same], tolerance = 1e-9)
    }
  }
})

test_that("a sequence without instruments counts in nothing but what is left out", {
  effects <- pooled_effects(pooled_draws())
  methods <- c("egger_draws", "ivw_draws", "egger", "ols", "ivw")
  without <- fit_mr(effects[effects$sequence != "s3"], method = methods, by = NULL)
  for (how in c("selected", "draws")) {
    spoilt <- data.table::copy(effects)
    if (how == "selected") spoilt[, "selected" := spoilt$sequence != "s3"]
    if (how == "draws") spoilt$beta_outcome[spoilt$sequence == "s3"] <- NA
    fit <- fit_mr(spoilt, method = methods, by = NULL)
    same <- setdiff(names(fit), "n_left_out")
    expect_equal(bare(fit)[same], bare(without)[same])
    expect_identical(fit$n_left_out - without$n_left_out, rep(4L, 10))
  }
  expect_identical(unique(fit$n_sequences), 2L)
  found <- augment(fit)
  lost <- found[found$sequence == "s3"]
  expect_true(all(!lost$used) && all(lost$reason == "beta_outcome is missing"))
  expect_true(all(is.na(lost$fitted) == (lost$method %in% c("egger_draws", "egger", "ols"))))
})

test_that("too few variants for the intercepts, and no spread, are said", {
  sets <- pooled_draws(n = c(2, 1, 1))
  fit <- fit_mr(pooled_effects(sets), method = c("egger_draws", "egger", "ols", "ivw_draws"), error = "mc", by = NULL)
  expect_identical(fit$status, ifelse(fit$method == "ivw_draws", "ok", "fewer than 5 instruments"))
  single <- fit_mr(
    pooled_effects(pooled_draws(n = c(1, 1, 1))), method = c("egger_draws", "egger"), error = "mc", by = NULL
  )
  expect_identical(single$status, rep("fewer than 5 instruments", 2))
  effects <- pooled_effects(pooled_draws())
  effects[, "beta_exposure" := c(s1 = 0.1, s2 = 0.2, s3 = -0.3)[sequence]]
  flat <- fit_mr(effects[, -c("draws_exposure", "draws_outcome")], method = "egger", error = "mc", by = NULL)
  expect_identical(flat$status, "no spread in exposure effects")
})

test_that("the order of rows and of sequences does not matter", {
  effects <- pooled_effects(pooled_draws())
  columns <- c("estimate", "std.error", "df", "intercept", "intercept_se", "i2_gx", "i2_cov", "loo_low", "q_rucker")
  methods <- c("egger_draws", "ivw_draws", "egger", "egger_penalized", "ols")
  mixed <- effects[with_seed(1, sample(nrow(effects)))]
  for (se in c("method", "draws")) {
    fits <- lapply(list(effects, mixed), fit_mr, method = methods, by = NULL, se = se)
    expect_equal(bare(fits[[2]])[columns], bare(fits[[1]])[columns])
    own <- lapply(fits, function(fit) lapply(fit$sequence_intercepts, function(x) if (!is.null(x)) x[order(names(x))]))
    expect_equal(own[[2]], own[[1]])
  }
})

test_that("the slopes without one variant are those of fits without it", {
  effects <- pooled_effects(pooled_draws(n = c(6, 7, 1)))
  methods <- c("egger_draws", "ivw_draws", "egger", "ols", "ivw")
  fit <- fit_mr(effects, method = methods, error = "mc", by = NULL)
  again <- vapply(seq_len(14), function(i) {
    fit_mr(effects[-i], method = methods, error = "mc", by = NULL)$estimate
  }, numeric(5))
  expect_equal(fit$loo_low, apply(again, 1, min))
  expect_equal(fit$loo_high, apply(again, 1, max))
})

# One slope for all sequences, errors of own masks; each sequence has its own mean direct effect.
test_that("the 95 % interval covers one slope of all sequences", {
  skip_on_cran()
  hits <- vapply(1:150, function(seed) {
    effects <- data.table::rbindlist(lapply(1:4, function(i) {
      draws <- random_draws(n = 40, n_draws = 15, error = 1, tau = 0.02, seed = 10 * seed + i)
      draws$y <- draws$y + i / 10
      draws_effects(draws, paste0("s", i))
    }))
    fit <- fit_mr(effects, method = "egger_draws", error = "mc", by = NULL)
    fit$conf.low <= 0.4 && 0.4 <= fit$conf.high
  }, TRUE)
  expect_gte(sum(hits), qbinom(1e-4, 150, 0.95))
  expect_lte(sum(hits), qbinom(1 - 1e-3, 150, 0.97))
})

test_that("fitted values have each sequence's own intercept", {
  effects <- pooled_effects(pooled_draws())
  fit <- fit_mr(effects, method = c("egger_draws", "egger", "ols"), error = "mc", by = NULL)
  found <- augment(fit)
  expect_identical(nrow(found), 3L * 34L)
  oriented <- found[found$method == "egger"]
  line <- lm(sign(beta_exposure) * beta_outcome ~ abs(beta_exposure) + sequence, oriented, weights = 1 / se_outcome^2)
  expect_equal(oriented$residual, unname(sign(oriented$beta_exposure) * resid(line)))
  means <- tapply(found$residual, list(found$method, found$sequence), mean)
  expect_lt(max(abs(means[c("egger_draws", "ols"), ])), 1e-12)
  expect_equal(augment(fit, data = effects), found)
})

test_that("a fit over all sequences is printed, summed up, diagnosed and plotted", {
  effects <- pooled_effects(pooled_draws())
  fit <- fit_mr(effects, method = c("egger_draws", "egger", "ivw"), by = NULL)
  expect_output(print(fit), "6 fits over 3 sequences in one regression")
  expect_identical(summary(fit)$n_fits, rep(1L, 6))
  expect_true("cross_talk" %in% diagnose(fit)$diagnostic)
  expect_identical(nrow(tidy(fit)), 10L)
  expect_identical(nrow(glance(fit)), 6L)
  expect_identical(unique(meta_analyze(fit)$status), "fewer than 2 sequences")
  built <- ggplot2::ggplot_build(ggplot2::autoplot(fit))
  lines <- Filter(function(layer) all(c("xend", "linetype") %in% names(layer)) && nrow(layer) > 0, built$data)[[1]]
  expect_identical(length(unique(lines$PANEL)), 3L)
  for (type in c("forest", "funnel", "density")) {
    expect_no_error(ggplot2::ggplot_build(ggplot2::autoplot(fit, type = type)))
  }
})

test_that("wrong choices are refused", {
  effects <- pooled_effects(pooled_draws())
  expect_error(fit_mr(effects, method = "ivw", by = "pair"), class = "deepmr_error_argument")
  expect_error(fit_mr(effects, method = "ivw", masks = "shared"), "meaning", class = "deepmr_error_argument")
  expect_error(
    fit_mr(effects, method = c("ivw", "egger_paper"), by = NULL), "egger_paper",
    class = "deepmr_error_no_pooled_regression"
  )
})
