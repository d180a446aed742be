# One sequence and outcome of fit_mvmr(): variants of all exposures side by side, regression, its errors.

fit_mv_unit <- function(data, unit, methods, errors, options) {
  wide <- widen_exposures(data, options)
  if (is.na(wide$n_draws) && options$se == "method") errors <- "given"
  jobs <- data.table::CJ(method = methods, error = errors, sorted = FALSE)
  fits <- lapply(seq_len(nrow(jobs)), function(i) {
    options$error <- jobs$error[i]
    wide$data <- data_for_error(data, options$error)
    found <- fit_mv_line(wide, mv_method_registry()[[jobs$method[i]]]$intercept, options)
    data.table::as.data.table(c(as.list(unit), as.list(jobs[i]), list(exposure = options$exposures), found))
  })
  data.table::rbindlist(fits, use.names = TRUE)[, mv_columns, with = FALSE]
}

mv_columns <- c(
  "sequence", "exposure", "outcome", "method", "error", wald_columns, "se_from", "intercept", "intercept_se",
  "intercept_p", "n", "n_left_out", "n_draws", "rse", "q", "q_df", "q_p", "conditional_f", "conditional_i2", "status"
)

# Variants that every exposure can use: effects bx (n x K, the first column turns variants), by, standard
# deviations over draws of by, and the deviations of the draws.
widen_exposures <- function(data, options) {
  exposures <- options$exposures
  reason <- data$reason
  if (options$se == "draws") reason <- data.table::fcoalesce(reason, data$draws_reason)
  variant <- data[, variant_columns[-1L], with = FALSE]
  variant <- do.call(paste, c(variant, sep = "\r"))
  usable <- split(variant[is.na(reason)], factor(data$exposure[is.na(reason)], exposures))
  common <- Reduce(intersect, usable)
  rows <- lapply(exposures, function(name) {
    at <- which(data$exposure == name)
    at[match(common, variant[at])]
  })
  first <- rows[[1L]]
  check_one_outcome(data, rows)
  bx <- data$beta_exposure[unlist(rows)]
  n_draws <- data$n_draws[unlist(rows)]
  list(
    bx = matrix(bx, length(first), length(exposures)), by = data$beta_outcome[first],
    data = data, rows = rows, first = first,
    n_left_out = length(unique(variant)) - length(first),
    n_draws = if (length(n_draws) && all(n_draws >= 2) %in% TRUE) min(n_draws) else NA_integer_
  )
}

# One regression has one outcome: its effects stand once for each exposure, and must be the same but for
# 32-bit arithmetic.
check_one_outcome <- function(data, rows, call = rlang::caller_env(4)) {
  first <- rows[[1L]]
  beta <- data$beta_outcome
  differs <- Reduce(`|`, lapply(rows, function(at) abs(beta[at] - beta[first]) > 1e-5 * max(abs(beta[first]), 0)))
  if (any(differs)) {
    stop_deepmr(
      "columns",
      "{sum(differs)} variant{?s} of {.val {data$sequence[1L]}} have different outcome effects for the exposures.",
      "Effects of all exposures must come from one run, on one scale of the outcome.",
      call = call
    )
  }
}

fit_mv_line <- function(wide, intercept, options) {
  n <- nrow(wide$bx)
  k <- ncol(wide$bx)
  counts <- list(n = n, n_left_out = wide$n_left_out, n_draws = wide$n_draws, se_from = options$se)
  least <- k + intercept + 1L
  if (n < least) {
    return(mv_failure(counts, paste("fewer than", least, "instruments")))
  }
  w <- 1 / textbook_errors(wide$data, wide$first, options$error)$se_outcome^2
  sign <- if (intercept) orient(wide$bx[, 1L]) else rep(1, n)
  z <- cbind(if (intercept) 1, sign * wide$bx)
  # exposures in units of their own size: whether they can be told apart does not depend on units
  decomposition <- qr(sqrt(w) * scale(z, center = FALSE, scale = sqrt(colSums(w * z^2) / sum(w))))
  if (decomposition$rank < ncol(z) || !all(is.finite(decomposition$qr))) {
    return(mv_failure(counts, "exposures cannot be told apart: their effects are linear in each other"))
  }
  inverse <- solve(crossprod(sqrt(w) * z))
  influence <- inverse %*% t(w * z)
  coefficients <- drop(influence %*% (sign * wide$by))
  residual <- sign * wide$by - drop(z %*% coefficients)
  df <- as.numeric(n - ncol(z))
  q <- sum(w * residual^2)
  line <- list(
    w = w, z = z, sign = sign, intercept = intercept, coefficients = coefficients, residual = residual, df = df,
    inverse = inverse, position = number_positions(wide$data$position[wide$first])
  )
  draws <- mv_deviations(wide)
  inference <- if (options$se == "draws") {
    if (is.character(draws)) {
      return(mv_failure(counts, draws))
    }
    mv_draw_inference(line, influence, draws, options)
  } else {
    mv_inference(line, sqrt(q / df), options)
  }
  slopes <- seq_len(k) + intercept
  has_strength <- is.list(draws) && options$error != "given"
  conditional <- if (has_strength) conditional_strength(line, slopes, draws, options$error)
  mv_rows(inference, slopes, counts, c(list(rse = sqrt(q / df), q = q, q_df = df), conditional))
}

mv_failure <- function(counts, status) {
  nothing <- c(
    wald_columns, "intercept", "intercept_se", "intercept_p", "rse", "q", "q_df", "q_p",
    "conditional_f", "conditional_i2"
  )
  c(stats::setNames(as.list(rep(NA_real_, length(nothing))), nothing), counts, list(status = status))
}

mv_rows <- function(inference, slopes, counts, figures) {
  out <- utils::modifyList(mv_failure(counts, "ok"), c(lapply(inference, `[`, slopes), figures))
  if (slopes[1L] > 1L) {
    out[c("intercept", "intercept_se", "intercept_p")] <-
      lapply(inference[c("estimate", "std.error", "p.value")], `[`, 1L)
  }
  out$q_p <- chisq_tail(out$q, out$q_df)
  weak <- (out$conditional_i2 < 0.3) %in% TRUE
  out$status <- ifelse(weak, "weak: conditional I2 below 0.3 given the other exposures", "ok")
  out
}

# Standard errors of least squares; never smaller than the stated errors make them.
mv_inference <- function(line, rse, options) {
  random <- line$intercept || random_effects(length(line$residual), options)
  std_error <- sqrt(diag(line$inverse)) * if (random) max(1, rse) else 1
  df <- if (options$distribution == "t") line$df else Inf
  wald(line$coefficients, std_error, rep(df, length(std_error)), options$level)
}

# Deviations of the draws: of each exposure and of the outcome, n x T; in words why there are none.
mv_deviations <- function(wide) {
  parts <- lapply(wide$rows, function(at) draw_deviations(wide$data, at))
  problems <- Filter(is.character, parts)
  if (length(problems)) {
    return(problems[[1L]])
  }
  if (length(unique(vapply(parts, function(part) ncol(part$x), 0L))) > 1L) {
    return("numbers of draws differ between exposures")
  }
  list(x = lapply(parts, `[[`, "x"), y = parts[[1L]]$y, n_members = parts[[1L]]$n_members)
}

# The draw sandwich of R/draw-sandwich.R for several exposures.
mv_draw_inference <- function(line, influence, draws, options) {
  errors <- draw_errors(options$error, ncol(draws$y), draws$n_members)
  slopes <- line$coefficients[seq_along(draws$x) + line$intercept]
  off <- line$sign * (draws$y - Reduce(`+`, Map(`*`, draws$x, slopes)))
  v <- influence %*% off
  direct <- no_direct_effects
  if (options$target == "network") {
    moved <- rbind(if (line$intercept) 0, t(vapply(draws$x, function(x) {
      drop(crossprod(line$sign * x, line$w * line$residual))
    }, numeric(ncol(off)))))
    v <- v + line$inverse %*% moved
  } else {
    # In the coding alternative minus reference; what the errors leave of themselves as residuals
    sums <- direct_sums(
      line$sign * line$residual, line$sign * (off - line$z %*% v), line$w, line$position, errors, draws$n_members
    )
    direct <- direct_effects(sums, line$df)
  }
  rows <- lapply(seq_along(line$coefficients), function(i) {
    from_direct <- direct$variance(direct_influence(influence[i, ] * line$sign, line$position))
    draws_inference(
      line$coefficients[i], errors$variance(v[i, ]), from_direct, errors$df(v[i, ]), direct$df, options$level
    )
  })
  as.list(data.table::rbindlist(rows))
}

# Of each exposure's effects given the others: what is left of them over what their errors leave.
conditional_strength <- function(line, slopes, draws, error) {
  errors <- draw_errors(error, ncol(draws$y), draws$n_members)
  ratio <- vapply(seq_along(slopes), function(i) {
    others <- sqrt(line$w) * line$z[, -slopes[i], drop = FALSE]
    own <- sqrt(line$w) * line$z[, slopes[i]]
    on_others <- qr.coef(qr(others), own)
    left <- own - drop(others %*% on_others)
    given <- on_others[setdiff(slopes, slopes[i]) - (slopes[i] < setdiff(slopes, slopes[i]))]
    noise <- draws$x[[i]] - Reduce(`+`, Map(`*`, draws$x[-i], given))
    noise <- sqrt(line$w) * line$sign * noise
    noise <- if (ncol(others)) qr.resid(qr(others), noise) else noise
    sum(left^2) / errors$trace(draw_products(noise, noise, rep(1, nrow(noise)), NULL, draws$n_members))
  }, 0)
  list(conditional_f = ratio, conditional_i2 = 1 - 1 / ratio)
}
