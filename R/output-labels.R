# What the label of an output says: cell, target and treatment, where labels have such parts.

# Repeated labels come from Python as "label#1", "label#2", ...: the label without its number,
# wherever 1 to n are all there. A "#" that belongs to a single name stays.
output_labels <- function(outputs) {
  numbered <- grepl("^.+#[1-9][0-9]*$", outputs)
  base <- sub("#[0-9]+$", "", outputs)
  number <- suppressWarnings(as.integer(sub("^.*#", "", outputs)))
  repeated <- vapply(split(number[numbered], base[numbered]), function(numbers) {
    length(numbers) > 1L && identical(sort(numbers), seq_along(numbers))
  }, TRUE)
  ifelse(numbered & base %in% names(repeated)[repeated], base, outputs)
}

# A data.table of `cell`, `target` and `treatment` beside each label. A style is applied only
# where the labels as a whole are written in it; else every part is NA.
parse_labels <- function(labels) {
  by_bar <- strsplit(labels, "|", fixed = TRUE)
  by_underscore <- strsplit(gsub(" *_ *", "_", labels), "_", fixed = TRUE)
  parts <- if (is_bar_style(by_bar)) {
    bar_parts(by_bar)
  } else if (is_underscore_style(by_underscore)) {
    underscore_parts(by_underscore)
  } else {
    matrix(NA_character_, length(labels), 3L)
  }
  # "NA" is how tables of labels write what they do not know.
  parts[] <- trimws(parts)
  parts[parts %in% c("", "NA")] <- NA_character_
  data.table::data.table(cell = parts[, 1L], target = parts[, 2L], treatment = parts[, 3L])
}

# ExPecto, Sei: "cell|target|treatment".
is_bar_style <- function(fields) {
  length(fields) > 0L && mean(lengths(fields) >= 3L) >= 0.8
}

bar_parts <- function(fields) {
  parts <- first_three(fields)
  # Sei's third field numbers the track.
  parts[grepl("^\\s*ID:", parts[, 3L]), 3L] <- NA_character_
  parts
}

# DeepSEA, Beluga: "cell_target_treatment", where "None" is the treatment of the untreated.
is_underscore_style <- function(tokens) {
  length(tokens) > 0L && mean(lengths(tokens) >= 3L) >= 0.8 && mean(ends_in_none(tokens)) >= 0.5
}

ends_in_none <- function(tokens) {
  vapply(tokens, function(x) length(x) > 1L && x[length(x)] == "None", TRUE)
}

# Cells and treatments may hold underscores, targets do not. In labels of the untreated the
# target is the last token but one; these say what targets there are, and the first of them
# splits the other labels.
underscore_parts <- function(tokens) {
  n <- lengths(tokens)
  untreated <- n >= 3L & ends_in_none(tokens)
  known <- setdiff(vapply(tokens[untreated], function(x) x[length(x) - 1L], ""), c("", "NA"))
  at <- vapply(tokens, function(x) match(TRUE, x[-1L] %in% known), 0L) + 1L
  at[is.na(at) & n >= 3L] <- 2L
  at[untreated] <- n[untreated] - 1L
  parts <- Map(function(x, at) {
    if (is.na(at)) {
      return(rep(NA_character_, 3L))
    }
    treatment <- if (at < length(x)) paste(x[-seq_len(at)], collapse = "_") else NA_character_
    c(paste(x[seq_len(at - 1L)], collapse = "_"), x[at], treatment)
  }, tokens, at)
  do.call(rbind, parts)
}

first_three <- function(fields) {
  t(vapply(fields, function(x) x[1:3], character(3L)))
}
