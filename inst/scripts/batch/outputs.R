outputs_command <- function() {
  list(
    about = paste0(
      "\nWhat a model predicts, as a tab-separated table on stdout: index, output, label, cell, target, treatment.\n",
      "With terms, only the predictions that match every one of them; see ?outputs."
    ),
    options = c(model_options(), list(
      option("of-file", "Only those that the name of this peaks file speaks of (see ?outputs_of_file)", "FILE")
    )),
    epilogue = paste0(
      "Exactly one of --kipoi, --torch and --demo. A search that finds nothing prints the names of the columns and,\n",
      "on stderr, the nearest names.\n\nExamples:\n",
      "  Rscript deepmr.R outputs --kipoi DeepSEA/predict HepG2 FOXA1\n",
      "  Rscript deepmr.R outputs --kipoi DeepSEA/predict --of-file wgEncodeAwgTfbsHaibHepg2Foxa1sc101058UniPk.bed"
    ),
    terms = TRUE, prints = TRUE,
    prepare = prepare_outputs,
    run = run_outputs
  )
}

prepare_outputs <- function(given) {
  file <- given[["of-file"]]
  if (length(given$terms) && !is.null(file)) usage_error("Give terms or --of-file, not both.")
  list(model = prepare_model(given), terms = given$terms, file = file)
}

run_outputs <- function(job) {
  # Names need no weights.
  model <- suppressMessages(job$model(), classes = "deepmr_message_untrained")
  if (!is.null(job$file)) {
    return(deepmr::outputs_of_file(model, job$file))
  }
  do.call(deepmr::outputs, c(list(model), as.list(job$terms)))
}

print_table <- function(table) {
  table <- without_breaks(data.table::as.data.table(as.list(table)), "list of outputs")
  tryCatch(
    utils::write.table(table, stdout(), sep = "\t", quote = FALSE, row.names = FALSE),
    # A reader such as head has had enough.
    error = function(e) if (!grepl("SIGPIPE", conditionMessage(e), fixed = TRUE)) stop(e)
  )
}
