# Genomes: FASTA or 2bit files, BSgenome packages, DNAStringSets. Only windows of them are read.

# list(lengths = bases of each chromosome, by name; read = function(chrom, start, end): upper-case text of the plus
# strand, 1-based, both ends included).
open_genome <- function(genome, call = rlang::caller_env()) {
  check_given(genome, "genome", genome_wanted, call)
  if (inherits(genome, "XStringSet")) {
    return(genome_in_memory(genome, call))
  }
  if (inherits(genome, "BSgenome")) {
    check_bioconductor("BSgenome", call)
    return(genome_by_ranges(genome, genome, call))
  }
  if (is.character(genome) && length(genome) != 1L) {
    stop_deepmr(
      "argument", "{.arg genome} must be {genome_wanted}, not {length(genome)} strings.",
      "Sequences in memory: {.code Biostrings::DNAStringSet(genome)}, with the names of the chromosomes.",
      call = call
    )
  }
  check_string(genome, "genome", paste0(genome_wanted, ","), call)
  if (!file.exists(genome) || dir.exists(genome)) {
    stop_deepmr("genome", "There is no genome file {.file {genome}}.", call = call)
  }
  if (grepl("\\.2bit$", genome, ignore.case = TRUE)) {
    check_bioconductor("rtracklayer", call)
    handle <- rtracklayer::TwoBitFile(genome)
  } else {
    check_bioconductor("Rsamtools", call)
    handle <- Rsamtools::FaFile(indexed_fasta(genome, call))
  }
  genome_by_ranges(handle, genome, call)
}

genome_wanted <- "the path of a FASTA or 2bit file, a BSgenome or a DNAStringSet"

# Names as in a FASTA index: the header up to its first space.
genome_in_memory <- function(genome, call) {
  name <- sub("\\s.*$", "", names(genome))
  if (!length(name) || any(name == "") || anyDuplicated(name)) {
    stop_deepmr("genome", "{.arg genome} must have a name of its own for each chromosome.", call = call)
  }
  list(
    lengths = stats::setNames(Biostrings::width(genome), name),
    read = function(chrom, start, end) {
      toupper(as.character(Biostrings::subseq(unname(genome[match(chrom, name)]), start, end)))
    }
  )
}

# `shown`: what the user gave, for the error.
genome_by_ranges <- function(handle, shown, call) {
  from_genome <- function(code) {
    tryCatch(code, error = function(error) {
      shown <- if (is.character(shown)) shown else "the BSgenome"
      stop_deepmr(
        "genome", "{.file {shown}} cannot be read: {conditionMessage(error)}",
        "Is it {genome_wanted}, with its present index?",
        parent = error, call = call
      )
    })
  }
  list(
    lengths = from_genome(GenomeInfoDb::seqlengths(GenomeInfoDb::seqinfo(handle))),
    read = function(chrom, start, end) {
      ranges <- GenomicRanges::GRanges(chrom, IRanges::IRanges(start, end))
      from_genome(toupper(unname(as.character(Biostrings::getSeq(handle, ranges)))))
    }
  )
}

# The path of a FASTA file that has an index beside it. Without one, a link in the session's temporary folder gets the
# index: nothing is written beside the user's file.
indexed_fasta <- function(file, call) {
  zipped <- is_gzipped(file)
  if (!zipped) check_fasta_start(file, call)
  if (file.exists(paste0(file, ".fai")) && (!zipped || file.exists(paste0(file, ".gzi")))) {
    return(file)
  }
  file <- normalizePath(file)
  about <- file.info(file)
  folder <- file.path(tempdir(), paste0("deepmr-", rlang::hash(list(file, about$size, about$mtime))))
  link <- file.path(folder, basename(file))
  if (file.exists(paste0(link, ".fai"))) {
    return(link)
  }
  dir.create(folder, showWarnings = FALSE)
  cli::cli_inform(
    c(
      "i" = "{.file {file}} has no index {.file .fai}: making one for this session.",
      " " = "To keep it: {.code Rsamtools::indexFa(\"{file}\")}."
    ),
    class = "deepmr_message_index"
  )
  tryCatch(
    {
      if (!file.exists(link) && !isTRUE(suppressWarnings(file.symlink(file, link)))) stop("no link to it can be made")
      Rsamtools::indexFa(link)
    },
    error = function(error) {
      unlink(folder, recursive = TRUE)
      remedy <- if (zipped) {
        "Compress it with {.code bgzip}: plain gzip has no random access."
      } else {
        "Make the index yourself: {.code samtools faidx {file}}."
      }
      stop_deepmr(
        "genome", "{.file {file}} cannot be indexed: {conditionMessage(error)}", remedy,
        parent = error, call = call
      )
    }
  )
  link
}

check_fasta_start <- function(file, call) {
  if (!identical(readBin(file, "raw", 1L), charToRaw(">"))) {
    stop_deepmr(
      "genome", "{.file {file}} is no FASTA file: it does not begin with {.val >}.", "A genome is {genome_wanted}.",
      call = call
    )
  }
}

is_gzipped <- function(file) identical(readBin(file, "raw", 2L), as.raw(c(0x1f, 0x8b)))

# Of text in A, C, G, T and N.
reverse_complement <- function(x) {
  turned <- vapply(chartr("ACGT", "TGCA", x), function(bases) intToUtf8(rev(utf8ToInt(bases))), "")
  stats::setNames(turned, names(x))
}

# "there is no chr1; nearest: 1" for each unknown chromosome.
unknown_chromosome <- function(chrom, known) {
  vapply(chrom, function(name) {
    sprintf("the genome has no %s; nearest: %s", name, paste(nearest_chromosomes(name, known), collapse = ", "))
  }, "", USE.NAMES = FALSE)
}

# "chr1" is nearest to "1", whatever the spelling says.
nearest_chromosomes <- function(name, known) {
  bare <- function(x) sub("^chr", "", tolower(x))
  distance <- utils::adist(bare(name), bare(known))[1L, ]
  known[utils::head(order(distance), 3L)]
}

same_names_remedy <- function(chrom, known, what) {
  if (any(paste0("chr", chrom) %in% known)) {
    "Chromosomes must be called the same in both: put {.val chr} before those of {.arg {what}}."
  } else if (any(sub("^chr", "", chrom) %in% known)) {
    "Chromosomes must be called the same in both: take {.val chr} off those of {.arg {what}}."
  } else {
    "Chromosomes must be called the same in both."
  }
}

check_some_chromosomes <- function(chrom, genome, what, call) {
  known <- names(genome$lengths)
  if (length(chrom) && !any(chrom %in% known)) {
    name <- chrom[1L]
    stop_deepmr(
      "chromosomes",
      "None of the chromosomes of {.arg {what}} is in {.arg genome}: {.val {utils::head(unique(chrom), 3)}}.",
      c(
        "Nearest to {.val {name}}: {.val {nearest_chromosomes(name, known)}}.",
        same_names_remedy(chrom, known, what)
      ),
      call = call
    )
  }
}
