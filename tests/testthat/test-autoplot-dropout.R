test_that("bars are the shares, with their intervals", {
  skip_if_no_python()
  found <- diagnose_dropout(test_model(), test_sequences, positions = 5:7, n_samples = 5)
  p <- autoplot(found)
  expect_equal(sort(layers_of(p, "GeomCol")[[1]]$x), sort(found$shares$estimate))
  expect_equal(sort(layers_of(p, "GeomLinerange")[[1]]$xmax), sort(found$shares$conf.high))
  expect_identical(levels(p$data$site), rev(found$sites$site))
  expect_silent(draw(p))
  gain <- autoplot(found, type = "gain")
  x <- found$mutagenesis
  expect_equal(sort(10^layers_of(gain, "GeomPoint")[[1]]$x), sort(sqrt((x$var_ref + x$var_alt) / x$se^2)))
  expect_silent(draw(gain))
  expect_equal(nrow(autoplot(found, type = "se_effect")$data), nrow(x))
  expect_error(autoplot(found, type = "pie"), class = "deepmr_error_argument")
})

test_that("of many outputs six are shown, and the others counted", {
  check <- list(
    sites = data.table::data.table(site = "drop", kind = "Dropout", rate = 0.1),
    shares = data.table::CJ(of = c("prediction", "effect"), output = letters[1:8], site = "drop", share = "total"),
    mutagenesis = data.table::data.table(output = rep(letters[8:1], 2))
  )
  check$shares[, c("estimate", "conf.low", "conf.high") := list(1, 1, 1)]
  p <- autoplot(structure(check, class = "deepmr_dropout_check"))
  expect_setequal(p$data$output, letters[8:3])
  expect_match(gsub("\n", " ", p$labels$caption), "2 of 8 outputs not shown")
})
