outputs_command <- function() {
  list(
    about = paste0(
      "\nWhat a model predicts, as a tab-separated table on stdout: index, output, label, cell, target, treatment.\n",
      "With terms, only the predictions that match every one of them; see ?outputs."
    ),
    options = model_options(),
    epilogue = paste0(
      "Exactly one of --kipoi, --torch and --demo. A search that finds nothing prints the names of the columns and,\n",
      "on stderr, the nearest names.\n\nExample:\n",
      "  Rscript deepmr.R outputs --kipoi DeepSEA/predict HepG2 FOXA1"
    ),
    terms = TRUE, prints = TRUE,
    prepare = function(given) list(model = prepare_model(given), terms = given$terms),
    run = run_outputs
  )
}

run_outputs <- function(job) {
  # Names need no weights.
  model <- suppressMessages(job$model(), classes = "deepmr_message_untrained")
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
