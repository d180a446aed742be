plotted_disruption <- function(...) {
  effects <- demo_truth(demo_sequences(5))$effects
  motif_disruption(effects, demo_motifs(), n_shuffles = 19, ...)
}

test_that("pictures show the tables", {
  found <- plotted_disruption()
  own <- found$variants
  points <- layers_of(autoplot(found), "GeomPoint")[[1]]
  expect_identical(nrow(points), nrow(own))
  expect_setequal(paste(points$x, points$y), paste(own$change, own$effect))
  expect_identical(sum(points$colour == okabe_ito[2]), sum(own$in_hit))

  known <- found$pooled[!is.na(ratio)]
  enrichment <- autoplot(found, type = "enrichment")
  expect_setequal(layers_of(enrichment, "GeomPoint")[[2]]$x, known$ratio)
  expect_setequal(layers_of(enrichment, "GeomPoint")[[1]]$x, found$by_sequence[!is.na(ratio)]$ratio)
  lines <- layers_of(enrichment, "GeomLinerange")[[1]]
  expect_setequal(lines$xmin, known$ratio.low)
  expect_setequal(lines$xmax, known$ratio.high)

  tiles <- autoplot(found, type = "matrix")
  grey <- layers_of(tiles, "GeomTile")[[1]]$fill == "grey85"
  expect_identical(c(sum(!grey), sum(grey)), c(nrow(known), sum(is.na(found$pooled$ratio))))
  expect_identical(nrow(layers_of(tiles, "GeomTile")[[2]]), sum(found$pooled$own))
  text <- layers_of(tiles, "GeomText")[[1]]
  expect_identical(sum(grepl("*", text$label, fixed = TRUE)), sum(known$p_enrichment <= .05))
  for (type in c("effect", "enrichment", "matrix")) expect_silent(draw(autoplot(found, type = type)))
  expect_error(autoplot(found, type = "pie"), class = "deepmr_error_argument")
})

test_that("a motif without hits keeps its row, an output without a ratio its column or panel", {
  found <- plotted_disruption()
  none <- function(table) table$motif == "da" | table$output == "Dref"
  found$pooled[none(found$pooled), "ratio" := NA]
  found$by_sequence[none(found$by_sequence), "ratio" := NA]
  found$variants[motif == "da", "in_hit" := FALSE]
  motifs <- rev(unique(found$pooled$motif))
  outputs <- unique(found$pooled$output)
  for (type in c("enrichment", "matrix")) {
    p <- autoplot(found, type = type)
    layout <- ggplot2::ggplot_build(p)$layout
    y <- layout$panel_params[[1]]$y
    expect_identical(y$get_limits(), motifs)
    expect_identical(unname(y$get_labels()), ifelse(motifs == "da", "da (no hits)", motifs))
    kept <- if (type == "matrix") layout$panel_params[[1]]$x$get_limits() else as.character(layout$layout$output)
    expect_identical(kept, outputs)
    expect_match(caption_text(p), "no sequence has both a hit and strong effects")
    expect_silent(draw(p))
  }
})

test_that("names of columns are broken to their width, upright only where that makes them tiny", {
  axis_of <- function(names) {
    made <- column_names(names)
    list(labels = unname(made[[1]]$labels), angle = made[[2]]$axis.text.x$angle, size = made[[2]]$axis.text.x$size)
  }
  expect_identical(axis_of(c("Dref", "Trl")), list(labels = c("Dref", "Trl"), angle = NULL, size = 8))
  cells <- c("GM12878_M1BP_None", "K562_Dref", "HepG2_DNase_None", "A549_CTCF", "K562_POLR2A")
  five <- axis_of(cells)
  expect_identical(five$labels[1], "GM12878_\nM1BP_None")
  expect_null(five$angle)
  many <- axis_of(paste0(cells, rep(1:4, each = 5)))
  expect_identical(many$angle, 90)
  expect_identical(many$labels[1], "GM12878_M1BP_None1")
})

test_that("nothing to show is said", {
  found <- plotted_disruption(p_hit = 1e-9)
  expect_error(autoplot(found, type = "matrix"), "No motif has a hit among", class = "deepmr_error_no_rows")
  expect_silent(draw(autoplot(found, type = "effect")))
})

test_that("pictures look as they did", {
  skip_on_cran()
  skip_if_not_installed("vdiffr")
  found <- plotted_disruption()
  vdiffr::expect_doppelganger("motif effect", autoplot(found))
  vdiffr::expect_doppelganger("motif enrichment", autoplot(found, type = "enrichment"))
  vdiffr::expect_doppelganger("motif matrix", autoplot(found, type = "matrix"))
})
