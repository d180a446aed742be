# Diagnostics of the instruments, by group: they describe the data and the standard
# errors they are given, not the method that is fitted.

# I^2 of `g` with standard errors `s`, over the rows with finite g and finite s > 0; within strata, where there are
# any (group_line()).
i2_gx_by_group <- function(g, s, group, n_groups, stratum = NULL) {
  use <- is.finite(g) & is.finite(s) & s > 0
  if (!all(use)) {
    g <- g[use]
    s <- s[use]
    group <- group[use]
    stratum <- stratum[use]
  }
  w <- 1 / s^2
  part <- if (is.null(stratum)) group else stratum
  sums <- group_sums(list(w = w, wg = w * g), part, max(part, 1L))
  centre <- sums$wg / sums$w
  q <- group_sums(list(q = w * (g - centre[part])^2), group, n_groups)$q
  df <- tabulate(group, n_groups) - count_strata(stratum, group, n_groups)
  i2 <- pmax(0, (q - df) / q)
  i2[q == 0] <- 0 # equal effects: no spread at all, so nothing but error
  i2[df < 1] <- NA_real_
  i2
}

# `data` is a list of bx, bxse, by, byse (byse > 0, all finite) and group.
# Q statistics follow Rucker's framework: q_ivw is Cochran's Q about the line through
# the origin, q_egger about MR-Egger's line, and their difference tests the intercept.
instrument_diagnostics <- function(data, n_groups) {
  group <- data$group
  x <- abs(data$bx)
  f <- (data$bx / data$bxse)^2
  f[which(!(data$bxse > 0))] <- NA_real_
  ivw <- ivw_line(data, n_groups)
  egger <- first_egger_line(data, n_groups)
  n <- egger$n
  q_ivw <- ifelse(n >= 2, ivw$rss, NA_real_)
  q_egger <- ifelse(egger$df >= 1 & egger$spread, egger$rss, NA_real_)
  q <- list(
    q_ivw = q_ivw, q_ivw_p = chisq_tail(q_ivw, n - 1),
    q_egger = q_egger, q_egger_p = chisq_tail(q_egger, egger$df),
    q_rucker = q_ivw - q_egger, q_rucker_p = chisq_tail(q_ivw - q_egger, egger$n_intercepts)
  )
  data.table::data.table(
    mean_f = by_group(f, group, n_groups, mean_of_known),
    i2_gx = i2_gx_by_group(x, data$bxse, group, n_groups, data$stratum),
    i2_gx_weighted = i2_gx_by_group(x / data$byse, data$bxse / data$byse, group, n_groups, data$stratum),
    cross_talk(data, n_groups), data.table::as.data.table(q), rucker = rucker_choice(q)
  )
}

mean_of_known <- function(x) {
  if (anyNA(x)) x <- x[!is.na(x)]
  if (length(x)) mean(x) else NA_real_
}

# Rucker's choice at 5 %: how much freedom the data ask for. Errors taken as independent.
rucker_choice <- function(q, level = 0.05) {
  data.table::fcase(
    q$q_ivw_p > level, "A: IVW, fixed effects",
    q$q_rucker_p > level, "B: IVW, random effects",
    q$q_egger_p > level, "C: MR-Egger, fixed effects",
    q$q_egger_p <= level, "D: MR-Egger, random effects",
    default = NA_character_
  )
}

chisq_tail <- function(q, df) {
  p <- rep(NA_real_, length(q))
  ok <- !is.na(q) & df > 0
  p[ok] <- stats::pchisq(q[ok], rep_len(df, length(q))[ok], lower.tail = FALSE)
  p
}

# Slope and correlation of outcome on exposure effects (least squares with intercept, all
# variants alike) among the weaker half of the variants by |bx|, and among the strongest
# tenth: what the outputs share where the exposure hardly moves, beside where it does.
cross_talk <- function(data, n_groups) {
  columns <- c("cross_talk", "cross_talk_slope", "strong_correlation", "strong_slope")
  out <- matrix(NA_real_, n_groups, 4L, dimnames = list(NULL, columns))
  rows <- rows_by_group(data$group, n_groups)
  for (g in which(lengths(rows) > 0L)) {
    bx <- data$bx[rows[[g]]]
    by <- data$by[rows[[g]]]
    size <- abs(bx)
    n <- length(size)
    ranks <- c(middle = floor((n + 1) / 2), next_one = floor(n / 2) + 1, tenth = n - ceiling(n / 10) + 1)
    at <- sort(size, partial = unique(ranks))[ranks]
    weak <- size <= (at[1L] + at[2L]) / 2
    strong <- size >= at[3L]
    out[g, ] <- c(plain_line(bx[weak], by[weak]), plain_line(bx[strong], by[strong]))
  }
  data.table::as.data.table(out)
}

# Correlation and slope of at least 3 points that vary.
plain_line <- function(x, y) {
  x <- x - mean(x)
  y <- y - mean(y)
  if (length(x) < 3L || !any(x != 0) || !any(y != 0)) {
    return(c(NA_real_, NA_real_))
  }
  c(sum(x * y) / sqrt(sum(x^2) * sum(y^2)), sum(x * y) / sum(x^2))
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
orient <- function(bx) 1 - 2 * (bx < 0)
