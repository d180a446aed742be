# Tables for the tests of the statistics: no network, no Python.

mr_reference <- function() dget(testthat::test_path("fixtures", "mr-reference.R"))

# Figures of the textbook methods, for the inputs of mr_reference().
textbook_reference <- function() dget(testthat::test_path("fixtures", "mr-textbook.R"))

# Largest relative difference of two vectors.
relative_gap <- function(got, want) max(abs(unlist(got) / unlist(want) - 1))

reference_sets <- c("synthetic200", "underdispersed40")

# Methods that these machines can fit.
fittable_methods <- function() {
  has <- function(method) is.null(method$package) || requireNamespace(method$package, quietly = TRUE)
  names(Filter(has, method_registry()))
}

# A plain table of effects from the vectors of a reference set.
plain_effects <- function(input, sequence = "s1") {
  data.table::data.table(
    sequence = sequence, beta_exposure = input$bx, se_exposure = input$bxse,
    beta_outcome = input$by, se_outcome = input$byse
  )
}

# Effects with draws whose errors are correlated over variants (shared factors) and
# between exposure and outcome. X, Y: n x T draws.
random_draws <- function(n, n_draws, theta = 0.4, tau = 0.02, error = 1, seed = 1) {
  with_seed(seed, {
    bx <- stats::rnorm(n) * ifelse(stats::runif(n) < 0.3, 0.1, 0.02)
    by <- 0.01 + theta * bx + stats::rnorm(n, sd = tau)
    factors <- matrix(stats::rnorm(3 * n_draws), 3)
    loadings <- matrix(stats::rnorm(3 * n), n)
    noise <- function() matrix(stats::rnorm(n * n_draws), n)
    shared <- loadings %*% factors
    list(
      x = bx + error * 0.02 * (shared + noise()),
      y = by + error * 0.02 * (0.7 * shared + noise())
    )
  })
}

draws_effects <- function(draws, sequence = "s1", exposure = "X", outcome = "Y") {
  as_list <- function(matrix) lapply(seq_len(nrow(matrix)), function(i) matrix[i, ])
  data.table::data.table(
    sequence = sequence, position = seq_len(nrow(draws$x)), ref = "A", alt = "C",
    exposure = exposure, outcome = outcome,
    beta_exposure = rowMeans(draws$x), se_exposure = row_sd(draws$x),
    beta_outcome = rowMeans(draws$y), se_outcome = row_sd(draws$y),
    n_draws = ncol(draws$x), draws_exposure = as_list(draws$x), draws_outcome = as_list(draws$y)
  )
}

# `effects` with three variants at each position.
triples_of <- function(effects) {
  effects[, c("position", "alt") := list(rep(seq_len(.N / 3), each = 3), rep(c("C", "G", "T"), .N / 3))]
}

row_sd <- function(m) sqrt(rowSums((m - rowMeans(m))^2) / (ncol(m) - 1))

# Moments of x and y draws under equal weights.
moments_of <- function(draws, centred = TRUE, position = NULL, n_members = 1L) {
  w <- rep(1, nrow(draws$x))
  one <- function(matrix) centre_draws(t(matrix), w, centred, position, n_members)
  draw_moments(one(draws$x), one(draws$y), w, n_members)
}

# The figures of a fit without class and attributes, for comparisons.
bare <- function(fit) data.table::setDF(data.table::as.data.table(as.list(fit)))[]

# Masks of each sequence's own, or shared: then one gain per draw for all of them.
sequences_with_masks <- function(shared, k = 12, n_draws = 20, slope = 0.4, seed = 1) {
  with_seed(seed, {
    draw <- function() matrix(rnorm(5 * n_draws), 5)
    masks <- draw()
    loadings <- matrix(rnorm(40 * 5), 40)
    data.table::rbindlist(lapply(seq_len(k), function(i) {
      if (!shared) masks <- draw()
      bx <- rnorm(40, sd = 0.1)
      by <- (slope + rnorm(1, sd = 0.05)) * bx
      own <- loadings + matrix(rnorm(40 * 5, sd = 0.5), 40)
      x <- bx + 0.02 * own %*% masks + 0.3 * outer(bx, masks[1, ])
      y <- by + 0.02 * own %*% masks + 0.3 * outer(by, masks[2, ]) + matrix(rnorm(40 * n_draws, sd = 0.01), 40)
      draws_effects(list(x = x, y = y), paste0("s", i))
    }))
  })
}

# Three sequences of different size, one with few variants.
pooled_draws <- function(n_draws = c(12, 12, 12), n = c(12, 18, 4), error = 0.4) {
  sets <- Map(function(n, n_draws, seed) {
    draws <- random_draws(n, n_draws, error = error, seed = seed)
    draws$y <- draws$y + 0.05 * seed
    draws
  }, n, n_draws, seq_along(n))
  stats::setNames(sets, paste0("s", seq_along(n)))
}

pooled_effects <- function(sets) data.table::rbindlist(Map(draws_effects, sets, names(sets)))
