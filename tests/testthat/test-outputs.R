test_that("the table says what each output is", {
  model <- beluga_model()
  table <- outputs(model)
  expect_identical(class(table), c("data.table", "data.frame"))
  expect_named(table, c("index", "output", "label", "cell", "target", "treatment"))
  expect_identical(table$index, seq_along(model$outputs))
  expect_identical(table$output, model$outputs)
  twice <- table[table$label == "A549_USF-1_EtOH_0.02pct"]
  expect_identical(twice$output, paste0("A549_USF-1_EtOH_0.02pct#", 1:2))
  expect_identical(twice$cell, c("A549", "A549"))
  expect_identical(twice$treatment, rep("EtOH_0.02pct", 2))
})

test_that("a search keeps the rows that every term matches", {
  model <- beluga_model()
  found <- function(...) outputs(model, ...)$output
  expect_identical(found("HepG2", "FOXA1"), c("HepG2_FOXA1_None#1", "HepG2_FOXA1_None#2"))
  expect_identical(found("foxa1", "HEPG2"), found("HepG2", "FOXA1"))
  expect_identical(found("HepG2", "FOXA1", "None#2"), "HepG2_FOXA1_None#2")
  # Whole parts first, parts of names only where there are none.
  expect_setequal(outputs(model, "CTCF")$target, "CTCF")
  expect_identical(found("CTCFL"), "K562_CTCFL_None")
  expect_setequal(outputs(model, "FOXA")$target, c("FOXA1", "FOXA2"))
  expect_identical(found("HepG2_CTCF_None"), "HepG2_CTCF_None")
  expect_identical(outputs(model, "ctcf", "hepg2")$index, match("HepG2_CTCF_None", model$outputs))
  # Plain text, not a pattern.
  expect_identical(found("Pol2(b)"), "HeLa-S3_Pol2(b)_None")
  expect_identical(outputs(named_model(c("Dref", "accessibility")), "access")$output, "accessibility")
})

test_that("a search that finds nothing says which term, and what is near", {
  model <- beluga_model()
  expect_message(none <- outputs(model, "HepG2", "FOXA9"), 'matches "FOXA9"', class = "deepmr_message_outputs")
  expect_identical(dim(none), c(0L, 6L))
  expect_identical(names(none), names(outputs(model)))
  expect_message(outputs(model, "FOXA9"), 'Nearest: "FOXA[12]"')
  expect_message(outputs(model, "K562", "FOXA1"), '"K562" and "FOXA1" together', class = "deepmr_message_outputs")
  expect_message(outputs(model, "K562", "FOXA1"), "by itself")
  expect_message(outputs(model, "{stop('no code')}"), "No output matches", class = "deepmr_message_outputs")
})

test_that("a term is a string with text in it", {
  model <- beluga_model()
  for (term in list("", " ", NA_character_, 1, NULL, c("HepG2", "FOXA1"), character(), TRUE)) {
    expect_error(outputs(model, "HepG2", term), "Term 2", class = "deepmr_error_argument")
  }
  expect_error(outputs(model, cell = "HepG2"), "cell", class = "deepmr_error_argument")
})
