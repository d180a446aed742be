#' Simulate a mutagenesis table
#'
#' A small table with the columns of [saturation_mutagenesis()], made without a
#' network or Python: for examples, for tests, and to see what the estimators do
#' when the truth is known. Few positions matter (a "site" of strong effects in a
#' background of weak ones), and one shared gain per draw makes the standard error
#' grow with the effect and the errors of exposure and outcome correlate, as
#' dropout masks do.
#'
#' @param n_sequences Number of sequences.
#' @param length Length of each sequence, in bases.
#' @param n_samples Number of draws T, at least 2.
#' @param slope True slope of outcome effects on exposure effects.
#' @param intercept True mean direct effect of a mutation on the outcome.
#' @param pleiotropy Standard deviation of the direct effects on the outcome.
#' @param noise Standard deviation of the shared gain of one draw, relative to the
#'   effect.
#' @param seed Seed of the simulation; the session's random state is left as found.
#' @return A `deepmr_mutagenesis` data.table with the outputs `"exposure"` and
#'   `"outcome"`: one row per sequence x variant x output, `effect_draws` included.
#' @examples
#' x <- simulate_mutagenesis(n_sequences = 2, length = 30, slope = 0.4)
#' effects <- estimate_effects(x, exposure = "exposure", outcome = "outcome")
#' fit_mr(effects)
#' @export
simulate_mutagenesis <- function(n_sequences = 3L, length = 100L, n_samples = 20L, slope = 0.4,
                                 intercept = 0, pleiotropy = 0.002, noise = 0.3, seed = 1L) {
  n_sequences <- check_count(n_sequences, "n_sequences")
  length <- check_count(length, "length")
  n_samples <- check_count(n_samples, "n_samples", min = 2L)
  seed <- check_count(seed, "seed", min = 0L)
  rows <- with_seed(seed, lapply(seq_len(n_sequences), function(i) {
    simulate_sequence(paste0("simulated", i), length, n_samples, slope, intercept, pleiotropy, noise)
  }))
  new_mutagenesis(data.table::rbindlist(rows), list(source = "simulate_mutagenesis()", seed = seed))
}

simulate_sequence <- function(name, length, n_samples, slope, intercept, pleiotropy, noise) {
  bases <- c("A", "C", "G", "T")
  ref <- sample(bases, length, replace = TRUE)
  position <- rep(seq_len(length), each = 3L)
  alt <- unlist(lapply(ref, function(base) setdiff(bases, base)))
  n <- 3L * length
  site <- position %in% sample(length, max(1L, length %/% 8L))
  exposure <- stats::rnorm(n, sd = ifelse(site, 0.1, 0.005))
  outcome <- intercept + slope * exposure + stats::rnorm(n, sd = pleiotropy)
  gain <- matrix(stats::rnorm(n_samples, sd = noise), n, n_samples, byrow = TRUE)
  jitter <- function(effect) {
    effect * (1 + gain) + matrix(stats::rnorm(n * n_samples, sd = 0.002), n)
  }
  one_output <- function(output, level, draws) {
    level_draws <- level * (1 + 0.1 * gain[1L, ])
    alt_draws <- draws + rep(level_draws, each = n)
    effect <- rowMeans(draws)
    variance <- function(x) rowSums((x - rowMeans(x))^2) / (n_samples - 1)
    data.table::data.table(
      sequence = name, position = position, ref = rep(ref, each = 3L), alt = alt, output = output,
      mean_ref = mean(level_draws), mean_alt = mean(level_draws) + effect,
      var_ref = stats::var(level_draws), var_alt = variance(alt_draws),
      cov = drop((alt_draws - rowMeans(alt_draws)) %*% (level_draws - mean(level_draws))) / (n_samples - 1),
      effect = effect, se = sqrt(variance(draws)), n_draws = n_samples, at_rounding = FALSE,
      effect_draws = lapply(seq_len(n), function(i) draws[i, ])
    )
  }
  table <- rbind(
    one_output("exposure", 0.5, jitter(exposure)),
    one_output("outcome", 0.4, jitter(outcome))
  )
  table[order(position, alt)]
}

# Runs `code` under `seed` and puts the session's random state back.
with_seed <- function(seed, code) {
  old <- get0(".Random.seed", globalenv(), inherits = FALSE)
  on.exit({
    if (is.null(old)) {
      rm(list = intersect(".Random.seed", ls(globalenv(), all.names = TRUE)), envir = globalenv())
    } else {
      assign(".Random.seed", old, globalenv())
    }
  })
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  code
}
