# Fits that have an estimate, but are not in the pooled one: they look different.

# Why a fit with an estimate is not in the pooled one, NA where it is or that cannot be known. meta_analyze() leaves out
# fits without a standard error, and weak ones unless `weak`, its argument, is "keep". A table from a file does not say
# what that was: then where just the fits are shown that were pooled, it is told by their number.
left_out_why <- function(rows, pooled, weak) {
  usable <- is.finite(rows$estimate)
  if (!is.null(rows$std.error)) usable <- usable & is.finite(rows$std.error) & rows$std.error > 0
  group <- paste(rows$pair, rows$label, sep = "\r")
  at <- match(group, paste(pooled$pair, pooled$label, sep = "\r"))
  in_group <- function(x) stats::ave(as.integer(x), group, FUN = sum)
  weak_left_out <- if (is.null(weak)) {
    pooled$k[at] + pooled$k_left_out[at] == in_group(rep(1L, nrow(rows))) & pooled$k[at] < in_group(usable)
  } else {
    weak == "leave_out"
  }
  why <- rep(NA_character_, nrow(rows))
  why[usable & is_weak(rows$status) & weak_left_out %in% TRUE] <- "weak instruments"
  why[!usable] <- "no standard error"
  why[is.na(at) | !is.finite(rows$estimate)] <- NA_character_
  why
}

left_out_sentence <- function(rows, look = "Hollow") {
  why <- unique(stats::na.omit(rows$left_out))
  if (length(why)) sprintf("%s: not pooled (%s).", look, paste(why, collapse = "; "))
}

# The estimates of `shown` as points: those not pooled hollow and grey.
estimate_points <- function(shown, ..., mapping = NULL) {
  pooled <- is.na(shown$left_out)
  list(
    ggplot2::geom_point(mapping, data = shown[pooled], ...),
    if (!all(pooled)) {
      ggplot2::geom_point(mapping, data = shown[!pooled], colour = left_out_colour, shape = 1L, stroke = 0.7, ...)
    }
  )
}

left_out_colour <- "grey50"
