# Recalibration of the probabilities of one output: each fit_*() takes `prob` and `label` (0/1) and returns
# list(terms, numbers, scores): a table of parameters, what the transform needs, the score before and after.

fit_none <- function(set) {
  list(terms = no_terms, scores = log_losses(set, identity))
}

fit_platt <- function(set, level, where, call) {
  logit <- logit_of(set$prob)
  check_two_classes(set$label, where, call)
  check_different(set$prob, where, call)
  check_no_threshold(logit, set$label, where, call)
  # A certain fit, where glm() warns, is what labels say that are nearly told apart by a threshold.
  fit <- withCallingHandlers(
    stats::glm(set$label ~ logit, family = stats::binomial(), control = list(epsilon = 1e-12, maxit = 100)),
    warning = function(w) if (grepl("numerically 0 or 1", conditionMessage(w))) rlang::cnd_muffle(w)
  )
  if (!fit$converged) {
    stop_deepmr(
      "not_converged", "The logistic regression for {where} does not converge.",
      "Predictions of exactly 0 or 1 with the wrong label may be the reason; {.val isotonic} has no such trouble.",
      call = call
    )
  }
  coefficient <- stats::coef(summary(fit))
  estimate <- unname(coefficient[, "Estimate"])
  warn_reversed(estimate[2L] <= 0, where, call)
  list(
    terms = wald_terms(c("a", "b"), estimate, unname(coefficient[, "Std. Error"]), level),
    numbers = list(a = estimate[1L], b = estimate[2L]),
    scores = log_losses(set, function(p) stats::plogis(estimate[1L] + estimate[2L] * logit_of(p)))
  )
}

# The log loss is convex in 1 / temperature: it has its minimum inside unless it falls all the way to 0 or to infinity.
fit_temperature <- function(set, level, where, call) {
  logit <- logit_of(set$prob)
  sign <- 2 * set$label - 1
  check_two_classes(set$label, where, call)
  if (all(sign * logit >= 0)) stop_separation(where, call)
  if (sum(sign * logit) <= 0) {
    stop_deepmr(
      "no_information",
      "The predictions of {where} are no better than 1/2 for all: the best temperature is infinite.",
      "{.val platt} also shifts them, which may be what they need.",
      call = call
    )
  }
  loss <- function(log_temperature) -sum(stats::plogis(sign * logit * exp(-log_temperature), log.p = TRUE))
  log_temperature <- stats::optimize(loss, log(c(1e-6, 1e6)), tol = 1e-10)$minimum
  temperature <- exp(log_temperature)
  p <- stats::plogis(logit / temperature)
  # Fisher's information about log(temperature).
  error <- 1 / sqrt(sum((logit / temperature)^2 * p * (1 - p)))
  terms <- wald_terms("temperature", log_temperature, error, level)
  terms[, c("estimate", "std.error") := list(temperature, temperature * error)]
  terms[, c("conf.low", "conf.high") := list(exp(terms$conf.low), exp(terms$conf.high))]
  list(
    terms = terms, numbers = list(temperature = temperature),
    scores = log_losses(set, function(p) stats::plogis(logit_of(p) / temperature))
  )
}

fit_isotonic <- function(set, where, call) {
  check_two_classes(set$label, where, call)
  check_different(set$prob, where, call)
  points <- isotonic_points(set$prob, set$label)
  warn_reversed(diff(range(points$y)) == 0, where, call)
  list(
    terms = data.table::data.table(
      term = "levels", estimate = length(unique(points$y)), std.error = NA_real_, conf.low = NA_real_,
      conf.high = NA_real_
    ),
    numbers = points,
    scores = log_losses(set, function(p) stats::approx(points$x, points$y, p, rule = 2)$y)
  )
}

# The ends of the flat stretches of the isotonic regression. Ties sorted by falling label are pooled, as
# averaging them with their number as weight would.
isotonic_points <- function(prob, label) {
  sorted <- order(prob, -label)
  x <- prob[sorted]
  y <- stats::isoreg(label[sorted])$yf
  first <- !duplicated(x)
  x <- x[first]
  y <- y[first]
  jump <- diff(y) != 0
  ends <- c(TRUE, jump) | c(jump, TRUE)
  list(x = x[ends], y = y[ends])
}

# As the transform does it (transform.py).
logit_of <- function(prob) {
  prob <- pmin(pmax(prob, 1e-45), 1 - 2^-53)
  log(prob) - log1p(-prob)
}

log_losses <- function(set, recalibrated) {
  data.table::data.table(
    n = nrow(set), score = "log_loss", before = log_loss(set$prob, set$label),
    after = log_loss(recalibrated(set$prob), set$label)
  )
}

no_terms <- data.table::data.table(
  term = character(), estimate = numeric(), std.error = numeric(), conf.low = numeric(), conf.high = numeric()
)

wald_terms <- function(term, estimate, error, level) {
  half <- stats::qnorm((1 + level) / 2) * error
  data.table::data.table(
    term = term, estimate = estimate, std.error = error, conf.low = estimate - half, conf.high = estimate + half
  )
}

check_two_classes <- function(label, where, call) {
  if (length(unique(label)) < 2L) {
    stop_deepmr(
      "one_class", "All {length(label)} labels of {where} are {label[1L]}.",
      "A recalibration needs both 0 and 1: label more held-out sequences, or leave the output out of {.arg labels}.",
      call = call
    )
  }
}

check_different <- function(prob, where, call) {
  if (length(unique(prob)) < 2L) {
    stop_deepmr(
      "no_spread", "All {length(prob)} predictions of {where} are {prob[1L]}: no curve fits them.",
      call = call
    )
  }
}

# A logistic regression has a maximum if and only if the labels overlap (Albert and Anderson 1984, Biometrika 71:1-10).
check_no_threshold <- function(logit, label, where, call) {
  zeros <- range(logit[label == 0])
  ones <- range(logit[label == 1])
  if (zeros[2L] <= ones[1L] || ones[2L] <= zeros[1L]) stop_separation(where, call)
}

stop_separation <- function(where, call) {
  stop_deepmr(
    "separation", "A threshold tells the labels of {where} apart without an error: the best slope is infinite.",
    "Label more held-out sequences, or leave the output as it is with {.val none}.",
    call = call
  )
}

warn_reversed <- function(reversed, where, call) {
  if (reversed) {
    warn_deepmr(
      "reversed", "The predictions of {where} do not rise with its labels.",
      "See whether 0 and 1 are the right way round and the labels belong to these sequences.",
      call = call
    )
  }
}
