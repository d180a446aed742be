# Pieces of HTML for the reports: numbers as text, tables that scroll on a narrow screen, figures inside the page.

escape_html <- function(x) {
  # A line break inside a name could end pandoc's raw block.
  x <- gsub("[\r\n]+", " ", as.character(x))
  for (pair in list(c("&", "&amp;"), c("<", "&lt;"), c(">", "&gt;"), c("\"", "&quot;"))) {
    x <- gsub(pair[1L], pair[2L], x, fixed = TRUE)
  }
  x
}

# Lines of HTML that pandoc passes on as they are: in Markdown, stars and underscores of a name would be read as markup.
raw_html <- function(...) {
  knitr::asis_output(paste0("\n```{=html}\n", paste(c(...), collapse = "\n"), "\n```\n"))
}

# Decimals as long as they show something, powers of ten otherwise.
number <- function(x, digits = 3L) {
  text <- formatC(x, digits = digits, format = "f", big.mark = ",")
  far <- is.finite(x) & x != 0 & (abs(x) < 0.5 * 10^-digits | abs(x) >= 1e7)
  text[far] <- formatC(x[far], digits = 1L, format = "e")
  ifelse(is.na(x), "\u2013", text)
}

p_value <- function(p) {
  ifelse(is.na(p), "\u2013", ifelse(p < 0.001, "<0.001", formatC(p, digits = 3L, format = "f")))
}

interval <- function(low, high, digits = 3L) {
  ifelse(is.na(low), "\u2013", paste(number(low, digits), "to", number(high, digits)))
}

# "A, B and C"
listed <- function(x) {
  if (length(x) < 2L) {
    return(paste(x))
  }
  paste(paste(utils::head(x, -1L), collapse = ", "), "and", utils::tail(x, 1L))
}

paragraphs <- function(...) {
  text <- c(...)
  if (length(text)) paste0("<p>", text, "</p>", collapse = "\n") else ""
}

bullets <- function(...) {
  paste0("<ul>\n", paste0("<li>", c(...), "</li>", collapse = "\n"), "\n</ul>")
}

# Text of any column: whole numbers without decimals, others with three.
cell_text <- function(column) {
  if (!is.numeric(column)) {
    return(ifelse(is.na(column), "\u2013", as.character(column)))
  }
  whole <- all(is.na(column) | (column == round(column) & abs(column) < 1e9))
  if (!whole) {
    return(number(column))
  }
  ifelse(is.na(column), "\u2013", format(column, big.mark = ",", trim = TRUE, scientific = FALSE))
}

# A table in a box that scrolls sideways, and down where `tall`; numbers stand to the right. Rows may be grey.
html_table <- function(x, caption, tall = FALSE, grey = FALSE) {
  cells <- vapply(as.list(x), function(column) escape_html(cell_text(column)), character(nrow(x)))
  cells <- matrix(cells, nrow(x), ncol(x))
  is_number <- function(column) all(grepl("^[-+0-9.,e%]*$", sub("^&lt;", "", sub(" to ", "", column))))
  side <- ifelse(apply(gsub("\u2013", "", cells), 2L, is_number), "right", "left")
  row <- function(tag, values, start = "<tr>") {
    cells <- paste0("<", tag, " style=\"text-align:", side, "\">", values, "</", tag, ">")
    paste0(start, paste(cells, collapse = ""), "</tr>")
  }
  starts <- ifelse(rep_len(grey, nrow(cells)), "<tr class=\"grey\">", "<tr>")
  body <- vapply(seq_len(nrow(cells)), function(i) row("td", cells[i, ], starts[i]), "")
  paste0(
    "<p class=\"caption\">", escape_html(caption), "</p>\n<div class=\"scroll", if (tall) " tall",
    "\" tabindex=\"0\">\n<table>\n<thead>", row("th", escape_html(names(x))), "</thead>\n<tbody>\n",
    paste(body, collapse = "\n"), "\n</tbody>\n</table>\n</div>"
  )
}

# Twice, as letters that suit a desktop cannot be read on a phone: 8 inches wide, and 5 for narrow screens. Without
# leaving a file or an open device behind.
html_plot <- function(plot, words, height) {
  file <- tempfile(fileext = ".png")
  on.exit(unlink(file))
  image <- function(plot, width, dpi) {
    ggplot2::ggsave(file, plot, width = width, height = height, dpi = dpi, limitsize = FALSE)
    knitr::image_uri(file)
  }
  # A legend wider than its panels then reaches over the axis, not off the page.
  narrow <- plot + ggplot2::theme(legend.justification = "right")
  words <- escape_html(words)
  sprintf(
    paste0(
      "<figure><picture><source media=\"(max-width: 600px)\" srcset=\"%s\"><img src=\"%s\" alt=\"%s\"></picture>",
      "<figcaption>%s</figcaption></figure>"
    ),
    image(narrow, 5, 160), image(plot, 8, 130), words, words
  )
}

# What takes a line until it is asked for.
folded <- function(words, html) {
  paste0("<details><summary>", words, "</summary>\n", html, "\n</details>")
}

# One line in the place of what was not handed over: what is missing, and the argument that adds it.
not_given <- function(what, argument) {
  paragraphs(paste0(what, "; <code>render_report(fit, file, ", argument, ")</code> adds it."))
}

report_style <- function() {
  style <- readLines(system.file("report", "style.css", package = "deepmr"), encoding = "UTF-8")
  raw_html("<style>", style, "</style>")
}
