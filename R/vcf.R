#' Write variants and their effects as VCF
#'
#' @section The file:
#' VCF 4.3, one line for each variant, sorted; `REF` and `ALT` on the plus strand. Chromosomes come in the order in
#' which `x` has them, each with a `contig` line, with its length where that is known. `ID` is the variant's `id`
#' ([variant_effects()]) or `"."`. For each output there are two `INFO` keys, `EFFECT_<output>` and `SE_<output>`, with
#' characters that keys must not have made `_`; the `Description` has the output's own name.
#'
#' Where windows overlap, one variant has an effect in each, as the model sees other DNA around it. They stand in one
#' line: `SEQUENCE` names the windows, and all values come in their order. Spaces, `;`, `=`, `,` and `%` in names are
#' written as `%20` and so on.
#'
#' @param x A mutagenesis table with coordinates: of [saturation_mutagenesis()] on sequences cut from a genome
#'   ([sequences_bed()]), or of [variant_effects()].
#' @param file Path of the file, such as `"effects.vcf"`; not compressed (`Rsamtools::bgzip()` does that).
#' @param outputs Names of the outputs to write, or rows of [outputs()]; all by default.
#' @return `file`, invisibly.
#' @section Errors: `deepmr_error_columns`, `deepmr_error_coordinates` (no row has coordinates, or one base of the
#'   genome has two references), `deepmr_error_unknown_output`, `deepmr_error_duplicated_rows`, `deepmr_error_argument`
#'   (a file name that ends in `.gz`, a folder that is not there).
#' @references The Variant Call Format specification, VCFv4.3 (samtools/hts-specs), sections 1.2, 1.4 and 1.6.
#' @examplesIf deepmr_python_info()$usable
#' x <- saturation_mutagenesis(
#'   model_demo(), demo_sequences(1), outputs = "Dref", positions = 240:242, n_samples = 10
#' )
#' file <- tempfile(fileext = ".vcf")
#' write_vcf(x, file)
#' writeLines(readLines(file))
#' @export
write_vcf <- function(x, file, outputs = NULL) {
  check_columns(x, c("output", "effect", "se"), "x")
  check_string(file, "file", "the path of a file,")
  if (grepl("\\.b?gz$", file)) {
    stop_deepmr(
      "argument", "{.file {file}} would not be compressed.", "Write a {.file .vcf}, then {.fn Rsamtools::bgzip}."
    )
  }
  check_folder(file)
  known <- unique(as.character(x$output))
  outputs <- if (is.null(outputs)) known else unique(check_outputs(outputs, known, "outputs"))
  rows <- on_plus_strand(x, "x", rlang::current_env())
  rows <- rows[rows$output %in% outputs]
  check_duplicated_rows(rows, c(variant_columns, "output"), "x")
  check_one_reference(rows)
  chromosomes <- unique(rows$chrom)
  lines <- c(vcf_header(chromosomes, chromosome_lengths(x, chromosomes), outputs), vcf_lines(rows, outputs))
  connection <- file(file, "wb") # a line ends in LF everywhere
  on.exit(close(connection))
  writeLines(lines, connection)
  invisible(file)
}

check_folder <- function(file, call = rlang::caller_env()) {
  folder <- dirname(file)
  if (!dir.exists(folder)) {
    stop_deepmr(
      "argument", "{.arg file} would lie in {.file {folder}}, a folder that is not there.",
      "Make it: {.code dir.create(\"{folder}\", recursive = TRUE)}.",
      call = call
    )
  }
  if (dir.exists(file)) {
    stop_deepmr("argument", "{.arg file} is a folder: {.file {file}}.", "Add the name of a file to it.", call = call)
  }
}

check_one_reference <- function(rows, call = rlang::caller_env()) {
  bases <- unique(rows[, c("chrom", "genome_position", "ref"), with = FALSE])
  twice <- bases[duplicated(bases, by = c("chrom", "genome_position"))]
  if (nrow(twice)) {
    stop_deepmr(
      "coordinates", "{.arg x} has two references at {twice$chrom[1]}:{twice$genome_position[1]}.",
      "Sequences of one file must come from one genome.",
      call = call
    )
  }
}

vcf_header <- function(chromosomes, size, outputs) {
  known <- ifelse(is.na(size), "", paste0(",length=", size))
  keys <- vcf_keys(outputs)
  shown <- gsub("\"", "\\\"", gsub("\\", "\\\\", outputs, fixed = TRUE), fixed = TRUE)
  info <- function(key, type, text) {
    sprintf("##INFO=<ID=%s,Number=.,Type=%s,Description=\"%s\">", key, type, text)
  }
  c(
    "##fileformat=VCFv4.3",
    paste0("##source=deepmr ", utils::packageVersion("deepmr")),
    paste0("##contig=<ID=", chromosomes, known, ">"),
    info("SEQUENCE", "String", "Windows that hold the variant; values of all other keys come in their order"),
    rbind(
      info(paste0("EFFECT_", keys), "Float", paste0("Effect on ", shown, ", alternative minus reference")),
      info(paste0("SE_", keys), "Float", paste0("Standard deviation over dropout draws of the effect on ", shown))
    ),
    paste(c("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"), collapse = "\t")
  )
}

vcf_keys <- function(outputs) make.unique(gsub("[^0-9A-Za-z_.]", "_", outputs), sep = "_")

vcf_lines <- function(rows, outputs) {
  variant <- c("chrom", "genome_position", "ref", "alt")
  pairs <- unique(rows, by = c(variant, "sequence"))
  pairs <- pairs[order(match(pairs$chrom, unique(pairs$chrom)), pairs$genome_position, pairs$ref, pairs$alt)]
  line <- data.table::rleidv(pairs, variant)
  first <- !duplicated(line)
  # Values of the windows of one variant, in the order of `pairs`.
  joined <- function(values) {
    if (all(first)) values else vapply(split(values, line), paste, "", collapse = ",", USE.NAMES = FALSE)
  }
  number <- function(x) ifelse(is.na(x), ".", sprintf("%.7g", x))
  keys <- vcf_keys(outputs)
  info <- lapply(seq_along(outputs), function(i) {
    one <- rows[rows$output == outputs[i]]
    one <- one[pairs, on = c(variant, "sequence")]
    paste0("EFFECT_", keys[i], "=", joined(number(one$effect)), ";SE_", keys[i], "=", joined(number(one$se)))
  })
  id <- if (is.null(pairs$id)) "." else vcf_escape(pairs$id[first])
  at <- pairs[first]
  info <- do.call(paste, c(list(paste0("SEQUENCE=", joined(vcf_escape(pairs$sequence)))), info, sep = ";"))
  paste(at$chrom, at$genome_position, id, at$ref, at$alt, ".", ".", info, sep = "\t")
}

vcf_escape <- function(text) {
  for (character in c("%", ";", "=", ",", " ", "\t")) {
    text <- gsub(character, sprintf("%%%02X", utf8ToInt(character)), text, fixed = TRUE)
  }
  text
}
