# Pieces of HTML for the reports: numbers as text, tables that wrap to the page's width, figures inside the page.

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

# Decimals as long as they show something, powers of ten otherwise; of large numbers four figures, or the whole number.
number <- function(x, digits = 3L) {
  rounded <- signif(abs(x), 4L) # 9.9996 is written as 10.00
  figures <- ifelse(is.finite(x) & abs(x) >= 1, 3L - floor(log10(rounded)), digits)
  decimals <- pmin(pmax(figures, 0L), digits)
  text <- character(length(x))
  for (d in unique(decimals)) text[decimals == d] <- formatC(x[decimals == d], digits = d, format = "f", big.mark = ",")
  far <- is.finite(x) & x != 0 & (abs(x) < 0.5 * 10^-digits | round(abs(x)) >= 1e7)
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

# Places where a long name may go on in the next line: after punctuation, and where a piece of it is very long. A table
# of long names then fits its page.
with_breaks <- function(x) {
  long <- gregexpr("\\S{10,}", x)
  regmatches(x, long) <- lapply(regmatches(x, long), function(word) {
    word <- gsub("([-_:./|#,])(?=.)", "\\1\001", word, perl = TRUE)
    gsub("([^\001]{16})(?=[^\001])", "\\1\001", word, perl = TRUE)
  })
  x
}

# A table in a box that scrolls down where `tall`, and sideways on a phone. Numbers stand to the right,
# and rows may be grey.
html_table <- function(x, caption, tall = FALSE, grey = FALSE) {
  text <- function(column) as.character(cell_text(column))
  cells <- matrix(vapply(as.list(x), text, character(nrow(x))), nrow(x), ncol(x))
  is_number <- function(column) {
    all(grepl("^[-+0-9.,e%]*$", sub("^<", "", sub(" (to|of) ", "", gsub("\u2013", "", column)))))
  }
  kind <- apply(cells, 2L, function(column) {
    number <- is_number(column)
    words <- c(
      if (number) "number", if (number && any(grepl(" to ", column))) "interval",
      # Sentences, which would be columns of single words on a phone.
      if (any(grepl(" ", column) & nchar(column) > 24L)) "long"
    )
    if (length(words)) sprintf(" class=\"%s\"", paste(words, collapse = " ")) else ""
  })
  texts <- !grepl("number", kind)
  cells[, texts] <- with_breaks(cells[, texts])
  cells[] <- gsub("\001", "<wbr>", escape_html(cells), fixed = TRUE)
  row <- function(tag, values, start = "<tr>") {
    cells <- paste0("<", tag, kind, ">", values, "</", tag, ">")
    paste0(start, paste(cells, collapse = ""), "</tr>")
  }
  # Not a sign in the name: in the C locale, that of many batch jobs, R's names cannot hold it.
  heads <- sub("^I2(?=_|$)", "I<sup>2</sup>", escape_html(names(x)), perl = TRUE)
  starts <- ifelse(rep_len(grey, nrow(cells)), "<tr class=\"grey\">", "<tr>")
  body <- vapply(seq_len(nrow(cells)), function(i) row("td", cells[i, ], starts[i]), "")
  paste0(
    "<p class=\"caption\">", escape_html(caption), "</p>\n<div class=\"scroll", if (tall) " tall",
    "\" tabindex=\"0\">\n<table>\n<thead>", row("th", heads), "</thead>\n<tbody>\n",
    paste(body, collapse = "\n"), "\n</tbody>\n</table>\n</div>"
  )
}

# Twice, as letters that suit a desktop cannot be read on a phone: 8 inches wide, and 5 for narrow screens. Without
# leaving a file or an open device behind. What the picture says of itself stands below it as text, after `words`.
html_plot <- function(plot, words, height) {
  caption <- paste(c(words, gsub("\n", " ", plot$labels$caption)), collapse = " ")
  plot <- plot + ggplot2::labs(caption = NULL)
  file <- tempfile(fileext = ".png")
  on.exit(unlink(file))
  image <- function(plot, width, dpi) {
    ggplot2::ggsave(file, plot, width = width, height = height, dpi = dpi, limitsize = FALSE)
    knitr::image_uri(file)
  }
  # A legend wider than its panels then reaches over the axis, not off the page.
  narrow <- plot + ggplot2::theme(legend.justification = "right")
  sprintf(
    paste0(
      "<figure><picture><source media=\"(max-width: 600px)\" srcset=\"%s\"><img src=\"%s\" alt=\"%s\"></picture>",
      "<figcaption>%s</figcaption></figure>"
    ),
    image(narrow, 5, 160), image(plot, 8, 130), escape_html(words), escape_html(caption)
  )
}

# What takes a line until it is asked for.
folded <- function(words, html) {
  paste0("<details><summary>", words, "</summary>\n", html, "\n</details>")
}

# One line in the place of what was not handed over. Whoever reads it may not know R.
not_given <- function(what, without) {
  paragraphs(sprintf("%s: this report was made without %s, and can be made again with it.", what, without))
}

report_style <- function() {
  style <- readLines(system.file("report", "style.css", package = "deepmr"), encoding = "UTF-8")
  raw_html("<style>", style, "</style>")
}
