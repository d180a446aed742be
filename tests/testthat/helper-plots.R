# Tables with the columns that the plots read, small enough to check by eye.

plot_effects <- function(n_sequences = 2L, length = 20L) {
  x <- simulate_mutagenesis(n_sequences = n_sequences, length = length, n_samples = 5L)
  estimate_effects(x, exposure = "exposure", outcome = "outcome")
}

plot_fit <- function(n = 6L, errors = c("mc", "classical")) {
  fit <- data.table::CJ(sequence = paste0("s", seq_len(n)), error = errors, sorted = FALSE)
  fit[, c("exposure", "outcome", "method", "status") := list("Dref", "accessibility", "egger_draws", "ok")]
  fit[, c("estimate", "intercept") := list(0.4 + 0.02 * rep(seq_len(n), each = length(errors)), 0)]
  fit[, c("conf.low", "conf.high") := list(fit$estimate - 0.1, fit$estimate + 0.1)]
  data.table::setattr(fit, "class", c("deepmr_mr_fit", "data.table", "data.frame"))
  fit
}

plot_pooled <- function(errors = c("mc", "classical")) {
  data.table::data.table(
    exposure = "Dref", outcome = "accessibility", method = "egger_draws", error = errors,
    estimate = 0.46, conf.low = 0.42, conf.high = 0.50, pred.low = 0.3, pred.high = 0.6
  )
}

# The data of the layers whose geom is `geom`, one table each.
layers_of <- function(plot, geom) {
  has_geom <- vapply(plot$layers, function(layer) inherits(layer$geom, geom), TRUE)
  lapply(which(has_geom), function(i) ggplot2::layer_data(plot, i))
}

# Builds the whole plot on a device that writes nothing, with every warning an error.
draw <- function(plot) {
  old <- options(warn = 2)
  grDevices::pdf(NULL)
  on.exit({
    options(old)
    grDevices::dev.off()
  })
  invisible(ggplot2::ggplotGrob(plot))
}
