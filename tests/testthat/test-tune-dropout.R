tune_sequences <- function(n = 6) {
  sequences <- with_seed(3, replicate(n, paste(sample(c("A", "C", "G", "T"), 20, TRUE), collapse = "")))
  stats::setNames(sequences, paste0("s", seq_len(n)))
}

# Balanced: both outputs of every sequence.
tune_labels <- function(sequences) {
  labels <- data.table::CJ(sequence = names(sequences), output = c("x", "y"))
  labels[, "label" := with_seed(4, stats::rbinom(.N, 1, 0.5))][]
}

small_curve <- function(...) {
  sequences <- tune_sequences()
  tune_dropout(test_model(), sequences, tune_labels(sequences), n_samples = 6, ...)
}

test_that("every point is what predictions at that rate give by hand", {
  skip_if_no_python()
  sequences <- tune_sequences()
  labels <- tune_labels(sequences)
  curve <- small_curve(rates = c(0.5, 0, 0.2))
  # Own rates are 0.2, 0.2 and 0.25: a row of their own.
  expect_identical(curve$rate, c(0, 0.2, 0.5, NA))
  expect_identical(curve$own, c(FALSE, FALSE, FALSE, TRUE))
  specs <- list(NULL, dropout_spec(rate = 0.2), dropout_spec(rate = 0.5), dropout_spec())
  by_label <- lapply(specs, function(spec) {
    levels <- predict(test_model(), sequences, dropout = spec, n_samples = 6)
    merged <- merge(labels, as.data.frame(levels), by = c("sequence", "output"))
    merged$log_lik <- stats::dbinom(merged$label, 1, merged$mean, log = TRUE)
    merged
  })
  expect_equal(curve$log_lik, vapply(by_label, function(x) mean(x$log_lik), 0))
  expect_equal(curve$sd, vapply(by_label, function(x) stats::median(sqrt(x$var)), 0))
  expect_equal(curve$ece, vapply(by_label, function(x) calibration_error(x$mean, x$label)$ece, 0))
  expect_true(all(curve$n == 12 & curve$n_sequences == 6))
  # With equally many labels of each sequence the clustered error is that of the mean of sequence means.
  sequence_error <- function(x) stats::sd(tapply(x, by_label[[1]]$sequence, mean)) / sqrt(6)
  expect_equal(curve$std.error, vapply(by_label, function(x) sequence_error(x$log_lik), 0))
  best <- which.max(curve$log_lik)
  expect_equal(curve$difference, curve$log_lik - curve$log_lik[4])
  expect_equal(curve$to_best, curve$log_lik - max(curve$log_lik))
  paired <- function(to) vapply(by_label, function(x) sequence_error(x$log_lik - by_label[[to]]$log_lik), 0)
  expect_equal(curve$difference.se, paired(4))
  expect_equal(curve$to_best.se, paired(best))
})

test_that("the clustered error of unequal clusters is lm()'s with a sandwich by hand", {
  x <- c(1, 4, 2, 8, 5, 7)
  cluster <- c("a", "a", "a", "b", "c", "c")
  got <- clustered_mean(x, cluster)
  residual <- stats::residuals(stats::lm(x ~ 1))
  meat <- sum(residual[1:3])^2 + residual[[4]]^2 + sum(residual[5:6])^2
  expect_equal(got$mean, 4.5)
  expect_equal(got$std.error, sqrt(3 / 2 * meat) / 6)
  expect_identical(clustered_mean(x, rep("a", 6))$std.error, NA_real_)
})

test_that("layers are varied one by one, with the others at the model's own rates", {
  skip_if_no_python()
  sequences <- tune_sequences()
  labels <- tune_labels(sequences)
  curve <- small_curve(rates = c(0, 0.2, 0.4), layers = c("drop", "drop#2", "functional"))
  expect_identical(curve$layer, rep(c("drop", "drop#2", "functional"), c(3, 3, 4)))
  expect_identical(curve$rate[curve$own], c(0.2, 0.2, 0.25))
  hand <- function(spec) {
    levels <- predict(test_model(), sequences, dropout = spec, n_samples = 6)
    mean(stats::dbinom(labels$label, 1, levels[labels, on = c("sequence", "output")]$mean, log = TRUE))
  }
  expect_equal(curve$log_lik[curve$own], rep(hand(dropout_spec()), 3))
  expect_equal(
    curve$log_lik[curve$layer == "drop#2" & !curve$own],
    c(hand(dropout_spec(rate = c("drop#2" = 0))), hand(dropout_spec(rate = c("drop#2" = 0.4))))
  )
  expect_equal(curve$log_lik[1], hand(dropout_spec(rate = c(drop = 0))))
})

test_that("dropout added after a layer has a curve, from none upwards, also where the model has none", {
  skip_if_no_python()
  sequences <- tune_sequences()
  labels <- tune_labels(sequences)
  by_hand <- function(model, spec) {
    levels <- predict(model, sequences, dropout = spec, n_samples = 6)
    mean(stats::dbinom(labels$label, 1, levels[labels, on = c("sequence", "output")]$mean, log = TRUE))
  }
  curve <- small_curve(rates = c(0, 0.4), layers = "functional", extra = c("conv", "hidden"))
  expect_identical(curve$layer, rep(c("functional", "conv+dropout", "hidden+dropout"), c(3, 2, 2)))
  expect_identical(curve$rate[4:7], c(0, 0.4, 0, 0.4))
  expect_identical(curve$own[4:7], c(TRUE, FALSE, TRUE, FALSE))
  own <- by_hand(test_model(), dropout_spec())
  expect_equal(curve$log_lik[c(4, 6)], c(own, own))
  expect_equal(curve$log_lik[5], by_hand(test_model(), dropout_spec(extra = c(conv = 0.4))))
  expect_equal(curve$log_lik[7], by_hand(test_model(), dropout_spec(extra = c(hidden = 0.4))))
  expect_error(small_curve(extra = 0.2), class = "deepmr_error_argument")
  expect_error(small_curve(extra = "cnov"), "conv", class = "deepmr_error_unknown_layer")

  # Log odds: a sigmoid makes probabilities of what NoDropout gives.
  none <- with_transform(test_model("NoDropout"), transform_sigmoid())
  curve <- tune_dropout(none, sequences, labels, rates = 0.3, extra = "1", n_samples = 6)
  expect_identical(curve$rate, c(0, 0.3))
  expect_equal(curve$log_lik, c(by_hand(none, NULL), by_hand(none, dropout_spec(extra = c("1" = 0.3)))))
  zero <- test_model("RateZero")
  curve <- tune_dropout(zero, sequences, labels, rates = 0.3, n_samples = 6)
  expect_identical(curve$own, c(TRUE, FALSE))
  expect_equal(curve$log_lik, c(by_hand(zero, NULL), by_hand(zero, dropout_spec(rate = 0.3))))
})

test_that("rate 0 of the only call is dropout off", {
  skip_if_no_python()
  sequences <- tune_sequences()
  labels <- tune_labels(sequences)
  curve <- tune_dropout(test_model("Other"), sequences, labels, rates = 0, layers = "drop", n_samples = 4)
  expect_identical(curve$rate, c(0, 0.3))
  off <- predict(test_model("Other"), sequences, dropout = NULL)
  prob <- off[labels, on = c("sequence", "output")]$mean
  expect_equal(curve$log_lik[1], mean(stats::dbinom(labels$label, 1, prob, log = TRUE)))
  expect_identical(curve$sd[1], NA_real_)
})

test_that("labels that were drawn at the model's own predictions prefer them to a rate of .9", {
  skip_if_no_python()
  sequences <- tune_sequences(150)
  levels <- predict(test_model(), sequences, n_samples = 20)
  labels <- data.table::data.table(
    sequence = levels$sequence, output = levels$output,
    label = with_seed(5, stats::rbinom(nrow(levels), 1, levels$mean))
  )
  curve <- tune_dropout(test_model(), sequences, labels, rates = 0.9, n_samples = 20)
  worse <- curve[!curve$own]
  expect_lt(worse$difference, -2 * worse$difference.se)
  expect_output(print(curve), "more than a standard error behind")
})

test_that("predictions without a label are told once, and one sequence gives no error", {
  skip_if_no_python()
  sequences <- tune_sequences()
  labels <- data.frame(sequence = "s2", output = c("x", "y"), label = c(TRUE, FALSE))
  told <- 0
  curve <- withCallingHandlers(
    tune_dropout(test_model(), sequences, labels, rates = c(0, 0.4), n_samples = 4),
    deepmr_message_unlabelled = function(m) {
      told <<- told + 1
      invokeRestart("muffleMessage")
    }
  )
  expect_identical(told, 1)
  expect_true(all(is.na(curve$std.error)) && all(is.na(curve$difference.se)))
  expect_output(print(curve), "one sequence gives no standard error")
  expect_silent(draw(autoplot(curve)))
})

test_that("what is no rate, label or probability stops", {
  skip_if_no_python()
  sequences <- tune_sequences()
  labels <- tune_labels(sequences)
  expect_error(small_curve(rates = 1), class = "deepmr_error_argument")
  expect_error(small_curve(rates = numeric()), class = "deepmr_error_argument")
  expect_error(small_curve(layers = "none"), class = "deepmr_error_unknown_layer")
  expect_error(tune_dropout(test_model("NoDropout"), sequences, labels), class = "deepmr_error_no_dropout")
  wrong <- data.table::copy(labels)[1, "label" := 2L]
  expect_error(tune_dropout(test_model(), sequences, wrong, n_samples = 2), class = "deepmr_error_label")
  wrong <- data.table::copy(labels)[1, "sequence" := "nobody"]
  expect_error(tune_dropout(test_model(), sequences, wrong, n_samples = 2), class = "deepmr_error_labels")
  wrong <- data.table::copy(labels)[1, "output" := "z"]
  expect_error(tune_dropout(test_model(), sequences, wrong, n_samples = 2), class = "deepmr_error_unknown_output")
  expect_error(tune_dropout(test_model(), sequences, labels[, 1:2], n_samples = 2), class = "deepmr_error_columns")
  logits <- test_model("Logits")
  expect_error(tune_dropout(logits, sequences, labels, n_samples = 2), class = "deepmr_error_probability")
})

test_that("the curve is drawn about the own rates", {
  skip_if_no_python()
  curve <- small_curve(rates = c(0.1, 0.5), layers = c("drop#1", "functional"))
  p <- autoplot(curve)
  points <- layers_of(p, "GeomPoint")
  expect_equal(points[[1]]$y, curve$difference)
  expect_equal(points[[2]]$x, c(0.2, 0.25))
  expect_equal(points[[2]]$y, c(0, 0))
  range <- layers_of(p, "GeomLinerange")[[1]]
  expect_equal(range$ymax - range$ymin, 2 * curve$difference.se)
  expect_silent(draw(p))
})

test_that("the rates that cannot be told from the best are named", {
  curve <- data.table::data.table(
    layer = rep(c("a", "b"), c(4, 2)), rate = c(0, 0.1, 0.2, NA, 0.1, 0.2),
    own = c(FALSE, FALSE, FALSE, TRUE, TRUE, FALSE),
    n = 40L, n_sequences = 20L, to_best = c(-0.3, 0, -0.1, -0.05, 0, -0.2), to_best.se = c(0.1, 0, 0.1, 0.2, 0, 0.1)
  )
  data.table::setattr(curve, "class", c("deepmr_dropout_curve", "data.table", "data.frame"))
  expect_snapshot(print(curve))
  expect_output(print(curve[, c("rate", "own")]), "rate")
})
