diagnostics_of <- function(input) {
  instrument_diagnostics(c(input, list(group = rep(1L, length(input$bx)))), 1L)
}

test_that("Q statistics and mean F equal the reference (Rucker's framework)", {
  for (set in mr_reference()[c("synthetic200", "underdispersed40")]) {
    d <- diagnostics_of(set$input)
    expect_equal(d$q_ivw, set$rucker$Q_ivw, tolerance = 1e-10)
    expect_equal(d$q_ivw_p, set$rucker$p_ivw, tolerance = 1e-9)
    expect_equal(d$q_egger, set$rucker$Q_egger, tolerance = 1e-10)
    expect_equal(d$q_egger_p, set$rucker$p_egger, tolerance = 1e-9)
    expect_equal(d$q_rucker, set$rucker$Q_diff, tolerance = 1e-8)
    expect_equal(d$q_rucker_p, set$rucker$p_diff, tolerance = 1e-8)
    expect_equal(d$mean_f, set$mean_f, tolerance = 1e-10)
  }
})

test_that("Rucker's choice asks for no more freedom than the data do", {
  choice <- function(p, p_diff, p_egger) {
    rucker_choice(list(q_ivw_p = p, q_rucker_p = p_diff, q_egger_p = p_egger))
  }
  expect_match(choice(0.2, 0.001, 0.001), "^A")
  expect_match(choice(0.01, 0.2, 0.001), "^B")
  expect_match(choice(0.01, 0.01, 0.2), "^C")
  expect_match(choice(0.01, 0.01, 0.01), "^D")
  expect_identical(choice(NA_real_, NA_real_, NA_real_), NA_character_)
})

test_that("mean F and I2 leave exposure SEs of 0 out, Q does not need them", {
  input <- mr_reference()$underdispersed40$input
  zero <- input
  zero$bxse[3] <- 0
  part <- diagnostics_of(lapply(input, `[`, -3))
  d <- diagnostics_of(zero)
  expect_equal(d$mean_f, part$mean_f)
  expect_equal(d$i2_gx, part$i2_gx)
  expect_equal(d$q_ivw, diagnostics_of(input)$q_ivw)
})

test_that("cross-talk is the correlation over the weaker half", {
  input <- mr_reference()$synthetic200$input
  weak <- abs(input$bx) <= median(abs(input$bx))
  d <- diagnostics_of(input)
  expect_equal(d$cross_talk, cor(input$bx[weak], input$by[weak]))
  slope <- function(rows) unname(coef(lm(input$by[rows] ~ input$bx[rows]))[2])
  expect_equal(d$cross_talk_slope, slope(weak))
  strong <- order(-abs(input$bx))[1:20]
  expect_equal(d$strong_correlation, cor(input$bx[strong], input$by[strong]))
  expect_equal(d$strong_slope, slope(strong))
  expect_identical(plain_line(c(1, 1, 1), 1:3), c(NA_real_, NA_real_))
})

test_that("the effective number of variants runs from 1 to n", {
  balance <- weight_balance(c(rep(2, 5), 1e9, 1, 1), c(rep(1L, 5), rep(2L, 3)), 3L)
  expect_equal(balance$n_eff, c(5, 1, 0), tolerance = 1e-6)
  expect_equal(balance$max_weight_share, c(0.2, 1, NA), tolerance = 1e-6)
})
