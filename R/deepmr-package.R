#' deepmr: Mendelian randomization of what genomic deep-learning models have learnt
#'
#' The steps, in the order of a session:
#'
#' 1. **A model:** [model_demo()], [model_torch()], [model_kipoi()].
#' 2. **Sequences:** [as_sequences()]; [sequences_bed()] and [sample_sequences()]
#'    cut them out of a genome.
#' 3. **Mutate:** [saturation_mutagenesis()] changes every base of every sequence
#'    under locked dropout masks ([dropout_spec()]) and returns a data.table of
#'    effects, standard errors and draws; [variant_effects()] takes a list of variants.
#' 4. **Pair:** [estimate_effects()] puts exposure and outcome side by side;
#'    [select_instruments()] marks the variants to use.
#' 5. **Fit:** [fit_mr()] runs one Mendelian randomization per sequence, exposure
#'    and outcome.
#' 6. **Pool:** [meta_analyze()] combines the sequences.
#' 7. **Check:** [motif_disruption()], [diagnose()], [calibration_error()],
#'    [reliability()], and `autoplot()` methods.
#'
#' Only models and mutagenesis need Python. [deepmr_python_info()] says what Python was
#' found, [install_deepmr()] installs what they need.
#'
#' @section What a slope means:
#' Inside a multi-task network there is no arrow from exposure to outcome: both
#' are read off the same hidden units. The slope of outcome effects on exposure
#' effects says how the network's two predictions move together when the DNA is
#' changed one base at a time. It is evidence about what the network has learnt,
#' and about biology only as far as the network is right.
#'
#' @importFrom data.table := .N .SD .I .GRP .BY data.table as.data.table setDT setattr setcolorder
#' @importFrom rlang .data abort
#' @keywords internal
"_PACKAGE"

.datatable.aware <- TRUE # nolint: object_name_linter. data.table looks for this name.
