hostile <- "<b>chr2R:1-60(+) *odd* _name_ \"x\" & {y}"

test_that("a page holds the pooled numbers, names what failed, and asks the network for nothing", {
  skip_without_reports()
  x <- simulate_mutagenesis(n_sequences = 4, length = 40)
  x$sequence[x$sequence == "simulated3"] <- hostile
  x$at_rounding[x$sequence == "simulated4"] <- TRUE
  x$at_rounding[x$sequence == "simulated1"][1:2] <- TRUE
  fit <- fit_mr(x, exposure = "exposure", outcome = "outcome", method = "egger_draws")
  file <- temporary_file(".html")
  here <- getwd()
  before <- ls(globalenv(), all.names = TRUE)
  expect_identical(withVisible(render_report(fit, file, mutagenesis = x))$visible, FALSE)
  expect_identical(getwd(), here)
  expect_identical(ls(globalenv(), all.names = TRUE), before)

  page <- read_page(file)
  pooled <- meta_analyze(fit)
  expect_on_page(page, interval(pooled$conf.low[1], pooled$conf.high[1]))
  expect_on_page(page, number(pooled$estimate[2]))
  expect_on_page(page, "2 of 8 fits without an estimate")
  expect_on_page(page, "<li>2: fewer than 3 instruments</li>")
  # A name is text, never markup, here or in a sentence.
  expect_on_page(page, escape_html(hostile))
  expect_not_on_page(page, "<em>odd</em>|<b>chr2R")
  expect_on_page(page, "at float rounding level")
  expect_on_page(page, "simulate_mutagenesis()")
  expect_on_page(page, "Mean F")
  expect_on_page(page, "R session")
  # One forest, one scatter, both inside the page.
  expect_length(gregexpr("<img src=\"data:image/png;base64,", page, fixed = TRUE)[[1]], 2L)
  # Figures of the tables handed over, read back.
  shown <- page_table(page, "Slopes pooled")
  expect_identical(shown[["pooled slope"]], number(pooled$estimate))
  expect_identical(shown[["95 % interval"]], interval(pooled$conf.low, pooled$conf.high))
  expect_identical(shown[["one more sequence"]], interval(pooled$pred.low, pooled$pred.high))
  shown <- page_table(page, "All 8 fits")
  expect_identical(shown$sequence, fit$sequence)
  expect_identical(shown$slope, number(fit$estimate))
  expect_identical(shown[["mean F"]], number(fit$mean_f))
  shown <- page_table(page, "Variants left out")
  expect_identical(as.numeric(shown$variants), as.numeric(sum(fit[error == "mc"]$n_left_out)))
  # Whatever the browser fetches by itself is inside the page.
  expect_not_on_page(page, "(src|srcset|poster|data|action)=[\"']?(?!data:)[^\"' >]*[/.]")
  expect_not_on_page(page, "<(link|iframe|object|embed|base|meta http-equiv=[\"']?refresh)")
  expect_not_on_page(page, "@import|url\\((?!data:)")
})

test_that("what was not handed over is one line that says how to add it", {
  sections <- report_sections(new_report(report_fit(2L)))
  for (section in c("motifs", "calibration", "scatters", "model", "sequences")) {
    expect_match(sections[[section]], "^<p>[^\n]*render_report\\(fit, file, [a-z]+ = [^\n]*</p>$", info = section)
  }
  expect_true(all(nzchar(unlist(sections))))
})

test_that("every section of the template exists, and every section is in the template", {
  template <- readLines(system.file("report", "report.Rmd", package = "deepmr"))
  used <- unlist(regmatches(template, gregexpr("(?<=sections\\$)[a-z_]+", template, perl = TRUE)))
  expect_setequal(used, names(report_sections(new_report(report_fit(1L)))))
})

test_that("one sequence is not pooled, and the page says why", {
  skip_without_reports()
  file <- temporary_file(".html")
  render_report(report_fit(1L), file, title = "true: \"quoted\" <title>")
  page <- read_page(file)
  expect_on_page(page, "There is one sequence, so there is nothing to pool")
  expect_on_page(page, "<h1>true: &quot;quoted&quot; &lt;title&gt;</h1>")
  expect_on_page(page, "<title>true: &quot;quoted&quot; &lt;title&gt;</title>")
})

test_that("a page can be made when every fit failed, and from a part of a fit without its variants", {
  skip_without_reports()
  x <- simulate_mutagenesis(n_sequences = 2, length = 20)
  x$at_rounding <- TRUE
  fit <- fit_mr(x, exposure = "exposure", outcome = "outcome", method = "egger")
  file <- temporary_file(".html")
  render_report(fit, file, mutagenesis = x)
  expect_on_page(read_page(file), "No slope could be estimated")

  part <- report_fit()[1:2]
  data.table::setattr(part, "variants", NULL)
  expect_match(left_out_table(new_report(part)), "reasons are not at hand", fixed = TRUE)
})

test_that("many exposures: pictures of the first 12 pairs, the others named, all in the tables", {
  fit <- report_fit(2L, error = "mc")
  many <- data.table::rbindlist(lapply(sprintf("mark%02d", 1:15), function(name) {
    one <- data.table::as.data.table(as.list(fit))
    one[, "exposure" := name]
  }))
  report <- new_report(many)
  expect_identical(nrow(report$pairs), 15L)
  named <- ": mark13 on outcome, mark14 on outcome, mark15 on outcome."
  expect_match(without_picture(report$pairs, 12L), named, fixed = TRUE)
  expect_null(without_picture(report$pairs, 15L))
  for (table in list(pooled_table(report$pooled), fits_table(report$fit))) {
    for (name in unique(many$exposure)) expect_match(table, paste0(">", name, "<"), fixed = TRUE)
  }
  expect_match(report_lead(report), "11 more slopes", fixed = TRUE)
})

test_that("what cannot be reported is refused before the work", {
  skip_without_reports()
  fit <- report_fit()
  file <- temporary_file(".html")
  x <- simulate_mutagenesis(n_sequences = 2, length = 40)
  expect_error(render_report(fit, "report.pdf"), ".html", class = "deepmr_error_argument")
  expect_error(render_report(fit, "/no/such/folder/x.html"), "/no/such/folder", class = "deepmr_error_file")
  expect_error(render_report(1, file), class = "deepmr_error_columns")
  expect_error(render_report(tidy(fit), file), "lacks the column", class = "deepmr_error_columns")
  expect_error(render_report(fit[0], file), class = "deepmr_error_no_rows")
  expect_error(render_report(rbind(fit, fit), file), class = "deepmr_error_duplicated_rows")
  expect_error(render_report(fit, file, title = NA), class = "deepmr_error_argument")
  expect_error(render_report(fit, file, mutagenesis = x), "simulated3", class = "deepmr_error_mutagenesis")
  expect_error(render_report(fit, file, mutagenesis = 1), class = "deepmr_error_columns")
  expect_false(file.exists(file))
})

test_that("numbers keep what they show", {
  expect_identical(
    number(c(0.12345, -1e-9, 0, NA, 12345.6, 3e12)),
    c("0.123", "-1.0e-09", "0.000", "\u2013", "12,345.600", "3.0e+12")
  )
  expect_identical(interval(c(1, NA), c(2, NA)), c("1.000 to 2.000", "\u2013"))
  expect_identical(p_value(c(0.5, 1e-8, NA)), c("0.500", "<0.001", "\u2013"))
  expect_identical(cell_text(c(1, 2500, NA)), c("1", "2,500", "\u2013"))
  expect_identical(listed(c("a", "b", "c")), "a, b and c")
})

test_that("a table of no or one row is a table", {
  one <- data.table::data.table(a = "x", b = 1)
  expect_match(html_table(one, "c"), "<td style=\"text-align:right\">1</td>", fixed = TRUE)
  expect_no_match(html_table(one[0], "c"), "<td")
})

test_that("status stands beside the names, and rows that are not ok are grey", {
  x <- simulate_mutagenesis(n_sequences = 2, length = 20)
  x$at_rounding[x$sequence == "simulated2"] <- TRUE
  fit <- fit_mr(x, exposure = "exposure", outcome = "outcome", method = "egger", error = "mc")
  heads <- function(table) {
    head <- sub("</thead>.*", "", table)
    gsub("<[^>]*>", "", regmatches(head, gregexpr("<th [^>]*>[^<]*</th>", head))[[1]])
  }
  table <- fits_table(fit)
  expect_identical(heads(table)[1:5], c("sequence", "exposure", "outcome", "error", "status"))
  no_draws <- fits_table(data.table::copy(fit)[, "i2_cov" := NA_real_])
  expect_identical(heads(no_draws)[5:6], c("status", "slope"))
  expect_match(table, "<tr><td[^>]*>simulated1<")
  expect_match(table, "<tr class=\"grey\"><td[^>]*>simulated2<")
  expect_identical(heads(fits_table(report_fit()))[5:6], c("status", "I\u00b2_cov"))
  expect_identical(heads(pooled_table(meta_analyze(report_fit())))[3:5], c("error", "status", "pooled slope"))
})

test_that("an interval narrower than the errors allow is explained, and the headline says so", {
  fit <- report_fit(4L, error = "mc")
  fit$estimate <- c(0.400, 0.401, 0.399, 0.400)
  fit$std.error <- 0.1
  report <- new_report(fit)
  expect_match(report$pooled$status, "^narrower")
  table <- pooled_table(report$pooled)
  expect_match(table, "(REML, Knapp-Hartung)", fixed = TRUE)
  expect_match(table, "test = &quot;adhoc&quot;", fixed = TRUE)
  expect_no_match(table, "see test|knha")
  expect_match(report_lead(report), "narrower than the errors of the sequences allow", fixed = TRUE)

  fit$std.error <- 1e-4
  wide <- new_report(fit)
  expect_no_match(pooled_table(wide$pooled), "adhoc")
  expect_no_match(report_lead(wide), "narrower")
})

test_that("figures fit the page", {
  style <- paste(readLines(system.file("report", "style.css", package = "deepmr")), collapse = "\n")
  expect_no_match(style, "min-width: 30rem", fixed = TRUE)
})
