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
  shown <- page_table(page, "All 8 fits: exposure exposure, outcome outcome, method egger_draws<")
  expect_identical(shown$sequence, fit$sequence)
  expect_identical(shown$slope, number(fit$estimate))
  shown <- page_table(page, "Diagnostics of all 8 fits")
  expect_identical(shown$sequence, fit$sequence)
  expect_identical(shown[["mean F"]], number(fit$mean_f))
  expect_identical(shown[["I2_cov"]], number(fit$i2_cov))
  shown <- page_table(page, "Variants left out")
  expect_identical(as.numeric(shown$variants), as.numeric(sum(fit[error == "mc"]$n_left_out)))
  # Whatever the browser fetches by itself is inside the page.
  expect_not_on_page(page, "(src|srcset|poster|data|action)=[\"']?(?!data:)[^\"' >]*[/.]")
  expect_not_on_page(page, "<(link|iframe|object|embed|base|meta http-equiv=[\"']?refresh)")
  expect_not_on_page(page, "@import|url\\((?!data:)")
})

test_that("what was not handed over is one line that says so, in words", {
  sections <- report_sections(new_report(report_fit(2L)))
  for (section in c("motifs", "calibration", "scatters", "model", "sequences")) {
    expect_match(sections[[section]], "^<p>[^\n<(]*: this report was made without [^\n<(]*</p>$", info = section)
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
  expect_on_page(read_page(file), "No pooled slope of <strong>exposure</strong> on <strong>outcome</strong>: ")

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
  expect_error(render_report(fit), "report.html", class = "deepmr_error_argument")
  expect_error(render_report(fit[0], file), class = "deepmr_error_no_rows")
  expect_error(render_report(rbind(fit, fit), file), class = "deepmr_error_duplicated_rows")
  expect_error(render_report(fit, file, title = NA), class = "deepmr_error_argument")
  expect_error(render_report(fit, file, mutagenesis = x), "simulated3", class = "deepmr_error_mutagenesis")
  expect_error(render_report(fit, file, mutagenesis = 1), class = "deepmr_error_columns")
  expect_false(file.exists(file))
})

test_that("tables of other steps are refused by what they are, with the way on", {
  x <- simulate_mutagenesis(n_sequences = 2, length = 20)
  effects <- suppressMessages(estimate_effects(x, "exposure", "outcome"))
  fit <- fit_mr(effects, "ols", error = "mc")
  cases <- list(
    list(x, "not a mutagenesis table", "fit_mr\\(x, exposure = \"\\.\\.\\.\", outcome ="),
    list(data.table::setDF(data.table::copy(x)), "not a mutagenesis table", "Fit it first"),
    list(effects, "not a table of effects", "Fit it first: `fit_mr\\(effects\\)`"),
    list(meta_analyze(fit), "not a meta-analysis", "Give the fit that `meta_analyze\\(\\)` was given"),
    list(list(fit, fit), "not a list", "do.call\\(rbind, fits\\)"),
    list(1, "not a number", "fit_mr"),
    list(tidy(fit), "lacks [0-9]+ columns", "Give the fit itself"),
    list(glance(fit), "lacks [0-9]+ columns", "Give the fit itself")
  )
  rlang::local_options(cli.width = 200, cli.condition_width = Inf)
  for (case in cases) {
    error <- expect_error(render_report(case[[1]]), class = "deepmr_error_columns", info = case[[2]])
    expect_match(conditionMessage(error), case[[2]])
    expect_match(conditionMessage(error), case[[3]], info = case[[2]])
  }
})

test_that("the headline says how many sequences were left out, and why", {
  fit <- report_fit(5L, error = "mc")
  expect_match(report_lead(new_report(fit)), "<p>Pooled over 5 sequences, one unit", fixed = TRUE)
  expect_no_match(report_lead(new_report(fit)), "Left out")
  fit$status[2:3] <- "weak: I2_cov < 0.3"
  fit$status[4] <- "fewer than 3 instruments"
  fit$estimate[4] <- NA
  # What the page says is no message too.
  expect_silent(report <- new_report(fit))
  lead <- report_lead(report)
  expect_match(lead, "<p>Pooled over 2 of 5 sequences, one unit", fixed = TRUE)
  why <- "Left out: 2 (weak: I2_cov &lt; 0.3) and 1 (fewer than 3 instruments)."
  expect_match(lead, why, fixed = TRUE)
  expect_match(pooled_table(report$pooled), "<td class=\"number\">2 of 5</td>", fixed = TRUE)
  # Nothing to pool is no failure.
  all_weak <- data.table::copy(fit)[, "status" := "weak: I2_cov < 0.3"]
  lead <- report_lead(new_report(all_weak))
  expect_match(lead, "No pooled slope of <strong>exposure</strong> on <strong>outcome</strong>: ", fixed = TRUE)
  expect_match(lead, "Left out: 5 (weak: I2_cov &lt; 0.3).", fixed = TRUE)
  # A fit that is ok and has no error, as ols() on points of a line.
  fit$status[5] <- "ok"
  fit$std.error[5] <- 0
  expect_identical(not_pooled(fit)$why, c(
    "2 (weak: I2_cov < 0.3)", "1 (fewer than 3 instruments)", "1 (no standard error above 0)"
  ))
})

test_that("numbers have four figures, those that round up to a power of ten too", {
  wanted <- c("10.00", "1,000", "1.0e+07", "1.0e+07", "4.0e-04")
  expect_identical(number(c(9.9996, 999.96, 9999999.6, 1e7, 0.0004)), wanted)
})

test_that("counts have no decimals: variants used are a range", {
  fit <- report_fit(3L, error = "mc")
  fit$n <- c(836L, 842L, 839L)
  expect_match(diagnostics_table(fit), ">836 to 842</td>", fixed = TRUE)
  fit$n <- 1200L
  expect_match(diagnostics_table(fit), ">1,200</td>", fixed = TRUE)
})

test_that("what a picture says of itself stands below it once, as text", {
  skip_without_reports()
  fit <- report_fit(2L, error = "mc")
  plot <- autoplot(fit, type = "forest", pooled = meta_analyze(fit))
  said <- gsub("\n", " ", plot$labels$caption)
  expect_match(said, "Points: one sequence each", fixed = TRUE)
  html <- html_plot(plot, "Slopes of <a>.", 3)
  expect_match(html, paste0("<figcaption>Slopes of &lt;a&gt;. ", escape_html(said), "</figcaption>"), fixed = TRUE)
  # The letters of a caption are not in the picture either: it is that of the plot without one.
  bare <- html_plot(plot + ggplot2::labs(caption = NULL), "Slopes of <a>.", 3)
  images <- function(html) regmatches(html, gregexpr("data:image/png;base64,[^\"]*", html))[[1]]
  expect_identical(images(html), images(bare))
})

test_that("long names may be broken, numbers never", {
  table <- data.table::data.table(
    name = c("HepG2_FOXA1_None#1", "short-1", strrep("x", 20)), low = c(-0.25, 1, 2), both = interval(-1:1, 1:3)
  )
  html <- html_table(table, "c")
  expect_match(html, "<td>HepG2_<wbr>FOXA1_<wbr>None#<wbr>1</td>", fixed = TRUE)
  expect_match(html, "<td>short-1</td>", fixed = TRUE)
  expect_match(html, "<td>xxxxxxxxxxxxxxxx<wbr>xxxx</td>", fixed = TRUE)
  expect_match(html, "<td class=\"number\">-0.250</td>", fixed = TRUE)
  expect_match(html, "<td class=\"number interval\">-1.000 to 1.000</td>", fixed = TRUE)
  sentence <- html_table(data.table::data.table(status = c("ok", "a sentence of more than 24 letters")), "c")
  expect_match(sentence, "<td class=\"long\">ok</td>", fixed = TRUE)
})

test_that("numbers keep what they show", {
  expect_identical(
    number(c(0.12345, -1e-9, 0, NA, 12345.6, 3e12)),
    c("0.123", "-1.0e-09", "0.000", "\u2013", "12,346", "3.0e+12")
  )
  expect_identical(number(c(9.8765, 12.3456, -123.456, 1234.5)), c("9.877", "12.35", "-123.5", "1,234"))
  expect_identical(number(c(51.26, 512.34), 1L), c("51.3", "512.3"))
  expect_identical(interval(c(1, NA), c(2, NA)), c("1.000 to 2.000", "\u2013"))
  expect_identical(p_value(c(0.5, 1e-8, NA)), c("0.500", "<0.001", "\u2013"))
  expect_identical(cell_text(c(1, 2500, NA)), c("1", "2,500", "\u2013"))
  expect_identical(listed(c("a", "b", "c")), "a, b and c")
})

test_that("a table of no or one row is a table", {
  one <- data.table::data.table(a = "x", b = 1)
  expect_match(html_table(one, "c"), "<td class=\"number\">1</td>", fixed = TRUE)
  expect_no_match(html_table(one[0], "c"), "<td")
})

test_that("status stands beside the names, and rows that are not ok are grey", {
  x <- simulate_mutagenesis(n_sequences = 2, length = 20)
  x$at_rounding[x$sequence == "simulated2"] <- TRUE
  fit <- fit_mr(x, exposure = "exposure", outcome = "outcome", method = "egger", error = "mc")
  heads <- function(table) {
    head <- sub("</thead>.*", "", table)
    gsub("<[^>]*>", "", regmatches(head, gregexpr("<th( [^>]*)?>.*?</th>", head, perl = TRUE))[[1]])
  }
  table <- fits_table(fit)
  expect_identical(heads(table)[1:3], c("sequence", "status", "slope"))
  # Names that differ stay in the table; those that all rows share are in the caption.
  two <- data.table::copy(fit)[, "exposure" := c("a", "b")]
  expect_identical(heads(fits_table(two))[1:3], c("sequence", "exposure", "status"))
  expect_match(fits_table(two), "All 2 fits: outcome outcome, method egger, error mc</p>", fixed = TRUE)
  folded <- function(fit) heads(sub(".*<details>", "", fits_table(fit)))
  expect_true("I2_cov" %in% folded(report_fit()))
  no_draws <- data.table::copy(fit)[, "i2_cov" := NA_real_]
  expect_identical(folded(no_draws)[1:3], c("sequence", "mean F", "I2_GX"))
  expect_match(table, "<tr><td[^>]*>simulated1<")
  expect_match(table, "<tr class=\"grey\"><td[^>]*>simulated2<")
  pooled <- heads(pooled_table(meta_analyze(report_fit())))
  expect_identical(pooled[1:4], c("exposure", "error", "status", "pooled slope"))
})

test_that("an interval narrower than the errors allow is explained, and the headline says so", {
  fit <- report_fit(4L, error = "mc")
  fit$estimate <- c(0.400, 0.401, 0.399, 0.400)
  fit$std.error <- 0.1
  report <- new_report(fit)
  expect_match(report$pooled$status, "^narrower")
  table <- pooled_table(report$pooled)
  expect_match(table, "(REML, Knapp-Hartung)", fixed = TRUE)
  expect_match(table, "Knapp-Hartung in its ad hoc form gives an interval", fixed = TRUE)
  expect_no_match(table, "meta_analyze")
  expect_no_match(table, "see test|knha")
  expect_match(report_lead(report), "narrower than the errors of the sequences allow", fixed = TRUE)

  fit$std.error <- 1e-4
  wide <- new_report(fit)
  expect_no_match(pooled_table(wide$pooled), "ad hoc")
  expect_no_match(report_lead(wide), "narrower")
})

test_that("figures fit the page", {
  style <- paste(readLines(system.file("report", "style.css", package = "deepmr")), collapse = "\n")
  expect_no_match(style, "min-width: 30rem", fixed = TRUE)
})

test_that("a batch job in the C locale writes the same page", {
  skip_without_reports()
  fit <- report_fit()
  files <- vapply(1:2, function(i) temporary_file(".html"), "")
  before <- Sys.getlocale("LC_CTYPE")
  on.exit(Sys.setlocale("LC_CTYPE", before))
  render_report(fit, files[1])
  Sys.setlocale("LC_CTYPE", "C")
  expect_no_warning(render_report(fit, files[2]))
  Sys.setlocale("LC_CTYPE", before)
  pages <- lapply(files, read_page)
  expect_on_page(pages[[2]], "I<sup>2</sup>_GX")
  for (caption in c("Slopes pooled", "All 6 fits", "Diagnostics, medians")) {
    expect_identical(page_table(pages[[2]], caption), page_table(pages[[1]], caption))
  }
})
