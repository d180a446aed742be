library(testthat)
library(deepmr)
test_check("deepmr")
