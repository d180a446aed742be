# The demonstration: what the demo model has learnt about cause and effect, beside the truth.
#
#   Rscript run.R FOLDER [SEQUENCES] [DRAWS]
#
# Writes tables (CSV), figures (PNG), demo.rds, report.html (the page that render_report() makes of any fit) and
# truth.html (the answers beside the truth, which only a demonstration knows) into FOLDER.

suppressPackageStartupMessages({
  library(deepmr)
  library(data.table)
  library(ggplot2)
})

args <- commandArgs(trailingOnly = TRUE)
folder <- if (length(args) >= 1L) args[1L] else "demo-output"
n_sequences <- if (length(args) >= 2L) as.integer(args[2L]) else 20L
if (n_sequences > 20L) stop("At most 20 sequences: the network's own slopes are stored for these.")
n_samples <- if (length(args) >= 3L) as.integer(args[3L]) else 50L
seed <- 1L
dir.create(folder, showWarnings = FALSE, recursive = TRUE)
in_folder <- function(file) file.path(folder, file)
step <- function(...) cli::cli_h2(paste0(...))
started <- Sys.time()

step("Model")
model <- model_demo()
print(model)
outcome <- "accessibility"
exposures <- setdiff(outputs(model)$output, outcome)

step("Saturation mutagenesis under locked dropout masks")
sequences <- demo_sequences(n_sequences)
mutagenesis <- saturation_mutagenesis(model, sequences, n_samples = n_samples, seed = seed)
print(mutagenesis)

step("One Mendelian randomization per promoter and exposure")
effects <- estimate_effects(mutagenesis, exposure = exposures, outcome = outcome)
fit <- fit_mr(effects)
print(fit)

step("Random-effects meta-analysis over promoters")
# A promoter in which no variant moves the exposure holds no instrument: what is left there is how the
# network's predictions move together for reasons of their own, however certain the network is of it.
least_movement <- 0.05
movement <- effects[, .(largest = max(abs(beta_exposure))), by = .(sequence, exposure)]
set_aside <- movement[largest < least_movement]
instrumented <- movement[largest >= least_movement, paste(sequence, exposure)]
cat(sprintf(
  "%d of %d promoter x exposure pairs are set aside: no variant moves the exposure by %g\n",
  nrow(set_aside), nrow(movement), least_movement
))
fit_pooled <- fit[paste(sequence, exposure) %in% instrumented]
pooled <- meta_analyze(fit_pooled)
print(pooled)

step("The truth")
# Three truths: the structural coefficient, the oracle's slope, the network's own slope.
oracle <- demo_truth(sequences)
# All over the variants that the fits used.
oracle_slope <- rbindlist(lapply(exposures, function(name) {
  wide <- dcast(
    oracle$effects[output %in% c(name, outcome)], sequence + position + alt ~ output,
    value.var = "effect"
  )
  used <- effects[exposure == name & at_rounding == FALSE, .(sequence, position, alt)]
  wide[used, on = c("sequence", "position", "alt")][
    , .(exposure = name, oracle_slope = stats::cov(get(name), get(outcome)) / stats::var(get(name))),
    by = sequence
  ]
}))
own <- fread(system.file("extdata", "demo_network_slopes.csv", package = "deepmr"))
per_sequence <- merge(
  oracle_slope, own[, .(sequence, exposure, network_slope = slope)],
  by = c("sequence", "exposure")
)
# Averaged with the weights of the pooled slope: where a promoter has no site of a factor, its
# slope is far from the others, and known badly, in the network as in the estimate.
weights <- merge(
  as.data.table(fit_pooled)[error == "mc", .(sequence, exposure, std.error)],
  as.data.table(pooled)[error == "mc", .(exposure, tau2)],
  by = "exposure"
)
weights[, weight := fcoalesce(1 / (std.error^2 + tau2), 0)]
truth <- merge(per_sequence, weights, by = c("sequence", "exposure"))[, .(
  oracle = stats::weighted.mean(oracle_slope, weight), network = stats::weighted.mean(network_slope, weight)
), by = exposure]
structural <- as.data.table(oracle$coefficients)[, .(exposure = output, structural = coefficient)]
truth <- merge(truth, structural, by = "exposure")
print(truth[, .(exposure, structural, oracle, network)])

step("Do the mutations break motifs?")
motifs <- read_motifs(system.file("extdata", "demo_motifs.jaspar", package = "deepmr"))
disruption <- motif_disruption(mutagenesis, motifs, n_shuffles = 50L)
print(disruption)

step("Are probabilities and standard errors calibrated?")
# 0/1 labels drawn from the oracle's probabilities, for all promoters that came with the package.
many <- demo_sequences(100)
predicted <- predict(model, many, n_samples = 20L, seed = seed)
labels <- as.data.table(demo_truth(many)$levels)
set.seed(seed)
labels[, label := stats::rbinom(.N, 1L, level)]
calibration <- calibration_error(predicted, labels)
reliability_all <- reliability(predicted, labels)
coverage <- se_coverage(mutagenesis, oracle$effects)
print(calibration)

step("Figures and pages")
forest_truth <- rbind(
  truth[, .(exposure, truth_name = "structural coefficient", value = structural)],
  truth[, .(exposure, truth_name = "network's own slope (weighted mean)", value = network)]
)
mc <- fit_pooled[error == "mc"]
pooled_mc <- pooled[error == "mc"]
first <- names(sequences)[1L]
plots <- list(
  forest = autoplot(mc, "forest", pooled = pooled_mc, truth = forest_truth),
  scatter = autoplot(effects, fit = fit[error == "mc"], sequences = first),
  density = autoplot(mc, "density", pooled = pooled_mc, truth = forest_truth),
  mean_variance = autoplot(mutagenesis, "mean_variance"),
  se_effect = autoplot(mutagenesis, "se_effect"),
  reliability = autoplot(reliability_all[output == "(pooled)", !"output"]),
  motifs = autoplot(disruption, "matrix")
)
heights <- c(
  forest = 7, scatter = 5.5, density = 5, mean_variance = 5.5, se_effect = 5.5, reliability = 5.5, motifs = 5
)
for (name in names(plots)) {
  ggsave(in_folder(paste0(name, ".png")), plots[[name]], width = 8, height = heights[[name]], dpi = 150)
}
tables <- list(
  effects = effects[, .SD, .SDcols = !c("draws_exposure", "draws_outcome")],
  fits = tidy(fit), diagnostics = glance(fit), pooled = pooled,
  truth = truth, truth_per_sequence = per_sequence, calibration = calibration, motifs = disruption$pooled
)
for (name in names(tables)) fwrite(as.data.table(tables[[name]]), in_folder(paste0(name, ".csv")))
saveRDS(
  list(effects = effects, fit = fit, pooled = pooled, truth = truth, per_sequence_truth = per_sequence),
  in_folder("demo.rds")
)
if (requireNamespace("rmarkdown", quietly = TRUE) && rmarkdown::pandoc_available()) {
  render_report(
    fit_pooled, in_folder("report.html"), mutagenesis = mutagenesis, motifs = disruption,
    calibration = list(
      calibration, reliability_all, "Standard errors of effects against the oracle's effects" = coverage
    ),
    title = "What the demo model has learnt"
  )
  # Rendered from a copy: the installed template's folder may not be writable. It reads the objects made here.
  template <- file.path(tempdir(), "truth.Rmd")
  file.copy(system.file("demonstration", "truth.Rmd", package = "deepmr"), template, overwrite = TRUE)
  rmarkdown::render(
    template,
    output_file = "truth.html", output_dir = normalizePath(folder), quiet = TRUE, envir = new.env()
  )
} else {
  cli::cli_alert_warning("No report.html and truth.html: they need the R package rmarkdown and pandoc.")
}

step("Result")
covered <- merge(mc[, .(sequence, exposure, conf.low, conf.high)], per_sequence, by = c("sequence", "exposure"))
inside <- covered[, .(
  network = sum(conf.low <= network_slope & network_slope <= conf.high, na.rm = TRUE),
  oracle = sum(conf.low <= oracle_slope & oracle_slope <= conf.high, na.rm = TRUE), n = .N
), by = exposure]
for (name in exposures) {
  row <- pooled_mc[exposure == name]
  true <- truth[exposure == name]
  hits <- inside[exposure == name]
  cat(sprintf(
    paste0(
      "%s -> %s: pooled %.2f [%.2f, %.2f]; structural %.2f, oracle %.2f, network's own %.2f; ",
      "intervals cover the network's own slope in %d of %d sequences, the oracle's in %d of %d\n"
    ),
    name, outcome, row$estimate, row$conf.low, row$conf.high, true$structural, true$oracle, true$network,
    hits$network, hits$n, hits$oracle, hits$n
  ))
}
cat(sprintf(
  "Done in %.0f seconds. Tables, figures and pages are in %s; open report.html and truth.html there.\n",
  as.numeric(difftime(Sys.time(), started, units = "secs")), normalizePath(folder)
))
