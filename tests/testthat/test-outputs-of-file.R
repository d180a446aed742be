quiet <- function(...) suppressMessages(outputs_of_file(...), classes = "deepmr_message_outputs")

test_that("a file is of the outputs whose cell and target its name has", {
  model <- beluga_model()
  of <- function(file) quiet(model, file)$output
  expect_identical(of("K562.CTCFL.narrowPeak"), "K562_CTCFL_None")
  expect_identical(of("HepG2_CTCF_None.bed.gz"), "HepG2_CTCF_None")
  expect_identical(of("/data/K562_CTCFL/hepg2-foxa2.rep1.bed"), "HepG2_FOXA2_None")
  # The longer cell, punctuation or not.
  cells <- named_model(c("SK-N-SH_CTCF_None", "SK-N-SH_RA_CTCF_None", "HepG2_CTCF_None"))
  for (file in c("SK-N-SH_RA_CTCF.bed", "Sknshra.CTCF.bed", "wgEncodeSknshraCtcfUniPk")) {
    expect_identical(quiet(cells, file)$output, "SK-N-SH_RA_CTCF_None", info = file)
  }
  expect_identical(quiet(cells, "SK-N-SH_CTCF.bed")$output, "SK-N-SH_CTCF_None")
})

test_that("ENCODE's names without punctuation are read at their capitals", {
  model <- beluga_model()
  of <- function(file) quiet(model, file)$output
  expect_identical(of("wgEncodeAwgTfbsSydhK562Stat2UniPk.narrowPeak.gz"), "K562_STAT2_None")
  expect_identical(of("wgEncodeAwgTfbsBroadGm12878CtcfUniPk.narrowPeak.gz"), "GM12878_CTCF_None")
  found <- quiet(model, "wgEncodeAwgTfbsHaibHepg2Foxa1sc101058UniPk.narrowPeak.gz")
  expect_identical(found$output, paste0("HepG2_FOXA1_None#", 1:2))
  expect_identical(unique(found$found), "cell Hepg2, target Foxa1sc101058")
  expect_identical(unique(found$unread), "wg Encode Awg Tfbs Haib Uni Pk narrow Peak gz")
  # c20 is an antibody; JunD is not Jun, STAT24 not STAT2, Rad21 not a target RA.
  names <- named_model(c("HepG2_FOXA1_None", "HepG2_JUN_None", "HepG2_STAT2_None", "HepG2_RA_None"))
  expect_identical(quiet(names, "wgEncodeHaibTfbsHepg2Foxa1c20Pcr1x.bed")$output, "HepG2_FOXA1_None")
  for (other in c("Jund", "Stat24", "Rad21")) {
    file <- sprintf("wgEncodeAwgTfbsSydhHepg2%sUniPk.narrowPeak", other)
    expect_error(outputs_of_file(names, file), "HepG2", class = "deepmr_error_no_output")
  }
})

test_that("several outputs are all returned, and said", {
  model <- beluga_model()
  expect_message(
    found <- outputs_of_file(model, "HepG2_FOXA1.bed"), "2 outputs fit the file name",
    class = "deepmr_message_outputs"
  )
  expect_identical(found$output, paste0("HepG2_FOXA1_None#", 1:2))
  expect_identical(
    as.list(found)[names(outputs(model))], as.list(outputs(model, "HepG2", "FOXA1"))
  )
  expect_no_message(outputs_of_file(model, "HepG2_FOXA2.bed"))
})

test_that("treatments that are named decide, else the untreated are taken", {
  treated <- c("A549_GR_DEX_500pM", "A549_GR_EtOH_0.02pct", "A549_CTCF_EtOH_0.02pct")
  model <- named_model(c(treated, "A549_CTCF_None", "K562_GR_None", "K562_CTCF_None"))
  of <- function(file) quiet(model, file)$output
  expect_identical(of("A549_GR_DEX_500pM.bed"), "A549_GR_DEX_500pM")
  expect_identical(of("A549_CTCF_EtOH_0.02pct.bed"), "A549_CTCF_EtOH_0.02pct")
  expect_identical(of("A549_CTCF.bed"), "A549_CTCF_None")
  expect_identical(of("A549_GR.bed"), c("A549_GR_DEX_500pM", "A549_GR_EtOH_0.02pct"))
  # A treatment that no output has is left to the reader.
  expect_identical(quiet(model, "A549_CTCF_forskolin.bed")$unread, "forskolin bed")
})

test_that("labels without parts are found whole; tables serve as models do", {
  demo <- named_model(c("Dref", "Trl", "accessibility"))
  found <- outputs_of_file(demo, "embryo_Dref_peaks.bed")
  expect_identical(found$output, "Dref")
  expect_identical(found$found, "label Dref")
  expect_identical(found$unread, "embryo peaks bed")
  # One of two outputs of a label: its number is no treatment.
  x <- data.frame(output = c("HepG2_FOXA1_None#1", "HepG2_DNase_None", "HepG2_DNase_None"))
  expect_identical(outputs_of_file(x, "HepG2_FOXA1_None.bed")$output, "HepG2_FOXA1_None#1")
  x <- simulate_mutagenesis(2, 20)
  row <- outputs_of_file(x, "the-exposure.bed")
  expect_equal(
    bare(fit_mr(x, method = "ols", exposure = row, outcome = "outcome")),
    bare(fit_mr(x, method = "ols", exposure = "exposure", outcome = "outcome"))
  )
})

test_that("a name that fits nothing stops, with what is near", {
  model <- beluga_model()
  expect_snapshot(error = TRUE, {
    outputs_of_file(model, "HepG2_FOXA9.bed")
    outputs_of_file(model, "Jurkat_SIX5.bed")
    outputs_of_file(model, "HepG3_FOXA9.bed")
    outputs_of_file(model, "...")
    outputs_of_file(model, c("a", "b"))
    outputs_of_file(data.frame(exposure = 1), "a.bed")
  })
  for (file in c("HepG2.bed", "FOXA1.bed", "K562_FOXA1.bed")) {
    expect_error(outputs_of_file(model, file), class = "deepmr_error_no_output", info = file)
  }
  expect_error(outputs_of_file(data.frame(output = character()), "a.bed"), class = "deepmr_error_no_rows")
  expect_error(outputs_of_file("model", "a.bed"), class = "deepmr_error_argument")
})

test_that("a target is found under ENCODE's name and its gene's symbol alike", {
  model <- named_model(c(
    "HepG2_Pol2_None", "K562_REST_None", "HepG2_c-Myc_None", "ECC-1_ERalpha_BPA", "HepG2_CTCF_None"
  ))
  of <- function(file) quiet(model, file)$output
  expect_identical(of("HepG2.POLR2A.bed"), "HepG2_Pol2_None")
  expect_identical(of("wgEncodeAwgTfbsHaibHepg2Pol24h8UniPk.narrowPeak.gz"), "HepG2_Pol2_None")
  expect_identical(of("K562_NRSF.bed"), "K562_REST_None")
  expect_identical(of("K562_Nrsfsc101058.bed"), "K562_REST_None")
  expect_identical(of("HepG2_MYC.bed"), "HepG2_c-Myc_None")
  expect_identical(of("Ecc1_ESR1_BPA.bed"), "ECC-1_ERalpha_BPA")
  expect_identical(of("wgEncodeAwgTfbsHaibEcc1EralphaaBpaUniPk.narrowPeak"), "ECC-1_ERalpha_BPA")
  expect_identical(quiet(model, "HepG2.POLR2A.bed")$found, "cell HepG2, target POLR2A")
  # Whole words only: GRCh38 is no receptor, TR40 no TR4.
  receptor <- named_model(c("HepG2_NR3C1_None", "HepG2_NR2C2_None"))
  expect_error(outputs_of_file(receptor, "HepG2_CTCF_GRCh38.bed"), class = "deepmr_error_no_output")
  expect_error(outputs_of_file(receptor, "HepG2_TR40.bed"), class = "deepmr_error_no_output")
})

test_that("a name letter by letter comes before one without its antibody, and this before another name", {
  both <- named_model(c(
    "HepG2_SIN3A_None", "HepG2_Sin3Ak-20_None", "K562_SIN3A_None", "HepG2_Pol2_None", "HepG2_Pol2-4H8_None",
    "K562_POLR2A_None", "K562_Pol2_None"
  ))
  of <- function(file) quiet(both, file)$output
  expect_identical(of("wgEncodeAwgTfbsHaibHepg2Sin3ak20UniPk.narrowPeak"), "HepG2_Sin3Ak-20_None")
  expect_identical(of("HepG2_SIN3A.bed"), "HepG2_SIN3A_None")
  # The cell has no other.
  expect_identical(of("wgEncodeAwgTfbsHaibK562Sin3ak20UniPk.narrowPeak"), "K562_SIN3A_None")
  expect_identical(of("HepG2_Pol2.bed"), "HepG2_Pol2_None")
  expect_identical(of("HepG2_Pol2-4H8.bed"), "HepG2_Pol2-4H8_None")
  expect_identical(of("HepG2_POLR2A.bed"), c("HepG2_Pol2_None", "HepG2_Pol2-4H8_None"))
  expect_identical(of("K562_POLR2A.bed"), "K562_POLR2A_None")
})

test_that("each of ENCODE's names has one symbol, which is none of the names", {
  names <- bare_name(names(target_symbols))
  expect_identical(anyDuplicated(names), 0L)
  expect_identical(intersect(names, bare_name(target_symbols)), character())
  expect_identical(with_symbols(c("nrsf", "ctcf", NA)), c("rest", "ctcf", NA))
})
