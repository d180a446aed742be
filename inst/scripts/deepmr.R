# deepmr from the command line: mutagenize, motifs, fit, report, outputs. `Rscript deepmr.R --help` says how.
#
# Only parsing and files are done here (in batch/ beside this script); the work is that of the package's functions.

local({
  this <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1L])
  # Rscript writes blanks in a path as ~+~.
  here <- dirname(normalizePath(gsub("~+~", " ", this, fixed = TRUE)))
  batch <- new.env()
  for (file in sort(list.files(file.path(here, "batch"), pattern = "[.]R$", full.names = TRUE))) {
    sys.source(file, envir = batch)
  }
  quit(save = "no", status = batch$run_deepmr(commandArgs(trailingOnly = TRUE)))
})
