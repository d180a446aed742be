# Effects whose draws a recalibration has spread (R/transform-spread.R). The columns say by which factor on the
# variance, because the error of a mean over T draws is that of the draws it was made of: 1/T of their variance before
# they were spread. Fits under the error "mc" therefore take the draws as the network gave them.

spread_columns <- c("spread_exposure", "spread_outcome")

is_spread_data <- function(data) any(spread_columns %in% names(data))

# `data` with the standard errors and draws that belong to `error`.
data_for_error <- function(data, error) {
  if (error != "mc" || !is_spread_data(data)) {
    return(data)
  }
  data <- data.table::copy(data)
  for (role in c("exposure", "outcome")) {
    factor <- data[[paste0("spread_", role)]]
    # Spread by 0 there is nothing to go back to; such rows are at rounding level, and in no fit.
    root <- ifelse(factor > 0, 1 / sqrt(factor), 1)
    se <- paste0("se_", role)
    data.table::set(data, j = se, value = root * data[[se]])
    draws <- paste0("draws_", role)
    if (!is.null(data[[draws]])) data.table::set(data, j = draws, value = list(spread_draws(data[[draws]], root)))
  }
  data
}

# A list of draws, each about its own mean by its `root`.
spread_draws <- function(draws, root, mean = vapply(draws, base::mean, 0)) {
  unname(Map(function(x, m, s) m + s * (x - m), draws, mean, root))
}

# The parts of a fit (an error, and the groups fitted under it) by the data that they are fitted to.
parts_by_draws <- function(data, parts) {
  undone <- is_spread_data(data) & vapply(parts, `[[`, "", "error") == "mc"
  lapply(split(parts, undone), function(parts) {
    list(data = data_for_error(data, parts[[1L]]$error), parts = parts)
  })
}

check_spread_factors <- function(data, call) {
  if (!is_spread_data(data)) {
    return(invisible())
  }
  check_columns(data, spread_columns, "x", call)
  for (column in spread_columns) {
    factor <- data[[column]]
    bad <- which(!(is.finite(factor) & factor >= 0))
    if (length(bad)) {
      stop_deepmr(
        "spread", "Column {.field {column}} of {.arg x} must hold numbers of at least 0, not {.val {factor[bad[1L]]}}.",
        "It is what {.fn transform_spread} multiplied the variance of the draws by; 1 for draws as they are.",
        call = call
      )
    }
  }
}

# Halves of spread draws: their means, not only their errors, would be spread about the mean of all draws.
check_not_spread <- function(effects, call) {
  if (is_spread_data(effects)) {
    stop_deepmr(
      "spread", "The draws of {.arg effects} are spread about their mean, so the means of halves are none of the
       network's.",
      "Make the effects of a model without {.fn transform_spread}, or choose instruments on all draws.",
      call = call
    )
  }
}
