# Sums and straight lines for many groups at once. `group` holds whole numbers
# 1..n_groups, one per row; a group may have no rows. One pass over all rows
# replaces thousands of lm() calls.

# Sums of the named vectors by group: a data.table with n_groups rows.
group_sums <- function(columns, group, n_groups) {
  sums <- matrix(0, n_groups, length(columns), dimnames = list(NULL, names(columns)))
  if (length(group)) {
    found <- rowsum(do.call(cbind, columns), group)
    sums[as.integer(rownames(found)), ] <- found
  }
  data.table::as.data.table(sums)
}

# Largest value of `x` (at least 0) by group, 0 for a group without rows.
group_max <- function(x, group, n_groups) {
  largest <- numeric(n_groups)
  if (!length(group)) {
    return(largest)
  }
  found <- data.table::data.table(x = x, group = group)[, list(x = max(x)), by = "group"]
  largest[found$group] <- found$x
  largest
}

# Weighted least squares of y on x with an intercept, by group (two
# passes, centred, so that no digits are lost). `spread` is FALSE where the x of a
# group are equal to within rounding. `stratum` numbers parts of the groups that have an intercept each:
# `x_mean`, `y_mean` and `intercept` are then means over the group's variants, and `dx`, `dy`, by row, are taken from
# the means of the row's own stratum, whose sum of weights is `own_s0`.
group_line <- function(x, y, w, group, n_groups, stratum = NULL) {
  first <- group_sums(list(n = rep(1, length(x)), s0 = w, x = w * x, y = w * y), group, n_groups)
  x_mean <- first$x / first$s0
  y_mean <- first$y / first$s0
  n_intercepts <- rep(1, n_groups)
  own <- list(s0 = first$s0, x = x_mean, y = y_mean)
  if (is.null(stratum)) {
    stratum <- group
  } else {
    n_strata <- max(stratum, 0L)
    own <- group_sums(list(s0 = w, x = w * x, y = w * y), stratum, n_strata)
    weighs <- own$s0 > 0
    own <- list(s0 = own$s0, x = ifelse(weighs, own$x / own$s0, 0), y = ifelse(weighs, own$y / own$s0, 0))
    n_intercepts <- pmax(1, tabulate(group[!duplicated(stratum)], n_groups))
  }
  dx <- x - own$x[stratum]
  dy <- y - own$y[stratum]
  second <- group_sums(list(xx = w * dx^2, xy = w * dx * dy), group, n_groups)
  slope <- second$xy / second$xx
  rss <- group_sums(list(rss = w * (dy - slope[group] * dx)^2), group, n_groups)$rss
  rounding <- first$n * .Machine$double.eps * first$s0 * group_max(abs(x), group, n_groups)^2
  list(
    n = first$n, n_intercepts = n_intercepts, df = first$n - n_intercepts - 1, s0 = first$s0,
    x_mean = x_mean, y_mean = y_mean, sxx = second$xx,
    slope = slope, intercept = y_mean - slope * x_mean, rss = rss, spread = second$xx > rounding,
    dx = dx, dy = dy, own_s0 = own$s0[stratum]
  )
}

# Estimate, test and interval from a standard error; df = Inf is the normal.
wald <- function(estimate, std_error, df, level) {
  statistic <- estimate / std_error
  half <- stats::qt(1 - (1 - level) / 2, df) * std_error
  list(
    estimate = estimate, std.error = std_error, df = df, statistic = statistic,
    p.value = 2 * stats::pt(-abs(statistic), df), conf.low = estimate - half, conf.high = estimate + half
  )
}
