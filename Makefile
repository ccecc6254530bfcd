# SecureMail's face. `make demo` shows it, `make test` proves it; meson and ninja do the work.
BUILD ?= build
ARGS ?=
TIME ?= 60

.PHONY: all demo test bench fuzz setup clean

all: setup $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

demo: all
	@/usr/bin/python3 demo/demo.py --build $(BUILD) $(ARGS)

test:
	@tools/setup test
	@tools/test $(ARGS)

bench:
	@tools/setup bench
	@$(MAKE) --no-print-directory all
	@/usr/bin/python3 bench/run.py --build $(BUILD) $(ARGS)

# Every fuzz target for TIME seconds each, with address and undefined behaviour sanitizers.
fuzz:
	@tools/setup test
	@tools/fuzz $(TIME) $(ARGS)

setup:
	@tools/setup build

$(BUILD)/build.ninja:
	@meson setup $(BUILD) >$(BUILD).log 2>&1 || { cat $(BUILD).log; rm -rf $(BUILD); exit 1; }
	@mv $(BUILD).log $(BUILD)/setup.log

clean:
	rm -rf $(BUILD) build-*
