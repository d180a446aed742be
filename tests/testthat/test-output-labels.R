test_that("labels of Beluga are read as a reader would", {
  known <- beluga_labels()
  parts <- parse_labels(known$label)
  for (i in seq_along(known$label)) {
    expect_equal(as.list(parts[i]), as.list(known[i, -"label"]), info = known$label[i])
  }
  expect_named(parts, c("cell", "target", "treatment"))
})

test_that("the order of the labels does not matter", {
  labels <- beluga_labels()$label
  expect_identical(parse_labels(rev(labels)), parse_labels(labels)[rev(seq_along(labels))])
})

test_that("bars split labels too, with or without spaces", {
  expect_identical(
    parse_labels(c("8988T|DNase|None", "A549|GR|DEX_500pM", "MCF-7|c-Myc|serum_starved|media")),
    data.table::data.table(
      cell = c("8988T", "A549", "MCF-7"), target = c("DNase", "GR", "c-Myc"),
      treatment = c("None", "DEX_500pM", "serum_starved")
    )
  )
  # Sei: the third field is a number of the track.
  expect_identical(
    parse_labels("K562 | CTCF | ID:123"),
    data.table::data.table(cell = "K562", target = "CTCF", treatment = NA_character_)
  )
})

test_that("names without parts have none", {
  expect_no_parts <- function(labels) {
    parts <- parse_labels(labels)
    expect_identical(nrow(parts), length(labels))
    expect_true(all(is.na(parts)))
    expect_true(all(vapply(parts, is.character, TRUE)))
  }
  expect_no_parts(c("8988T", "AoSMC", "Chorion", "CLL")) # Basset
  expect_no_parts(c("Dref", "M1BP", "accessibility"))
  expect_no_parts(c("mean_of_a", "mean_of_b", "x_y_z")) # no _None
  expect_no_parts(c("a_b_None", "c_d", "e", "f_None")) # too few with three parts
  expect_no_parts(character())
  expect_no_parts("")
})

test_that("a part that is empty or missing in the label is missing", {
  parts <- parse_labels(c("A__None", "_CTCF_None", "B_CTCF_None", "NA_CTCF_None", "C_CTCF"))
  expect_identical(parts$cell, c("A", NA, "B", NA, "C"))
  expect_identical(parts$target, c(NA, rep("CTCF", 4)))
  expect_identical(parts$treatment, c(rep("None", 4), NA))
})

test_that("the number of a repeated label goes, any other stays", {
  outputs <- c("a#1", "a#2", "b#1", "c#2", "c#3", "d", "d#1", "e#10", "#1", "#2", "f#1#1", "f#1#2")
  expect_identical(
    output_labels(outputs), c("a", "a", "b#1", "c#2", "c#3", "d", "d#1", "e#10", "#1", "#2", "f#1", "f#1")
  )
  many <- paste0("x#", 1:12)
  expect_identical(unique(output_labels(rev(many))), "x")
})
