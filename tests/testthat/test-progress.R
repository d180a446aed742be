# A clock that the test turns.
test_clock <- function(times) {
  i <- 0L
  function() {
    i <<- i + 1L
    times[i]
  }
}

test_that("a log gets a line at most every 30 seconds, with the time left", {
  show <- progress_lines("Mutating", 4, clock = test_clock(c(0, 10, 31, 45, 62, 100)))
  expect_silent(show(0.5, "first")) # 10 s
  expect_message(
    show(1, "first"), "Mutating first: 1 of 4 done, 25 %, about 2 min left",
    fixed = TRUE, class = "deepmr_message_progress"
  ) # 31 s
  expect_silent(show(1.5, "second")) # 45 s: 14 s after the last
  expect_message(show(2.5, "third"), "2 of 4 done, 62 %, about 38 s left", fixed = TRUE)
  expect_silent(show(4, "fourth")) # the end needs no line: what follows says it
})

test_that("in R Markdown the line goes past the page", {
  old <- options(knitr.in.progress = TRUE)
  on.exit(options(old))
  expect_no_message(utils::capture.output(progress_line("half done"), type = "message"))
})

test_that("without a terminal there is no bar", {
  old <- options(cli.dynamic = FALSE)
  on.exit(options(old))
  show <- progress("Mutating", 2)
  expect_silent(show(1, "first"))
})

test_that("a terminal gets the bar", {
  old <- options(cli.dynamic = TRUE, cli.progress_show_after = 0)
  on.exit(options(old))
  work <- function() {
    show <- progress("Mutating", 2)
    Sys.sleep(0.3) # the bar redraws five times a second at most
    show(1, "the first")
  }
  shown <- utils::capture.output(work(), type = "message")
  expect_match(paste(shown, collapse = " "), "Mutating the first .* 50%")
})

test_that("seconds read as a person says them", {
  expect_identical(in_words(0.2), "1 s")
  expect_identical(in_words(59), "59 s")
  expect_identical(in_words(300), "5 min")
  expect_identical(in_words(7800), "2 h 10 min")
  expect_identical(in_words(273600), "3 d 4 h")
})
