# Three sequences of different size, one with few variants.
pooled_draws <- function(n_draws = c(12, 12, 12), n = c(12, 18, 4), error = 0.4) {
  sets <- Map(function(n, n_draws, seed) {
    draws <- random_draws(n, n_draws, error = error, seed = seed)
    draws$y <- draws$y + 0.05 * seed
    draws
  }, n, n_draws, seq_along(n))
  stats::setNames(sets, paste0("s", seq_along(n)))
}

pooled_effects <- function(sets) data.table::rbindlist(Map(draws_effects, sets, names(sets)))

# Everything with n x n matrices over all variants of all sequences. Between sequences the covariance of the
# draws is 0 (own masks) or that of the draws side by side (shared).
pooled_brute <- function(sets, error, centred, shared, target, w, position = NULL) {
  size <- vapply(sets, function(s) nrow(s$x), 1L)
  sequence <- rep(seq_along(sets), size)
  n_draws <- vapply(sets, function(s) ncol(s$x), 1L)
  n <- length(sequence)
  block <- function(i, j) outer(sequence == i, sequence == j)
  cf <- function(t) switch(error, mc = 1 / t, classical = 1 + 1 / t)
  covariance <- function(a, b) {
    if (shared) {
      return(cf(n_draws[1]) * cov(t(do.call(rbind, lapply(sets, `[[`, a))), t(do.call(rbind, lapply(sets, `[[`, b)))))
    }
    s <- matrix(0, n, n)
    for (i in seq_along(sets)) {
      s[sequence == i, sequence == i] <- cf(n_draws[i]) * cov(t(sets[[i]][[a]]), t(sets[[i]][[b]]))
    }
    s
  }
  bx <- unlist(lapply(sets, function(s) rowMeans(s$x)))
  by <- unlist(lapply(sets, function(s) rowMeans(s$y)))
  same <- outer(sequence, sequence, "==")
  centre <- diag(n) - centred * same * rep(w, each = n) / drop(same %*% w)
  a <- diag(w) %*% centre
  sxx <- covariance("x", "x")
  sxy <- covariance("x", "y")
  syy <- covariance("y", "y")
  trace <- function(m) sum(diag(m))
  form <- function(u, m, v = u) drop(t(u) %*% m %*% v)
  den <- form(bx, a) - trace(a %*% sxx)
  theta <- (form(bx, a, by) - trace(a %*% sxy)) / den
  srr <- syy - theta * (sxy + t(sxy)) + theta^2 * sxx
  sxr <- sxy - theta * sxx
  h <- drop(a %*% bx)
  u <- sqrt(w) * drop(centre %*% (by - theta * bx))
  root <- diag(sqrt(w)) %*% centre
  suu <- root %*% srr %*% t(root)
  df_line <- n - 1 - centred * length(sets)
  tau2 <- max(0, sum(u^2) - trace(suu)) * n / (df_line * sum(w))
  pairs <- if (is.null(position)) matrix(0, n, n) else same * outer(position, position, "==") - diag(n)
  common <- sum(pairs * (tcrossprod(u) - suu)) / max(1, sum(pairs * tcrossprod(sqrt(w))))
  common <- min(max(0, common), tau2) * (target == "structural")
  direct <- tau2 * (target == "structural") * diag(n) + common * pairs
  n_positions <- if (is.null(position)) n else nrow(unique(data.frame(sequence, position)))
  direct_df <- n / (1 + (n / n_positions - 1) * (if (tau2 > 0) common / tau2 else 0)^2) - (n - df_line)
  x_mean <- if (centred) sum(w * bx) / sum(w) else 0
  r <- drop(a %*% (by - theta * bx)) / den * (target == "network")
  line <- function(influence, residual, weak) {
    variance <- function(mask) {
      form(influence, mask * srr) + 2 * form(residual, mask * sxr, influence) + form(residual, mask * sxx)
    }
    second <- function(mask) if (target == "network") 0 else weak * trace(a %*% (mask * sxr) %*% a %*% (mask * sxr))
    masks <- if (shared) list(matrix(1, n, n)) else lapply(seq_along(sets), function(i) block(i, i))
    parts <- vapply(masks, function(mask) variance(mask) + second(mask), 0)
    parts_df <- if (shared) n_draws[1] - 1 else n_draws - 1
    from_draws <- sum(parts)
    draws_df <- from_draws^2 / sum(parts^2 / parts_df)
    extra <- form(influence, direct)
    c(sqrt(from_draws + extra), (from_draws + extra)^2 / (from_draws^2 / draws_df + extra^2 / direct_df))
  }
  slope <- line(h / den, r, 1 / den^2)
  intercept <- line(w / sum(w) - x_mean * h / den, -x_mean * r, x_mean^2 / den^2)
  list(
    estimate = theta, std.error = slope[1], df = slope[2], i2_cov = den / form(bx, a),
    rse = sqrt(sum(u^2) / df_line), intercept = if (centred) sum(w * (by - theta * bx)) / sum(w) else NA_real_,
    intercept_se = if (centred) intercept[1] else NA_real_, intercept_df = if (centred) intercept[2] else NA_real_,
    n_eff = sum(w)^2 / sum(w^2), max_weight_share = max(w) / sum(w)
  )
}

expect_pooled_brute <- function(effects, sets, shared, target, weights = "equal", position = NULL) {
  floored <- unlist(lapply(split(effects$se_outcome, effects$sequence), function(se) 1 / pmax(se, 0.1 * median(se))^2))
  w <- if (weights == "equal") rep(1, nrow(effects)) else unname(floored)
  fit <- fit_mr(
    effects, method = c("egger_draws", "ivw_draws"), by = NULL, target = target, weights = weights,
    masks = if (shared) "shared" else "own"
  )
  expect_identical(nrow(fit), 4L)
  for (i in seq_len(nrow(fit))) {
    want <- pooled_brute(sets, fit$error[i], fit$method[i] == "egger_draws", shared, target, w, position)
    expect_equal(as.list(bare(fit)[i, names(want)]), want, tolerance = 1e-8)
  }
}

test_that("methods on draws equal brute force over all variants, masks shared or not", {
  sets <- pooled_draws()
  effects <- pooled_effects(sets)
  for (shared in c(TRUE, FALSE)) {
    for (target in c("structural", "network")) expect_pooled_brute(effects, sets, shared, target)
    expect_pooled_brute(effects, sets, shared, "structural", weights = "inverse_variance")
  }
})

test_that("sequences with masks of their own may have different numbers of draws", {
  sets <- pooled_draws(n_draws = c(12, 7, 9))
  effects <- pooled_effects(sets)
  for (target in c("structural", "network")) expect_pooled_brute(effects, sets, FALSE, target)
  fit <- fit_mr(effects, method = "egger_draws", error = c("mc", "posterior"), by = NULL)
  expect_identical(fit$status, c("ok", "numbers of draws differ between sequences"))
  expect_identical(fit$masks, c(NA_character_, NA_character_))
  shared <- fit_mr(effects, method = c("egger_draws", "egger"), se = "draws", error = "mc", by = NULL, masks = "shared")
  expect_identical(shared$status, rep("numbers of draws differ between sequences", 2))
  expect_true(all(is.na(shared$estimate)))
})

test_that("substitutions of one position share direct effects within their sequence only", {
  sets <- pooled_draws(n = c(12, 18, 6), error = 0.2)
  for (i in 1:3) {
    shift <- with_seed(i, rnorm(nrow(sets[[i]]$y) / 3, sd = 0.1))
    sets[[i]]$y <- sets[[i]]$y + rep(shift, each = 3)
  }
  effects <- data.table::rbindlist(Map(function(s, name) triples_of(draws_effects(s, name)), sets, names(sets)))
  expect_pooled_brute(effects, sets, FALSE, "structural", position = effects$position)
  # A sequence with one variant at each position has no pairs.
  effects$position[effects$sequence == "s3"] <- 1:6
  position <- ifelse(effects$sequence == "s3", 100 + seq_len(nrow(effects)), effects$position)
  expect_pooled_brute(effects, sets, FALSE, "structural", position = position)
})

test_that("egger and ols equal lm() with an intercept for each sequence, ivw lm() without any", {
  effects <- pooled_effects(pooled_draws())
  fit <- fit_mr(effects, method = c("egger", "ivw", "ols"), error = "mc", by = NULL, distribution = "t", model = "random")
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

test_that("the posterior is that of the slopes of the draws of all sequences", {
  sets <- pooled_draws()
  each <- vapply(1:12, function(t) {
    data <- data.frame(
      x = unlist(lapply(sets, function(s) s$x[, t])), y = unlist(lapply(sets, function(s) s$y[, t])),
      sequence = rep(names(sets), c(12, 18, 4))
    )
    coef(lm(y ~ x + sequence, data))[["x"]]
  }, 0)
  fit <- fit_mr(pooled_effects(sets), method = "egger_draws", error = "posterior", target = "network", by = NULL)
  expect_equal(c(fit$std.error, fit$df), c(sd(each) * sqrt(1 + 1 / 12), 11))
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
  columns <- c("estimate", "std.error", "df", "intercept", "intercept_se", "i2_gx", "i2_cov", "loo_low", "q_rucker", "n")
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

test_that("shared masks are found and covered, and own masks are not taken for shared", {
  slope <- function(shared, masks, seed) {
    fit <- fit_mr(sequences_with_masks(shared, seed = seed), method = "egger_draws", error = "mc", by = NULL, masks = masks)
    list(masks = fit$masks, holds = fit$conf.low <= 0.4 && 0.4 <= fit$conf.high)
  }
  for (seed in 1:3) {
    expect_identical(slope(TRUE, "auto", seed)$masks, "shared")
    expect_identical(slope(FALSE, "auto", seed)$masks, "own")
  }
  hits <- vapply(1:60, function(seed) {
    c(shared = slope(TRUE, "auto", 100 + seed)$holds, wrong = slope(TRUE, "own", 100 + seed)$holds)
  }, c(TRUE, TRUE))
  expect_gte(sum(hits["shared", ]), qbinom(1e-4, 60, 0.95))
  expect_lt(sum(hits["wrong", ]), qbinom(1e-4, 60, 0.95))
})

# One slope for all sequences, errors of own masks; each sequence has its own mean direct effect.
test_that("the 95 % interval covers one slope of all sequences", {
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

test_that("members of an ensemble are the same networks in every sequence", {
  effects <- pooled_effects(pooled_draws())
  effects[, "n_members" := 3L]
  fit <- fit_mr(effects, method = c("egger_draws", "ols"), error = "classical", by = NULL, se = "draws")
  expect_identical(fit$masks, c("shared", "shared"))
  own <- fit_mr(effects, method = "egger_draws", error = "classical", by = NULL, masks = "own")
  expect_false(isTRUE(all.equal(own$std.error, fit$std.error[1])))
  effects[, "n_members" := 1L]
  expect_identical(fit_mr(effects, method = "egger_draws", error = "mc", by = NULL)$masks, "own")
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
