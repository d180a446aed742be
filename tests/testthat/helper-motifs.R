# Effects of every variant of random sequences, in runs as sites make them, which know nothing of the sequence: for
# each output three sites of 8 bp in a sequence, whose variants lower it.
blind_effects <- function(n_sequences = 6L, length = 100L, outputs = "y", seed = 1L) {
  with_seed(seed, {
    sequences <- vapply(seq_len(n_sequences), function(i) {
      paste(sample(c("A", "C", "G", "T"), length, replace = TRUE), collapse = "")
    }, "")
    names(sequences) <- paste0("s", seq_len(n_sequences))
    tables <- lapply(names(sequences), function(name) {
      variants <- variants_of(sequences[[name]])
      data.table::rbindlist(lapply(outputs, function(output) {
        site <- unlist(lapply(sample(length - 8L, 3L), function(start) start + 0:7))
        data.table::data.table(
          sequence = name, variants, output = output,
          effect = rnorm(nrow(variants), sd = 0.01) - (variants$position %in% site) * rexp(nrow(variants), 5)
        )
      }))
    })
  })
  list(effects = data.table::rbindlist(tables), sequences = sequences)
}

variants_of <- function(sequence) {
  base <- strsplit(sequence, "")[[1L]]
  at <- which(base != "N")
  data.table::data.table(
    position = rep(at, each = 3L), ref = rep(base[at], each = 3L),
    alt = unlist(lapply(base[at], function(b) setdiff(c("A", "C", "G", "T"), b)))
  )
}

demo_motifs <- function() read_motifs(demo_file("demo_motifs.jaspar"))
