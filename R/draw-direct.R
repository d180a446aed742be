# What direct effects of mutations on the outcome add to a standard error from the draws, around an estimate of any
# method (for egger_draws and ivw_draws: direct_variance(), by their moments). tau2 is their variance: the scatter about
# the line beyond what the errors explain. Substitutions of one position lose the same base and share a part of it,
# `shared`, by the products of residuals over their pairs.

# What direct_effects() needs of the variants of one sequence. `residual`, of alternative minus reference; `off`: what
# the errors leave of themselves in it, n x T; `w`: weights of the regression; `position` numbers positions, or is NULL.
# `excess` is the scatter beyond the errors, `shared` that of the pairs of one position, of weight `pairs`.
direct_sums <- function(residual, off, w, position, errors, n_members) {
  residual <- sqrt(w) * residual
  off <- sqrt(w) * off
  explained <- function(m) errors$trace(draw_products(m, m, rep(1, nrow(m)), NULL, n_members))
  n <- length(residual)
  of_errors <- explained(off)
  shared <- 0
  if (!is.null(position)) {
    shared <- sum_pairs(residual, position) - explained(rowsum(off, position, reorder = FALSE)) + of_errors
  }
  c(
    n = n, s0 = sum(w), excess = sum(residual^2) - of_errors, n_positions = if (is.null(position)) n else max(position),
    shared = shared, pairs = sum_pairs(sqrt(w), position)
  )
}

# Products v_i v_j summed over pairs of different substitutions of one position.
sum_pairs <- function(v, position) {
  if (is.null(position)) 0 else sum(rowsum(v, position, reorder = FALSE)^2) - sum(v^2)
}

# `sums`: of direct_sums(), or such added up over sequences: positions of two sequences share nothing. `left`: degrees
# of freedom of the residuals. Returns `variance(influence)` of a number by its direct_influence(), and its `df`.
direct_effects <- function(sums, left) {
  n <- sums[["n"]]
  tau2 <- max(0, sums[["excess"]]) / (sums[["s0"]] * left / n)
  shared <- if (isTRUE(sums[["pairs"]] > 0)) min(max(0, sums[["shared"]] / sums[["pairs"]]), tau2) else 0
  list(
    variance = function(influence) tau2 * influence[["squares"]] + shared * influence[["pairs"]],
    df = direct_df(left, n, sums[["n_positions"]], if (isTRUE(tau2 > 0)) shared / tau2 else 0)
  )
}

# About the network's own slope they are no error.
no_direct_effects <- list(variance = function(influence) 0, df = Inf)

# Of a number with influence `h` of the variants of one sequence; over sequences these add up.
direct_influence <- function(h, position) c(squares = sum(h^2), pairs = sum_pairs(h, position))
