# Methods on draws over all sequences at once: the moments of each sequence, about its own mean for a line with
# intercepts, are added up. Only the errors ask whether sequences share their masks: if not, the errors of two
# sequences are independent, and variances add up; if so, draw t is one mask for all, and its influences do.

# Moments of each group by stratum, or in words why there are none.
pooled_moments <- function(data, used, n_groups, options, centred) {
  by_stratum <- data.table::setDT(as.list(data))
  data.table::set(by_stratum, j = "group", value = data$stratum)
  # A single variant has no line, but a share in those that have.
  found <- moments_by_group(by_stratum, used, max(data$stratum), options, centred, least = 1L)
  first <- match(seq_along(found), data$stratum)
  names(found) <- data$sequence[first]
  group <- data$group[first]
  has_rows <- tabulate(data$stratum[used], length(found)) > 0L
  lapply(seq_len(n_groups), function(g) {
    here <- which(group == g)
    add_moments(found[here[has_rows[here]]], any(is.na(data$draws_reason[data$group == g])), centred)
  })
}

# `sequences`: a list of draw_moments(), with a string for those that have none.
add_moments <- function(sequences, has_draws, centred) {
  if (!has_draws) {
    return("no draws")
  }
  problems <- Filter(is.character, sequences)
  if (length(problems)) {
    return(problems[[1L]])
  }
  k <- max(1L, length(sequences))
  total <- function(what) sum(vapply(sequences, `[[`, 0, what))
  n <- as.integer(sum(vapply(sequences, `[[`, 0L, "n")))
  least <- 1L + if (centred) k + 1L else 1L
  if (n < least) {
    return(paste("fewer than", least, "instruments"))
  }
  if (!any(vapply(sequences, `[[`, TRUE, "spread"))) {
    return("no spread in exposure effects")
  }
  s0 <- total("s0")
  mean_of <- function(what) sum(vapply(sequences, function(m) m$s0 * m[[what]], 0)) / s0
  sums <- c("sxx", "sxy", "syy", "sum_h2", "sum_w2", "sum_wh")
  c(stats::setNames(lapply(sums, total), sums), list(
    n = n, centred = centred, n_intercepts = if (centred) k else 0L, s0 = s0,
    x_mean = mean_of("x_mean"), y_mean = mean_of("y_mean"), positions = add_positions(sequences),
    n_eff = s0^2 / total("sum_w2"), sequences = sequences,
    max_weight_share = max(vapply(sequences, function(m) m$max_weight_share * m$s0, 0)) / s0
  ))
}

# NULL where every position has one variant.
add_positions <- function(sequences) {
  has <- !vapply(sequences, function(m) is.null(m$positions), TRUE)
  if (!any(has)) {
    return(NULL)
  }
  sums <- c("n", "sxx", "sxy", "syy", "pairs", "h2", "wh", "w2")
  p <- lapply(sums, function(what) sum(vapply(sequences[has], function(m) as.numeric(m$positions[[what]]), 0)))
  p <- stats::setNames(p, sums)
  p$n <- p$n + sum(vapply(sequences[!has], `[[`, 0L, "n"))
  p
}

# What of the moments has draws, for masks that are the same in all sequences.
join_draws <- function(sequences) {
  sums <- c("kxx", "kxy", "hx", "hy", "gx", "cx", "cy")
  joint <- lapply(sums, function(what) Reduce(`+`, lapply(sequences, `[[`, what)))
  c(stats::setNames(joint, sums), sequences[[1L]][c("n_draws", "n_members")])
}

# Sets of variants whose errors are independent of those of other sets, and whether sequences share
# masks; in words why there are none. The posterior is about one more draw of everything.
mask_sets <- function(m, line, error, choice) {
  if (is.null(m$sequences)) {
    return(list(parts = list(m)))
  }
  n_members <- vapply(m$sequences, function(part) as.integer(part$n_members), 0L)
  influence <- lapply(m$sequences, slope_influence, line)
  masks <- masks_between(influence, n_members, choice)
  if (error != "posterior" && !masks %in% "shared") {
    return(list(parts = m$sequences, masks = masks))
  }
  if (!draws_match(lengths(influence), n_members)) {
    return(unmatched_draws)
  }
  list(parts = list(join_draws(m$sequences)), masks = masks)
}

# "shared", "own", or NA where nothing is known, by the influence of each draw on the slope, a list over
# sequences. The members of an ensemble are the same networks in every sequence.
masks_between <- function(influence, n_members, choice) {
  same_networks <- length(influence) > 1L && !all(draws_independent(lengths(influence), n_members))
  if (choice == "auto" && same_networks) "shared" else masks_of(influence, choice)
}

draws_match <- function(n_draws, n_members) length(unique(n_draws)) == 1L && length(unique(n_members)) == 1L
unmatched_draws <- "numbers of draws differ between sequences"
