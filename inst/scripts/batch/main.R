# What happens from the command line to the exit code. Nothing but --help, --version and outputs writes to stdout.

main_help <- "
Saturation mutagenesis of genomic deep-learning models, then Mendelian randomization.

Usage: Rscript deepmr.R COMMAND [options]

Commands:
  outputs      list or search what a model predicts
  mutagenize   mutate every base of every sequence, or a list of variants, under a model, into a table
  motifs       whether the variants that a model reacts to break motifs
  fit          Mendelian randomization of each sequence, and pooled over sequences
  report       a fit as one HTML page

  Rscript deepmr.R COMMAND --help    options and an example of a command
  Rscript deepmr.R --version

An example, from peaks to a page:
  Rscript deepmr.R mutagenize --torch net.py:Net --weights net.pt --length 1000 --bed CTCF.bed --genome hg38.fa \\
    --out x.rds
  Rscript deepmr.R motifs --table x.rds --motifs ctcf.jaspar --out motifs.rds
  Rscript deepmr.R fit --table x.rds --exposure CTCF,GATA1 --outcome DNase --out fit.rds --pooled pooled.tsv
  Rscript deepmr.R report --fit fit.rds --mutagenesis x.rds --motifs motifs.rds --out report.html

Exit codes:
  0  done, with or without warnings. With --help the rest of the command line is not looked at.
  2  The command line was wrong: an unknown command or option; arguments that are missing, contradict each other or
     cannot be meant (no such output, method, device or model, sequences that the model does not take, a genome that
     has none of the chromosomes); a file that it names and that cannot be read or holds something else; a place that
     cannot be written to.
  1  All else that stops a run: a package or Python that is missing, a download that fails, too little memory or disk
     space, a model without dropout, without numbers, or whose dropout cannot be locked.
Progress, warnings and errors go to stderr. Files are replaced only when the run has succeeded.
"

commands <- function() {
  list(
    outputs = outputs_command(), mutagenize = mutagenize_command(), motifs = motifs_command(), fit = fit_command(),
    report = report_command()
  )
}

# Returns the exit code.
run_deepmr <- function(args) {
  options(warn = 1, cli.condition_width = Inf)
  tryCatch(
    withCallingHandlers(
      {
        dispatch(args)
        0L
      },
      warning = function(w) {
        complain(error_text(w, options_of(args)), "Warning")
        invokeRestart("muffleWarning")
      },
      # Messages name arguments and places of R, which are others here.
      rlang_message = function(m) {
        say(in_shell_words(cli::ansi_strip(rlang::cnd_message(m)), options_of(args)))
        rlang::cnd_muffle(m)
      }
    ),
    error = function(e) {
      complain(error_text(e, options_of(args)))
      code <- exit_code(e)
      if (code == 2L) say("`", paste(c("Rscript deepmr.R", command_of(args), "--help"), collapse = " "), "` says more.")
      code
    },
    interrupt = function(e) {
      say("Interrupted.")
      1L
    }
  )
}

dispatch <- function(args) {
  if (!length(args)) usage_error(paste0("A command is missing: ", command_list(), "."))
  if (args[1L] %in% c("--help", "-h")) {
    cat(sub("^\n", "", main_help))
  } else if (args[1L] == "--version") {
    cat("deepmr ", as.character(utils::packageVersion("deepmr")), "\n", sep = "")
  } else {
    run_command(args[1L], args[-1L])
  }
}

command_names <- c("outputs", "mutagenize", "motifs", "fit", "report")

# The command that the first word names, or none.
command_of <- function(args) intersect(utils::head(args, 1L), command_names)

# The names of its options.
options_of <- function(args) {
  name <- command_of(args)
  if (length(name) && requireNamespace("optparse", quietly = TRUE)) option_names(commands()[[name]]$options)
}

run_command <- function(name, args) {
  check_installed()
  command <- commands()[[name, exact = TRUE]]
  if (is.null(command)) usage_error(sprintf("There is no command '%s'. There are %s.", name, command_list("and")))
  if (any(args %in% c("--help", "-h"))) {
    return(print_help(name, command))
  }
  given <- parse_options(args, command$options, terms = isTRUE(command$terms))
  result <- quietly(command$run(command$prepare(given)))
  if (isTRUE(command$prints)) print_table(result)
}

# What is printed on the way, by R or by a model's own code, is no result.
quietly <- function(work) {
  sink(stderr())
  on.exit(sink())
  Sys.setenv(RETICULATE_REMAP_OUTPUT_STREAMS = "1")
  force(work)
}

command_list <- function(word = "or") {
  paste(paste(utils::head(command_names, -1L), collapse = ", "), word, utils::tail(command_names, 1L))
}

check_installed <- function() {
  if (!requireNamespace("optparse", quietly = TRUE)) {
    stop("The command line needs the R package optparse, which is not installed. In R: install.packages(\"optparse\")")
  }
}

print_help <- function(name, command) {
  words <- c("Rscript deepmr.R", name, "[options]", if (isTRUE(command$terms)) "[TERM ...]")
  parser <- optparse::OptionParser(
    usage = paste(words, collapse = " "), option_list = command$options,
    description = command$about, epilogue = command$epilogue, add_help_option = FALSE
  )
  optparse::print_help(parser)
}
