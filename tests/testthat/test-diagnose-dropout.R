check_small <- function(...) diagnose_dropout(test_model(), test_sequences, n_samples = 8, ...)

# "first" and "second" dropout around linear layers: a prediction that is linear in each mask.
bilinear_model <- function() {
  file <- tempfile(fileext = ".py")
  writeLines(c(
    "import torch",
    "from torch import nn",
    "class Bilinear(nn.Module):",
    "    def __init__(self):",
    "        super().__init__()",
    "        self.first, self.second = nn.Dropout(0.2), nn.Dropout(0.4)",
    "        self.hidden, self.out = nn.Linear(80, 6, bias=False), nn.Linear(6, 1, bias=False)",
    "        self.hidden.weight.data = torch.sin(torch.arange(480.0) * 1.7).reshape(6, 80)",
    "        self.out.weight.data = torch.cos(torch.arange(6.0)).reshape(1, 6)",
    "    def forward(self, x):",
    "        return self.out(self.second(self.hidden(self.first(x.flatten(1)))))"
  ), file)
  suppressMessages(model_torch(paste0(file, ":Bilinear"), length = 20, outputs = "y"))
}

# Variance of sum_kj m2_k m1_j a_kj under independent masks of mean 1, by what varies.
bilinear_variances <- function(input) {
  hidden <- matrix(sin((0:479) * 1.7), 6, byrow = TRUE)
  a <- cos(0:5) * hidden * rep(input, each = 6)
  spread <- c(first = 0.2 / 0.8, second = 0.4 / 0.6)
  c(
    first = spread[["first"]] * sum(colSums(a)^2), second = spread[["second"]] * sum(rowSums(a)^2),
    both = prod(spread) * sum(a^2)
  )
}

one_hot <- function(bases) as.vector(t(outer(c("A", "C", "G", "T"), bases, "==") * 1))

test_that("shares are Sobol's indices where the prediction is linear in each mask", {
  skip_if_no_python()
  bases <- strsplit(test_sequences[["first"]], "")[[1L]]
  found <- diagnose_dropout(bilinear_model(), test_sequences["first"], positions = c(3, 11), n_samples = 300)
  expect_identical(found$sites, data.table::data.table(site = c("first", "second"), kind = "Dropout", rate = c(.2, .4)))

  variances <- list(prediction = bilinear_variances(one_hot(bases)))
  x <- found$mutagenesis
  expect_equal(nrow(x), 6)
  variances$effect <- Reduce(`+`, lapply(seq_len(6), function(i) {
    mutated <- replace(bases, x$position[i], x$alt[i])
    bilinear_variances(one_hot(mutated) - one_hot(bases))
  }))
  for (what in names(variances)) {
    truth <- variances[[what]] / sum(variances[[what]])
    shares <- found$shares[found$shares$of == what]
    expected <- c(
      truth[["first"]] + truth[["both"]], truth[["first"]], truth[["second"]] + truth[["both"]], truth[["second"]]
    )
    # Four Monte-Carlo errors; and these must be small enough to tell the shares apart.
    expect_true(all(abs(shares$estimate - expected) < 4 * shares$std.error), label = what)
    expect_true(all(shares$std.error < 0.08), label = what)
  }
})

test_that("shares and their error are those of runs by hand and of a jackknife one draw at a time", {
  skip_if_no_python()
  found <- check_small(outputs = "y", positions = 5:8)
  sites <- c("drop#1", "drop#2", "functional")
  expect_identical(found$sites$site, sites)
  expect_equal(found$sites$rate, c(0.2, 0.2, 0.25))
  draws <- function(layers) {
    spec <- dropout_spec(layers = layers)
    x <- saturation_mutagenesis(test_model(), test_sequences, "y", spec, 8, 5:8)
    levels <- predict(test_model(), test_sequences, "y", spec, 8, draws = TRUE)
    list(prediction = do.call(rbind, levels$prediction_draws), effect = do.call(rbind, x$effect_draws))
  }
  all <- draws(sites)
  without <- draws(sites[-2])
  alone <- draws(sites[2])
  total_variance <- function(m, columns = 1:8) sum(apply(m[, columns], 1, stats::var))
  for (what in c("prediction", "effect")) {
    ratio <- function(part, columns = 1:8) total_variance(part[[what]], columns) / total_variance(all[[what]], columns)
    error <- function(part) {
      left <- vapply(1:8, function(t) ratio(part, -t), 0)
      sqrt(7 / 8 * sum((left - mean(left))^2))
    }
    got <- found$shares[found$shares$of == what & found$shares$site == "drop#2"]
    expect_identical(got$share, c("total", "alone"))
    # Single precision: 1e-5 of the effects, which are differences.
    expect_equal(got$estimate, c(1 - ratio(without), ratio(alone)), tolerance = 1e-4)
    expect_equal(got$std.error, c(error(without), error(alone)), tolerance = 1e-3)
    expect_equal(got$conf.high - got$estimate, stats::qt(.975, 7) * got$std.error)
    expect_equal(got$estimate - got$conf.low, stats::qt(.975, 7) * got$std.error)
  }
})

test_that("the table by output says what the mutagenesis table says", {
  skip_if_no_python()
  found <- check_small(positions = 3:12)
  x <- saturation_mutagenesis(test_model(), test_sequences, n_samples = 8, positions = 3:12, draws = FALSE)
  expect_equal(bare(found$mutagenesis), bare(x))
  expect_identical(found$effects$output, c("x", "y"))
  x <- x[output == "y"]
  got <- found$effects[2]
  expect_identical(got$n, nrow(x))
  expect_equal(got$at_rounding, mean(x$at_rounding))
  x <- x[!x$at_rounding]
  gain <- sqrt((x$var_ref + x$var_alt) / (x$var_ref + x$var_alt - 2 * x$cov))
  expect_equal(c(got$gain.low, got$gain, got$gain.high), unname(quantile(gain, c(.25, .5, .75))), tolerance = 1e-6)
  expect_equal(got$mask_correlation, median(x$cov / sqrt(x$var_ref * x$var_alt)))
  line <- stats::lm(log(se) ~ log(abs(effect)) + sequence, data = x)
  expect_equal(got$se_slope, unname(coef(line)[2]))
  centred <- lapply(c("se", "effect"), function(column) {
    stats::residuals(stats::lm(log(abs(x[[column]])) ~ x$sequence))
  })
  expect_equal(got$se_correlation, cor(centred[[1]], centred[[2]]))
})

test_that("one active call makes all the variance, and needs no second run", {
  skip_if_no_python()
  found <- check_small(dropout = dropout_spec(layers = "drop#2"), positions = 5)
  expect_identical(found$sites$site, "drop#2")
  expect_equal(found$shares$estimate, rep(1, 8))
  expect_equal(found$shares$std.error, rep(0, 8))
  expect_output(print(found), "All variance is that of drop#2")
  expect_identical(lengths(site_sets("a")), c("calls a" = 1L))
  expect_setequal(unname(site_sets(c("a", "b"))), list(c("a", "b"), "a", "b"))
  expect_length(site_sets(letters[1:4]), 9)
})

test_that("an output that dropout does not move has no shares", {
  skip_if_no_python()
  file <- temporary_file(".py")
  writeLines(c(
    "import torch",
    "from torch import nn",
    "class Half(nn.Module):",
    "    def __init__(self):",
    "        super().__init__()",
    "        self.drop, self.out = nn.Dropout(0.5), nn.Linear(80, 2)",
    "    def forward(self, x):",
    "        x = x.flatten(1)",
    "        return torch.cat([self.out(x)[:, :1], self.out(self.drop(x))[:, 1:]], 1)"
  ), file)
  model <- suppressMessages(model_torch(paste0(file, ":Half"), length = 20, outputs = c("still", "moved")))
  found <- diagnose_dropout(model, test_sequences[1], positions = 4:6, n_samples = 5)
  still <- found$shares[found$shares$output == "still"]
  expect_true(all(is.na(still$estimate[still$of == "prediction"])))
  expect_identical(found$effects$at_rounding, c(1, 0))
  expect_true(all(is.na(unlist(found$effects[1, -(1:3)]))))
  expect_false(anyNA(found$effects[2]))
  expect_silent(draw(autoplot(found)))
  alone <- diagnose_dropout(model, test_sequences[1], "still", positions = 4:6, n_samples = 5)
  expect_output(print(alone), "dropout does not touch the effects")
  expect_error(autoplot(alone), class = "deepmr_error_no_rows")
  expect_error(autoplot(alone, type = "gain"), class = "deepmr_error_no_rows")
})

test_that("unlocked masks show that there is nothing in common", {
  skip_if_no_python()
  found <- diagnose_dropout(
    test_model(), test_sequences[1], "y", 1:10, dropout_spec("unlocked", layers = "drop#1"), n_samples = 200
  )
  # 30 variants share the reference's draws; the correlation of one has error 1/sqrt(200) = .07.
  expect_lt(abs(found$effects$mask_correlation), 0.15)
  expect_equal(found$effects$gain, 1, tolerance = 0.1)
  expect_output(print(found), "not locked")
})

test_that("positions are 30 evenly spread ones by default", {
  expect_identical(spread_positions(10), as.numeric(1:10))
  expect_identical(range(spread_positions(1000)), c(1, 1000))
  expect_length(spread_positions(1000), 30)
  expect_true(all(diff(spread_positions(1000)) %in% 34:35))
})

test_that("what was found is said in sentences", {
  skip_if_no_python()
  expect_snapshot(print(check_small(positions = 3:8)))
})

test_that("ensembles, too few draws and no dropout are refused", {
  skip_if_no_python()
  expect_error(
    diagnose_dropout(model_ensemble(list(test_model(), test_model("Other"))), test_sequences),
    class = "deepmr_error_ensemble"
  )
  expect_error(diagnose_dropout(test_model(), test_sequences, n_samples = 2), class = "deepmr_error_argument")
  expect_error(diagnose_dropout(test_model(), test_sequences, dropout = NULL), class = "deepmr_error_argument")
  expect_error(diagnose_dropout(test_model("NoDropout"), test_sequences), class = "deepmr_error_no_dropout")
})
