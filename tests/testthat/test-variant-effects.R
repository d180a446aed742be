skip_if_not_installed("Biostrings")

bases_at <- function(position, chrom = "chr1") substring(made_up_genome()[[chrom]], position, position)

other_base <- function(ref) unname(c(A = "C", C = "G", G = "T", T = "A")[ref])

# Three SNVs, two of one position.
few_variants <- function() {
  position <- c(500L, 101L, 500L)
  ref <- bases_at(position)
  alt <- c(other_base(ref[1:2]), other_base(other_base(ref[3])))
  data.frame(chrom = "chr1", position = position, ref = ref, alt = alt)
}

write_variants <- function(file, variants) {
  lines <- sprintf("chr1\t%d\t%s\t%s\t%s\t.\t.\t.", variants$position, variants$id, variants$ref, variants$alt)
  header <- c("##fileformat=VCFv4.3", "##contig=<ID=chr1>", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
  writeLines(c(header, lines), file)
}

test_that("effects are those of the variant in its window, in the order of the list", {
  skip_if_no_python()
  model <- test_model()
  variants <- few_variants()
  x <- variant_effects(model, variants, genome_set(soft_masked = TRUE), n_samples = 5, seed = 3L)
  expect_identical(x$genome_position, rep(variants$position, each = 2L))
  expect_identical(x$alt, rep(variants$alt, each = 2L))
  expect_identical(x$id, rep(sprintf("chr1:%d:%s:%s", variants$position, variants$ref, variants$alt), each = 2L))
  expect_identical(unique(x$position), 11L)
  # The text of genome[position - 10, position + 9], with and without the base, under the reference's masks.
  for (i in 1:3) {
    text <- substr(made_up_genome()[["chr1"]], variants$position[i] - 10, variants$position[i] + 9)
    alone <- saturation_mutagenesis(model, c(own = text), positions = 11, n_samples = 5, seed = 3L)
    mine <- x[genome_position == variants$position[i] & alt == variants$alt[i]]
    theirs <- alone[alt == variants$alt[i]]
    for (column in c("output", "mean_ref", "var_alt", "effect", "se")) {
      expect_equal(mine[[column]], theirs[[column]], tolerance = 1e-6)
    }
    substr(text, 11, 11) <- variants$alt[i]
    off <- predict(model, c(alt = text), dropout = NULL)$mean
    without <- variant_effects(model, variants[i, ], genome_set(), dropout = NULL)
    expect_equal(without$mean_alt, off, tolerance = 1e-6)
  }
})

test_that("both engines give an alternative alone what it has among all three", {
  skip_if_no_python()
  model <- model_demo()
  text <- plain_sequences(demo_sequences(1))
  genome <- Biostrings::DNAStringSet(c(chr1 = paste0(text, text)))
  # The window of base 501 is the second half of one copy and the first of the next.
  window <- substr(paste0(text, text), 251, 750)
  ref <- substr(text, 1, 1)
  variants <- data.frame(chrom = "chr1", position = 501, ref = ref, alt = other_base(ref))
  for (engine in c("dense", "windowed")) {
    x <- variant_effects(model, variants, genome, n_samples = 5, engine = engine, device = "cpu")
    all <- saturation_mutagenesis(
      model, c(w = window),
      positions = 251, n_samples = 5, engine = engine, device = "cpu"
    )
    three <- all[alt == variants$alt]
    expect_identical(x$output, three$output)
    for (column in c("mean_ref", "mean_alt", "cov", "effect", "se")) {
      # Probabilities in single precision, computed in batches of two rows or of four.
      expect_lt(max(abs(x[[column]] - three[[column]])), 1e-6)
    }
  }
})

test_that("arguments are saturation_mutagenesis()'s, but for positions", {
  wanted <- setdiff(names(formals(saturation_mutagenesis)), c("sequences", "positions"))
  got <- formals(variant_effects)
  expect_identical(got[wanted], formals(saturation_mutagenesis)[wanted])
  expect_setequal(setdiff(names(got), wanted), c("variants", "genome", "max_n"))
  skip_if_no_python()
  off <- function(...) variant_effects(test_model(), few_variants(), genome_set(), dropout = NULL, ...)
  expect_no_message(off(), class = "deepmr_message_n_samples")
  expect_message(off(n_samples = 7), "n_samples = 7", class = "deepmr_message_n_samples")
  expect_error(off(engine = "fast"), "engine", class = "deepmr_error_argument")
})

test_that("a VCF file, a data frame, a GRanges and a VCF object are the same list", {
  variants <- few_variants()
  variants$id <- c("rs1", NA, "rs3")
  read <- function(x) read_variants(x, NULL)
  wanted <- read(variants)
  expect_identical(wanted$id, c("rs1", sprintf("chr1:101:%s:%s", variants$ref[2], variants$alt[2]), "rs3"))
  file <- temporary_file(".vcf")
  write_variants(file, transform(variants, id = ifelse(is.na(id), ".", id)))
  expect_identical(read(file), wanted)
  zipped <- paste0(file, ".gz")
  on.exit(unlink(zipped))
  connection <- gzfile(zipped, "w")
  write_variants(connection, transform(variants, id = ifelse(is.na(id), ".", id)))
  close(connection)
  expect_identical(read(zipped), wanted)
  expect_identical(read(transform(variants, ref = tolower(ref), alt = tolower(alt))), wanted)

  skip_if_not_installed("GenomicRanges")
  ranges <- GenomicRanges::GRanges("chr1", IRanges::IRanges(variants$position, width = 1))
  S4Vectors::mcols(ranges) <- S4Vectors::DataFrame(REF = variants$ref, ALT = variants$alt)
  unnamed <- transform(variants, id = NULL)
  expect_identical(read(ranges), read(unnamed))
  minus <- ranges
  BiocGenerics::strand(minus) <- "-"
  expect_error(read(minus), "minus strand", class = "deepmr_error_variants")

  skip_if_not_installed("VariantAnnotation")
  object <- VariantAnnotation::readVcf(file)
  expect_identical(read(object)[, -"id"], wanted[, -"id"])
  expect_identical(read(object)$id[c(1, 3)], c("rs1", "rs3"))
})

test_that("a table may have VCF's names, each once", {
  variants <- data.frame(few_variants(), id = c("rs1", NA, "rs3"))
  read <- function(names) read_variants(stats::setNames(variants, names), NULL)
  wanted <- read_variants(variants, NULL)
  expect_identical(read(c("CHROM", "POS", "REF", "ALT", "ID")), wanted)
  expect_identical(read(c("#CHROM", "POS", "REF", "ALT", "ID")), wanted)
  expect_identical(read(c("chrom", "pos", "ref", "alt", "id")), wanted)
  stopped <- function(x) rlang::cnd_message(expect_error(read_variants(x, NULL), class = "deepmr_error_columns"))
  # deepmr's own name goes before others; two others are one too many.
  expect_identical(read_variants(transform(variants, pos = 1, REF = "x", ID = "y"), NULL), wanted)
  both <- transform(stats::setNames(variants, c("chrom", "pos", "ref", "alt", "id")), POS = 1)
  expect_match(stopped(both), "more than one column of the position: pos and POS")
  expect_match(stopped(data.frame()), "It has no columns")
  expect_match(stopped(variants[c("chrom", "ref", "alt")]), "lacks the column position.*VCF's names")
  expect_match(stopped(transform(variants, position = "5")), "must be numbers, not <character>")
})

test_that("lines with several alternatives are split, and keep their name", {
  x <- read_variants(data.frame(chrom = "1", position = 5, ref = "A", alt = "C,GT,<DEL>", id = "rs5"), NULL)
  expect_identical(x$alt, c("C", "GT", "<DEL>"))
  expect_identical(x$id, c("rs5:C", "rs5:GT", "rs5:<DEL>"))
})

test_that("what is no SNV of this genome is set aside, with its reason", {
  ref <- bases_at(600)
  second <- bases_at(601)
  variants <- rbind(
    data.frame(chrom = "chr1", position = 600, ref = ref, alt = c(
      other_base(ref), paste0(ref, "A"), "<DEL>", "*", ".", "N", ref, other_base(ref), "G]chr1:7]", "R"
    )),
    data.frame(chrom = "chr1", position = 600, ref = paste0(ref, second), alt = c(ref, "TT")),
    data.frame(chrom = "chr1", position = 601, ref = other_base(second), alt = second),
    data.frame(chrom = c("chr1", "chr7", "chr1", "chr2"), position = c(10, 10, 1300, 305), ref = "A", alt = "C")
  )
  placed <- place_variants(read_variants(variants, NULL), 20L, genome_set(), 0.1)
  expect_snapshot(data.table::setDT(as.list(placed)[c("chrom", "position", "ref", "alt", "reason")])[])
  expect_identical(
    placed$detail[13L], sprintf("the genome has %s at chr1:601, not %s", second, other_base(second))
  )
})

test_that("the first and the last variants with a window are those whose window fits", {
  position <- c(10L, 11L, 1191L, 1192L)
  ref <- bases_at(position)
  variants <- data.frame(chrom = "chr1", position = position, ref = ref, alt = other_base(ref))
  placed <- place_variants(read_variants(variants, NULL), 20L, genome_set(), 0.1)
  expect_identical(is.na(placed$reason), c(FALSE, TRUE, TRUE, FALSE))
  expect_identical(placed$start[2L], 1L)
  expect_identical(placed$end[3L], 1200L)
  odd <- place_variants(read_variants(variants, NULL), 21L, genome_set(), 0.1)
  expect_identical(is.na(odd$reason), c(FALSE, TRUE, FALSE, FALSE))
})

test_that("lists that are none are stopped; a table tells what it set aside", {
  stopped <- function(x, class) expect_error(read_variants(x, NULL), class = class)
  stopped("nowhere.vcf", "deepmr_error_variants")
  stopped(write_bed("chr1\t1\t2"), "deepmr_error_variants")
  stopped(write_bed(c("##fileformat=VCFv4.2", "chr1 5 . A C . . .")), "deepmr_error_variants")
  stopped(write_bed("##fileformat=VCFv4.2"), "deepmr_error_variants")
  stopped(data.frame(chrom = 1, pos = 2), "deepmr_error_columns")
  stopped(data.frame(chrom = "1", position = 1.5, ref = "A", alt = "C"), "deepmr_error_variants")
  stopped(3, "deepmr_error_argument")

  skip_if_no_python()
  variants <- rbind(few_variants(), data.frame(chrom = "chr1", position = 500, ref = bases_at(500), alt = "<INS>"))
  expect_message(
    x <- variant_effects(test_model(), variants, genome_set(), outputs = "x", n_samples = 2),
    class = "deepmr_message_set_aside"
  )
  expect_identical(attr(x, "set_aside")$reason, "symbolic allele: not supported")
  expect_output(print(x), "1 set aside: symbolic allele")
  expect_error(
    variant_effects(test_model(), variants[4, ], genome_set()), "symbolic allele",
    class = "deepmr_error_variants"
  )
  other <- transform(variants, chrom = "1")
  expect_error(variant_effects(test_model(), other, genome_set()), class = "deepmr_error_chromosomes")
})

test_that("a VCF of variant effects has their names", {
  skip_if_no_python()
  variants <- transform(few_variants(), id = c("rs1", "rs2", "rs3"))
  x <- variant_effects(test_model(), variants, genome_set(), outputs = "x", n_samples = 2)
  file <- temporary_file(".vcf")
  write_vcf(x, file)
  back <- read_variants(file, NULL)
  key <- c("id", "chrom", "position", "ref", "alt")
  wanted <- read_variants(variants, NULL)
  expect_identical(back[order(id)][, key, with = FALSE], wanted[order(id)][, key, with = FALSE])
})
