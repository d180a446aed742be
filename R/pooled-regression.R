# One regression over all sequences (fit_mr(by = NULL)): groups are pairs of outputs, and sequences are strata, each
# with an intercept of its own where the method has any.

# What stands in column `sequence` of such a fit.
all_sequences <- "all sequences"

# Groups by pair; the former groups, one sequence each, become strata.
pool_sequences <- function(data) {
  data.table::set(data, j = "stratum", value = data$group)
  data.table::set(data, j = "group", value = number_groups(data[, c("exposure", "outcome"), with = FALSE]))
}

# Strata renumbered 1, 2, ... among those that occur; NULL stays.
number_strata <- function(stratum) if (!is.null(stratum)) match(stratum, unique(stratum))

check_by <- function(by, method, masks, call = rlang::caller_env()) {
  if (!is.null(by)) {
    if (!identical(by, "sequence")) {
      stop_deepmr(
        "argument",
        "{.arg by} must be {.val sequence}, a fit for each, or {.code NULL}, one over all; not {.val {by}}.",
        call = call
      )
    }
    if (masks != "auto") {
      stop_deepmr(
        "argument", "{.arg masks} has no meaning for {.code by = \"sequence\"}: each fit is of one sequence.",
        "It is for {.code by = NULL}; {.fn meta_analyze} has one of its own.",
        call = call
      )
    }
    return(invisible())
  }
  without <- method[!vapply(method_registry()[method], `[[`, TRUE, "strata")]
  if (length(without)) {
    stop_deepmr(
      "no_pooled_regression", "{.val {without}} {?has/have} no regression over all sequences.",
      "Fit each sequence ({.code by = \"sequence\"}) and pool with {.fn meta_analyze}, or choose {.val egger}.",
      call = call
    )
  }
}

pooled_columns <- c("n_sequences", "masks", "sequence_intercepts")

# How many sequences have a variant in each fit, whether they share masks (where errors are from draws), and the
# intercept of each by name (NULL for methods through the origin).
add_pooled_columns <- function(fit, method, input) {
  rows <- split(seq_along(input$bx), factor(input$group, seq_len(nrow(fit))))
  n_sequences <- vapply(rows, function(at) length(unique(input$sequence[at])), 0L, USE.NAMES = FALSE)
  intercepts <- rep(list(NULL), nrow(fit))
  has <- if (method$intercept) which(!is.na(fit$estimate))
  influence <- if (length(has) && !method$needs_draws) attr(fit, "influence")()
  intercepts[has] <- lapply(has, function(g) {
    if (is.null(influence)) {
      return(vapply(input$moments[[g]]$sequences, function(m) m$y_mean - fit$estimate[g] * m$x_mean, 0))
    }
    stratum_intercepts(input, rows[[g]], influence, fit$estimate[g])
  })
  masks <- if (is.null(fit$masks)) NA_character_ else fit$masks
  data.table::set(fit, j = pooled_columns, value = list(n_sequences, masks, intercepts))
}

# Of a least-squares line with slope `theta`: weighted means of what it leaves, by sequence.
stratum_intercepts <- function(input, at, influence, theta) {
  left <- influence$sign[at] * (input$by[at] - theta * input$bx[at])
  w <- influence$weights[at]
  sums <- rowsum(cbind(w * left, w), input$sequence[at], reorder = FALSE)
  sums[, 1L] / sums[, 2L]
}

# A fit over all sequences as one row for each sequence of `variants`, with its own intercept; other rows as
# they are. A sequence without instruments has no line with an intercept.
spread_pooled <- function(fit, variants) {
  pooled <- if (is.null(fit$n_sequences)) logical(nrow(fit)) else !is.na(fit$n_sequences)
  rows <- lapply(seq_len(nrow(fit)), function(i) {
    row <- fit[i]
    if (!pooled[i]) {
      return(row)
    }
    here <- variants$exposure == row$exposure & variants$outcome == row$outcome
    sequences <- unique(as.character(variants$sequence[here]))
    row <- row[rep(1L, length(sequences))]
    data.table::set(row, j = "sequence", value = sequences)
    own <- fit$sequence_intercepts[[i]]
    if (!is.null(own)) {
      data.table::set(row, j = "intercept", value = unname(own[sequences]))
      data.table::set(row, which(is.na(row$intercept)), "estimate", NA_real_)
    }
    row
  })
  data.table::rbindlist(rows)
}
