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
  expect_identical(nrow(layers_of(tiles, "GeomTile")[[1]]), nrow(known))
  expect_identical(nrow(layers_of(tiles, "GeomTile")[[2]]), sum(known$own))
  text <- layers_of(tiles, "GeomText")[[1]]
  expect_identical(sum(grepl("*", text$label, fixed = TRUE)), sum(known$p_enrichment <= .05))
  for (type in c("effect", "enrichment", "matrix")) expect_silent(draw(autoplot(found, type = type)))
  expect_error(autoplot(found, type = "pie"), class = "deepmr_error_argument")
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
