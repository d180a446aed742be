# Masks that sequences share: found by the influences of the draws, and pooled by the jackknife over draws.

# "shared", "own", or NA where nothing is known. `without`: slopes without each draw, a list over sequences.
masks_of <- function(without, choice) {
  if (choice != "auto") {
    return(choice)
  }
  # A sequence in which some draw alone carries the slope cannot tell; the others can.
  matrix <- influence_matrix(Filter(function(slopes) all(is.finite(slopes)), without))
  if (is.null(matrix)) {
    return(NA_character_)
  }
  if (independence_p(matrix) < 1e-4) "shared" else "own"
}

# T x k, each column centred; NULL where sequences have none, of different numbers of draws, or fewer than 4.
influence_matrix <- function(without) {
  n_draws <- unique(lengths(without))
  if (length(n_draws) != 1L || n_draws < 4L || length(without) < 2L) {
    return(NULL)
  }
  matrix <- matrix(unlist(without, use.names = FALSE), n_draws)
  if (all(is.finite(matrix))) sweep(matrix, 2L, colMeans(matrix))
}

# p of the sum of squared correlations between columns, given its mean and variance under independence (Schott
# 2005); a gamma distribution, which for two columns is chi-squared.
independence_p <- function(centred) {
  size <- sqrt(colSums(centred^2))
  z <- centred[, size > 0, drop = FALSE] / rep(size[size > 0], each = nrow(centred))
  k <- ncol(z)
  if (k < 2L) {
    return(1)
  }
  # Over pairs of columns, by the smaller of the two square matrices
  products <- if (k > nrow(z)) tcrossprod(z) else crossprod(z)
  sum_r2 <- (sum(products^2) - k) / 2
  df <- nrow(z) - 1
  mean <- k * (k - 1) / (2 * df)
  variance <- k * (k - 1) * (df - 1) / (df^2 * (df + 2))
  stats::pgamma(sum_r2, shape = mean^2 / variance, scale = variance / mean, lower.tail = FALSE)
}

# The pooled slope `result` with the standard error of the delete-one-draw jackknife, weights fixed.
pool_jackknife <- function(result, estimate, std_error, without, error, level) {
  influence <- influence_matrix(without)
  if (is.null(influence)) {
    result$status <- "masks shared between sequences: standard error too small, no slopes without each draw"
    return(result)
  }
  n_draws <- nrow(influence)
  k <- length(estimate)
  # The jackknife has the variance S/T of a mean; one more error of covariance S makes it S (1 + 1/T).
  scale <- (n_draws - 1) / n_draws * if (error == "classical") n_draws + 1 else 1
  w <- 1 / (std_error^2 + result$tau2)
  w <- w / sum(w)
  common <- scale * sum((influence %*% w)^2)
  own <- sum(w^2 * (result$tau2 + pmax(0, std_error^2 - scale * colSums(influence^2))))
  df <- (common + own)^2 / (common^2 / (n_draws - 1) + own^2 / (k - 1))
  line <- wald(sum(w * estimate), sqrt(common + own), df, level)
  line <- c(line[setdiff(wald_columns, "df")], prediction(line$estimate, common + own + result$tau2, df, level))
  result[names(line)] <- line
  c(result, list(status = "ok"))
}
