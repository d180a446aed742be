two_outputs <- function() simulate_mutagenesis(n_sequences = 1, length = 5)

# The simulated table with outputs of other names, and a third.
renamed <- function(exposure, outcome, third) {
  x <- data.table::as.data.table(two_outputs())
  more <- x[x$output == "exposure"]
  more$output <- third
  x$output <- ifelse(x$output == "exposure", exposure, outcome)
  rbind(x, more)
}

test_that("outputs of a model are named by names or by rows of their table", {
  model <- beluga_model()
  expect_identical(match_outputs(NULL, model), seq_along(model$outputs))
  expect_identical(match_outputs(c("HepG2_CTCF_None", "8988T_DNase_None"), model)[2L], 1L)
  found <- outputs(model, "HepG2", "FOXA1")
  expect_identical(match_outputs(found, model), found$index)
  expect_identical(match_outputs(as.data.frame(found)["output"], model), found$index)
  expect_identical(match_outputs(data.frame(output = factor(found$output)), model), found$index)
  expect_error(match_outputs(found[, -"output"], model), "output", class = "deepmr_error_columns")
  expect_error(match_outputs(rbind(found, found), model), "twice", class = "deepmr_error_argument")
  expect_error(match_outputs(data.frame(output = 1:2), model), class = "deepmr_error_argument")
  expect_error(match_outputs(found[0], model), "found no output", class = "deepmr_error_no_output")
})

test_that("a label of several outputs is ambiguous, and says so with their names", {
  model <- beluga_model()
  expect_error(match_outputs("HepG2_FOXA1_None", model), "#1.*#2", class = "deepmr_error_ambiguous_output")
  expect_identical(model$outputs[match_outputs("HepG2_FOXA1_None#2", model)], "HepG2_FOXA1_None#2")
  x <- renamed("HepG2_FOXA1_None#1", "HepG2_DNase_None", "HepG2_FOXA1_None#2")
  expect_error(
    estimate_effects(x, "HepG2_FOXA1_None", "HepG2_DNase_None"), "#1.*#2",
    class = "deepmr_error_ambiguous_output"
  )
  # With only one of them in the table the label is unknown, and its name the nearest.
  x <- x[x$output != "HepG2_FOXA1_None#2"]
  expect_error(
    estimate_effects(x, "HepG2_FOXA1_None", "HepG2_DNase_None"), 'Nearest: "HepG2_FOXA1_None#1"',
    class = "deepmr_error_unknown_output"
  )
})

test_that("an unknown output is met with those that contain it, then those of its target", {
  model <- beluga_model()
  near <- function(x, n = 3L) nearest_names(x, model$outputs, n)
  expect_setequal(near("HepG2_FOXA1"), c("HepG2_FOXA1_None#1", "HepG2_FOXA1_None#2", "A549_FOXA1_EtOH_0.02pct"))
  expect_true(all(grepl("CTCF_", near("K562_CTCF_None"))))
  expect_setequal(near("foxa2", 1L), "HepG2_FOXA2_None")
  expect_identical(near("HepG2_CTFC_None", 1L), "HepG2_CTCF_None") # spelt alike
  expect_identical(nearest_names("acessibility", c("Dref", "accessibility"), 1L), "accessibility")
  expect_error(
    match_outputs("K562_CTCF_None", model), "Nearest: .*CTCF_None.* searches",
    class = "deepmr_error_unknown_output"
  )
})

test_that("estimate_effects() and fit_mr() take rows of a table of outputs", {
  x <- two_outputs()
  rows <- outputs(named_model(c("outcome", "exposure", "other")))
  named <- estimate_effects(x, "exposure", "outcome")
  expect_equal(estimate_effects(x, rows[2L], rows[1L]), named)
  fit <- fit_mr(x, method = "ols", exposure = rows[2L], outcome = as.data.frame(rows)[1L, ])
  expect_equal(bare(fit), bare(fit_mr(named, method = "ols")))
  expect_equal(bare(fit_mr(named, method = "ols", exposure = rows[2L])), bare(fit))
  expect_error(fit_mr(named, exposure = rows[3L]), "other", class = "deepmr_error_unknown_output")
  expect_error(estimate_effects(x, rows[0L], "outcome"), "exposure", class = "deepmr_error_no_output")
  expect_error(fit_mr(named, outcome = rows[0L]), "outcome", class = "deepmr_error_no_output")
})

test_that("predict() and saturation_mutagenesis() take rows of outputs()", {
  skip_if_no_python()
  model <- test_model()
  rows <- outputs(model, "y")
  expect_identical(unique(predict(model, test_sequences, rows, n_samples = 2)$output), "y")
  x <- saturation_mutagenesis(model, test_sequences[1L], rows, n_samples = 2, positions = 1)
  expect_identical(unique(x$output), "y")
  expect_error(predict(model, test_sequences, rows[0L]), class = "deepmr_error_no_output")
})

test_that("numbers and lists are no names", {
  model <- structure(list(outputs = c("a", "b")), class = "deepmr_model")
  expect_error(match_outputs(1, model), "must be names, or rows", class = "deepmr_error_argument")
  expect_error(match_outputs(c("a", "a"), model), "twice", class = "deepmr_error_argument")
  rows <- data.table::data.table(output = "a")
  expect_error(match_outputs(c(rows, rows), model), "rbind", class = "deepmr_error_argument")
})
