test_that("an error has its class, one sentence that says what was wrong and one remedy each", {
  fail <- function(value) {
    stop_deepmr("thing", "The thing is {.val {value}}.", c("Make it 1.", "Or 2."))
  }
  error <- tryCatch(fail(7), error = identity)
  expect_identical(class(error)[1:2], c("deepmr_error_thing", "deepmr_error"))
  expect_match(conditionMessage(error), "The thing is 7")
  expect_match(conditionMessage(error), "Make it 1.*Or 2")
  expect_identical(as.character(error$call), c("fail", "7"))
})

test_that("an error keeps its parent", {
  parent <- simpleError("below")
  error <- tryCatch(stop_deepmr("thing", "Above.", parent = parent), error = identity)
  expect_identical(conditionMessage(error$parent), "below")
})

test_that("a warning has its class", {
  expect_warning(warn_deepmr("thing", "Careful.", "Look."), "Careful", class = "deepmr_warning_thing")
})
