all_variants <- function(sequence) {
  bases <- strsplit(sequence, "")[[1L]]
  grid <- data.table::CJ(position = which(bases != "N"), alt = c("A", "C", "G", "T"))
  grid <- grid[alt != bases[position]]
  text <- vapply(seq_len(nrow(grid)), function(i) {
    substr(sequence, grid$position[i], grid$position[i]) <- grid$alt[i]
    sequence
  }, "")
  stats::setNames(text, paste(grid$position, grid$alt))
}

test_that("with dropout that drops nothing, effects are differences of plain predictions", {
  skip_if_no_python()
  model <- test_model()
  x <- saturation_mutagenesis(model, test_sequences, dropout = dropout_spec(rate = 1e-9), n_samples = 2)
  for (name in names(test_sequences)) {
    variants <- all_variants(test_sequences[[name]])
    alt <- predict(model, variants, dropout = NULL)
    ref <- predict(model, test_sequences[name], dropout = NULL)
    expect_equal(x[sequence == name]$mean_alt, alt$mean, tolerance = 1e-6)
    expect_equal(x[sequence == name]$effect, alt$mean - rep(ref$mean, length(variants)), tolerance = 1e-5)
    expect_identical(paste(x[sequence == name & output == "x", paste(position, alt)]), names(variants))
  }
  expect_identical(unique(x$output), c("x", "y"))
})

test_that("moments, effects and draws of one table agree with each other", {
  skip_if_no_python()
  model <- test_model()
  x <- saturation_mutagenesis(model, test_sequences, n_samples = 20)
  expect_equal(x$effect, vapply(x$effect_draws, mean, 0))
  expect_equal(x$se, vapply(x$effect_draws, stats::sd, 0))
  expect_equal(x$mean_alt, x$mean_ref + x$effect)
  expect_equal(x$se^2, x$var_ref + x$var_alt - 2 * x$cov)
  # The reference is what predict() gives under the same masks.
  ref <- predict(model, test_sequences, n_samples = 20)
  joined <- merge(data.table::as.data.table(x), ref, by = c("sequence", "output"))
  expect_equal(joined$mean_ref, joined$mean, tolerance = 1e-6)
  expect_equal(joined$var_ref, joined$var, tolerance = 1e-5)
})

test_that("locked masks keep the covariance that unlocked ones lose", {
  skip_if_no_python()
  model <- test_model()
  locked <- saturation_mutagenesis(model, test_sequences[1L], n_samples = 100)
  unlocked <- saturation_mutagenesis(model, test_sequences[1L], n_samples = 100, dropout = dropout_spec("unlocked"))
  correlation <- function(x) stats::median(x$cov / sqrt(x$var_ref * x$var_alt))
  expect_gt(correlation(locked), 0.8)
  # The median of 120 correlations of 100 independent draws, each with SD .1.
  expect_lt(abs(correlation(unlocked)), 0.1)
  expect_gt(stats::median(unlocked$se / locked$se), 1.5)
})

test_that("results do not depend on batch size, order, number or letter case of sequences", {
  skip_if_no_python()
  model <- test_model()
  run <- function(sequences, batch_size, seed = 1L) {
    x <- saturation_mutagenesis(model, sequences, n_samples = 4, batch_size = batch_size, seed = seed)
    data.table::setDT(as.list(x)[names(x)])[order(sequence)] # without provenance, which holds the seconds taken
  }
  x <- run(test_sequences, 7)
  expect_identical(run(test_sequences, 7), x)
  expect_identical(run(rev(test_sequences), 7), x)
  expect_identical(run(tolower(test_sequences), 7), x)
  expect_identical(run(test_sequences[2L], 7), x[sequence == "second"])
  # Float rounding of outputs near .5, no more.
  expect_lt(max(abs(run(test_sequences, 301)$effect - x$effect)), 1e-6)
  expect_gt(max(abs(run(test_sequences, 7, seed = 2L)$effect - x$effect)), 1e-3)
})

test_that("R's random state is left alone", {
  skip_if_no_python()
  set.seed(5)
  before <- .Random.seed
  saturation_mutagenesis(test_model(), test_sequences[1L], n_samples = 2)
  expect_identical(.Random.seed, before)
})

test_that("positions, outputs and draws select what is returned", {
  skip_if_no_python()
  model <- test_model()
  full <- saturation_mutagenesis(model, test_sequences, n_samples = 3, batch_size = 16)
  some <- saturation_mutagenesis(
    model, test_sequences,
    n_samples = 3, batch_size = 16, positions = c(13, 2), outputs = "y", draws = FALSE
  )
  expect_identical(some$position, rep(c(2L, 13L, 2L), each = 3L)) # position 13 of the second is N
  expect_false("effect_draws" %in% names(some))
  wanted <- full[position %in% c(2L, 13L) & output == "y"]
  expect_equal(some$effect, wanted$effect, tolerance = 1e-5)
})

test_that("a sequence without variants adds no row", {
  skip_if_no_python()
  model <- test_model()
  expect_no_warning(x <- saturation_mutagenesis(model, test_sequences, n_samples = 3, positions = 13))
  expect_identical(unique(x$sequence), "first") # position 13 of the second is N
  expect_identical(nrow(x), 6L)
  expect_no_warning(
    nothing <- saturation_mutagenesis(model, c(unknown = strrep("N", 20)), n_samples = 3)
  )
  expect_identical(nrow(nothing), 0L)
})

test_that("the table prints a header and no list-column", {
  skip_if_no_python()
  x <- saturation_mutagenesis(test_model(), test_sequences, n_samples = 3, positions = 1:2, outputs = "x")
  printed <- capture.output(print(x))
  expect_match(printed[1L], "12 rows: 2 sequences, 1 output, 3 draws (locked masks)", fixed = TRUE)
  expect_match(printed[length(printed)], "Not shown: the list-column effect_draws", fixed = TRUE)
  expect_output(print(x[, .(largest = max(effect)), by = sequence]), "largest")
})

test_that("bad input is stopped with its own message", {
  skip_if_no_python()
  model <- test_model()
  mutate_with <- function(..., model = test_model(), sequences = test_sequences) {
    saturation_mutagenesis(model, sequences, ...)
  }
  expect_error(mutate_with(sequences = c(short = "ACGT")), "has 4 bases", class = "deepmr_error_length")
  expect_error(mutate_with(sequences = c(odd = "ACGTTGCAATACGGTACCA*")), "\\*", class = "deepmr_error_characters")
  expect_error(mutate_with(outputs = "xx"), "Nearest: \"x\"", class = "deepmr_error_unknown_output")
  expect_error(mutate_with(n_samples = 1), "at least 2", class = "deepmr_error_argument")
  expect_error(mutate_with(n_samples = 2.5), "whole number", class = "deepmr_error_argument")
  expect_error(mutate_with(positions = 21), "from 1 to 20", class = "deepmr_error_argument")
  expect_error(mutate_with(positions = integer()), "from 1 to 20, not none", class = "deepmr_error_argument")
  expect_error(mutate_with(positions = c(2, 5, 5)), "5 more than once", class = "deepmr_error_argument")
  expect_error(mutate_with(dropout = 0.2), "dropout_spec", class = "deepmr_error_argument")
  expect_error(mutate_with(batch_size = 0), "batch_size", class = "deepmr_error_argument")
  expect_error(mutate_with(device = "tpu9"), "tpu9", class = "deepmr_error_device")
  expect_error(mutate_with(device = "cpu", precision = "tf32"), "is 'cpu'", class = "deepmr_error_precision")
  expect_error(mutate_with(engine = "magic"), "magic", class = "deepmr_error_argument")
  expect_error(mutate_with(dropout = dropout_spec(rate = 0)), "rate 0", class = "deepmr_error_no_dropout")
  expect_error(mutate_with(model = test_model("NoDropout")), "no dropout call", class = "deepmr_error_no_dropout")
  expect_error(mutate_with(model = test_model("BatchStatistics")), "batch", class = "deepmr_error_batchnorm")
  expect_error(mutate_with(model = test_model("Noisy")), "randn_like", class = "deepmr_error_dropout_site")
  expect_error(
    mutate_with(model = test_model("NotANumber"), n_samples = 2, sequences = test_sequences["second"]),
    "sequence 'second' in draw 1",
    class = "deepmr_error_not_finite"
  )
})

test_that("a result too large for memory is refused with its size and the ways out", {
  skip_if_no_python()
  expect_error(check_result_size(1e10, 50), "10,000,000,000|1e\\+10", class = "deepmr_error_too_large")
  expect_error(check_result_size(1e10, 0), "outputs", class = "deepmr_error_too_large")
  expect_no_error(check_result_size(1e3, 50))
})

test_that("a sequence without a base to mutate is named", {
  skip_if_no_python()
  sequences <- c(test_sequences[1L], none = strrep("N", 20))
  expect_message(
    x <- saturation_mutagenesis(test_model(), sequences, n_samples = 2, positions = 1:2), "none.*only N",
    class = "deepmr_message_no_variants"
  )
  expect_identical(unique(x$sequence), "first")
  expect_identical(attr(x, "provenance")$positions, 1:2)
})
