predicted <- data.table::data.table(
  sequence = rep(c("s1", "s2", "s3"), each = 2), output = rep(c("x", "y"), 3), mean = 1:6 / 10
)

test_that("labels go to their predictions, in the order of the predictions", {
  labels <- data.frame(output = c("y", "x", "x"), sequence = c("s3", "s1", "s3"), label = c(1, 0, 1), more = 1)
  expect_message(
    got <- labelled_predictions(predicted, labels), "3 of 6 predictions",
    class = "deepmr_message_unlabelled"
  )
  expect_equal(got, data.table::data.table(
    sequence = c("s1", "s3", "s3"), output = c("x", "x", "y"), prob = c(.1, .5, .6), label = c(0, 1, 1)
  ))
})

test_that("factors and numbers serve as names", {
  labels <- data.table::data.table(sequence = factor(predicted$sequence), output = factor(predicted$output), label = 1)
  expect_no_message(got <- labelled_predictions(predicted, labels))
  expect_equal(got$prob, predicted$mean)
  numbered <- data.frame(sequence = 1:2, output = "x", mean = c(.1, .2))
  expect_equal(labelled_predictions(numbered, data.frame(sequence = c("2", "1"), output = "x", label = 0:1))$label, 1:0)
})

test_that("columns of labels called as those of the predictions do no harm", {
  labels <- data.table::copy(predicted)[, "label" := 1][, "mean" := 99]
  expect_equal(labelled_predictions(predicted, labels)$prob, predicted$mean)
})

test_that("labels that do not fit stop, and say which", {
  labels <- data.table::copy(predicted)[, c("label", "mean") := list(1, NULL)]
  expect_snapshot(error = TRUE, {
    labelled_predictions(predicted, rbind(labels, list("s4", "x", 1)))
    labelled_predictions(predicted, rbind(labels, list("s1", "z", 1)))
    labelled_predictions(predicted[-2], labels)
    labelled_predictions(predicted, rbind(labels, labels[3]))
    labelled_predictions(rbind(predicted, predicted[3]), labels)
    labelled_predictions(predicted, labels[0])
    labelled_predictions(predicted[0], labels)
    labelled_predictions(predicted, labels[, "label"])
    labelled_predictions(predicted[, "output"], labels)
    labelled_predictions(1:3, labels)
  })
})
