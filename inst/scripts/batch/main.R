# What happens from the command line to the exit code. Nothing but --help and --version writes to stdout.

main_help <- "
Saturation mutagenesis of genomic deep-learning models, then Mendelian randomization.

Usage: Rscript deepmr.R COMMAND [options]

Commands:
  mutagenize   mutate every base of every sequence under a model, into a table
  fit          Mendelian randomization of each sequence, and pooled over sequences
  report       a fit as one HTML page

  Rscript deepmr.R COMMAND --help    options and an example of a command
  Rscript deepmr.R --version

An example, from sequences to a page:
  Rscript deepmr.R mutagenize --torch net.py:Net --weights net.pt --length 1000 --fasta regions.fa --out x.rds
  Rscript deepmr.R fit --table x.rds --exposure CTCF,GATA1 --outcome DNase --out fit.rds --pooled pooled.tsv
  Rscript deepmr.R report --fit fit.rds --mutagenesis x.rds --out report.html

Exit codes: 0 done; 1 the run failed; 2 the command line was wrong (an unknown command or option, arguments that are
missing, contradict each other or cannot be meant, a file that it names and that cannot be read or written).
Progress, warnings and errors go to stderr. Files are replaced only when the run has succeeded.
"

commands <- function() {
  list(mutagenize = mutagenize_command(), fit = fit_command(), report = report_command())
}

# Returns the exit code.
run_deepmr <- function(args) {
  options(warn = 1, cli.condition_width = Inf)
  tryCatch(
    {
      if (!length(args)) usage_error("A command is missing: mutagenize, fit or report.")
      if (args[1L] %in% c("--help", "-h")) {
        cat(sub("^\n", "", main_help))
      } else if (args[1L] == "--version") {
        cat("deepmr ", as.character(utils::packageVersion("deepmr")), "\n", sep = "")
      } else {
        run_command(args[1L], args[-1L])
      }
      0L
    },
    deepmr_usage_error = function(e) {
      complain(conditionMessage(e))
      of <- if (length(args) && args[1L] %in% names(commands())) paste0(args[1L], " ")
      say("`Rscript deepmr.R ", of, "--help` says more.")
      2L
    },
    error = function(e) {
      complain(error_text(e))
      1L
    },
    interrupt = function(e) {
      say("Interrupted.")
      1L
    }
  )
}

run_command <- function(name, args) {
  check_installed()
  command <- commands()[[name, exact = TRUE]]
  if (is.null(command)) {
    usage_error(sprintf("There is no command '%s'. There are mutagenize, fit and report.", name))
  }
  if (any(args %in% c("--help", "-h"))) {
    return(print_help(name, command))
  }
  given <- parse_options(args, command$options)
  # What is printed on the way, by R or by a model's own code, is no result.
  sink(stderr())
  on.exit(sink())
  Sys.setenv(RETICULATE_REMAP_OUTPUT_STREAMS = "1")
  job <- as_usage_error(command$prepare(given))
  command$run(job)
}

check_installed <- function() {
  if (!requireNamespace("optparse", quietly = TRUE)) {
    stop("The command line needs the R package optparse, which is not installed. In R: install.packages(\"optparse\")")
  }
}

print_help <- function(name, command) {
  parser <- optparse::OptionParser(
    usage = paste("Rscript deepmr.R", name, "[options]"), option_list = command$options,
    description = command$about, epilogue = command$epilogue, add_help_option = FALSE
  )
  optparse::print_help(parser)
}

# The sentences of an error and of what lies behind it, without R's traceback.
error_text <- function(e) {
  if (inherits(e, "rlang_error")) rlang::cnd_message(e) else conditionMessage(e)
}

complain <- function(text) say("Error: ", sub("^! ", "", text))

say <- function(...) cat(..., "\n", sep = "", file = stderr())

usage_error <- function(text) {
  stop(structure(class = c("deepmr_usage_error", "error", "condition"), list(message = text, call = NULL)))
}

# deepmr's own checks of what the command line said make it a wrong command line.
as_usage_error <- function(expr) {
  tryCatch(expr, deepmr_error = function(e) usage_error(error_text(e)))
}
