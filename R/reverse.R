# The reverse direction of an effects table, beside the forward one.

# Adds every pair with exposure and outcome changed over, unless the table has it already.
add_reverse <- function(effects, call) {
  if ("selected" %in% names(effects)) {
    stop_deepmr(
      "argument", "{.arg x} has instruments {.field selected} by their effect on one exposure, not on the other.",
      "Select in both directions: {.code select_instruments(estimate_effects(..., reverse = TRUE))}.",
      call = call
    )
  }
  forward <- data.table::setDT(as.list(effects))
  roles <- c("exposure", "outcome")
  for (role in roles) {
    value <- if (is.null(forward[[role]])) role else as.character(forward[[role]])
    data.table::set(forward, j = role, value = value)
  }
  reverse <- data.table::copy(forward)
  data.table::setnames(reverse, turn_roles(names(reverse)))
  reverse <- reverse[!forward, on = c("sequence", roles)]
  rbind(forward, reverse[, names(forward), with = FALSE])
}

# "beta_exposure" for "beta_outcome" and so on; a name without a role, or with both, stays.
turn_roles <- function(names) {
  of <- function(role) grepl(paste0("^(beta_|se_|draws_|spread_)?", role, "$"), names)
  ifelse(
    of("exposure"), sub("exposure", "outcome", names, fixed = TRUE),
    ifelse(of("outcome"), sub("outcome", "exposure", names, fixed = TRUE), names)
  )
}
