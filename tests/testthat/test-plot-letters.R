skip_if_not_installed("ggseqlogo")

test_that("letters fill the room they are given, in the colour of their base", {
  letters <- data.table::data.table(
    x = c(10, 11, 12, 13), base = c("A", "C", "G", "A"), low = c(0, -2, 1, 0), high = c(1, 0, 5, 0.5), panel = "p"
  )
  drawn <- letters_of(ggplot2::ggplot() + letter_layers(letters))
  expect_identical(drawn$base, letters$base)
  # Letters are not quite symmetric, and round ones overshoot their line by a hundredth.
  expect_lt(max(abs(drawn$x - letters$x)), 0.02)
  expect_lt(max(abs(drawn$low - letters$low) / (letters$high - letters$low)), 0.02)
  expect_lt(max(abs(drawn$high - letters$high) / (letters$high - letters$low)), 0.02)
})

test_that("each base has a shape of its own", {
  shapes <- letter_shapes()
  expect_identical(names(shapes), dna_bases)
  expect_length(unique(lapply(shapes, as.list)), 4)
})
