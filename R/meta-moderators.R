# Meta-regression of slopes on properties of the sequences, by metafor.

# `fits` with the variables of the formula, from `data` (by sequence) or from `fit`'s own columns.
add_moderators <- function(fits, fit, mods, data, call = rlang::caller_env()) {
  if (!inherits(mods, "formula") || length(mods) != 2L || !length(all.vars(mods))) {
    found <- paste(deparse(mods), collapse = " ")
    stop_deepmr("moderators", "{.arg mods} must be a one-sided formula such as {.code ~ gc}, not {.code {found}}.",
      call = call
    )
  }
  variables <- all.vars(mods)
  clash <- intersect(variables, names(fits))
  if (length(clash)) {
    stop_deepmr("moderators", "{.val {clash}} in {.arg mods} {?is/are} what is pooled, not {?a moderator/moderators}.",
      call = call
    )
  }
  if (is.null(data)) {
    check_columns(fit, variables, "fit", call)
    values <- as.list(fit)[variables]
  } else {
    data <- check_columns(data, c("sequence", variables), "data", call)
    check_duplicated_rows(data, "sequence", "data", call, what = "sequence")
    rows <- match(fits$sequence, as.character(data$sequence))
    if (anyNA(rows)) {
      lost <- unique(fits$sequence[is.na(rows)])
      stop_deepmr("moderators", "{.arg data} has no row for {.val {lost}}.",
        "It needs one for each sequence of the fit, with {.code NA} where a value is not known.",
        call = call
      )
    }
    values <- lapply(as.list(data)[variables], `[`, rows)
  }
  data.table::setDT(c(as.list(fits), values))
}

# One pair: a row per coefficient.
regress <- function(fits, mods, pooling) {
  use <- usable_slope(fits$estimate, fits$std.error) & stats::complete.cases(fits[, all.vars(mods), with = FALSE])
  counts <- list(k = sum(use), k_left_out = sum(!use))
  rows <- fits[use]
  n_terms <- if (counts$k) ncol(stats::model.matrix(mods, rows)) else 1L
  fitted <- if (counts$k <= n_terms) {
    list(status = paste("fewer than", n_terms + 1L, "sequences"))
  } else {
    with_words(run_rma(list(yi = rows$estimate, sei = rows$std.error, mods = mods, data = rows), pooling))
  }
  fit <- fitted$value
  if (is.null(fit)) {
    out <- no_pool(counts, fitted$status)
    out[c("r2", "qm", "qm_p")] <- NA_real_
    return(out[regression_columns])
  }
  masks <- masks_of(rows$slope_without_draw, pooling$masks)
  status <- fitted$status
  if (masks %in% "shared" && status == "ok") status <- "masks shared between sequences: standard errors too small"
  explained <- if (is.null(fit$R2)) NA_real_ else fit$R2 / 100
  out <- c(
    list(term = sub("^intrcpt$", "intercept", rownames(fit$beta))), rma_coefficients(fit),
    list(pred.low = NA_real_, pred.high = NA_real_), rma_heterogeneity(fit),
    list(r2 = explained, qm = fit$QM, qm_p = fit$QMp), counts, list(masks = masks, status = status)
  )
  out[regression_columns]
}
