# A user's own variants, from a VCF file, a data frame, a GRanges or a VCF object of VariantAnnotation.

# data.table(id, chrom, position, ref, alt): one row for each alternative allele, as it stands there.
read_variants <- function(variants, call) {
  check_given(variants, "variants", variants_wanted, call)
  if (is.data.frame(variants)) {
    table <- variants_of_table(variants, call)
  } else if (inherits(variants, "VCF")) {
    check_bioconductor("VariantAnnotation", call)
    table <- variants_of_granges(SummarizedExperiment::rowRanges(variants), call)
  } else if (inherits(variants, "GRanges")) {
    table <- variants_of_granges(variants, call)
  } else {
    check_string(variants, "variants", paste0(variants_wanted, ","), call)
    table <- read_vcf_variants(variants, call)
  }
  if (!nrow(table)) stop_deepmr("variants", "{.arg variants} holds no variant.", call = call)
  table <- split_alleles(table)
  named <- sprintf("%s:%d:%s:%s", table$chrom, table$position, table$ref, table$alt)
  data.table::set(table, j = "id", value = data.table::fcoalesce(table$id, named))
  table
}

variants_wanted <- "the path of a VCF file, a data frame with chrom, position, ref and alt, a GRanges or a VCF object"

# What a column of a table may be called: deepmr's name, taken where it is there, then VCF's and its lower case.
variant_names <- list(
  chrom = c("chrom", "CHROM", "#CHROM"), position = c("position", "pos", "POS"), ref = c("ref", "REF"),
  alt = c("alt", "ALT"), id = c("id", "ID")
)

# `x` with deepmr's names for these columns, other columns left out.
with_variant_names <- function(x, call) {
  found <- lapply(variant_names, function(of) if (of[1L] %in% names(x)) of[1L] else intersect(of, names(x)))
  several <- found[lengths(found) > 1L]
  if (length(several)) {
    stop_deepmr(
      "columns", "{.arg variants} has more than one column of the {names(several)[1L]}: {.field {several[[1L]]}}.",
      "Keep one of them.",
      call = call
    )
  }
  missing <- setdiff(names(found)[lengths(found) == 0L], "id")
  if (length(missing)) {
    stop_deepmr(
      "columns", "{.arg variants} lacks the column{?s} {.field {missing}}.",
      c(
        if (length(x)) "It has {.field {names(x)}}." else "It has no columns.",
        "VCF's names {.field CHROM}, {.field POS}, {.field ID}, {.field REF} and {.field ALT} are taken too."
      ),
      call = call
    )
  }
  found <- unlist(found)
  stats::setNames(as.list(x)[found], names(found))
}

variants_of_table <- function(x, call) {
  x <- with_variant_names(x, call)
  if (!is.numeric(x$position)) {
    stop_deepmr(
      "columns", "The positions in {.arg variants} must be numbers, not {.cls {class(x$position)}}.",
      call = call
    )
  }
  wrong <- !(is.finite(x$position) & x$position == round(x$position) & x$position <= .Machine$integer.max)
  if (any(wrong)) {
    stop_deepmr(
      "variants",
      "Row {which(wrong)[1]} of {.arg variants}: position must be a whole number, not {x$position[wrong][1]}.",
      call = call
    )
  }
  data.table::data.table(
    id = if (is.null(x$id)) NA_character_ else as.character(x$id), chrom = as.character(x$chrom),
    position = as.integer(x$position), ref = as.character(x$ref), alt = as.character(x$alt)
  )
}

variants_of_granges <- function(x, call) {
  columns <- as.list(S4Vectors::mcols(x))
  names(columns) <- tolower(names(columns))
  missing <- setdiff(c("ref", "alt"), names(columns))
  if (length(missing)) {
    stop_deepmr("columns", "{.arg variants} lacks the metadata column{?s} {.field {missing}}.", call = call)
  }
  if (any(as.character(BiocGenerics::strand(x)) == "-")) {
    stop_deepmr(
      "variants", "{.arg variants} has ranges on the minus strand.",
      "Alleles are taken on the plus strand: turn them, and set the strand to {.val *}.",
      call = call
    )
  }
  text <- function(alleles) {
    if (is.list(alleles) || inherits(alleles, "List") && !inherits(alleles, "XStringSet")) {
      return(vapply(as.list(alleles), function(one) paste(as.character(one), collapse = ","), ""))
    }
    as.character(alleles)
  }
  data.table::data.table(
    id = if (is.null(names(x))) NA_character_ else names(x), chrom = as.character(GenomeInfoDb::seqnames(x)),
    position = BiocGenerics::start(x), ref = text(columns$ref), alt = text(columns$alt)
  )
}

# Only the first five columns matter.
read_vcf_variants <- function(file, call) {
  if (!file.exists(file) || dir.exists(file)) {
    stop_deepmr("variants", "There is no VCF file {.file {file}}.", call = call)
  }
  lines <- readLines(file, warn = FALSE)
  if (!length(lines) || !startsWith(lines[1L], "##fileformat=VCF")) {
    stop_deepmr(
      "variants", "{.file {file}} does not begin with {.code ##fileformat=VCF}.",
      "Give tables of variants as a data frame.",
      call = call
    )
  }
  number <- which(!startsWith(lines, "#") & nzchar(lines))
  fields <- strsplit(lines[number], "\t", fixed = TRUE)
  position <- suppressWarnings(as.integer(vapply(fields, `[`, "", 2L)))
  wrong <- which(lengths(fields) < 8L | is.na(position))
  if (length(wrong)) {
    stop_deepmr(
      "variants", "Line {number[wrong[1]]} of {.file {file}} is no VCF record: {.val {lines[number[wrong[1]]]}}.",
      "A record has at least eight columns, parted by tabs; the second is the position.",
      call = call
    )
  }
  column <- function(i) vapply(fields, `[`, "", i)
  id <- column(3L)
  data.table::data.table(
    id = ifelse(id == ".", NA_character_, id), chrom = column(1L), position = position, ref = column(4L),
    alt = column(5L)
  )
}

# One row for each alternative; those of one line with several keep its name, with the allele added.
split_alleles <- function(table) {
  alleles <- strsplit(ifelse(is.na(table$alt) | table$alt == "", ".", table$alt), ",", fixed = TRUE)
  row <- rep(seq_len(nrow(table)), lengths(alleles))
  split <- table[row]
  alt <- toupper(unlist(alleles))
  several <- lengths(alleles)[row] > 1L & !is.na(split$id)
  id <- ifelse(several, paste(split$id, alt, sep = ":"), split$id)
  data.table::set(split, j = c("alt", "ref", "id"), value = list(alt, toupper(split$ref), id))
  split
}

# Why alleles are not those of a single-nucleotide variant; NA where they are.
allele_problem <- function(ref, alt) {
  bases <- function(x) grepl("^[ACGTN]+$", x)
  data.table::fcase(
    is.na(ref) | ref %in% c("", ".") | alt == ".", "no allele",
    !bases(alt) & grepl("[][<>*]", alt), "symbolic allele: not supported",
    nchar(ref) != nchar(alt), "insertion or deletion: not supported",
    nchar(ref) > 1L, "several bases at once: not supported",
    !ref %in% c("A", "C", "G", "T") | !alt %in% c("A", "C", "G", "T"), "allele other than A, C, G, T",
    ref == alt, "reference and alternative are the same",
    default = NA_character_
  )
}
