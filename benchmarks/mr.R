# Speed of the fits, as ratios within one run.
#   Rscript benchmarks/mr.R [sequences, default 1000]
# 1. Textbook MR-Egger of 10 exposures in sequences of 3,000 variants: fit_mr() with all its diagnostics, and the bare
#    kernel, against a loop of lm() on data that are already split (timed on 200 fits and extrapolated).
# 2. egger_draws: milliseconds per sequence x exposure at n = 3,000 variants, T = 50 draws, for both errors.
suppressMessages(pkgload::load_all(quiet = TRUE, helpers = FALSE))

n_sequences <- if (length(commandArgs(TRUE))) as.integer(commandArgs(TRUE)[1L]) else 1000L
n_variants <- 3000L
n_exposures <- 10L
seconds <- function(code) system.time(code)[["elapsed"]]

plain_table <- function(n_sequences) {
  units <- data.table::CJ(
    sequence = paste0("s", seq_len(n_sequences)), exposure = paste0("x", seq_len(n_exposures)),
    position = seq_len(n_variants / 3L), alt = c("C", "G", "T"), sorted = FALSE
  )
  n <- nrow(units)
  units[, c("ref", "outcome", "n_draws") := list("A", "y", 50L)]
  units[, c("beta_exposure", "se_exposure") := list(stats::rnorm(n), stats::runif(n, 0.1, 0.2))]
  units[, c("beta_outcome", "se_outcome") := list(stats::rnorm(n), stats::runif(n, 0.1, 0.2))]
}

# In portions, as such a table would be read: the time of the fits only.
set.seed(1)
portion <- min(20L, n_sequences)
table <- plain_table(portion)
invisible(fit_mr(table, method = "egger", error = "mc")) # compiled once
portions <- max(1L, n_sequences %/% portion)
fits <- sum(vapply(seq_len(portions), function(i) seconds(fit_mr(table, method = "egger", error = "mc")), 0))

data <- prepare_effects(table)
input <- list(bx = data$beta_exposure, by = data$beta_outcome, byse = data$se_outcome, group = data$group)
options <- list(distribution = "normal", level = 0.95)
kernel <- portions * min(replicate(3L, seconds(fit_egger(input, max(data$group), options))))

n_timed <- 200L
pieces <- split(table, by = c("sequence", "exposure"))[seq_len(min(n_timed, portion * n_exposures))]
one_lm <- function(piece) {
  x <- abs(piece$beta_exposure)
  y <- ifelse(piece$beta_exposure < 0, -1, 1) * piece$beta_outcome
  summary(stats::lm(y ~ x, weights = 1 / piece$se_outcome^2))$coefficients
}
loop <- seconds(lapply(pieces, one_lm)) / length(pieces) * portions * portion * n_exposures

n_fits <- portions * portion * n_exposures
cat(sprintf("Textbook MR-Egger, %d fits of %d variants\n", n_fits, n_variants))
cat(sprintf("  lm() loop (extrapolated from %d): %7.1f s\n", length(pieces), loop))
cat(sprintf("  fit_mr(), checks and diagnostics: %7.1f s, %.1f times as fast\n", fits, loop / fits))
cat(sprintf("  the kernel alone:                 %7.1f s, %.1f times as fast\n", kernel, loop / kernel))

n_draws <- 50L
rows <- function(m) lapply(seq_len(nrow(m)), function(i) m[i, ])
noise <- function() matrix(stats::rnorm(n_variants * n_draws), n_variants)
y <- stats::rnorm(n_variants) + noise()
outcome <- rows(y)
effects <- data.table::rbindlist(lapply(seq_len(n_exposures), function(i) {
  x <- stats::rnorm(n_variants) + noise()
  data.table::data.table(
    sequence = "s", position = rep(seq_len(n_variants / 3L), each = 3L), ref = "A",
    alt = rep(c("C", "G", "T"), n_variants / 3L), exposure = paste0("x", i), outcome = "y",
    beta_exposure = rowMeans(x), se_exposure = apply(x, 1L, stats::sd),
    beta_outcome = rowMeans(y), se_outcome = apply(y, 1L, stats::sd),
    n_draws = n_draws, draws_exposure = rows(x), draws_outcome = outcome
  )
}))
for (target in c("structural", "network")) {
  draws <- min(replicate(5L, seconds(fit_mr(effects, method = "egger_draws", target = target)))) / n_exposures
  cat(sprintf(
    "egger_draws, %d variants x %d draws, target %s: %.1f ms per sequence x exposure, %.1f times an lm()\n",
    n_variants, n_draws, target, 1000 * draws, draws / (loop / n_fits)
  ))
}
