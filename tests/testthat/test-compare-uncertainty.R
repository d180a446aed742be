compare_sequences <- function() c(test_sequences, third = "GGATCCATTACGAGTCATCA")

# The network without dropout, moved by something to be wrong by.
compare_truth <- function() {
  x <- saturation_mutagenesis(test_model(), compare_sequences(), dropout = NULL)
  truth <- data.table::as.data.table(as.list(x)[c("sequence", "position", "ref", "alt", "output", "effect")])
  truth[, "effect" := truth$effect + with_seed(1, stats::rnorm(nrow(truth), sd = 0.02))][]
}

compare_labels <- function() {
  labels <- data.table::CJ(sequence = names(compare_sequences()), output = c("x", "y"))
  labels[, "label" := c(0, 1, 1, 1, 0, 0)][]
}

compare_small <- function(ways, ...) {
  suppressMessages(compare_uncertainty(
    ways, compare_sequences(), "x", "y", truth = compare_truth(), labels = compare_labels(), n_samples = 8,
    positions = 3:9, ...
  ))
}

# The columns of one way, by the plain functions and by hand.
expect_way <- function(row, way, n_samples) {
  x <- saturation_mutagenesis(way$model, compare_sequences(), NULL, way$dropout, n_samples, 3:9)
  truth <- compare_truth()[x, on = c("sequence", "position", "alt", "output")]$effect
  x$inside <- abs(x$effect - truth) <= stats::qt(0.975, x$n_draws - 1) * x$se
  known <- x[!x$at_rounding]
  of <- function(output, column) known[[column]][known$output == output]
  expect_equal(row$coverage_exposure, mean(of("x", "inside")))
  expect_equal(row$coverage_outcome, mean(of("y", "inside")))
  plain <- suppressMessages(se_coverage(x, compare_truth(), 0.95))
  plain <- plain[plain$interval == "t" & plain$output == "y"]
  expect_equal(c(row$coverage_outcome.low, row$coverage_outcome.high), c(plain$cluster.low, plain$cluster.high))
  expect_equal(c(row$se_exposure, row$se_outcome), c(stats::median(of("x", "se")), stats::median(of("y", "se"))))
  expect_equal(row$at_rounding, mean(x$at_rounding))

  fit <- fit_mr(x, method = "egger_draws", error = "classical", exposure = "x", outcome = "y")
  pooled <- suppressMessages(meta_analyze(fit))
  expect_equal(c(row$i2_gx, row$i2_cov), c(stats::median(fit$i2_gx), stats::median(fit$i2_cov)))
  columns <- c("estimate", "conf.low", "conf.high", "k")
  expect_equal(unlist(unclass(row)[columns]), unlist(unclass(pooled)[columns]))

  labels <- compare_labels()
  levels <- predict(way$model, compare_sequences(), NULL, way$dropout, n_samples)
  prob <- levels[labels, on = c("sequence", "output")]$mean
  expect_equal(row$log_loss, -mean(stats::dbinom(labels$label, 1, prob, log = TRUE)))
  plain <- calibration_error(prob, labels$label, clusters = labels$sequence)
  expect_equal(c(row$ece, row$ece.low, row$ece.high), c(plain$ece, plain$ece.low, plain$ece.high))
  # 3 substitutions at 7 positions of 3 sequences, and the references
  expect_equal(row$passes, (3 * 21 + 3) * x$n_draws[1L])
  list(i2_gx = row$i2_gx, by_hand = vapply(split(known, known$sequence), function(g) {
    i2_gx(abs(g$effect[g$output == "x"]), g$se[g$output == "x"])
  }, 0))
}

test_that("each column is what the plain functions give", {
  skip_if_no_python()
  model <- test_model()
  ensemble <- model_ensemble(list(model, test_model("Other")))
  ways <- list(
    locked = list(model = model, dropout = dropout_spec()),
    unlocked = list(model = model, dropout = dropout_spec("unlocked")),
    channel = list(model = model, dropout = dropout_spec(unit = "channel"), n_samples = 6),
    rate = list(model = model, dropout = dropout_spec(rate = 0.4)),
    layers = list(model = model, dropout = dropout_spec(rate = c("drop#1" = 0.1, functional = 0.5))),
    members = list(model = ensemble, dropout = NULL), both = list(model = ensemble, dropout = dropout_spec())
  )
  compared <- compare_small(replace(ways, "locked", list(model)))
  expect_identical(compared$way, names(ways))
  expect_identical(compared$n_draws, c(8L, 8L, 6L, 8L, 8L, 2L, 8L))
  for (i in seq_along(ways)) {
    found <- expect_way(compared[i], ways[[i]], if (i == 3L) 6L else 8L)
    # Of one network I^2_GX is the textbook's with `se` as it is.
    if (i <= 5L) expect_equal(found$i2_gx, stats::median(found$by_hand))
  }
})

test_that("without errors, truth or labels there are no figures, and one sequence has its own slope", {
  skip_if_no_python()
  model <- test_model()
  compared <- compare_uncertainty(
    list(off = list(model = model, dropout = NULL), on = model), compare_sequences()[1], "x", "y",
    n_samples = 8, positions = 3:9, level = 0.8
  )
  expect_true(all(is.na(unlist(compared[, c("ece", "log_loss", "coverage_exposure", "coverage_outcome")]))))
  expect_true(all(is.na(unlist(compared[1, c("se_exposure", "i2_gx", "i2_cov", "estimate")]))))
  expect_identical(compared$n_draws, c(1L, 8L))
  x <- saturation_mutagenesis(model, compare_sequences()[1], n_samples = 8, positions = 3:9)
  fit <- fit_mr(x, method = "egger_draws", error = "classical", exposure = "x", outcome = "y", level = 0.8)
  columns <- c("estimate", "conf.low", "conf.high")
  expect_equal(unlist(unclass(compared[2])[columns]), unlist(unclass(fit)[columns]))
  expect_output(print(compared), "2 ways, 1 pair; coverage is to be 0.8")
  expect_output(print(compared), "Without a value: ece, log_loss")
  p <- autoplot(compared)
  expect_false(any(grepl("coverage|calibration", levels(p$data$panel))))
  expect_silent(draw(p))
})

test_that("a baseline without errors keeps its calibration", {
  skip_if_no_python()
  compared <- compare_small(list(off = list(model = test_model(), dropout = NULL)))
  off <- predict(test_model(), compare_sequences(), dropout = NULL)
  labels <- compare_labels()
  prob <- off[labels, on = c("sequence", "output")]$mean
  expect_equal(compared$ece, calibration_error(prob, labels$label)$ece)
  expect_identical(compared$status, "one draw: no standard errors")
})

test_that("both directions are two rows, whose calibration is that of the pair", {
  skip_if_no_python()
  compared <- suppressMessages(compare_uncertainty(
    list(a = test_model()), compare_sequences(), c("x", "y"), c("x", "y"), labels = compare_labels(), n_samples = 4,
    positions = 3:6
  ))
  expect_identical(compared$exposure, c("x", "y"))
  expect_identical(compared$se_exposure, rev(compared$se_outcome))
  expect_identical(compared$ece[1], compared$ece[2])
})

test_that("errors name the way", {
  skip_if_no_python()
  model <- test_model()
  stopped <- function(ways) tryCatch(compare_small(ways), error = function(e) e)
  failed <- stopped(list(good = model, wrong = list(model = test_model("NoDropout"))))
  expect_s3_class(failed, "deepmr_error_way")
  expect_s3_class(failed$parent, "deepmr_error_no_dropout")
  expect_match(conditionMessage(failed), "wrong")
  other <- list(good = model, other = test_model(outputs = c("x", "z")))
  expect_s3_class(stopped(other)$parent, "deepmr_error_unknown_output")
  expect_s3_class(stopped(list(a = list(model = model, dropout = "locked")))$parent, "deepmr_error_argument")
  wrong <- list(
    model, list(model), list(), list(a = model, a = model), list(a = 1), list(a = list(model = 1)),
    list(a = list(model = model, rate = 0.2))
  )
  for (ways in wrong) expect_error(compare_small(ways), class = "deepmr_error_argument")
  labels <- data.frame(sequence = "first", output = "z", label = 1)
  expect_error(
    compare_uncertainty(list(a = model), compare_sequences(), "x", "y", labels = labels), class = "deepmr_error_labels"
  )
  expect_error(compare_uncertainty(list(a = model), compare_sequences(), "x", "x"), class = "deepmr_error_same_output")
})

test_that("the panels show the table", {
  skip_if_no_python()
  compared <- compare_small(list(a = test_model(), b = list(model = test_model(), dropout = dropout_spec("unlocked"))))
  p <- autoplot(compared)
  of <- function(panel) p$data$value[p$data$panel == panel]
  expect_equal(of("coverage\nexposure"), compared$coverage_exposure)
  expect_equal(of("log10 median SE\noutcome"), log10(compared$se_outcome))
  expect_equal(of("I2_cov"), compared$i2_cov)
  expect_identical(levels(p$data$way), c("b", "a"))
  expect_equal(layers_of(p, "GeomVline")[[1]]$xintercept, rep(0.95, 2))
  expect_silent(draw(p))
  expect_output(print(compared[, c("way", "ece")]), "ece")
})
