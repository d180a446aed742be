# The axis of slopes: how far it reaches in each panel, and what of estimates and intervals lies on it.

# Limits of each panel, and what of each row lies within: `low`, `high` are the
# interval cut to the limits, `beyond` marks estimates outside.
within_window <- function(rows, pooled, truth) {
  limits <- lapply(split(seq_len(nrow(rows)), rows$pair), function(i) {
    here <- rows$pair[i[1L]]
    panel_limits(rows[i], pooled[pooled$pair == here], truth[truth$pair == here])
  })
  limits <- do.call(rbind, limits)[as.character(rows$pair), , drop = FALSE]
  rows$left <- limits[, 1L]
  rows$right <- limits[, 2L]
  rows$low <- clamp(rows$conf.low, rows$left, rows$right)
  rows$high <- clamp(rows$conf.high, rows$left, rows$right)
  rows$cut_left <- (pmin(rows$estimate, rows$conf.low, na.rm = TRUE) < rows$left) %in% TRUE
  rows$cut_right <- (pmax(rows$estimate, rows$conf.high, na.rm = TRUE) > rows$right) %in% TRUE
  rows$beyond <- is.finite(rows$estimate) & (rows$estimate < rows$left | rows$estimate > rows$right)
  rows
}

# Quartiles of the estimates widened by twice their distance (or half the usual width
# of an interval, if that is more), never more than the data need, always with truths and pooled estimates; then for
# the pooled intervals by as much again on either side, if they go so far.
panel_limits <- function(rows, pooled, truth) {
  limits <- middle_limits(rows, c(truth$value, pooled$estimate, 0))
  ends <- unlist(pooled[, pooled_intervals$forest, with = FALSE])
  range(limits, clamp(ends, limits[1L] - diff(limits), limits[2L] + diff(limits)), na.rm = TRUE)
}

middle_limits <- function(rows, needed) {
  estimate <- rows$estimate[is.finite(rows$estimate)]
  if (!length(estimate)) return(range(needed, 1))
  quartiles <- stats::quantile(estimate, c(0.25, 0.75), names = FALSE)
  half_width <- stats::median(rows$conf.high - rows$conf.low, na.rm = TRUE) / 2
  middle <- quartiles + c(-2, 2) * max(diff(quartiles), half_width, na.rm = TRUE)
  everything <- c(estimate, rows$conf.low, rows$conf.high, needed)
  whole <- range(everything[is.finite(everything)])
  range(max(middle[1L], whole[1L]), min(middle[2L], whole[2L]), needed)
}

clip_pooled <- function(pooled, rows) {
  limits <- unique(rows[, c("pair", "left", "right")])[match(pooled$pair, unique(rows$pair))]
  pooled[, c("left", "right") := list(limits$left, limits$right)]
  pooled$cut_left <- (pmin(pooled$conf.low, pooled$pred.low, na.rm = TRUE) < pooled$left) %in% TRUE
  pooled$cut_right <- (pmax(pooled$conf.high, pooled$pred.high, na.rm = TRUE) > pooled$right) %in% TRUE
  for (column in pooled_intervals$forest) {
    data.table::set(pooled, j = column, value = clamp(pooled[[column]], pooled$left, pooled$right))
  }
  pooled
}

clamp <- function(x, low, high) pmin(pmax(x, low), high)

# `pooled`: with arrows of their own.
beyond_sentence <- function(rows, pooled = NULL) {
  has_interval <- is.finite(rows$low) & is.finite(rows$high)
  cut <- sum((rows$cut_left | rows$cut_right) & has_interval, pooled$cut_left | pooled$cut_right)
  beyond <- sum(rows$beyond)
  n <- sum(is.finite(rows$estimate))
  c(
    if (beyond) sprintf("%d of %d estimates %s beyond the axis.", beyond, n, ngettext(beyond, "lies", "lie")),
    if (!is.null(pooled) && cut) {
      sprintf("Arrows: %d %s beyond the axis.", cut, ngettext(cut, "interval goes", "intervals go"))
    }
  )
}
