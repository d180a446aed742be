# Thin names; what they do is in tools/. `demo` and `test` install what they need.
.PHONY: setup demo test fuzz lint check docs site bench coverage

# Byte code beside the sources would make setup see newer files.
export PYTHONDONTWRITEBYTECODE = 1

setup:
	@bash tools/setup.sh

demo: setup
	Rscript "$$(Rscript -e 'cat(system.file("demonstration", "run.R", package = "deepmr"))')" demo-output

test: setup
	@Rscript tools/test.R

fuzz: setup
	@DEEPMR_FUZZ="$${DEEPMR_FUZZ:-500}" "$$(Rscript -e 'cat(deepmr::deepmr_python_info()$$python)')" \
	  -m pytest -q -p no:cacheprovider tests/python/test_fuzz.py

lint: setup
	@Rscript tools/lint.R

check: setup
	@bash tools/check.sh

docs: setup
	Rscript -e 'roxygen2::roxygenise()'

site: setup
	@Rscript tools/site.R

bench: setup
	@"$$(Rscript -e 'cat(deepmr::deepmr_python_info()$$python)')" benchmarks/engines.py
	@Rscript benchmarks/mr.R

coverage: setup
	@Rscript benchmarks/coverage.R
