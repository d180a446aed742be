demo_members <- function() lapply(1:5, model_demo)

test_that("member 1 is the demonstration model, as it always was", {
  skip_if_no_python()
  recorded <- utils::read.csv(test_path("fixtures", "demo_net_predictions.csv"), check.names = FALSE)
  for (model in list(model_demo(), model_demo(1), model_demo(member = 1L))) {
    expect_identical(model$source, "demo (see ?model_demo)")
    found <- predict(model, demo_sequences(2), dropout = NULL)
    expect_identical(found$output, rep(names(recorded)[-1L], 2L))
    # Processors differ in the order of sums.
    expect_lt(max(abs(found$mean - as.vector(t(recorded[-1L])))), 1e-5)
  }
})

test_that("every member has learnt levels and SNV effects, each in its own way", {
  skip_if_no_python()
  skip_on_cran()
  levels <- demo_truth(demo_sequences(100))$levels
  truth <- demo_truth(demo_sequences(4))$effects
  by_output <- function(found, true, output) mapply(stats::cor, split(found, output), split(true, output))
  keys <- c("sequence", "position", "ref", "alt", "output")
  errors <- list()
  for (member in 1:5) {
    model <- model_demo(member)
    level <- merge(predict(model, demo_sequences(100), dropout = NULL), levels, by = c("sequence", "output"))
    x <- saturation_mutagenesis(model, demo_sequences(4), dropout = NULL)
    both <- merge(x, truth, by = keys, suffixes = c("", "_true"))
    expect_identical(nrow(both), 4L * 1500L * 5L)
    expect_gte(min(by_output(level$mean, level$level, level$output)), 0.9)
    expect_gte(min(by_output(both$effect, both$effect_true, both$output)), 0.8)
    errors[[member]] <- level$mean - level$level
  }
  # Networks of their own: the errors of any two correlate by 0.60 to 0.74.
  expect_lt(max(stats::cor(do.call(cbind, errors))[upper.tri(diag(5))]), 0.85)
})

test_that("the members are a deep ensemble, without dropout and with it", {
  skip_if_no_python()
  ensemble <- model_ensemble(demo_members())
  snvs <- function(model, ...) saturation_mutagenesis(model, demo_sequences(1), positions = 400:430, ...)
  alone <- lapply(demo_members(), snvs, dropout = NULL)
  alone <- vapply(alone, `[[`, numeric(nrow(alone[[1L]])), "effect")
  deep <- snvs(ensemble, dropout = NULL)
  expect_true(all(deep$n_draws == 5L))
  # Effects are differences of probabilities: float32 leaves an error of about 1e-7 in them.
  expect_lt(max(abs(deep$effect - rowMeans(alone))), 1e-6)
  expect_lt(max(abs(deep$se - apply(alone, 1L, stats::sd))), 1e-6)

  both <- snvs(ensemble, n_samples = 10L)
  expect_true(all(both$n_members == 5L))
  draws <- do.call(rbind, both$effect_draws)
  for (member in 1:5) {
    masked <- do.call(rbind, snvs(model_demo(member), n_samples = 10L)$effect_draws)
    expect_lt(max(abs(draws[, member + c(0L, 5L)] - masked[, member + c(0L, 5L)])), 1e-6)
  }
})

test_that("a member's name says which it is", {
  skip_if_no_python()
  expect_identical(model_demo(3)$source, "demo, member 3 (see ?model_demo)")
  expect_output(print(model_ensemble(demo_members())), "ensemble of 5")
})

test_that("members that there are not are refused", {
  expect_snapshot(error = TRUE, {
    model_demo(0)
    model_demo(6)
    model_demo(1.5)
    model_demo("2")
    model_demo(1:5)
    model_demo(NA)
  })
})

test_that("every member meets the requirement and the help page states what was measured", {
  measured <- utils::read.csv(demo_file("demo_members.csv"), colClasses = "character")
  outputs <- c("Dref", "Trl", "M1BP", "da", "accessibility")
  expect_identical(measured$member, rep(as.character(1:5), each = 5L))
  expect_identical(measured$output, rep(outputs, 5L))
  expect_true(all(as.numeric(c(measured$level_arm, measured$level_shipped)) >= 0.9))
  expect_true(all(as.numeric(measured$effect_pooled) >= 0.8))
  first <- utils::read.csv(demo_file("demo_evaluation.csv"), colClasses = "character")
  expect_identical(measured[1:5, -1L], first)
  source <- test_path("..", "..", "R", "model-demo.R")
  skip_if_not(file.exists(source), "the sources are not here")
  stated <- grep("^#' \\| [^-]", readLines(source), value = TRUE)
  cells <- lapply(strsplit(stated, "|", fixed = TRUE), function(x) trimws(gsub("`", "", x[-1L])))
  expect_identical(cells[[1L]], c("member", "levels", outputs))
  lowest <- tapply(as.numeric(measured$level_arm), measured$member, min)
  effects <- matrix(measured$effect_pooled, nrow = 5L, byrow = TRUE)
  expect_identical(do.call(rbind, cells[-1L]), unname(cbind(as.character(1:5), sprintf("%.3f", lowest), effects)))
})
