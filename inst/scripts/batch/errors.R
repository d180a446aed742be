# What an error says in the shell, and which exit code it is: by the class of the condition.

# What the command line said cannot be meant, or names a file that is not what it should be.
usage_classes <- paste0("deepmr_error_", c(
  "argument", "unknown_output", "ambiguous_output", "no_output", "same_output", "no_scale", "unknown_method",
  "unknown_layer", "positions", "device", "model", "model_file", "kipoi_model", "weights", "ensemble", "length",
  "sequences", "characters", "columns", "draws", "no_draws", "no_rows", "duplicated_rows", "negative_se",
  "unmatched_variants", "mutagenesis", "bed", "genome", "chromosomes", "variants", "too_few", "motifs", "effects",
  "duplicates", "calibration", "outputs", "spread"
))

# How Python begins its words on a name that the zoo does not have; a download that failed has the same class.
unknown_kipoi_name <- "There is no Kipoi model|is not the name of a Kipoi model|belongs to the group"

exit_code <- function(e) {
  unknown_name <- inherits(e, "deepmr_error_kipoi_fetch") && grepl(unknown_kipoi_name, conditionMessage(e))
  if (inherits(e, c("deepmr_usage_error", usage_classes)) || unknown_name) 2L else 1L
}

# The sentences of an error and the last line of what lies behind it: no traceback, neither R's nor Python's.
# `options` are the names of the command's options.
error_text <- function(e, options = character()) {
  if (!inherits(e, c("rlang_error", "rlang_warning"))) {
    return(conditionMessage(e))
  }
  text <- in_shell_words(cli::ansi_strip(rlang::cnd_message(e, inherit = FALSE)), options)
  cause <- last_line_of(e$parent)
  if (!length(cause) || grepl(cause, text, fixed = TRUE)) text else paste0(text, "\nCaused by: ", cause)
}

last_line_of <- function(parent) {
  if (is.null(parent)) {
    return(NULL)
  }
  # The message of a Python exception ends with where it was raised.
  text <- if (inherits(parent, "deepmr_python_exception")) {
    paste0(parent$type, ": ", sub("\n.*$", "", trimws(parent$value)))
  } else {
    cli::ansi_strip(conditionMessage(parent))
  }
  lines <- trimws(strsplit(text, "\n", fixed = TRUE)[[1L]])
  utils::tail(lines[nzchar(lines)], 1L)
}

# R's names of what an option sets, where the option has another name.
option_of_argument <- c(
  x = "table", n_samples = "samples", batch_size = "batch-size", module = "torch", file = "out", sequences = "fasta",
  peaks = "bed", variants = "vcf", n = "pick"
)

# deepmr's messages speak of the arguments of its functions: what they are called in the shell.
in_shell_words <- function(text, options) {
  phrases <- c(
    "`by = NULL, method = \"(.*?)\"`" = "--by all --method \\1",
    "`variant_effects\\(\\)`" = "`Rscript deepmr.R mutagenize` with --vcf",
    "`saturation_mutagenesis\\(\\)`" = "`Rscript deepmr.R mutagenize` with --fasta or --bed",
    "`outputs\\(\\)`" = "`Rscript deepmr.R outputs`",
    "`saturation_mutagenesis\\(draws = TRUE\\)`" = "`Rscript deepmr.R mutagenize` and --out x.rds",
    "`?dropout = NULL`?" = "--dropout off", "`?draws = FALSE`?" = "--no-draws",
    "`attr\\(x, \"set_aside\"\\)`" = "--windows FILE", " with `n` or `bound`" = " with `n`",
    "`attr\\(x, \"windows\"\\)\\$gc` has" = "the column gc of --windows FILE has",
    "\\n *To keep it: `Rsamtools::indexFa\\(\"(.*)\"\\)`\\." = " To keep one: samtools faidx '\\1'",
    "`weights = `" = "--weights", "`(method|weak|test) = \"(.*?)\"`" = "--\\1 \\2",
    "`outputs = c\\(FOXA1 = \"HepG2_FOXA1\"\\)`" = "--outputs FOXA1=HepG2_FOXA1",
    "\\b(device|bases) = '([^']*)'" = "--\\1 \\2"
  )
  for (phrase in names(phrases)) text <- gsub(phrase, phrases[[phrase]], text, perl = TRUE)
  options <- c(stats::setNames(options, options), option_of_argument[option_of_argument %in% options])
  for (argument in names(options)) {
    text <- gsub(paste0("`", argument, "`"), paste0("--", options[[argument]]), text, fixed = TRUE)
  }
  text
}

complain <- function(text, what = "Error") say(what, ": ", sub("^! ", "", text))

say <- function(...) cat(..., "\n", sep = "", file = stderr())

usage_error <- function(text) {
  stop(structure(class = c("deepmr_usage_error", "error", "condition"), list(message = text, call = NULL)))
}
