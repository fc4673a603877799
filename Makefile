# The words of dev.py, for those who like make.
.PHONY: run test check bench claims help lock

run test check bench claims help:
	@python3 dev.py $@

# Renew the locks after a change in pyproject.toml; needs uv.
lock:
	uv lock --upgrade
	uv export --locked --quiet --no-emit-project --no-annotate --no-header --no-dev \
		-o requirements.lock
	uv export --locked --quiet --no-emit-project --no-annotate --no-header --group dev \
		-o requirements-dev.lock
	rm uv.lock
