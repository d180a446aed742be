test_that("provenance is told as far as it is known", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 20)
  without <- "this report was made without the mutagenesis table"
  expect_match(report_model(list(mutagenesis = NULL)), without, fixed = TRUE)
  plain <- data.table::as.data.table(as.list(x))
  expect_match(report_model(list(mutagenesis = plain)), "does not say", fixed = TRUE)
  data.table::setattr(x, "provenance", list(
    source = "net.py", members = "net.py", dropout = dropout_spec(), seconds = 90, odd = list(1, "b"), nothing = NULL
  ))
  table <- report_model(list(mutagenesis = x))
  # A single model is its own only member.
  expect_no_match(table, ">members<")
  expect_match(table, "locked masks, one per element", fixed = TRUE)
  expect_match(table, "2 min", fixed = TRUE)
})

test_that("provenance is said in words: dropout off, members, scale, positions, engines", {
  x <- simulate_mutagenesis(n_sequences = 1, length = 20)
  shown <- function(...) {
    made <- c(list(source = "net.py"), list(...))
    data.table::setattr(x, "provenance", made)
    gsub(" class=\"long\"", "", report_model(list(mutagenesis = x)), fixed = TRUE)
  }
  value <- function(setting, text) {
    paste0("<td>", setting, "</td><td>", text, "</td>")
  }
  one <- shown(dropout = NULL, positions = NULL, transform = transform_logit())
  expect_match(one, value("dropout", "off"), fixed = TRUE)
  expect_match(one, value("mutated positions", "all"), fixed = TRUE)
  expect_match(one, value("scale of the predictions", "logit"), fixed = TRUE)
  three <- shown(
    members = c("a.pt", "b.pt", "c.pt"), dropout = NULL, positions = c(20:30, 40L),
    engine = data.frame(sequence = c("s", "t"), engine = c("dense", "dense"))
  )
  expect_match(three, value("members", "a.pt, b.pt, c.pt"), fixed = TRUE)
  expect_match(three, value("dropout", "off: one draw for each of 3 members"), fixed = TRUE)
  expect_match(three, value("mutated positions", "20-30, 40"), fixed = TRUE)
  expect_match(three, value("engine", "dense"), fixed = TRUE)
})

test_that("masks are said in words: locked, not locked, off, unknown", {
  made <- list(dropout = dropout_spec(), n_samples = 50L)
  expect_match(mask_words(made), "50 draws per sequence. Masks were locked", fixed = TRUE)
  made$dropout <- dropout_spec(mask = "unlocked")
  expect_match(mask_words(made), "Masks were not locked", fixed = TRUE)
  expect_match(mask_words(list(dropout = NULL)), "one draw, and no standard errors", fixed = TRUE)
  expect_match(mask_words(list(members = c("a", "b"), dropout = NULL)), "the draws", fixed = TRUE)
  expect_null(mask_words(list(seed = 1L)))
})

test_that("dropout calls are listed, once for members that are alike; windows are no setting", {
  sites <- data.table::data.table(
    member = c(1L, 1L, 2L, 2L), site = c("drop1", "drop2"), kind = "Dropout", rate = c(0.2, 0.5)
  )
  x <- simulate_mutagenesis(n_sequences = 1, length = 20)
  made <- list(dropout = dropout_spec(), sites = sites, windows = data.table::data.table(chrom = "chr1"))
  data.table::setattr(x, "provenance", made)
  page <- report_model(list(mutagenesis = x))
  table <- page_table(page, "2 active dropout calls")
  expect_identical(table[["dropout call"]], c("drop1", "drop2"))
  expect_identical(table$rate, number(c(0.2, 0.5)))
  expect_identical(page_table(page, "How the mutagenesis was run")$setting, "dropout")
})

test_that("a mutagenesis says which dropout calls were active", {
  skip_if_no_python()
  model <- test_model("Small")
  x <- saturation_mutagenesis(model, test_sequences, positions = 1:2, n_samples = 4, dropout = dropout_spec(rate = 0.3))
  sites <- attr(x, "provenance")$sites
  expect_identical(sites, active_sites(model, dropout_spec(rate = 0.3)))
  expect_identical(unique(sites$rate), 0.3)
  off <- saturation_mutagenesis(model, test_sequences, positions = 1:2, dropout = NULL)
  expect_null(attr(off, "provenance")$sites)
})

test_that("members whose calls differ are shown each, members that are alike once", {
  sites <- function(rates) {
    data.table::data.table(
      member = rep(1:2, each = 2), site = rep(c("a", "b"), 2), kind = "Dropout", rate = rep(rates, each = 2)
    )
  }
  alike <- sites_html(sites(c(0.1, 0.1)))
  expect_match(alike, "2 active dropout calls in a forward pass", fixed = TRUE)
  expect_no_match(alike, "member", fixed = TRUE)
  differ <- sites_html(sites(c(0.1, 0.2)))
  expect_match(differ, "2 active dropout calls in a forward pass", fixed = TRUE)
  expect_length(gregexpr("<tr>", differ, fixed = TRUE)[[1]], 5L)
  expect_match(sites_html(sites(c(0.1, 0.2))[1:3]), "1 to 2 active dropout calls", fixed = TRUE)
})
