test_that("a specification prints what it means", {
  expect_snapshot({
    dropout_spec()
    dropout_spec("unlocked", "channel", rate = 0.1)
    dropout_spec(rate = c(drop1 = 0.05, drop3 = 0.3), layers = c("drop1", "drop3"))
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
