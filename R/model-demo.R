#' The demonstration model
#'
#' A small convolutional network with dropout, trained on 500-bp promoters of
#' *Drosophila melanogaster* to predict the occupancy of four transcription
#' factors and an accessibility that depends linearly on three of them, so that
#' the truth is known: see [demo_truth()].
#'
#' @section Members:
#' Five networks of one architecture, trained on the same windows with different seeds: they differ in
#' initial weights, order of the batches, mutations seen and masks of dropout in training. Member 1 is the
#' demonstration model wherever these pages speak of one network.
#' `model_ensemble(lapply(1:5, model_demo))` is a deep ensemble where dropout is off, and one
#' with dropout in each member where it is on: see [model_ensemble()].
#'
#' Correlations with the oracle as in [demo_truth()], dropout off; at least 0.9 was required of
#' levels and 0.8 of SNV effects, for every output. Levels are on the whole held-out arm, the
#' lowest of the five outputs; SNV effects are pooled over the 100 windows of [demo_sequences()]. The
#' whole table: `system.file("extdata", "demo_members.csv", package = "deepmr")`.
#'
#' | member | levels | `Dref` | `Trl` | `M1BP` | `da` | `accessibility` |
#' |---|---|---|---|---|---|---|
#' | 1 | 0.985 | 0.991 | 0.965 | 0.972 | 0.987 | 0.966 |
#' | 2 | 0.983 | 0.991 | 0.957 | 0.982 | 0.989 | 0.967 |
#' | 3 | 0.982 | 0.990 | 0.968 | 0.974 | 0.987 | 0.960 |
#' | 4 | 0.983 | 0.992 | 0.955 | 0.968 | 0.987 | 0.962 |
#' | 5 | 0.983 | 0.990 | 0.970 | 0.970 | 0.990 | 0.966 |
#'
#' @param member Which network: a whole number from 1 to 5.
#' @return A `deepmr_model` with sequence length 500.
#' @section Errors: `deepmr_error_argument` for a `member` that is not a whole number from 1 to 5.
#' @seealso [demo_sequences()] for sequences that it has never seen.
#' @examplesIf deepmr_python_info()$usable
#' model_demo()
#' # A deep ensemble: with dropout off there is a draw for each member.
#' ensemble <- model_ensemble(lapply(1:5, model_demo))
#' predict(ensemble, demo_sequences(2), dropout = NULL)
#' @export
model_demo <- function(member = 1L) {
  member <- check_count(member, "member")
  if (member > 5L) {
    stop_deepmr(
      "argument", "{.arg member} is {member}, but there are 5 demo networks.", "Use a {.arg member} from 1 to 5."
    )
  }
  weights <- if (member == 1L) "demo_model.pt" else sprintf("demo_model_%d.pt", member)
  new_model(call_backend("load.demo", demo_file(weights), as.list(demo_outputs), member))
}
