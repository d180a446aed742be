#' A model that averages over both strands
#'
#' Its predictions are the means of those of the network given, for a sequence and for its reverse complement, as many
#' publications average them. Reference and variants are turned round alike, so an effect is the mean of the effects on
#' both strands.
#'
#' The means are taken of the network's own outputs, and the model's transform, whether put on before or after,
#' comes after them: of a network that ends in a sigmoid, the mean of two probabilities; of one that
#' gives logits, the mean of two logits, so that `transform_sigmoid()` then gives the probability at the
#' mean log odds and not the mean probability.
#'
#' In each draw both strands have the same masks, those that the sequence has without averaging, so that the spread
#' over the draws is that of one network's mean. Unlocked masks are each row's own, and the same for the row's two
#' strands. With dropout off a sequence and its reverse complement have the same predictions, up to float rounding;
#' with dropout each of them has masks of its own, by its text. All dropout calls, and the names of layers and outputs,
#' are those of the network given. It takes twice the time.
#'
#' Outputs that mean a place or a strand (a profile along the sequence, transcription of one strand) are averaged as
#' they stand, which makes no sense of them.
#'
#' @param model A `deepmr_model`; of an ensemble each member is averaged over both strands.
#' @return A `deepmr_model`, the one given unchanged; both share the network.
#' @section Errors: `deepmr_error_model`: the model, or a member of it, is such a model already. (A network that
#'   averages strands itself is not recognised: it gives the same again, in twice the time.)
#' @seealso [model_ensemble()], [with_transform()]
#' @examplesIf deepmr_python_info()$usable
#' both <- model_both_strands(model_demo())
#' both
#' sequence <- demo_sequences(1)
#' turned <- chartr("ACGT", "TGCA", paste(rev(strsplit(sequence, "")[[1]]), collapse = ""))
#' predict(both, c(sequence, turned = turned), outputs = "Dref", dropout = NULL)
#' @export
model_both_strands <- function(model) {
  check_model(model)
  new_model(call_backend("strands.both_strands", model$handle), transform = model$transform, scaled = model$scaled)
}
