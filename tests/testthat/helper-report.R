# Reports: made small, and read back.

skip_without_reports <- function() {
  testthat::skip_if_not_installed("rmarkdown")
  testthat::skip_if_not(rmarkdown::pandoc_available(), "no pandoc")
}

# Says what is missing, not the whole page.
expect_on_page <- function(page, text) testthat::expect_true(grepl(text, page, fixed = TRUE), info = text)
expect_not_on_page <- function(page, pattern) testthat::expect_false(grepl(pattern, page, perl = TRUE), info = pattern)

# Without the places where long names may be broken.
read_page <- function(file) {
  page <- paste(readLines(file, warn = FALSE, encoding = "UTF-8"), collapse = "\n")
  gsub("<wbr>", "", page, fixed = TRUE)
}

report_fit <- function(n_sequences = 3L, ...) {
  x <- simulate_mutagenesis(n_sequences = n_sequences, length = 40)
  fit_mr(x, exposure = "exposure", outcome = "outcome", method = "egger_draws", ...)
}

# The table under a caption that begins so, as a data frame of text.
page_table <- function(page, caption) {
  start <- regexpr(paste0("<p class=\"caption\">", caption), page, fixed = TRUE)
  if (start < 0) stop("No table: ", caption)
  rest <- substring(page, start)
  cells <- function(row, tag) {
    found <- regmatches(row, gregexpr(sprintf("<%s\\b[^>]*>.*?</%s>", tag, tag), row, perl = TRUE))[[1L]]
    unescape(gsub("<[^>]*>", "", found))
  }
  table <- substring(rest, 1L, regexpr("</table>", rest, fixed = TRUE))
  rows <- regmatches(table, gregexpr("<tr.*?</tr>", table, perl = TRUE))[[1L]]
  body <- do.call(rbind, lapply(rows[-1L], cells, "td"))
  stats::setNames(as.data.frame(body), cells(rows[1L], "th"))
}

unescape <- function(x) gsub("&amp;", "&", gsub("&gt;", ">", gsub("&lt;", "<", gsub("&quot;", "\"", x))))
