# What direct effects of mutations on the outcome add to a standard error from the draws, around an estimate of any
# method (for egger_draws and ivw_draws: direct_variance(), by their moments). tau2 is their variance: the scatter about
# the line beyond what the errors explain. Substitutions of one position lose the same base and share a part of it,
# `shared`, by the products of residuals over their pairs.

# `residual`, of alternative minus reference; `off`: what the errors leave of themselves in it, n x T; `w`: weights of
# the regression; `position` numbers positions, or is NULL; `left`: degrees of freedom of the residuals. Returns
# `variance(h)` of a number with influence h of the variants, and its `df`.
direct_effects <- function(residual, off, w, position, errors, n_members, left) {
  n <- length(residual)
  residual <- sqrt(w) * residual
  off <- sqrt(w) * off
  explained <- function(m) errors$trace(draw_products(m, m, rep(1, nrow(m)), NULL, n_members))
  tau2 <- max(0, sum(residual^2) - explained(off)) / (sum(w) * left / n)
  if (is.null(position)) {
    return(list(variance = function(h) tau2 * sum(h^2), df = max(1, left)))
  }
  total <- function(m) rowsum(m, position, reorder = FALSE)
  pairs <- function(v) sum(total(v)^2) - sum(v^2)
  shared <- (pairs(residual) - explained(total(off)) + explained(off)) / pairs(sqrt(w))
  shared <- min(max(0, shared), tau2)
  list(
    variance = function(h) tau2 * sum(h^2) + shared * pairs(h),
    df = direct_df(left, n, max(position), if (isTRUE(tau2 > 0)) shared / tau2 else 0)
  )
}

# About the network's own slope they are no error.
no_direct_effects <- list(variance = function(h) 0, df = Inf)
