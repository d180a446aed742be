# Diagnostics of the instruments, by group: they describe the data and the standard
# errors they are given, not the method that is fitted.

# I^2 of `g` with standard errors `s`, over the rows with finite g and finite s > 0.
i2_gx_by_group <- function(g, s, group, n_groups) {
  use <- is.finite(g) & is.finite(s) & s > 0
  g <- g[use]
  w <- 1 / s[use]^2
  group <- group[use]
  sums <- group_sums(list(n = rep(1, length(g)), w = w, wg = w * g), group, n_groups)
  centre <- sums$wg / sums$w
  q <- group_sums(list(q = w * (g - centre[group])^2), group, n_groups)$q
  i2 <- pmax(0, (q - (sums$n - 1)) / q)
  i2[q == 0] <- 0 # equal effects: no spread at all, so nothing but error
  i2[sums$n < 2] <- NA_real_
  i2
}

# `data` is a list of bx, bxse, by, byse (byse > 0, all finite) and group.
# Q statistics follow Rucker's framework: q_ivw is Cochran's Q about the line through
# the origin, q_egger about MR-Egger's line, and their difference tests the intercept.
instrument_diagnostics <- function(data, n_groups) {
  group <- data$group
  x <- abs(data$bx)
  w <- 1 / data$byse^2
  f <- ifelse(data$bxse > 0, (data$bx / data$bxse)^2, NA_real_)
  counted <- group_sums(
    list(n = rep(1, length(x)), f = ifelse(is.na(f), 0, f), has_f = as.numeric(!is.na(f))), group, n_groups
  )
  ivw <- ivw_line(data, n_groups)
  egger <- group_line(x, orient(data$bx) * data$by, w, group, n_groups)
  q_ivw <- ifelse(counted$n >= 2, ivw$rss, NA_real_)
  q_egger <- ifelse(counted$n >= 3 & egger$spread, egger$rss, NA_real_)
  data.table::data.table(
    mean_f = ifelse(counted$has_f > 0, counted$f / counted$has_f, NA_real_),
    i2_gx = i2_gx_by_group(x, data$bxse, group, n_groups),
    i2_gx_weighted = i2_gx_by_group(x / data$byse, data$bxse / data$byse, group, n_groups),
    cross_talk = cross_talk(data, n_groups),
    q_ivw = q_ivw, q_ivw_p = chisq_tail(q_ivw, counted$n - 1),
    q_egger = q_egger, q_egger_p = chisq_tail(q_egger, counted$n - 2),
    q_rucker = q_ivw - q_egger, q_rucker_p = chisq_tail(q_ivw - q_egger, 1)
  )
}

chisq_tail <- function(q, df) {
  p <- rep(NA_real_, length(q))
  ok <- !is.na(q) & df > 0
  p[ok] <- stats::pchisq(q[ok], rep_len(df, length(q))[ok], lower.tail = FALSE)
  p
}

# Correlation of exposure and outcome effects among the weaker half of the variants
# (|bx| at or below its median): what the outputs share where the exposure hardly moves.
cross_talk <- function(data, n_groups) {
  correlation <- rep(NA_real_, n_groups)
  found <- data.table::data.table(bx = data$bx, by = data$by, group = data$group)[
    , list(r = weak_half_correlation(.SD$bx, .SD$by)),
    by = "group"
  ]
  correlation[found$group] <- found$r
  correlation
}

weak_half_correlation <- function(bx, by) {
  weak <- abs(bx) <= stats::median(abs(bx))
  bx <- bx[weak] - mean(bx[weak])
  by <- by[weak] - mean(by[weak])
  if (length(bx) < 3L || !any(bx != 0) || !any(by != 0)) {
    return(NA_real_)
  }
  sum(bx * by) / sqrt(sum(bx^2) * sum(by^2))
}

# Effective number of variants behind weights `w`, and the share of the heaviest.
weight_balance <- function(w, group, n_groups) {
  sums <- group_sums(list(w = w, w2 = w^2), group, n_groups)
  any_row <- sums$w > 0
  list(
    n_eff = ifelse(any_row, sums$w^2 / sums$w2, 0),
    max_weight_share = ifelse(any_row, group_max(w, group, n_groups) / sums$w, NA_real_)
  )
}

# Sign of the exposure effect with sign(0) = +1: a variant without exposure effect
# keeps its outcome effect.
orient <- function(bx) ifelse(bx < 0, -1, 1)
