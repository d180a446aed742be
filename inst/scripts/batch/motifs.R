motifs_command <- function() {
  list(
    about = "\nDo the variants that lower a prediction sit in its factor's motif more often than chance allows?",
    options = list(
      option("table", "What mutagenize wrote (.rds, .tsv, .tsv.gz)", "FILE"),
      option("motifs", "Motifs in the MEME, JASPAR or PFM format; those that belong to no output are decoys", "FILE"),
      option(
        "outputs", paste(
          "Which output is a motif's, FOXA1=HepG2_FOXA1_None,CTCF=... or @file with one per line",
          "[motifs that have the name of an output]"
        ), "PAIRS"
      ),
      option("fasta", "The sequences, where the table does not have all their positions", "FILE"),
      option("seed", "Seed of the shuffles [1]", "N"),
      option("out", "Where the result goes: .rds (all of it), .tsv or .tsv.gz (pooled over sequences)", "FILE"),
      option("by-sequence", "Also each sequence by itself: .tsv, .tsv.gz or .rds", "FILE"),
      option("variants", "Also each variant, with its change of each motif's match: .tsv, .tsv.gz or .rds", "FILE")
    ),
    epilogue = paste0(
      "The verdict in words goes to stderr. ?motif_disruption says what is computed.\n\nExample:\n",
      "  Rscript deepmr.R motifs --table x.rds --motifs foxa1.jaspar --outputs FOXA1=HepG2_FOXA1_None --out motifs.tsv"
    ),
    prepare = prepare_motifs, run = run_motifs
  )
}

prepare_motifs <- function(given) {
  need_options(given, c("table", "motifs", "out"))
  inputs <- unlist(given[c("table", "motifs", "fasta")])
  formats <- c(".rds", ".tsv", ".tsv.gz")
  outputs <- Filter(Negate(is.null), sapply(
    c("out", "by-sequence", "variants"), function(name) output_file(given, name, formats, inputs), simplify = FALSE
  ))
  check_distinct(unlist(outputs))
  motifs <- deepmr::read_motifs(input_file(given$motifs, "--motifs"))
  fasta <- given$fasta
  list(outputs = outputs, arguments = list(
    x = read_table(given$table, "--table", "a mutagenesis table"), motifs = motifs,
    sequences = if (!is.null(fasta)) deepmr::as_sequences(input_file(fasta, "--fasta")),
    outputs = as_pairs(given, "outputs"), seed = or(as_count(given, "seed", 0L), 1L)
  ))
}

run_motifs <- function(job) {
  found <- do.call(deepmr::motif_disruption, job$arguments)
  # To stderr, as all that is printed on the way.
  print(found)
  out <- job$outputs
  writers <- list(
    out = function(path) if (is_rds(path)) saveRDS(found, path) else write_table(found$pooled, path, "pooled table"),
    "by-sequence" = function(path) write_table(found$by_sequence, path, "table by sequence"),
    variants = function(path) write_table(found$variants, path, "table of variants")
  )
  write_all(stats::setNames(writers[names(out)], unlist(out)))
}
