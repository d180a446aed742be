# Labels of Beluga, each with its parts read by hand.
beluga_labels <- function() {
  data.table::fread(header = TRUE, sep = ";", na.strings = "?", strip.white = FALSE, text = "
label;cell;target;treatment
8988T_DNase_None;8988T;DNase;None
HSMM_emb_DNase_None;HSMM_emb;DNase;None
Adult_CD4_Th0_DNase_None;Adult_CD4_Th0;DNase;None
SK-N-SH_RA_CTCF_None;SK-N-SH_RA;CTCF;None
BE2_C_DNase_None;BE2_C;DNase;None
HeLa-S3_DNase_IFNa4h;HeLa-S3;DNase;IFNa4h
Ishikawa_DNase_Estradiol_100nM_1hr;Ishikawa;DNase;Estradiol_100nM_1hr
LNCaP_DNase_androgen;LNCaP;DNase;androgen
MCF-7_DNase_Hypoxia_LacAcid;MCF-7;DNase;Hypoxia_LacAcid
Urothelia_DNase_UT189;Urothelia;DNase;UT189
CD34+_Mobilized_DNase_None;CD34+_Mobilized;DNase;None
Monocytes-CD14+_RO01746_DNase_None;Monocytes-CD14+_RO01746;DNase;None
HeLa-S3_Pol2(b)_None;HeLa-S3;Pol2(b);None
A549_ATF3_EtOH_0.02pct;A549;ATF3;EtOH_0.02pct
A549_GR_DEX_500pM;A549;GR;DEX_500pM
A549_USF-1_EtOH_0.02pct;A549;USF-1;EtOH_0.02pct
ECC-1_ERalpha_BPA_100nM;ECC-1;ERalpha;BPA_100nM
GM10847_NFKB_TNFa;GM10847;NFKB;TNFa
HepG2_ERRA_forskolin;HepG2;ERRA;forskolin
HepG2_GRp20_forskolin;HepG2;GRp20;forskolin
K562_STAT1_IFNg30;K562;STAT1;IFNg30
MCF10A-Er-Src_c-Fos_4OHTAM_1uM_12hr;MCF10A-Er-Src;c-Fos;4OHTAM_1uM_12hr
MCF10A-Er-Src_STAT3_EtOH_0.01pct_4hr;MCF10A-Er-Src;STAT3;EtOH_0.01pct_4hr
MCF-7_c-Myc_serum_starved_media;MCF-7;c-Myc;serum_starved_media
K562_eGFP-FOS_None;K562;eGFP-FOS;None
A549_Pol2(phosphoS2)_None;A549;Pol2(phosphoS2);None
NA_NA_NA;?;?;?
Monocytes-CD14+RO01746 _H2AZ_None;Monocytes-CD14+RO01746;H2AZ;None
H1-hESC_H3K27me3_None;H1-hESC;H3K27me3;None
ES-I3_Cell_Line_H3K27me3_None;ES-I3_Cell_Line;H3K27me3;None
H1-hESC_DNase.fdr0.01.peaks_None;H1-hESC;DNase.fdr0.01.peaks;None
HepG2_FOXA1_None;HepG2;FOXA1;None
HepG2_FOXA2_None;HepG2;FOXA2;None
A549_FOXA1_EtOH_0.02pct;A549;FOXA1;EtOH_0.02pct
GM12878_CTCF_None;GM12878;CTCF;None
HepG2_CTCF_None;HepG2;CTCF;None
K562_CTCFL_None;K562;CTCFL;None
HepG2_DNase_None;HepG2;DNase;None
GM12878_SIX5_None;GM12878;SIX5;None
K562_STAT2_None;K562;STAT2;None
CD14+_Monocytes_DNase_treated;CD14+_Monocytes;DNase;treated
")
}

# A model of which only the names of its outputs are asked; no Python.
named_model <- function(outputs) {
  structure(list(handle = NULL, length = 20L, outputs = outputs), class = "deepmr_model")
}

# Beluga's names as the model has them: two labels stand twice.
beluga_model <- function() {
  labels <- beluga_labels()$label
  twice <- c("A549_USF-1_EtOH_0.02pct", "HepG2_FOXA1_None")
  named_model(c(setdiff(labels, twice), paste0(rep(twice, each = 2L), "#", 1:2)))
}
