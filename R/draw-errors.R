# What the draws are taken to be the errors of. With SS the sum over draws of the products of deviations, the
# errors have the covariance
#   mc:        SS / (T-1) * 1/T         error of the mean over T draws
#   classical: SS / (T-1) * (1 + 1/T)   one more error of the same covariance, and that of the mean
#   posterior: -SS / (T-1) * (1 - 1/T)  the truth is a draw: its sums are those of the means *plus* the draws'
# and the rest is the same for all three.
#
# Draw t of an ensemble is member (t-1) mod M (see ?model_ensemble): two draws of one member share what is the
# member's own, so they are not independent. Deviations are split into those within members (T - M degrees of freedom,
# mean square W) and of members (M - 1, mean square B, which estimates W + T0 times the variance between
# members, T0 the draws per member):
#   mc: the target is the mean of these members, of which masks are a sample: W / T
#   classical: one error with the covariance of a draw, W + (B - W) / T0, and the masks' W / T
#   posterior: one more draw, W + (B - W) / T0, about the mean of a sample of members, B / T
# With one draw per member (T = M) the members are the draws, and the formulas those of one network.

# Returns `trace(K)`, the errors' share of a sum whose products over draws are K (T x T); `share(sums)`, the same of
# sum_over_draws(), per variant; `square(K)`, K scaled so that its elements are products of errors; `variance(v)` and
# `df(v)` of a number with influence v[t] of draw t.
draw_errors <- function(error, n_draws, n_members = 1L) {
  if (draws_independent(n_draws, n_members)) {
    return(errors_of_draws(error, n_draws))
  }
  errors_of_members(error, n_draws, n_members)
}

draws_independent <- function(n_draws, n_members) n_members == 1L | n_members == n_draws

errors_of_draws <- function(error, n_draws) {
  scale <- switch(error,
    mc = 1 / n_draws, classical = 1 + 1 / n_draws, posterior = -(1 - 1 / n_draws)
  ) / (n_draws - 1)
  spread <- if (error == "posterior") (1 + 1 / n_draws) / (n_draws - 1) else scale
  list(
    trace = function(k) scale * sum(diag(k)),
    share = function(sums) scale * sums$total,
    square = function(k) scale * k,
    variance = function(v) spread * sum((v - mean(v))^2),
    df = function(v) n_draws - 1
  )
}

errors_of_members <- function(error, n_draws, n_members) {
  member <- draw_member(n_draws, n_members)
  size <- tabulate(member, n_members)
  per_member <- (n_draws - sum(size^2) / n_draws) / (n_members - 1)
  df <- c(within = n_draws - n_members, between = n_members - 1)
  one_draw <- c(within = 1 - 1 / per_member, between = 1 / per_member)
  spread <- switch(error,
    mc = c(1 / n_draws, 0),
    classical = one_draw + c(1 / n_draws, 0),
    posterior = one_draw + c(0, 1 / n_draws)
  ) / df
  mean_of_member <- outer(member, member, "==") / size[member]
  within <- diag(n_draws) - mean_of_member
  root <- sqrt(spread[[1L]]) * within + sqrt(spread[[2L]]) * mean_of_member
  parts <- function(v) {
    v <- v - mean(v)
    between <- sum((mean_of_member %*% v)^2)
    spread * c(sum(v^2) - between, between)
  }
  list(
    # The truth as one of these very draws: all of them count alike.
    trace = function(k) if (error == "posterior") -sum(diag(k)) / n_draws else sum(root * (k %*% root)),
    share = function(sums) {
      if (error == "posterior") {
        return(-sums$total / n_draws)
      }
      spread[[1L]] * (sums$total - sums$between) + spread[[2L]] * sums$between
    },
    square = function(k) root %*% k %*% root,
    variance = function(v) sum(parts(v)),
    df = function(v) if (sum(parts(v)) > 0) sum(parts(v))^2 / sum(parts(v)^2 / df) else min(df[spread > 0])
  )
}

# Member of each draw, from 1.
draw_member <- function(n_draws, n_members) (seq_len(n_draws) - 1L) %% n_members + 1L
