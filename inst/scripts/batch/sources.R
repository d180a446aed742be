# What mutagenize mutates: the sequences of a FASTA file, windows around the intervals of a BED file, or the variants of
# a VCF file.

source_options <- function() {
  list(
    option("fasta", "Sequences of the model's length, plain or gzipped", "FILE"),
    option("bed", "Instead: intervals (BED, narrowPeak); windows of the model's length on summits or centres", "FILE"),
    option("vcf", "Instead: single-nucleotide variants, in place of every mutation; each in its own window", "FILE"),
    option(
      "genome", "With --bed or --vcf: a FASTA (plain or bgzip) or 2bit file, or a BSgenome package by name", "GENOME"
    ),
    option("pick", "With --bed: N windows at random, half on intervals, half elsewhere (see ?sample_sequences)", "N"),
    option(
      "windows", paste(
        "With --bed or --vcf: also a table of the windows or variants, with the reason where one was set aside;",
        "start, end and position count bases from 1, start and end included (a BED file's start is one less):",
        ".tsv, .tsv.gz or .rds"
      ), "FILE"
    ),
    option("window-fasta", "With --bed: also the bases of the windows, which motifs --fasta takes: .fa", "FILE")
  )
}

source_kind <- function(given) {
  kind <- intersect(c("fasta", "bed", "vcf"), names(given))
  if (length(kind) != 1L) usage_error(sprintf("Give exactly one of --fasta, --bed and --vcf, not %d.", length(kind)))
  stray <- switch(kind,
    fasta = c("genome", "pick", "windows", "window-fasta"), bed = NULL, vcf = c("pick", "positions", "window-fasta")
  )
  stray <- intersect(stray, names(given))
  if (length(stray)) usage_error(sprintf("--%s has no meaning with --%s.", stray[1L], kind))
  if (kind != "fasta" && is.null(given$genome)) usage_error(sprintf("--%s needs --genome.", kind))
  kind
}

# A function of the model and of the further arguments of deepmr's functions, which gives the table `x`, how many
# `sequences` there were, of windows their `bases`, and the `windows`, used or set aside. What was given is checked as
# far as can be without a model.
prepare_source <- function(kind, given) {
  switch(kind, fasta = prepare_fasta(given), bed = prepare_bed(given), vcf = prepare_vcf(given))
}

prepare_fasta <- function(given) {
  sequences <- deepmr::as_sequences(input_file(given$fasta, "--fasta"))
  positions <- as_positions(given, max(nchar(sequences)))
  function(model, arguments) mutate_all(model, sequences, positions, arguments)
}

prepare_bed <- function(given) {
  bed <- input_file(given$bed, "--bed")
  genome <- as_genome(given$genome)
  n <- as_count(given, "pick", 2L)
  position_ranges(given)
  function(model, arguments) {
    positions <- as_positions(given, model$length)
    sequences <- if (is.null(n)) {
      deepmr::sequences_bed(bed, genome, width = model$length)
    } else {
      deepmr::sample_sequences(bed, n, genome = genome, width = model$length, seed = arguments$seed)
    }
    say(windows_sentence(sequences, bed))
    mutate_all(model, sequences, positions, arguments)
  }
}

prepare_vcf <- function(given) {
  vcf <- input_file(given$vcf, "--vcf")
  genome <- as_genome(given$genome)
  function(model, arguments) {
    x <- do.call(deepmr::variant_effects, c(list(model, vcf, genome), arguments))
    columns <- c("id", "chrom", "genome_position", "ref", "alt", "sequence")
    used <- unique(data.table::as.data.table(as.list(x)[columns]))
    data.table::setnames(used, "genome_position", "position")
    list(x = x, sequences = data.table::uniqueN(x$sequence), windows = with_reasons(used, attr(x, "set_aside")))
  }
}

# The path of a file, or the object of a BSgenome package.
as_genome <- function(genome) {
  if (file.exists(genome) || !startsWith(genome, "BSgenome.")) {
    path <- input_file(genome, "--genome")
    if (is_plain_gzip(path)) {
      usage_error(sprintf(
        "--genome: '%s' is compressed by gzip, which has no random access: unpack it, or compress it with bgzip.", path
      ))
    }
    return(path)
  }
  # Bioconductor's packages greet at length.
  suppressPackageStartupMessages({
    if (!requireNamespace(genome, quietly = TRUE)) {
      stop("--genome: the R package ", genome, " is not installed. In R: BiocManager::install(\"", genome, "\")")
    }
    getExportedValue(genome, genome)
  })
}

# bgzip writes gzip, in blocks that it marks by "BC".
is_plain_gzip <- function(path) {
  start <- readBin(path, "raw", 14L)
  identical(start[1:2], as.raw(c(0x1f, 0x8b))) && !identical(start[13:14], charToRaw("BC"))
}

mutate_all <- function(model, sequences, positions, arguments) {
  x <- do.call(deepmr::saturation_mutagenesis, c(list(model, sequences, positions = positions), arguments))
  set_aside <- attr(sequences, "set_aside")
  if (!is.null(set_aside)) set_aside <- data.table::setnames(data.table::copy(set_aside), "name", "sequence")
  windows <- attr(sequences, "windows")
  used <- windows[, setdiff(names(windows), "chrom_length"), with = FALSE]
  list(x = x, sequences = length(sequences), bases = sequences, windows = with_reasons(used, set_aside))
}

# Windows or variants, used and set aside, in one table: the used have no `reason`.
with_reasons <- function(used, set_aside) {
  if (is.null(used)) {
    return(NULL)
  }
  data.table::set(used, j = c("reason", "detail"), value = NA_character_)
  data.table::rbindlist(list(used, set_aside), use.names = TRUE, fill = TRUE)
}

windows_sentence <- function(sequences, bed) {
  bound <- attr(sequences, "windows")$bound
  what <- paste(counted(length(sequences), "window"), "of", counted(nchar(sequences[[1L]]), "base"))
  if (is.null(bound)) {
    return(paste0(what, ", from ", basename(bed)))
  }
  sprintf("%s: %d on intervals of %s, %d elsewhere", what, sum(bound), basename(bed), sum(!bound))
}
