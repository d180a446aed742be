# Promoter windows of D. melanogaster, split by chromosome.
#
# In:  Biostrings' extdata/dm3_upstream2000.fa.gz (UCSC dm3, 2,000 bp upstream of RefSeq genes)
# Out: build/windows.csv: name, chromosome, start, end, strand, accession, split, sequence
#
# A record reads 5' to 3' on the strand of its gene, so its LAST base is the one
# next to the transcription start site (TSS); the window is the last 500 bp.

window_length <- 500L
splits <- c(chr2L = "train", chr3L = "train", chr3R = "train", chrX = "validation", chr2R = "test")
shared_word <- 32L # a validation or test window may share no word of this length with training

source_file <- system.file("extdata", "dm3_upstream2000.fa.gz", package = "Biostrings", mustWork = TRUE)
records <- Biostrings::readDNAStringSet(source_file)
message(length(records), " records")

# e.g. "NM_078863_up_2000_chr2L_16764737_f chr2L:16764737-16766736"
pattern <- "^(.+)_up_2000_(.+)_[0-9]+_([fr]) (.+):([0-9]+)-([0-9]+)$"
stopifnot(all(grepl(pattern, names(records)[Biostrings::width(records) == 2000L])))
field <- function(i, x) sub(pattern, paste0("\\", i), names(x))

records <- records[Biostrings::width(records) == 2000L & !duplicated(records)]
message(length(records), " of full length and distinct")

records <- records[field(4, records) %in% names(splits)]
forward <- field(3, records) == "f"
first <- as.integer(field(5, records))
last <- as.integer(field(6, records))
windows <- data.frame(
  chromosome = field(4, records),
  start = ifelse(forward, last - window_length + 1L, first),
  end = ifelse(forward, last, first + window_length - 1L),
  strand = ifelse(forward, "+", "-"),
  accession = field(1, records),
  sequence = as.character(Biostrings::subseq(records, end = 2000L, width = window_length))
)
windows$split <- unname(splits[windows$chromosome])
windows$name <- sprintf("%s:%d-%d(%s)", windows$chromosome, windows$start, windows$end, windows$strand)
message(nrow(windows), " on the five large chromosome arms")

windows <- windows[!grepl("[^ACGT]", windows$sequence), ]
message(nrow(windows), " without N")

# The oracle is strand-symmetric: a sequence and its reverse complement are the same window.
reverse <- as.character(Biostrings::reverseComplement(Biostrings::DNAStringSet(windows$sequence)))
windows <- windows[!duplicated(pmin(windows$sequence, reverse)), ]
message(nrow(windows), " with distinct sequence (either strand)")

# Along each arm keep a window if it starts after the end of the last one kept.
windows <- windows[order(windows$chromosome, windows$start, windows$strand), ]
keep <- logical(nrow(windows))
for (arm in names(splits)) {
  reached <- 0L
  for (i in which(windows$chromosome == arm)) {
    if (windows$start[i] > reached) {
      keep[i] <- TRUE
      reached <- windows$end[i]
    }
  }
}
windows <- windows[keep, ]
message(nrow(windows), " not overlapping in the genome (either strand)")

# Transposons and gene families put near-copies on several arms.
starts <- seq_len(window_length - shared_word + 1L)
words <- function(x) { # one row per window
  vapply(starts, function(i) substr(x, i, i + shared_word - 1L), character(length(x)))
}
train <- windows$sequence[windows$split == "train"]
held_out <- which(windows$split != "train")
train_reverse <- as.character(Biostrings::reverseComplement(Biostrings::DNAStringSet(train)))
known <- unique(c(words(train), words(train_reverse)))
held_out_words <- words(windows$sequence[held_out])
copied <- held_out[rowSums(matrix(held_out_words %in% known, nrow = length(held_out))) > 0]
windows <- windows[-copied, ]
message(nrow(windows), " left: ", length(copied), " held-out windows share ", shared_word, " bp with training")

print(table(windows$split, windows$chromosome))
stopifnot(!anyDuplicated(windows$name))
dir.create("build", showWarnings = FALSE)
columns <- c("name", "chromosome", "start", "end", "strand", "accession", "split", "sequence")
write.csv(windows[columns], "build/windows.csv", row.names = FALSE, quote = FALSE)
