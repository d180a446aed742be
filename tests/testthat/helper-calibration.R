# Predictions with ties and on edges of bins.
random_predictions <- function(n, seed) {
  with_seed(seed, {
    prob <- c(0, 1, (0:10) / 10, 0.29, 0.57, round(stats::rbeta(n, 0.7, 2), 2))
    list(prob = prob, label = stats::rbinom(length(prob), 1, prob^1.3))
  })
}

# A table of predictions, over-confident by `slope` on the logit scale, and its labels; outputs of different prevalence.
labelled_table <- function(n, slope = 1, shift = c(a = 0, b = -1), seed = 1) {
  with_seed(seed, {
    table <- data.table::CJ(output = names(shift), sequence = paste0("s", seq_len(n)))
    logit <- stats::rnorm(nrow(table), shift[table$output], 1.5)
    table[, c("mean", "label") := list(stats::plogis(slope * logit), stats::rbinom(.N, 1, stats::plogis(logit)))]
    table[]
  })
}

# scikit-learn's `module`, where there is one.
sklearn <- function(module) {
  skip_if_no_python()
  backend()
  testthat::skip_if_not(reticulate::py_module_available("sklearn"), "no scikit-learn")
  reticulate::import(paste0("sklearn.", module))
}
