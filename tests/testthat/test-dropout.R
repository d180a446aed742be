test_that("a specification prints what it means", {
  expect_snapshot({
    dropout_spec()
    dropout_spec("unlocked", "channel", rate = 0.1)
    dropout_spec(rate = c(drop1 = 0.05, drop3 = 0.3), layers = c("drop1", "drop3"))
    dropout_spec(extra = c(conv1 = 0.2, "features.3" = 0.1))
    dropout_spec(rate = 0.3, extra = c(conv1 = 0.2))
  })
})

test_that("bad specifications are stopped with the value", {
  expect_snapshot(error = TRUE, {
    dropout_spec("free")
    dropout_spec(unit = "row")
    dropout_spec(rate = 1)
    dropout_spec(rate = -0.1)
    dropout_spec(rate = "high")
    dropout_spec(rate = c(0.1, 0.2))
    dropout_spec(rate = c(a = 0.1, a = 0.2))
    dropout_spec(layers = 3)
    dropout_spec(extra = 0.2)
    dropout_spec(extra = c(conv1 = 0))
    dropout_spec(extra = c(conv1 = 0.2, conv1 = 0.3))
    dropout_spec(extra = "conv1")
  })
})

test_that("rates by name, by number and by layer reach the network", {
  skip_if_no_python()
  model <- test_model()
  spread <- function(...) {
    predict(model, test_sequences[1L], dropout = dropout_spec(...), n_samples = 20)$var
  }
  # Naming a module means all its calls, and is the same as switching the others off.
  expect_equal(spread(rate = c(functional = 0)), spread(layers = "drop"))
  expect_equal(spread(layers = "drop#2"), spread(rate = c("drop#1" = 0, functional = 0)))
  expect_equal(spread(layers = "drop#2", rate = 0.5), spread(layers = "drop", rate = c("drop#1" = 0, "drop#2" = 0.5)))
  # More dropout, more variance.
  expect_true(all(spread(rate = 0.5) > 2 * spread(rate = 0.05)))
  expect_error(spread(layers = "dropp"), "drop", class = "deepmr_error_unknown_layer")
})

test_that("dropout is added after layers by name", {
  skip_if_no_python()
  model <- test_model("NoDropout")
  expect_error(predict(model, test_sequences), "extra", class = "deepmr_error_no_dropout")
  # The last layer is linear: its outputs are 0, or twice those without dropout.
  exact <- predict(model, test_sequences, dropout = NULL)
  x <- predict(model, test_sequences, dropout = dropout_spec(extra = c("1" = 0.5)), n_samples = 40, draws = TRUE)
  for (i in seq_len(nrow(x))) {
    draws <- x$prediction_draws[[i]]
    dropped <- draws == 0
    # Single precision: the rounding of sums of order 1, whatever is left of them.
    expect_lt(max(abs(draws[!dropped] - 2 * exact$mean[i])), 1e-6)
    expect_gt(abs(exact$mean[i]), 1e-3)
    expect_gt(stats::binom.test(sum(dropped), 40, 0.5)$p.value, 1e-4)
  }
  made <- saturation_mutagenesis(
    model, test_sequences[1L], dropout = dropout_spec(extra = c("1" = 0.5)), n_samples = 2, positions = 1
  )
  expect_identical(attr(made, "provenance")$dropout$extra, c("1" = 0.5))
})

test_that("added dropout leaves the network's own masks as they were", {
  skip_if_no_python()
  run <- function(...) {
    predict(test_model(), test_sequences[1L], dropout = dropout_spec(...), n_samples = 5, draws = TRUE)
  }
  own <- c("drop", "functional")
  expect_identical(run(extra = c(conv = 0.2), layers = own)$prediction_draws, run()$prediction_draws)
  both <- run(extra = c(conv = 0.2, hidden = 0.3), rate = c("conv+dropout" = 0))
  expect_identical(both$prediction_draws, run(extra = c(hidden = 0.3))$prediction_draws)
  expect_false(identical(both$prediction_draws, run()$prediction_draws))
  expect_error(run(extra = c(con = 0.2)), "'con'.*Nearest: conv", class = "deepmr_error_unknown_layer")
})
