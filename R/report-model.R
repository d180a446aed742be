# The section on the model and its masks: what the provenance of a mutagenesis table says.

report_model <- function(report) {
  mutagenesis <- report$mutagenesis
  if (is.null(mutagenesis)) {
    return(not_given("Model, dropout and number of draws are not known", "the mutagenesis table"))
  }
  made <- attr(mutagenesis, "provenance")
  if (!is.list(made) || !length(made) || is.null(names(made))) {
    return(paragraphs("The mutagenesis table does not say: it is a plain table, such as one read from a text file."))
  }
  paste(c(paragraphs(mask_words(made)), sites_html(made$sites), provenance_table(made)), collapse = "\n")
}

# `made` without an entry for dropout is of a table that was made otherwise.
mask_words <- function(made) {
  if (!"dropout" %in% names(made)) {
    return(NULL)
  }
  spec <- made$dropout
  if (!inherits(spec, "deepmr_dropout_spec")) {
    several <- length(made$members) > 1L
    return(if (several) {
      "Dropout was off: the members of the ensemble are the draws, and the standard error of an effect is their spread."
    } else {
      "Dropout was off: one draw, and no standard errors."
    })
  }
  draws <- if (length(made$n_samples) == 1L) paste(counted(made$n_samples, "draw"), "per sequence. ") else ""
  how <- if (identical(spec$mask, "locked")) {
    "Masks were locked: in each draw the reference and all variants of a sequence share one mask, so that the standard
     error of an effect keeps their covariance."
  } else {
    "Masks were not locked: each row drew a mask of its own, so the standard error of an effect lacks the covariance of
     reference and variant, and says little about the effect."
  }
  paste0("Dropout stayed on, ", draws, how)
}

# Members of an ensemble that are alike are shown once, others each.
sites_html <- function(sites) {
  if (!NROW(sites)) {
    return(NULL)
  }
  sites <- data.table::as.data.table(as.list(sites))
  if (is.null(sites$member)) data.table::set(sites, j = "member", value = 1L)
  columns <- c(`dropout call` = "site", kind = "kind", rate = "rate")
  by_member <- lapply(split(sites, sites$member), columns_as, columns)
  alike <- all(vapply(by_member, identical, TRUE, by_member[[1L]]))
  table <- if (alike) by_member[[1L]] else data.table::rbindlist(by_member, idcol = "member")
  n <- unique(vapply(by_member, nrow, 1L))
  caption <- paste(
    if (length(n) == 1L) counted(n, "active dropout call") else paste(min(n), "to", max(n), "active dropout calls"),
    "in a forward pass"
  )
  html_table(table, caption, tall = nrow(table) > 15L)
}

provenance_table <- function(made) {
  words <- c(
    source = "model", members = "members", transform = "scale of the predictions", n_sequences = "sequences",
    positions = "mutated positions", dropout = "dropout", n_samples = "draws per sequence", seed = "seed of the masks",
    engine = "engine", batch_size = "rows per batch", device = "device", precision = "precision",
    seconds = "time taken", deepmr = "version of deepmr"
  )
  made <- shown_provenance(made)
  name <- ifelse(names(made) %in% names(words), words[names(made)], names(made))
  html_table(data.table::data.table(setting = name, value = unlist(made)), "How the mutagenesis was run")
}

# Each setting as text. A table may have been made by another version of deepmr, or by hand: no setting is relied upon.
shown_provenance <- function(made) {
  # Shown in words or tables of their own. A single model is its own only member.
  told <- c("windows", "sites", if (length(made$members) < 2L) "members")
  made <- made[setdiff(names(made), told)]
  own <- list(
    transform = function(x) if (length(x)) format(x) else "the model's own",
    dropout = function(x) if (is.null(x)) dropout_off(length(made$members)) else format(x),
    positions = function(x) if (is.null(x)) "all" else ranges(x),
    engine = function(x) if (is.data.frame(x)) unique(as.character(x$engine)) else format(x),
    seconds = function(x) if (is.numeric(x)) in_words(x) else format(x)
  )
  sapply(names(made), function(name) {
    as_text <- if (is.null(own[[name]])) format else own[[name]]
    paste(as_text(made[[name]]), collapse = ", ")
  }, simplify = FALSE)
}

dropout_off <- function(n_members) {
  if (n_members > 1L) sprintf("off: one draw for each of %d members", n_members) else "off"
}

# Whole numbers as "20-30, 40".
ranges <- function(x) {
  x <- sort(unique(x))
  runs <- split(x, cumsum(c(TRUE, diff(x) != 1)))
  text <- vapply(runs, function(run) paste(unique(range(run)), collapse = "-"), "")
  paste(text, collapse = ", ")
}
