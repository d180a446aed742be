# Effects with draws and a truth of known distance: `n` variants in each of `k` sequences, one output.
known_effects <- function(k = 6L, n = 12L, n_draws = 8L, output = "x", seed = 1L) {
  with_seed(seed, {
    rows <- k * n
    draws <- matrix(stats::rnorm(rows * n_draws), rows) + stats::rnorm(k)[rep(seq_len(k), each = n)]
    table <- data.table::data.table(
      sequence = rep(paste0("s", seq_len(k)), each = n), position = rep(rep(seq_len(n / 3), each = 3), k), ref = "A",
      alt = rep(c("C", "G", "T"), rows / 3), output = output, effect = rowMeans(draws), se = row_sd(draws),
      n_draws = n_draws, at_rounding = FALSE
    )
    truth <- table[, c("sequence", "position", "ref", "alt", "output")]
    truth$effect <- stats::rnorm(rows, sd = 1.3)
    list(effects = table, truth = truth)
  })
}

two_outputs <- function() {
  one <- known_effects(seed = 1L)
  two <- known_effects(seed = 2L, output = "y")
  list(effects = rbind(one$effects, two$effects), truth = rbind(one$truth, two$truth))
}

# Shares, by merge() and loops.
slow_coverage <- function(effects, truth, level) {
  keys <- c("sequence", "position", "alt", "output")
  both <- merge(as.data.frame(effects), as.data.frame(truth)[c(keys, "effect")], by = keys, suffixes = c("", ".true"))
  out <- list()
  for (output in c(unique(effects$output), "(pooled)")) {
    rows <- if (output == "(pooled)") both else both[both$output == output, ]
    for (one in level) {
      for (interval in c("normal", "t")) {
        hits <- 0
        for (i in seq_len(nrow(rows))) {
          p <- 1 - (1 - one) / 2
          q <- if (interval == "normal") stats::qnorm(p) else stats::qt(p, rows$n_draws[i] - 1)
          inside <- rows$effect[i] - q * rows$se[i] <= rows$effect.true[i] &&
            rows$effect.true[i] <= rows$effect[i] + q * rows$se[i]
          hits <- hits + inside
        }
        exact <- as.vector(stats::binom.test(hits, nrow(rows))$conf.int)
        out[[length(out) + 1L]] <- data.frame(
          output = output, level = one, interval = interval, n = nrow(rows), coverage = hits / nrow(rows),
          conf.low = exact[1], conf.high = exact[2], median_se = stats::median(rows$se)
        )
      }
    }
  }
  do.call(rbind, out)
}

compared <- c("output", "level", "interval", "n", "coverage", "conf.low", "conf.high", "median_se")
plain_columns <- function(coverage, columns = compared) as.data.frame(as.list(coverage)[columns])

test_that("shares and exact intervals equal a loop over variants and binom.test()", {
  x <- two_outputs()
  x$effects[3:9, "n_draws" := 3L] # rows with their own degrees of freedom
  level <- c(0.5, 0.8, 0.9, 0.95)
  got <- se_coverage(x$effects, x$truth)
  expect_s3_class(got, "deepmr_se_coverage")
  expect_equal(plain_columns(got), slow_coverage(x$effects, x$truth, level), tolerance = 1e-10)
  expect_identical(unique(got$n_sequences), 6L)
  shuffled <- with_seed(3, sample(nrow(x$effects)))
  again <- se_coverage(x$effects[shuffled], x$truth[rev(shuffled)])
  expect_equal(again[order(output, level, interval)], got[order(output, level, interval)])
})

test_that("the bootstrap by counts is a bootstrap of rows, whole sequences at a time", {
  x <- known_effects(k = 8L)
  x$effects <- x$effects[-(1:7)] # sequences of different size
  got <- suppressMessages(se_coverage(x$effects, x$truth, level = 0.8, resamples = 400L, seed = 5L))[output == "x"]
  times <- with_seed(5L, stats::rmultinom(400L, 8L, rep(1, 8L)))
  rows <- split(seq_len(nrow(x$effects)), x$effects$sequence)
  shares <- apply(times, 2L, function(taken) {
    at <- unlist(rep(rows, taken), use.names = FALSE)
    truth <- x$truth$effect[match(
      do.call(paste, x$effects[at, c("sequence", "position", "alt")]),
      do.call(paste, x$truth[, c("sequence", "position", "alt")])
    )]
    mean(abs(x$effects$effect[at] - truth) <= stats::qt(0.9, 7) * x$effects$se[at])
  })
  expect_equal(
    c(got$cluster.low[2], got$cluster.high[2]), stats::quantile(shares, c(0.025, 0.975), names = FALSE),
    tolerance = 1e-12
  )
  # Another route altogether: resample() with other random numbers agrees to what 4,000 samples allow.
  many <- suppressMessages(se_coverage(x$effects, x$truth, level = 0.8, resamples = 4000L))[output == "x"]
  expect_equal(many$cluster.low, got$cluster.low, tolerance = 0.08)
  expect_identical(
    suppressMessages(se_coverage(x$effects, x$truth)), suppressMessages(se_coverage(x$effects, x$truth))
  )
})

test_that("errors that sequences share make the clustered interval wider than the exact one", {
  x <- known_effects(k = 30L, n = 30L)
  shift <- with_seed(4, stats::rnorm(30, sd = 2))[match(x$effects$sequence, unique(x$effects$sequence))]
  x$truth$effect <- x$effects$effect + shift
  got <- se_coverage(x$effects, x$truth, level = 0.8)[output == "x" & interval == "normal"]
  expect_gt(got$cluster.high - got$cluster.low, 2 * (got$conf.high - got$conf.low))
})

test_that("a truth that is one more normal draw is covered as theory says", {
  # (truth - mean)/se is sqrt(1 + 1/T) times Student's t with T - 1 degrees of freedom.
  n <- 30000L
  n_draws <- 5L
  draws <- with_seed(11, matrix(stats::rnorm(n * (n_draws + 1L)), n))
  x <- data.table::data.table(
    sequence = rep(paste0("s", 1:10), n / 10), position = seq_len(n), ref = "A", alt = "C", output = "x",
    effect = rowMeans(draws[, 1:5]), se = row_sd(draws[, 1:5]), n_draws = n_draws, at_rounding = FALSE
  )
  truth <- data.table::copy(x[, c("sequence", "position", "alt", "output")])[, "effect" := draws[, 6]]
  got <- se_coverage(x, truth, resamples = 10L)[output == "x"]
  q <- ifelse(got$interval == "t", stats::qt((1 + got$level) / 2, 4), stats::qnorm((1 + got$level) / 2))
  want <- 1 - 2 * stats::pt(-q / sqrt(1 + 1 / n_draws), n_draws - 1)
  expect_true(all(abs(got$coverage - want) < 4 * sqrt(want * (1 - want) / n)))
})

test_that("a named list gives the rows of each table with its name", {
  x <- two_outputs()
  half <- data.table::copy(x$effects)[, "se" := se / 2]
  both <- se_coverage(list(before = x$effects, after = half), x$truth)
  expect_identical(names(both)[1], "set")
  expect_equal(plain_columns(both[set == "before"]), plain_columns(se_coverage(x$effects, x$truth)))
  expect_equal(plain_columns(both[set == "after"]), plain_columns(se_coverage(half, x$truth)))
  for (bad in list(list(x$effects), list(a = x$effects, a = half), list(), 1, list(a = x$effects, half))) {
    expect_error(se_coverage(bad, x$truth), class = "deepmr_error_argument")
  }
  expect_error(se_coverage(list(a = 1), x$truth), class = "deepmr_error_columns")
})

test_that("what is left out is counted, and the rest covers as without it", {
  x <- known_effects()
  clean <- x$effects[-(1:12)]
  x$effects$at_rounding[1:3] <- TRUE
  x$effects$se[3:5] <- 0
  x$effects$se[6] <- NA
  x$effects$effect[7] <- NaN
  x$effects$n_draws[8] <- 1L
  truth <- x$truth
  truth$effect[9] <- NA
  truth <- truth[-(10:12)]
  expect_snapshot(got <- se_coverage(x$effects, truth))
  expect_equal(plain_columns(got), plain_columns(suppressMessages(se_coverage(clean, x$truth))))
  expect_message(se_coverage(clean, x$truth), "12 rows of `truth` have no effect", class = "deepmr_message_left_out")
  expect_silent(se_coverage(clean, x$truth[-(1:12)]))
})

test_that("one sequence has no clustered interval, and few rows have results", {
  x <- known_effects(k = 1L, n = 3L)
  got <- se_coverage(x$effects, x$truth)
  expect_true(all(is.na(got$cluster.low) & is.na(got$cluster.high)))
  expect_identical(unique(got$n), 3L)
})

test_that("tables that do not fit stop with their own class", {
  x <- known_effects()
  elsewhere <- data.table::copy(x$truth)[, "sequence" := paste0(sequence, "_other")]
  expect_error(se_coverage(x$effects, elsewhere), class = "deepmr_error_no_truth")
  expect_error(se_coverage(x$effects, x$truth[0]), class = "deepmr_error_no_truth")
  expect_error(se_coverage(rbind(x$effects, x$effects[1]), x$truth), class = "deepmr_error_duplicated_rows")
  expect_error(se_coverage(x$effects, rbind(x$truth, x$truth[5])), class = "deepmr_error_duplicated_rows")
  other_ref <- data.table::copy(x$truth)
  other_ref$ref[4] <- "T"
  expect_error(se_coverage(x$effects, other_ref), class = "deepmr_error_ref")
  expect_silent(se_coverage(x$effects, other_ref[, !"ref"]))
  expect_error(se_coverage(x$effects[, !"se"], x$truth), class = "deepmr_error_columns")
  expect_error(se_coverage(x$effects, x$truth[, !"alt"]), class = "deepmr_error_columns")
  expect_error(se_coverage(x$effects, x$truth[, "effect" := as.character(effect)]), class = "deepmr_error_columns")
  x <- known_effects()
  without <- data.table::copy(x$effects)[, "se" := NA_real_]
  expect_error(suppressMessages(se_coverage(without, x$truth)), class = "deepmr_error_no_rows")
  for (bad in list(0, 1, NA_real_, "0.9", numeric())) {
    expect_error(se_coverage(x$effects, x$truth, level = bad), class = "deepmr_error_argument")
  }
  expect_error(se_coverage(x$effects, x$truth, resamples = 0), class = "deepmr_error_argument")
  expect_error(se_coverage(x$effects), class = "deepmr_error_argument")
  expect_error(se_coverage(), class = "deepmr_error_argument")
  expect_snapshot(error = TRUE, {
    se_coverage(x$effects, elsewhere)
    se_coverage(x$effects, other_ref)
    se_coverage(list(x$effects), x$truth)
  })
})

test_that("the demo model's standard errors against the oracle's effects", {
  skip_if_no_python()
  skip_on_cran()
  sequences <- demo_sequences(3)
  x <- saturation_mutagenesis(model_demo(), sequences, n_samples = 10, positions = 200:299)
  truth <- demo_truth(sequences)$effects
  got <- suppressMessages(se_coverage(x, truth))
  kept <- x[!x$at_rounding & x$se > 0]
  want <- slow_coverage(kept, truth, c(0.5, 0.8, 0.9, 0.95))
  expect_equal(plain_columns(got), want, tolerance = 1e-10, ignore_attr = TRUE)
})

test_that("it prints itself in words", {
  x <- known_effects(k = 3L)
  expect_snapshot(se_coverage(list(before = x$effects, after = x$effects), x$truth, level = c(0.5, 0.95)))
})
