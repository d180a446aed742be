mutagenize_command <- function() {
  list(
    about = "\nMutates every base of every sequence to each of the three others; predicts all under locked masks.",
    options = list(
      option("kipoi", "A Kipoi model: its folder, or its name such as DeepSEA/predict", "MODEL"),
      option("torch", "A model in a Python file, as net.py:Net", "FILE:CLASS"),
      option("demo", "The demonstration model (sequences of 500 bases)"),
      option("weights", "With --torch: state dict saved by torch", "FILE"),
      option("length", "With --torch: sequence length in bases", "N"),
      option("output-names", "With --torch: names of all predictions, a,b,c or @file with one per line", "NAMES"),
      option("layout", "With --torch: NCL (default), NC1L, NCL1 or NLC", "LAYOUT"),
      option("bases", "With --torch or --kipoi: order of the channels [ACGT]", "BASES"),
      option("fasta", "Sequences, plain or gzipped", "FILE"),
      option("outputs", "Predictions to keep, a,b or @file with one name per line [all]", "NAMES"),
      option("samples", "Dropout draws per sequence [50]", "N"),
      option("rate", "Dropout rate in place of the model's own", "RATE"),
      option("mask", "locked (default) or unlocked", "MASK"),
      option("unit", "What is dropped: element (default) or channel", "UNIT"),
      option("positions", "Positions to mutate, as 100-200,300 [all]", "RANGES"),
      option("seed", "Seed of the masks [1]", "N"),
      option("batch-size", "Rows per call of the network", "N"),
      option("device", "cpu, cuda, cuda:1, ... [a GPU if there is one]", "DEVICE"),
      option("draws", "Keep the draws, whatever their size (only .rds holds them)"),
      option("no-draws", "Keep no draws"),
      option("out", "Where the table goes: .rds, .tsv or .tsv.gz", "FILE")
    ),
    epilogue = paste0(
      "Exactly one of --kipoi, --torch and --demo.\n\nExample:\n",
      "  Rscript deepmr.R mutagenize --torch net.py:Net --weights net.pt --length 1000 --fasta regions.fa \\\n",
      "    --outputs CTCF,DNase --samples 50 --out x.rds"
    ),
    prepare = prepare_mutagenize, run = run_mutagenize
  )
}

prepare_mutagenize <- function(given) {
  need_options(given, c("fasta", "out"))
  model <- prepare_model(given)
  if (all(c("draws", "no-draws") %in% names(given))) usage_error("--draws and --no-draws contradict each other.")
  fasta <- input_file(given$fasta, "--fasta")
  out <- output_file(given, "out", c(".rds", ".tsv", ".tsv.gz"), fasta)
  draws <- if (!is.null(given$draws)) TRUE else if (!is.null(given[["no-draws"]])) FALSE
  if (isTRUE(draws) && !is_rds(out)) usage_error("--draws needs --out to end in .rds: a text table holds no draws.")
  sequences <- deepmr::as_sequences(fasta)
  dropout <- deepmr::dropout_spec(
    mask = or(one_of(given, "mask", c("locked", "unlocked")), "locked"),
    unit = or(one_of(given, "unit", c("element", "channel")), "element"), rate = as_number(given, "rate")
  )
  list(
    model = model, out = out,
    arguments = list(
      sequences = sequences, outputs = as_names(given, "outputs"), dropout = dropout,
      n_samples = or(as_count(given, "samples", 2L), 50L), positions = as_positions(given, max(nchar(sequences))),
      # Draws that no file will hold are not carried along.
      draws = if (is_rds(out)) draws else FALSE,
      seed = or(as_count(given, "seed", 0L), 1L), batch_size = as_count(given, "batch-size", 1L), device = given$device
    )
  )
}

or <- function(x, otherwise) if (is.null(x)) otherwise else x

# A function that makes the model, its arguments checked as far as can be without Python.
prepare_model <- function(given) {
  kinds <- intersect(c("kipoi", "torch", "demo"), names(given))
  if (length(kinds) != 1L) {
    usage_error(sprintf("Give exactly one of --kipoi, --torch and --demo, not %d.", length(kinds)))
  }
  about_model <- c("weights", "length", "output-names", "layout", "bases")
  allowed <- switch(kinds, torch = about_model, kipoi = "bases", demo = character())
  stray <- setdiff(intersect(about_model, names(given)), allowed)
  if (length(stray)) usage_error(sprintf("--%s has no meaning with --%s.", stray[1L], kinds))
  switch(kinds,
    demo = function() deepmr::model_demo(),
    kipoi = function() deepmr::model_kipoi(given$kipoi, bases = given$bases),
    torch = prepare_torch(given)
  )
}

prepare_torch <- function(given) {
  need_options(given, "length")
  if (!grepl(".:[^:/\\\\]+$", given$torch)) {
    usage_error(sprintf("--torch must be like net.py:Net, not '%s'.", given$torch))
  }
  input_file(sub(":[^:]*$", "", given$torch), "--torch")
  if (!is.null(given$weights)) input_file(given$weights, "--weights")
  length <- as_count(given, "length", 1L)
  outputs <- as_names(given, "output-names")
  layout <- or(one_of(given, "layout", c("NCL", "NC1L", "NCL1", "NLC")), "NCL")
  function() {
    deepmr::model_torch(
      given$torch, weights = given$weights, length = length, outputs = outputs, layout = layout,
      bases = or(given$bases, "ACGT")
    )
  }
}

run_mutagenize <- function(job) {
  started <- Sys.time()
  model <- job$model()
  x <- do.call(deepmr::saturation_mutagenesis, c(list(model), job$arguments))
  seconds <- as.numeric(difftime(Sys.time(), started, units = "secs"))
  counted <- function(n, what) paste0(format(n, big.mark = ","), " ", what, if (n != 1L) "s")
  say(
    counted(nrow(x), "row"), ": ", counted(length(job$arguments$sequences), "sequence"), ", ",
    counted(length(unique(x$output)), "output"), ", ", job$arguments$n_samples, " draws, in ", round(seconds), " s"
  )
  if (!is_rds(job$out)) say("The text table leaves out the draws, which egger_draws needs: --out x.rds keeps them.")
  write_all(stats::setNames(list(function(path) write_table(x, path, "table")), job$out))
}
