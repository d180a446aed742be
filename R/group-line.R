# Sums and straight lines for many groups at once. `group` holds whole numbers
# 1..n_groups, one per row; a group may have no rows. One pass over all rows
# replaces thousands of lm() calls.

# The rows of each group, a list of n_groups.
rows_by_group <- function(group, n_groups) {
  if (is.unsorted(group)) {
    return(unname(split(seq_along(group), factor(group, seq_len(n_groups)))))
  }
  size <- tabulate(group, n_groups)
  Map(function(last, n) seq.int(last - n + 1L, length.out = n), cumsum(size), size)
}

# `find`, a function of some numbers that gives one, over the rows of each group; NA for a group without rows.
by_group <- function(x, group, n_groups, find) {
  vapply(rows_by_group(group, n_groups), function(at) if (length(at)) as.numeric(find(x[at])) else NA_real_, 0)
}

# Sums of the named vectors by group: a list of vectors, one number per group.
group_sums <- function(columns, group, n_groups) {
  size <- length(group) / n_groups
  if (size >= 1 && is_equal_runs(group, n_groups)) {
    return(lapply(columns, function(x) .colSums(x, size, n_groups)))
  }
  rows <- rows_by_group(group, n_groups)
  lapply(columns, function(x) vapply(rows, function(at) sum(x[at]), 0))
}

# Whether rows are sorted by group and groups are of one size.
is_equal_runs <- function(group, n_groups) {
  size <- length(group) %/% n_groups
  last <- seq_len(n_groups) * size
  size * n_groups == length(group) && !is.unsorted(group) &&
    all(group[last] == seq_len(n_groups)) && all(group[last - size + 1L] == seq_len(n_groups))
}

# Largest value of `x` (at least 0) by group, 0 for a group without rows.
group_max <- function(x, group, n_groups) {
  vapply(rows_by_group(group, n_groups), function(at) max(x[at], 0), 0)
}

# Intercepts of each group: one, or one for each of its strata (`stratum` numbers parts of the groups).
count_strata <- function(stratum, group, n_groups) {
  if (is.null(stratum)) {
    return(rep(1L, n_groups))
  }
  pmax(1L, tabulate(group[!duplicated(stratum)], n_groups))
}

# Weighted least squares of y on x with an intercept, by group (two
# passes, centred, so that no digits are lost). `spread` is FALSE where the x of a
# group are equal to within rounding. `stratum` numbers parts of the groups that have an intercept each:
# `x_mean`, `y_mean` and `intercept` are then means over the group's variants, and `dx`, `dy`, the rows' distances, are
# taken from the means of the row's own stratum, whose sum of weights is `own_s0`.
group_line <- function(x, y, w, group, n_groups, stratum = NULL) {
  n <- as.numeric(tabulate(group, n_groups))
  n_intercepts <- count_strata(stratum, group, n_groups)
  columns <- list(s0 = w, x = w * x, y = w * y)
  first <- group_sums(columns, group, n_groups)
  part <- if (is.null(stratum)) group else stratum
  own <- if (is.null(stratum)) first else group_sums(columns, stratum, max(stratum, 1L))
  own_mean <- function(sum) ifelse(own$s0 > 0, sum / own$s0, 0)[part]
  dx <- x - own_mean(own$x)
  dy <- y - own_mean(own$y)
  w_dx <- w * dx
  second <- group_sums(list(xx = w_dx * dx, xy = w_dx * dy), group, n_groups)
  slope <- second$xy / second$xx
  rss <- group_sums(list(rss = w * (dy - slope[group] * dx)^2), group, n_groups)$rss
  rounding <- n * .Machine$double.eps * first$s0 * group_max(abs(x), group, n_groups)^2
  x_mean <- first$x / first$s0
  y_mean <- first$y / first$s0
  list(
    n = n, n_intercepts = n_intercepts, df = n - n_intercepts - 1, s0 = first$s0,
    x_mean = x_mean, y_mean = y_mean, sxx = second$xx, dx = dx, dy = dy, own_s0 = own$s0[part],
    slope = slope, intercept = y_mean - slope * x_mean, rss = rss, spread = second$xx > rounding
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
