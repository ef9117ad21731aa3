# Two commands for a stranger: `make demo` watches it work, `make test` shows that it is right. Needs python3 (3.11 to
# 3.13) with venv and a C compiler (PyRadiomics is compiled); everything else lands in .venv.

PYTHON     ?= python3
OUT        ?= runs/demo
TORCH_ARGS ?=# passed to pip for torch alone, to choose the index of another build of it (a CUDA version, the CPU)
BIN        := .venv/bin
STAMP      := .venv/installed

.DEFAULT_GOAL := help
.PHONY: help install demo test clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Make .venv with all that is needed; again, it does nothing

demo: $(STAMP) ## Learn from phantoms, end to end, into OUT (runs/demo)
	$(BIN)/medmtl demo --out $(OUT)

test: $(STAMP) ## Check style, types and behaviour
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -W error -n 2 --dist loadfile

clean: ## Remove .venv and every cache; runs stay
	rm -rf .venv build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find medmtl tests -name __pycache__ -type d -prune -exec rm -rf {} +

# torch comes first and by itself, so that TORCH_ARGS touches nothing else. The constraint names no build: where the
# index offers a CPU build (+cpu) pip takes it, as the higher version, and spares gigabytes of CUDA libraries.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install $(TORCH_ARGS) -c constraints.txt torch
	$(BIN)/python -m pip install -c constraints.txt -e '.[dev]'
	touch $@
