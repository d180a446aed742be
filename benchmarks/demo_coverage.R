# Do 95 % intervals of the demo model's slopes hold the truth? Three truths, by method and error, over the 100 held-out
# promoters: `Rscript benchmarks/demo_coverage.R` (half an hour; writes inst/extdata/demo_coverage.csv).
#
# The network's own slope is that of 400 draws under other masks, corrected for their error, over the variants that the
# fit of 50 draws used. Promoter x exposure pairs in which no variant moves the exposure by .05 hold no instrument and
# are left out.
suppressMessages(pkgload::load_all(quiet = TRUE, helpers = FALSE))

n_promoters <- if (length(commandArgs(TRUE))) as.integer(commandArgs(TRUE)[1L]) else 100L
model <- model_demo()
outcome <- "accessibility"
exposures <- setdiff(outputs(model)$output, outcome)
coefficients <- demo_truth(demo_sequences(1L))$coefficients

slope_of <- function(x, y) stats::cov(x, y) / stats::var(x)

fits_of <- function(effects) {
  fits <- list(
    "egger_draws" = fit_mr(effects, method = "egger_draws"),
    "egger_draws, target = \"network\"" = fit_mr(effects, method = "egger_draws", target = "network"),
    "ivw_draws" = fit_mr(effects, method = "ivw_draws"),
    "egger_draws, inverse variance" = fit_mr(effects, method = "egger_draws", weights = "inverse_variance"),
    "egger" = fit_mr(effects, method = "egger"),
    "ivw" = fit_mr(effects, method = "ivw"),
    "median_weighted" = fit_mr(effects, method = "median_weighted"),
    "egger_paper" = fit_mr(effects, method = "egger_paper")
  )
  data.table::rbindlist(lapply(fits, function(fit) data.table::as.data.table(tidy(fit))[term == "slope"]),
    idcol = "fit", fill = TRUE
  )
}

of_promoter <- function(i) {
  sequence <- demo_sequences(n_promoters)[i]
  effects <- estimate_effects(
    suppressMessages(saturation_mutagenesis(model, sequence, n_samples = 50L, seed = 1L)), exposures, outcome
  )
  many <- estimate_effects(
    suppressMessages(saturation_mutagenesis(model, sequence, n_samples = 400L, seed = 2L)), exposures, outcome
  )
  oracle <- data.table::dcast(demo_truth(sequence)$effects, position + alt ~ output, value.var = "effect")
  used <- effects[at_rounding == FALSE, .(exposure, position, alt)]
  instrument <- effects[, .(reach = max(abs(beta_exposure))), by = exposure][reach >= 0.05, exposure]
  own <- many[used, on = c("exposure", "position", "alt")][exposure %in% instrument]
  own <- suppressMessages(fit_mr(own, method = "egger_draws", error = "mc"))
  own <- data.table::as.data.table(tidy(own))[term == "slope", .(exposure, network = estimate)]
  truths <- oracle[used, on = c("position", "alt")][
    , .(oracle = slope_of(get(.BY[[1L]]), get(outcome))), by = exposure
  ][own, on = "exposure"]
  truths <- truths[coefficients[, .(exposure = output, structural = coefficient)], on = "exposure", nomatch = NULL]
  cat(i, "")
  truths[suppressWarnings(suppressMessages(fits_of(effects))), on = "exposure", nomatch = NULL]
}

results <- data.table::rbindlist(lapply(seq_len(n_promoters), of_promoter))
long <- data.table::melt(
  results,
  measure.vars = c("network", "oracle", "structural"), variable.name = "truth", value.name = "value"
)
table <- long[, .(
  pairs = .N, fitted = sum(is.finite(estimate)),
  covered = round(mean((conf.low <= value & value <= conf.high)[is.finite(conf.low)]), 3),
  median_error = round(stats::median(estimate - value, na.rm = TRUE), 3),
  median_width = round(stats::median(conf.high - conf.low, na.rm = TRUE), 3)
), by = .(fit, error, truth)]
table <- data.table::dcast(table, fit + error + pairs + fitted + median_width ~ truth,
  value.var = c("covered", "median_error")
)
print(table)
data.table::fwrite(table, "inst/extdata/demo_coverage.csv")
