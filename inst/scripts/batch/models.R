# The options that name a model, shared by mutagenize and outputs, and the model that they make.

model_options <- function() {
  list(
    option("kipoi", "A Kipoi model: its folder, or its name such as DeepSEA/predict", "MODEL"),
    option("torch", "A model in a Python file, as net.py:Net, or a TorchScript file, as net.pt", "FILE[:CLASS]"),
    option("demo", "The demonstration model (sequences of 500 bases)"),
    option(
      "weights", paste(
        "With --torch: state dict saved by torch, .pt, .pth or .safetensors;",
        "several, a.pt,b.pt or @file with one per line, make an ensemble"
      ), "FILES"
    ),
    option("length", "With --torch: sequence length in bases", "N"),
    option("output-names", "With --torch: names of all predictions, a,b,c or @file with one per line", "NAMES"),
    option("layout", "With --torch: NCL (default), NC1L, NCL1 or NLC", "LAYOUT"),
    option("bases", "With --torch or --kipoi: order of the channels [ACGT]", "BASES")
  )
}

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
  check_bases(given$bases)
  switch(kinds,
    demo = function() deepmr::model_demo(),
    kipoi = prepare_kipoi(given),
    torch = prepare_torch(given)
  )
}

check_bases <- function(bases) {
  if (!is.null(bases) && !identical(sort(strsplit(bases, "")[[1L]]), c("A", "C", "G", "T"))) {
    usage_error(sprintf("--bases must be an order of A, C, G and T, not '%s'.", bases))
  }
}

prepare_kipoi <- function(given) {
  path <- path.expand(given$kipoi)
  # What begins like a path is no name of the zoo.
  if (grepl("^([./\\\\]|[A-Za-z]:)", path) && !dir.exists(path)) {
    usage_error(sprintf("--kipoi: there is no folder '%s'.", given$kipoi))
  }
  function() deepmr::model_kipoi(path, bases = given$bases)
}

prepare_torch <- function(given) {
  need_options(given, "length")
  check_torch_file(given$torch)
  weights <- as_files(given, "weights")
  length <- as_count(given, "length", 1L)
  outputs <- as_names(given, "output-names")
  layout <- or(one_of(given, "layout", c("NCL", "NC1L", "NCL1", "NLC")), "NCL")
  make <- function(weights = NULL) {
    deepmr::model_torch(
      given$torch, weights = weights, length = length, outputs = outputs, layout = layout,
      bases = or(given$bases, "ACGT")
    )
  }
  function() {
    if (length(weights) > 1L) {
      return(deepmr::model_ensemble(lapply(weights, make)))
    }
    make(weights)
  }
}

# net.py:Net, or any other file, which is then TorchScript and may have a colon in its name.
check_torch_file <- function(torch) {
  is_python <- grepl("[.]py$", torch, ignore.case = TRUE)
  names_class <- grepl(".:[^:/\\\\]+$", torch)
  if (!is_python && (file.exists(torch) || !names_class)) {
    return(input_file(torch, "--torch"))
  }
  if (!names_class) usage_error(sprintf("--torch must be like net.py:Net, not '%s'.", torch))
  input_file(sub(":[^:]*$", "", torch), "--torch")
}
