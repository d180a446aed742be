# Fits that have an estimate, but are not in the pooled one: they look different.

# Why a fit with an estimate is not in the pooled one, NA where it is. meta_analyze() leaves out weak fits and those
# without a standard error; with `weak = "keep"` its `k` counts the weak ones too.
left_out_why <- function(rows, pooled) {
  usable <- is.finite(rows$estimate)
  if (!is.null(rows$std.error)) usable <- usable & is.finite(rows$std.error) & rows$std.error > 0
  group <- paste(rows$pair, rows$label, sep = "\r")
  at <- match(group, paste(pooled$pair, pooled$label, sep = "\r"))
  all_used <- pooled$k[at] == stats::ave(as.integer(usable), group, FUN = sum)
  why <- rep(NA_character_, nrow(rows))
  why[usable & is_weak(rows$status) & !(all_used %in% TRUE)] <- "weak instruments"
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
      ggplot2::geom_point(mapping, data = shown[!pooled], colour = not_pooled, shape = 1L, stroke = 0.7, ...)
    }
  )
}

not_pooled <- "grey50"
