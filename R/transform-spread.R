# Draws spread about their own mean by sqrt(factor). The mean is known only when all draws are there, so this step is
# done in R, on the tables of predict() and saturation_mutagenesis().

#' @rdname with_transform
#' @export
transform_spread <- function(factor) {
  check_per_output(factor, "factor")
  if (any(factor < 0)) {
    stop_deepmr("argument", "{.arg factor} must be at least 0, not {.val {factor[factor < 0][1]}}.")
  }
  new_transform(list(list(
    label = paste("spread", numbers_in_words(factor = factor)),
    steps = list(list(kind = "spread", factor = factor))
  )))
}

is_spread <- function(step) step$kind == "spread"

# The steps that each draw takes by itself.
draw_steps <- function(transform) Filter(Negate(is_spread), transform_steps(transform))

has_spread <- function(transform) any(vapply(transform_steps(transform), is_spread, TRUE))

check_spread_last <- function(before, transform, call = rlang::caller_env()) {
  if (length(transform_steps(transform)) && has_spread(before)) {
    stop_deepmr(
      "spread", "The model's scale ends with {.fn transform_spread}, after which no other transform can come.",
      "Put it on last; {.code with_transform(model, NULL)} takes all transforms away.",
      call = call
    )
  }
}

# Members' draws are joined before their mean is known.
check_members_spread <- function(transforms, call = rlang::caller_env()) {
  spread <- which(vapply(transforms, has_spread, TRUE))
  if (length(spread)) {
    stop_deepmr(
      "spread", "Model number {spread[1L]} has {.fn transform_spread}, which a member of an ensemble cannot have.",
      "Put it on the ensemble: {.code with_transform(model_ensemble(models), transform_spread(...))}.",
      call = call
    )
  }
}

# What the variance of each row of `table` is multiplied by; NULL where the transform leaves it.
spread_factor <- function(transform, table) {
  step <- Filter(is_spread, transform_steps(transform))
  if (!length(step)) {
    return(NULL)
  }
  factor <- step[[1L]]$factor
  if (is.null(names(factor))) rep(factor, nrow(table)) else unname(factor[table$output])
}

# In place: multiplies the variance columns `var`, spreads the column of draws about that of their mean.
spread_table <- function(table, factor, var, mean, draws) {
  for (column in intersect(var, names(table))) data.table::set(table, j = column, value = factor * table[[column]])
  if (!is.null(table[[draws]])) {
    data.table::set(table, j = draws, value = list(spread_draws(table[[draws]], sqrt(factor), table[[mean]])))
  }
}

# Both in place; a transform without spread changes nothing.
spread_prediction <- function(table, transform) {
  factor <- spread_factor(transform, table)
  if (!is.null(factor)) spread_table(table, factor, "var", "mean", "prediction_draws")
}

spread_mutagenesis <- function(table, transform) {
  factor <- spread_factor(transform, table)
  if (is.null(factor)) {
    return(invisible())
  }
  spread_table(table, factor, c("var_ref", "var_alt", "cov"), "effect", "effect_draws")
  data.table::set(table, j = "se", value = sqrt(factor) * table$se)
  # Rounding is spread like the draws, so what was above it stays above; nothing is where there is no variance.
  data.table::set(table, j = "at_rounding", value = table$at_rounding | factor == 0)
  data.table::set(table, j = "spread", value = factor)
}
