# What ENCODE called the target of an antibody, and the symbol of its gene: labels of models have the one, names of
# files often the other.

# From ENCODE's controlled vocabulary of antibodies (cv.ra, with UCSC's hg19 tracks: "target" beside the antibody's
# name; ENCODE Project Consortium 2012, Nature 489:57-74), symbols as HGNC has them. Names that differ in punctuation or
# case alone (USF-1, PU.1 as Pu1) need no row. Not in here: Pol2(phosphoS2), a modified form, and Nrf2, which the
# vocabulary gives to another gene than HGNC.
target_symbols <- c(
  "AP-2alpha" = "TFAP2A", "AP-2gamma" = "TFAP2C", "BAF155" = "SMARCC1", "BAF170" = "SMARCC2", "Brg1" = "SMARCA4",
  "c-Fos" = "FOS", "c-Jun" = "JUN", "c-Myc" = "MYC", "COREST" = "RCOR1", "ERalpha" = "ESR1", "ERalpha_a" = "ESR1",
  "ERRA" = "ESRRA", "GABP" = "GABPA", "GCN5" = "KAT2A", "GR" = "NR3C1", "Ini1" = "SMARCB1", "LSD1" = "KDM1A",
  "NFKB" = "RELA", "NRSF" = "REST", "p300" = "EP300", "Pol2" = "POLR2A", "Pol2-4H8" = "POLR2A", "Pol2(b)" = "POLR2A",
  "PU.1" = "SPI1", "TBLR1" = "TBL1XR1", "TR4" = "NR2C2", "UBF" = "UBTF", "WHIP" = "WRNIP1"
)

# Names as bare_name() makes them, with the symbol, made bare too, for those that have another.
with_symbols <- function(names) {
  at <- match(names, bare_name(names(target_symbols)))
  ifelse(is.na(at), names, bare_name(target_symbols[at]))
}
