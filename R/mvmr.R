mv_method_registry <- function() list()
