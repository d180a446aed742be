# What R/interop.R hands to other packages: variants named, standard errors scaled.

# prepare_effects() with standard errors scaled to `error`; adds `error`, `snp`, and `ref` and
# `alt` where there are none.
textbook_effects <- function(effects, exposure, outcome, error, call = rlang::caller_env()) {
  check_given(effects, "effects", "a table of effects or of mutagenesis", call)
  data <- prepare_effects(effects, exposure, outcome, call)
  data.table::set(data, j = "error", value = error)
  unknown <- is.na(group_draws(data, max(data$group)))[data$group]
  data.table::set(data, i = which(unknown), j = "error", value = "given")
  if (any(unknown)) {
    n <- data.table::uniqueN(data$group[unknown])
    cli::cli_inform(
      c(
        "!" = "For {n} fit{?s} the standard errors are used as they stand, not scaled to {.val {error}}.",
        i = "The number of draws ({.field n_draws}) must be known, and at least 2, for every variant."
      ),
      class = "deepmr_message_error"
    )
  }
  se <- list(se_exposure = numeric(nrow(data)), se_outcome = numeric(nrow(data)))
  for (scaling in unique(data$error)) {
    rows <- which(data$error == scaling)
    scaled <- textbook_errors(data_for_error(data, scaling), rows, scaling)
    for (column in names(se)) se[[column]][rows] <- scaled[[column]]
  }
  data.table::set(data, j = names(se), value = se)
  name_variants(data)
}

name_variants <- function(data) {
  if (all(variant_columns %in% names(data))) {
    name <- paste0(data$position, " ", data$ref, ">", data$alt)
  } else {
    name <- paste("variant", stats::ave(data$group, data$group, FUN = seq_along))
  }
  data.table::set(data, j = "snp", value = name)
  for (base in c("ref", "alt")) {
    value <- if (is.null(data[[base]])) NA_character_ else as.character(data[[base]])
    data.table::set(data, j = base, value = value)
  }
  data[]
}

# A and T, or C and G: the same two bases on either strand.
is_palindromic <- function(ref, alt) {
  pair <- toupper(paste0(ref, alt))
  ifelse(is.na(ref) | is.na(alt), NA, pair %in% c("AT", "TA", "CG", "GC"))
}

# Two-sided; NA where an effect of 0 has no error.
normal_p <- function(beta, se) {
  2 * stats::pnorm(-abs(ifelse(beta == 0 & se == 0, NA_real_, beta / se)))
}

# Names put together from parts must tell apart what the parts tell apart.
check_ids <- function(id, parts, call = rlang::caller_env()) {
  pairs <- unique(data.table::data.table(id = id, parts))
  twice <- pairs$id[duplicated(pairs$id)]
  if (length(twice)) {
    stop_deepmr(
      "argument", "{.val {twice[1L]}} would name two different sequences and outputs.",
      "Leave {.val {': '}} and {.val {' -> '}} out of the names of sequences and outputs.",
      call = call
    )
  }
}

check_installed <- function(package, call = rlang::caller_env(), from = "install.packages") {
  if (!requireNamespace(package, quietly = TRUE)) {
    stop_deepmr(
      "not_installed", "The package {.pkg {package}} is not installed.",
      "Install it: {.code {from}(\"{package}\")}.",
      call = call
    )
  }
}

check_bioconductor <- function(package, call = rlang::caller_env()) {
  check_installed(package, call, from = "BiocManager::install")
}
