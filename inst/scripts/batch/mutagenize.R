mutagenize_command <- function() {
  list(
    about = paste0(
      "\nMutates every base of every sequence to each of the three others, or into the variants of a list;\n",
      "predicts all under locked masks."
    ),
    options = c(model_options(), source_options(), list(
      option("outputs", "Predictions to keep, a,b or @file with one name per line [all]", "NAMES"),
      option("transform", "Scale of the predictions: logit (of probabilities) or sigmoid (of logits)", "SCALE"),
      option("dropout", "on (default), or off: one draw, for an ensemble one of each member", "ON/OFF"),
      option("samples", "Dropout draws per sequence [50]", "N"),
      option("rate", "Dropout rate in place of the model's own", "RATE"),
      option("dropout-extra", "Dropout added after layers, as conv1=0.2,features.3=0.1 (see ?layers)", "RATES"),
      option("mask", "locked (default) or unlocked", "MASK"),
      option("unit", "What is dropped: element (default) or channel", "UNIT"),
      option("positions", "Positions to mutate, as 100-200,300 [all]", "RANGES"),
      option("seed", "Seed of the masks, and of --pick [1]", "N"),
      option("batch-size", "Rows per call of the network", "N"),
      option("device", "cpu, cuda, cuda:1, ... [a GPU if there is one]", "DEVICE"),
      option("draws", "Keep the draws, whatever their size (only .rds holds them)"),
      option("no-draws", "Keep no draws"),
      option("out", "Where the table goes: .rds, .tsv or .tsv.gz", "FILE")
    )),
    epilogue = paste0(
      "Exactly one of --kipoi, --torch and --demo, and one of --fasta, --bed and --vcf; `deepmr.R outputs` lists\n",
      "what a model predicts. Tables from --bed and --vcf have the coordinates in the genome.\n\nExamples:\n",
      "  Rscript deepmr.R mutagenize --torch net.py:Net --weights net.pt --length 1000 --fasta regions.fa \\\n",
      "    --outputs CTCF,DNase --samples 50 --out x.rds\n",
      "  Rscript deepmr.R mutagenize --kipoi DeepSEA/predict --bed HepG2_FOXA1.narrowPeak --genome hg19.fa \\\n",
      "    --pick 200 --outputs HepG2_FOXA1_None#1,HepG2_DNase_None --windows windows.tsv --out x.rds"
    ),
    prepare = prepare_mutagenize, run = run_mutagenize
  )
}

prepare_mutagenize <- function(given) {
  need_options(given, "out")
  kind <- source_kind(given)
  model <- prepare_model(given)
  if (all(c("draws", "no-draws") %in% names(given))) usage_error("--draws and --no-draws contradict each other.")
  inputs <- unlist(given[c(kind, if (kind != "fasta") "genome")])
  formats <- c(".rds", ".tsv", ".tsv.gz")
  out <- output_file(given, "out", formats, inputs)
  windows <- output_file(given, "windows", formats, inputs)
  fasta <- output_file(given, "window-fasta", c(".fa", ".fasta"), inputs)
  check_distinct(c(out, windows, fasta))
  draws <- if (!is.null(given$draws)) TRUE else if (!is.null(given[["no-draws"]])) FALSE
  if (isTRUE(draws) && !is_rds(out)) usage_error("--draws needs --out to end in .rds: a text table holds no draws.")
  samples <- as_count(given, "samples", 2L)
  list(
    model = transformed(model, given), mutate = prepare_source(kind, given), out = out, windows = windows,
    fasta = fasta,
    # --samples only where given: with dropout off it is said to be of no use.
    arguments = c(list(n_samples = samples)[!is.null(samples)], list(
      outputs = as_names(given, "outputs"), dropout = as_dropout(given),
      # Draws that no file will hold are not carried along.
      draws = if (is_rds(out)) draws else FALSE,
      seed = or(as_count(given, "seed", 0L), 1L), batch_size = as_count(given, "batch-size", 1L), device = given$device
    ))
  )
}

as_dropout <- function(given) {
  dropout <- or(one_of(given, "dropout", c("on", "off")), "on")
  if (dropout == "off") {
    stray <- intersect(c("samples", "rate", "dropout-extra", "mask", "unit"), names(given))
    if (length(stray)) usage_error(sprintf("--%s has no meaning with --dropout off.", stray[1L]))
    return(NULL)
  }
  deepmr::dropout_spec(
    mask = or(one_of(given, "mask", c("locked", "unlocked")), "locked"),
    unit = or(one_of(given, "unit", c("element", "channel")), "element"), rate = as_number(given, "rate"),
    extra = as_rates(given, "dropout-extra")
  )
}

# `model` makes a model; so does the result, on the scale asked for.
transformed <- function(model, given) {
  scale <- one_of(given, "transform", c("logit", "sigmoid"))
  if (is.null(scale)) {
    return(model)
  }
  transform <- switch(scale, logit = deepmr::transform_logit(), sigmoid = deepmr::transform_sigmoid())
  function() deepmr::with_transform(model(), transform)
}

run_mutagenize <- function(job) {
  started <- Sys.time()
  model <- job$model()
  # A name that is wrong is told before a genome or a list of variants is read.
  deepmr:::match_outputs(job$arguments$outputs, model)
  mutated <- job$mutate(model, job$arguments)
  x <- mutated$x
  made <- attr(x, "provenance")
  # Rounded as the report rounds the time of the mutagenesis, which is all that the table knows of.
  in_seconds <- function(seconds) sprintf("%.0f s", ceiling(as.numeric(seconds)))
  say(
    counted(nrow(x), "row"), ": ", counted(mutated$sequences, "sequence"), ", ",
    counted(length(unique(x$output)), "output"), ", ", counted(made$n_samples, "draw"), "; mutagenesis ",
    in_seconds(made$seconds), ", with start-up ", in_seconds(difftime(Sys.time(), started, units = "secs"))
  )
  if (!is_rds(job$out)) say("The text table leaves out the draws, which egger_draws needs: --out x.rds keeps them.")
  writers <- list(function(path) write_table(x, path, "table"))
  if (!is.null(job$windows)) {
    writers <- c(writers, function(path) write_table(mutated$windows, path, "table of windows"))
  }
  if (!is.null(job$fasta)) {
    writers <- c(writers, function(path) writeLines(paste0(">", names(mutated$bases), "\n", mutated$bases), path))
  }
  write_all(stats::setNames(writers, c(job$out, job$windows, job$fasta)))
}
