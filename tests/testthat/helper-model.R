# A model of 20 bp with outputs "x" and "y", from fixtures/nets.py.
test_model <- function(class = "Small", outputs = c("x", "y"), ...) {
  suppressMessages(
    model_torch(paste0(test_path("fixtures", "nets.py"), ":", class), length = 20, outputs = outputs, ...),
    classes = "deepmr_message_untrained"
  )
}

test_sequences <- c(first = "ACGTTGCAATACGGTACCAG", second = "TTGACGTAACGTNACGTTGC")

# For snapshots: the folder of the fixtures and the device differ between machines.
portable <- function(lines) gsub("[^ ]*(nets\\.py)|(Device: +).*", "\\1\\2", lines)
