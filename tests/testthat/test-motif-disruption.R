oracle_disruption <- local({
  kept <- NULL
  function() {
    if (is.null(kept)) {
      effects <- demo_truth(demo_sequences(10))$effects
      effects[, "effect" := effect + with_seed(1, rnorm(.N, sd = 0.002))]
      kept <<- list(effects = effects, found = motif_disruption(effects, demo_motifs(), n_shuffles = 59))
    }
    kept
  }
})

test_that("the oracle's own motifs are found, and no decoys", {
  pooled <- oracle_disruption()$found$pooled
  accessibility <- pooled[output == "accessibility"]
  expect_identical(accessibility$motif[accessibility$p_enrichment < .05], c("Dref", "Trl", "M1BP"))
  factors <- pooled[output != "accessibility"]
  expect_identical(factors$own, factors$motif == factors$output)
  expect_true(all(factors$p_enrichment[factors$own] < .05))
  expect_true(all(factors$ratio[factors$own] > 5))
  # Where sequences have one ratio, all strong variants in hits, resampling them tells nothing.
  expect_identical(factors$motif[factors$own & is.na(factors$ratio.low)], c("Dref", "M1BP"))
  expect_true(all(factors$ratio.low[factors$own] > 5, na.rm = TRUE))
  # da's six columns have only 180 orders, so that a shuffle can be da again, which makes this two-sided p-value .067.
  expect_true(all(factors$p_rho[factors$own] < .07 & factors$rho[factors$own] > .05))
  decoys <- factors$p_enrichment[!factors$own]
  # 12 tests of true nulls: two at p < .05 has a probability of .12, three of .02.
  expect_lte(sum(decoys < .05, na.rm = TRUE), 2)
  largest <- factors[, list(motif = motif[which.max(ratio)]), by = "output"]
  expect_identical(largest$motif, largest$output)
})

test_that("the tables' figures are those of counting by hand", {
  effects <- oracle_disruption()$effects
  found <- oracle_disruption()$found
  variants <- found$variants[motif == "Trl"]
  expect_identical(unique(variants$output), "Trl")
  own <- effects[output == "Trl"]
  merged <- merge(variants, own, by = c("sequence", "position", "ref", "alt"), suffixes = c("", ".given"))
  expect_identical(merged$effect, merged$effect.given)
  lowest <- sort(own$effect)[ceiling(.01 * nrow(own))]
  by_hand <- variants[, list(
    n = .N, strongest = sum(effect <= lowest), observed = sum(effect <= lowest & in_hit),
    expected = sum(effect <= lowest) * mean(in_hit),
    rho = suppressWarnings(stats::cor(effect, change, method = "spearman"))
  ), by = "sequence"]
  rows <- found$by_sequence[motif == "Trl" & output == "Trl"]
  for (column in c("sequence", "n", "strongest", "observed", "expected", "rho")) {
    expect_equal(rows[[column]], by_hand[[column]], tolerance = 1e-10)
  }
  pooled <- found$pooled[motif == "Trl" & output == "Trl"]
  expect_equal(pooled$ratio, sum(by_hand$observed) / sum(by_hand$expected))
  expect_equal(pooled$rho, mean(by_hand$rho, na.rm = TRUE))
  expect_identical(pooled$n_informative, sum(by_hand$expected > 0))
  expect_equal(pooled$p_enrichment, max(pooled$p_motif, pooled$p_sequence))
})

test_that("scores of reference and variants are motif_hits()' of the whole text", {
  sequences <- demo_sequences(1)
  motifs <- demo_motifs()["da"]
  effects <- demo_truth(sequences)$effects[output == "da"]
  variants <- motif_disruption(effects, motifs, n_shuffles = 19)$variants
  all <- motif_hits(sequences, motifs, p_hit = 1 - 1e-9)
  for (row in c(1, 40, 700, 1500)) {
    at <- variants$position[row]
    over <- all[start <= at & end >= at]
    expect_equal(variants$score_ref[row], max(over$score))
    expect_equal(variants$p_ref[row], min(over$p.value))
    expect_identical(variants$in_hit[row], any(over$p.value <= 5e-4))
  }
  expect_equal(variants$change, pmax(variants$score_alt, 0) - pmax(variants$score_ref, 0))
  same <- variants$score_alt == variants$score_ref
  expect_identical(variants$p_alt[same], variants$p_ref[same])
})

test_that("shuffled motifs are tied to nothing at the nominal rate", {
  skip_on_cran()
  blind <- blind_effects(6, 100)
  shuffled <- with_seed(8, lapply(1:200, function(i) {
    list(id = paste0("m", i), name = paste0("m", i), matrix = shuffle_columns(demo_motifs()$M1BP))
  }))
  motifs <- new_motifs(shuffled, "a test")
  found <- motif_disruption(blind$effects, motifs, outputs = c(m1 = "y"), p_hit = .005, top = .05, n_shuffles = 19)
  # With 19 shuffles the smallest p-values are .1 two-sided and .05 one-sided.
  both <- stats::qbinom(c(.0005, .9995), 200, .1)
  expect_gte(sum(found$pooled$p_rho <= .1), both[1])
  expect_lte(sum(found$pooled$p_rho <= .1), both[2])
  within <- stats::qbinom(c(.0005, .9995), 200, .05)
  reached <- function(p) sum(p <= .05, na.rm = TRUE)
  # One-sided and of counts: ties make these tests a little careful.
  expect_gt(reached(found$pooled$p_motif), 0)
  expect_lte(reached(found$pooled$p_motif), within[2])
  expect_lte(reached(found$pooled$p_enrichment), within[2])
})

test_that("a sequence and its effects that know nothing of a motif are tied to it at the nominal rate", {
  skip_on_cran()
  p <- vapply(1:60, function(seed) {
    blind <- blind_effects(3, 80, seed = seed)
    found <- motif_disruption(
      blind$effects, demo_motifs()["Trl"], outputs = c(Trl = "y"), p_hit = .01, top = .05, n_shuffles = 19
    )
    found$pooled$p_sequence
  }, 0)
  expect_lte(sum(p <= .05, na.rm = TRUE), stats::qbinom(.9995, 60, .05))
  expect_gt(stats::ks.test(p[!is.na(p)] + with_seed(1, runif(sum(!is.na(p)), -.05, 0)), "punif")$p.value, .001)
})

test_that("the same seed gives the same p-values, and the session's random state is left", {
  blind <- blind_effects(2, 60)
  run <- function(seed) {
    motif_disruption(
      blind$effects, demo_motifs()["Trl"], outputs = c(Trl = "y"), p_hit = .02, n_shuffles = 19, seed = seed
    )
  }
  set.seed(1)
  before <- .Random.seed
  first <- run(1)
  expect_identical(.Random.seed, before)
  expect_identical(run(1), first)
  expect_false(identical(run(2)$by_sequence, first$by_sequence))
})

test_that("the text is read off the table, or given", {
  blind <- blind_effects(2, 60)
  motifs <- demo_motifs()["Trl"]
  run <- function(x, ...) motif_disruption(x, motifs, outputs = c(Trl = "y"), n_shuffles = 19, p_hit = .02, ...)
  whole <- run(blind$effects)
  expect_identical(run(blind$effects, sequences = blind$sequences)$pooled, whole$pooled)
  mixed <- blind$effects[with_seed(1, sample(.N))]
  figures <- c("sequence", "n", "rho", "strongest", "observed", "expected", "ratio")
  sorted <- function(found) found$by_sequence[order(sequence), figures, with = FALSE]
  expect_equal(sorted(run(mixed)), sorted(whole))
  part <- blind$effects[position > 20]
  said <- function(x) rlang::cnd_message(expect_error(run(x), class = "deepmr_error_sequences"))
  expect_match(said(part), "column position goes from 21 to 60 and lacks 1\\..*give it in `sequences`")
  expect_match(said(blind$effects[position != 7]), "only a part of the sequence \"s1\".*from 1 to 60 and lacks 7\\.")
  found <- run(part, sequences = blind$sequences)
  expect_identical(
    found$variants$score_alt, whole$variants[position > 20]$score_alt
  )
  expect_error(run(part, sequences = blind$sequences[1]), "lacks", class = "deepmr_error_sequences")
  other <- sub("^.{30}", strrep("A", 30), blind$sequences)
  expect_error(run(part, sequences = other), "in `sequences`", class = "deepmr_error_sequences")
})

test_that("N, effects at rounding level and motifs that cannot hit are handled as documented", {
  text <- c(a = paste0(strrep("N", 12), "ACGTTTATCGATAACGNACG", strrep("N", 4)), b = "TTATCGATAACCCCTATCGATAACAACAGTCG")
  x <- data.table::rbindlist(lapply(text, variants_of), idcol = "sequence")
  x[, c("output", "effect") := list("Dref", with_seed(1, rnorm(.N)))]
  found <- motif_disruption(x, demo_motifs()["Dref"], sequences = text, n_shuffles = 19, p_hit = .001)
  expect_true(all(is.na(found$variants[sequence == "a" & position > 28]$score_ref)))
  expect_true(any(found$variants$in_hit))
  short <- motif_disruption(x, demo_motifs()["Dref"], sequences = text, n_shuffles = 19, p_hit = 1e-9)
  expect_identical(short$pooled$ratio, NA_real_)
  expect_identical(short$pooled$p_enrichment, NA_real_)
  expect_output(print(short), "rare enough")
  x[, "at_rounding" := TRUE]
  none <- motif_disruption(x, demo_motifs()["Dref"], sequences = text, n_shuffles = 19, p_hit = .001)
  expect_identical(none$pooled$rho, NA_real_)
  expect_identical(none$pooled$p_rho, NA_real_)
  expect_identical(none$pooled$strongest, 0)
  expect_output(print(none), "No variant lowers Dref")
})

test_that("the verdict says which is missing, hits or effects, or that none has both", {
  text <- c(a = paste0("TTATCGATAACC", strrep("G", 20)), b = paste0(strrep("G", 20), "CATCACACTTGC"))
  x <- data.table::rbindlist(lapply(text, variants_of), idcol = "sequence")
  x[, c("output", "effect") := list("Dref", 0.01)]
  verdict <- function(x, text) {
    found <- motif_disruption(x, demo_motifs()["Dref"], sequences = text, n_shuffles = 19, p_hit = .001)
    expect_identical(found$pooled$ratio, NA_real_)
    counts <- unlist(found$pooled[, c("n_in_hits", "n_strongest", "n_informative")])
    list(counts = unname(counts), words = disruption_sentences(found$pooled, attr(found, "reachable")))
  }
  none <- verdict(x, text)
  expect_identical(none$counts, c(1L, 0L, 0L))
  expect_match(none$words, "^no variant lowers Dref: ")
  apart <- data.table::copy(x)[sequence == "b" & position == 3, "effect" := -1]
  found <- verdict(apart, text)
  expect_identical(found$counts, c(1L, 1L, 0L))
  expect_match(found$words, "^1 sequence with a variant in a hit of Dref, 1 with one of .* Dref most, none with both: ")
  without <- verdict(apart[sequence == "b"], text["b"])
  expect_identical(without$counts, c(0L, 1L, 0L))
  expect_match(without$words, "^no variant lies in a hit of Dref: ")
  expect_match(verdict(x[sequence == "b"], text["b"])$words, "in a hit of Dref, and no variant lowers Dref: nothing")
})

test_that("what motif_disruption() cannot use is said", {
  blind <- blind_effects(2, 40)
  x <- blind$effects
  run <- function(x, ..., outputs = c(Trl = "y")) {
    motif_disruption(x, demo_motifs()[c("Trl", "da")], outputs = outputs, n_shuffles = 19, ...)
  }
  expect_error(run(x[, -"effect"]), "effect", class = "deepmr_error_columns")
  expect_error(run(x[0]), "no rows", class = "deepmr_error_no_rows")
  expect_error(run(rbind(x, x[1])), "twice", class = "deepmr_error_duplicates")
  more <- data.table::copy(x[1:9])[, output := "z"]
  expect_error(run(rbind(x, more)), "no row for", class = "deepmr_error_effects")
  broken <- data.table::copy(x)[3, effect := NA]
  expect_error(run(broken), "row 3", class = "deepmr_error_effects")
  expect_error(run(x, outputs = NULL), "No motif has the name", class = "deepmr_error_argument")
  expect_error(run(x, outputs = "y"), "named by motifs", class = "deepmr_error_argument")
  expect_error(run(x, outputs = c(no = "y")), "\"no\"", class = "deepmr_error_argument")
  expect_error(run(x, outputs = c(Trl = "z")), "\"z\"", class = "deepmr_error_unknown_output")
  expect_error(run(x, p_hit = 2), class = "deepmr_error_argument")
  expect_error(run(x, top = 0), class = "deepmr_error_argument")
  few <- quote(motif_disruption(x, demo_motifs(), outputs = c(Trl = "y"), n_shuffles = 5))
  expect_error(eval(few), "at least 19", class = "deepmr_error_argument")
  expect_error(motif_disruption(x, "file.meme"), "must be motifs", class = "deepmr_error_argument")
  expect_error(run(x[position <= 8]), "8 bases", class = "deepmr_error_length")
})

test_that("the verdict is in words", {
  expect_snapshot(print(oracle_disruption()$found))
})

test_that("print() says where another motif explains an output better than its own", {
  expect_false(any(grepl("More than by", capture.output(print(oracle_disruption()$found)))))
  mixed_up <- data.table::copy(oracle_disruption()$effects)[output %in% c("Dref", "Trl")]
  mixed_up[, "output" := ifelse(output == "Dref", "Trl", "Dref")]
  found <- motif_disruption(mixed_up, demo_motifs(), n_shuffles = 19)
  said <- grep("More than by", capture.output(print(found)), value = TRUE)
  right <- oracle_disruption()$found$pooled
  ratio <- function(name) sprintf("%.1f times", right$ratio[right$motif == name & right$output == name])
  wanted <- sprintf(
    "More than by the own motif: Trl by Dref (%s), Dref by Trl (%s).", ratio("Dref"), ratio("Trl")
  )
  expect_identical(said, wanted)
})

test_that("the demo network's effects sit in the planted motifs", {
  skip_if_no_python()
  skip_on_cran()
  x <- saturation_mutagenesis(
    model_demo(), demo_sequences(12), dropout = NULL, draws = FALSE
  )
  pooled <- motif_disruption(x, demo_motifs(), n_shuffles = 39)$pooled
  found <- pooled[p_enrichment <= .05]
  expect_setequal(paste(found$motif, found$output), c(
    "Dref Dref", "Trl Trl", "M1BP M1BP", "da da", "Dref accessibility", "Trl accessibility", "M1BP accessibility"
  ))
})

test_that("coordinates go along with the variants", {
  sequences <- demo_sequences(2)
  effects <- demo_truth(sequences)$effects[output == "Trl"]
  known <- add_coordinates(data.table::copy(effects), sequences)
  known[, "id" := paste0("v", .I)]
  # in any order of the rows
  shuffled <- known[with_seed(1, sample(.N))]
  variants <- motif_disruption(shuffled, demo_motifs()[c("Trl", "da")], n_shuffles = 19)$variants
  expect_identical(names(variants)[1:8], c(variant_columns, place_columns))
  key <- c("sequence", "position", "ref", "alt")
  for (name in c("Trl", "da")) {
    own <- variants[motif == name][known, on = key]
    for (column in place_columns) expect_identical(own[[column]], own[[paste0("i.", column)]])
  }
  plain <- motif_disruption(effects, demo_motifs()["Trl"], n_shuffles = 19)$variants
  expect_identical(intersect(place_columns, names(plain)), character())
})
