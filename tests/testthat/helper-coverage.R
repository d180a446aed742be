# Simulated sequences whose truth is known, for the coverage of intervals: benchmarks/coverage.R runs thousands of
# them, test-coverage.R a few hundred. No network, no Python.
#
# 300 variants (100 positions x 3), T = 50 draws, slope .2 unless said otherwise. A fifth of the positions are sites of
# the exposure; effects have SD .1, direct effects on the outcome SD .02. Of the errors' variance 80 % are five factors
# shared by all variants, correlated .7 between exposure and outcome; `ratio` is error variance over effect variance.
#
# A regime's name: assumption (A mc, B classical, C posterior), ratio, then letters:
#   g  one of the factors is a gain: a draw scales all effects
#   p  standard errors are proportional to effects (and a floor of a tenth of the effects' SD)
#   x  cross-talk: a network error that draws do not show, SD .02, correlated .8 between the outputs
#   d  direct effects are shared by the substitutions of a position (correlation .7)
#   e  an ensemble of 5 members that take turns; their own deviations have SD .05, correlated .7 between the outputs
#   o  slope 0, and the outcome has sites of its own: the exposure is a decoy
coverage_regime <- function(name) {
  parts <- regmatches(name, regexec("^([ABC])([0-9.]*[0-9])([gpxdeo]*)$", name))[[1L]]
  has <- function(letter) grepl(letter, parts[4L], fixed = TRUE)
  list(
    name = name, error = c(A = "mc", B = "classical", C = "posterior")[[parts[2L]]], ratio = as.numeric(parts[3L]),
    gain = has("g"), proportional = has("p"), cross_talk = has("x"), clustered = has("d"),
    n_members = if (has("e")) 5L else 1L, decoy = has("o")
  )
}

# One sequence: T draws of both outputs (n x T), and the truths: the structural slope, that over these variants (the
# network's own under mc, else the oracle's), and that of the draw which is the truth (posterior).
coverage_sequence <- function(regime, n_positions = 100L, n_draws = 50L) {
  n <- 3L * n_positions
  position <- rep(seq_len(n_positions), each = 3L)
  shared <- function(correlation) {
    sqrt(correlation) * stats::rnorm(n_positions)[position] + sqrt(1 - correlation) * stats::rnorm(n)
  }
  sites <- function() 0.1 * shared(0.5) * ifelse((stats::runif(n_positions) < 0.2)[position], 2.18, 0.25)
  theta <- if (regime$decoy) 0 else 0.2
  bx <- sites()
  direct <- 0.02 * shared(if (regime$clustered) 0.7 else 0) + if (regime$decoy) sites() else 0
  by <- theta * bx + direct

  # Errors: n x 6 loadings (five factors, one of its own), the same for every draw
  size <- sqrt(regime$ratio) * 0.1
  relative <- function(b) if (regime$proportional) (abs(b) + 0.01) / sqrt(mean((abs(b) + 0.01)^2)) else rep(1, n)
  loadings <- function(b) {
    five <- matrix(stats::rnorm(5L * n), n) / sqrt(5)
    if (regime$gain) five[, 1L] <- b / sqrt(mean(b^2)) / sqrt(5)
    size * relative(b) * sqrt(0.8) * five
  }
  one <- loadings(bx)
  two <- 0.7 * one * relative(by) / relative(bx) + sqrt(1 - 0.7^2) * loadings(by)
  if (regime$gain) two[, 1L] <- loadings(by)[, 1L]
  error <- function(k) {
    factors <- matrix(stats::rnorm(5L * k), 5L)
    own <- matrix(stats::rnorm(n * k), n)
    other <- 0.7 * own + sqrt(1 - 0.7^2) * matrix(stats::rnorm(n * k), n)
    list(
      x = one %*% factors + size * relative(bx) * sqrt(0.2) * own,
      y = two %*% factors + size * relative(by) * sqrt(0.2) * other
    )
  }
  slope <- function(b) stats::cov(b$x, b$y) / stats::var(b$x)
  network <- list(x = bx, y = by)
  oracle <- slope(network)
  add <- function(network, error) list(x = network$x + drop(error$x), y = network$y + drop(error$y))
  if (regime$cross_talk) {
    talk <- stats::rnorm(n)
    network <- add(network, list(x = 0.02 * talk, y = 0.02 * (0.8 * talk + 0.6 * stats::rnorm(n))))
  }
  if (regime$error == "classical") network <- add(network, error(1L))
  true_draw <- add(network, error(1L))
  noise <- error(n_draws)
  if (regime$n_members > 1L) {
    members <- matrix(stats::rnorm(n * regime$n_members), n)
    others <- 0.7 * members + sqrt(1 - 0.7^2) * matrix(stats::rnorm(n * regime$n_members), n)
    network <- add(network, list(x = 0.05 * rowMeans(members), y = 0.05 * rowMeans(others)))
    turn <- draw_member(n_draws, regime$n_members)
    noise$x <- noise$x + 0.05 * (members - rowMeans(members))[, turn]
    noise$y <- noise$y + 0.05 * (others - rowMeans(others))[, turn]
  }
  list(
    draws = list(x = network$x + noise$x, y = network$y + noise$y), position = position,
    truth = c(
      structural = theta, network = if (regime$error == "mc") slope(network) else oracle, draw = slope(true_draw)
    )
  )
}

# `n` sequences as one table of effects, and their truths.
coverage_data <- function(name, n, seed = 1L, ...) {
  regime <- coverage_regime(name)
  sequences <- with_seed(seed, lapply(seq_len(n), function(i) coverage_sequence(regime, ...)))
  effects <- lapply(seq_len(n), function(i) {
    one <- sequences[[i]]
    table <- draws_effects(one$draws, sequence = paste0("s", i))
    table[, c("position", "alt") := list(one$position, rep(c("C", "G", "T"), length.out = .N))]
    table[, "n_members" := regime$n_members]
  })
  truth <- data.table::as.data.table(do.call(rbind, lapply(sequences, `[[`, "truth")))
  list(regime = regime, effects = data.table::rbindlist(effects), truth = truth)
}

# Share of intervals that hold `truth`, median bias and width, and fits without an estimate, by method and error.
coverage_of <- function(fit, truth) {
  value <- truth[match(fit$sequence, paste0("s", seq_along(truth)))]
  fits <- data.table::as.data.table(as.list(fit)[c("method", "error", "estimate", "conf.low", "conf.high")])
  fits[, "value" := value]
  fits[, list(
    coverage = mean(conf.low <= value & value <= conf.high, na.rm = TRUE),
    bias = stats::median(estimate - value, na.rm = TRUE), width = stats::median(conf.high - conf.low, na.rm = TRUE),
    n = sum(!is.na(estimate)), failed = sum(is.na(estimate))
  ), by = c("method", "error")]
}
