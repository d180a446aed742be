test_that("mr_methods() lists every method with words for each", {
  table <- mr_methods()
  expect_named(table, c("name", "label", "formula", "needs", "reference"))
  expect_setequal(table$name, c(names(method_registry()), "mv_ivw", "mv_egger"))
  expect_true(all(nzchar(unlist(table))))
  expect_identical(anyDuplicated(table$formula), 0L)
})
