# What the DeepMR paper ran: only variants whose exposure effect is at least one standard
# deviation from the mean over all variants of all sequences, the locked standard deviation
# as standard error, robust MR-Egger above 10 variants and plain MR-Egger for 3 to 10.
# For comparison with the paper: selecting by the estimated effect is winner's curse, and
# the standard deviation over draws is the error of neither definition.

fit_egger_paper <- function(data, n_groups, options) {
  n <- tabulate(data$group, n_groups)
  robust <- n > 10L
  # A kernel needs a group: one of the two may have none.
  parts <- lapply(Filter(any, list(plain = !robust, robust = robust)), function(these) {
    groups <- which(these)
    at <- which(these[data$group])
    part <- c(lapply(data[effect_vectors], `[`, at), list(group = match(data$group[at], groups)))
    fit <- if (identical(these, robust)) fit_egger_robust else fit_egger
    list(groups = groups, at = at, table = fit(part, length(groups), options))
  })
  table <- data.table::rbindlist(lapply(parts, `[[`, "table"))
  table <- table[order(unlist(lapply(parts, `[[`, "groups")))]
  set_influence(table, function() {
    at <- order(unlist(lapply(parts, `[[`, "at")))
    found <- lapply(parts, function(part) attr(part$table, "influence")())
    columns <- c("weights", "sign", "pull", "slope", "intercept")
    stats::setNames(lapply(columns, function(name) unlist(lapply(found, `[[`, name), use.names = FALSE)[at]), columns)
  })
}

effect_vectors <- c("bx", "bxse", "by", "byse")

# `data`: the prepared table. Rows that are out of every fit do not count.
leave_out_near_mean <- function(data) {
  used <- is.na(data$reason)
  near <- data.table::data.table(
    bx = data$beta_exposure, used = used, exposure = data$exposure, outcome = data$outcome
  )
  near[used, "z" := abs(.SD$bx - mean(.SD$bx)) / stats::sd(.SD$bx), by = c("exposure", "outcome"), .SDcols = "bx"]
  # Of effects that are all the same none is far from their mean.
  ifelse((near$z >= 1) %in% TRUE, NA_character_, "within 1 SD of the mean exposure effect")
}
