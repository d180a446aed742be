# A genome of three chromosomes of known content: chr1 random, chr2 with a run of N, chr3 with an IUPAC code.
made_up_genome <- function(soft_masked = FALSE) {
  random <- function(n) paste(sample(c("A", "C", "G", "T"), n, replace = TRUE), collapse = "")
  bases <- with_seed(1, c(
    chr1 = random(1200), chr2 = paste0(random(300), strrep("N", 100), random(300)),
    chr3 = paste0(random(100), "R", random(199))
  ))
  if (soft_masked) substr(bases, 50, 150) <- tolower(substr(bases, 50, 150))
  bases
}

genome_set <- function(...) Biostrings::DNAStringSet(made_up_genome(...))

# Lines of 60 bases, headers with words, as genomes come.
write_genome <- function(file, bases = made_up_genome(soft_masked = TRUE)) {
  lines <- Map(function(name, text) {
    starts <- seq(1, nchar(text), 60)
    c(paste0(">", name, " made up"), substring(text, starts, pmin(starts + 59, nchar(text))))
  }, names(bases), bases)
  writeLines(unlist(lines), file)
}

write_bed <- function(lines, envir = parent.frame(), extension = ".bed") {
  file <- temporary_file(extension, envir)
  writeLines(lines, file)
  file
}

# A mutagenesis table of all variants of `sequences`, with made-up effects: no network.
made_up_mutagenesis <- function(sequences, outputs = c("x", "y")) {
  tables <- lapply(names(sequences), function(name) {
    bases <- strsplit(sequences[[name]], "")[[1]]
    grid <- data.table::CJ(position = which(bases != "N"), alt = c("A", "C", "G", "T"), output = outputs)
    grid <- grid[alt != bases[position]]
    grid[, c("sequence", "ref") := list(name, bases[position])]
    grid[, c("effect", "se", "n_draws", "at_rounding") := list(sin(.I), 0.1 + cos(.I)^2, 5L, FALSE)]
  })
  table <- data.table::rbindlist(tables)
  data.table::setcolorder(table, c("sequence", "position", "ref", "alt", "output"))
  table <- add_coordinates(table, sequences)
  new_mutagenesis(table, list(windows = attr(sequences, "windows")))
}
