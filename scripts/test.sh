# Sourced by ./verdigris: runs every test project, the launcher's own tests and the golden vectors, and ends with `N passed, N failed`.
# A project that crashes, times out, holds no test or skips one counts as failed: nothing is passed over in silence.

# A test process compiles most of its code once and runs it a few times. Code pages mapped twice, a collector running beside and recompiling early cost a third of the run.
# (The threshold is hexadecimal: calls before a method is compiled again.)
export DOTNET_EnableWriteXorExecute=0 DOTNET_gcConcurrent=0 DOTNET_TC_CallCountThreshold=400

total_passed=0
total_failed=0

count() { total_passed=$((total_passed + $1)); total_failed=$((total_failed + $2)); }

# Value of an attribute of the first <assembly> element in a result file; empty where there is none.
attribute() { grep -o -m1 '<assembly [^>]*>' "$1" 2>/dev/null | head -1 | sed -n "s/.* $2=\"\([0-9]*\)\".*/\1/p"; }

# failures LOG: the tests that failed, each with the first lines of why. Said once more at the end, where a log that keeps only its last part still has them.
failures() { grep -A 14 -E '^ +.*\[(FAIL|SKIP|NOT RUN)\]$' "$1" | cut -c1-400 || true; }

# broken NAME MESSAGE: something that should have run did not.
broken() { printf 'FAILED  %-34s %s\n' "$1" "$2"; count 0 1; }

run_project() {
  local name=$1 program="$root/tests/$1/bin/Release/net10.0/$1" results="$work/tests/$1.xml" log="$work/tests/$1.log"
  [ -x "$program" ] || { broken "$name" "was not built"; return; }
  rm -f "$results"
  # Tests of the server wait for sockets that fall silent and for processes that are killed: a third one beside two uses what they leave.
  local began=$SECONDS code=0 more=()
  if [[ "$name" == *Server* ]]; then more=(-maxThreads 3); fi
  timeout --kill-after=20 "${VERDIGRIS_TEST_TIMEOUT:-1150}" "$program" -noLogo -noColor "${more[@]}" -xml "$results" </dev/null >"$log" 2>&1 || code=$?
  local total passed failed skipped errors
  total=$(attribute "$results" total) passed=$(attribute "$results" passed) failed=$(attribute "$results" failed)
  skipped=$(attribute "$results" skipped) errors=$(attribute "$results" errors)
  if [ -z "$total" ] || [ -z "$passed" ] || [ -z "$failed" ]; then
    cat "$log"
    if [ "$code" -eq 124 ] || [ "$code" -eq 137 ]; then broken "$name" "did not end within ${VERDIGRIS_TEST_TIMEOUT:-1150} s"; else broken "$name" "crashed with exit code $code"; fi
    return
  fi
  local bad=$((failed + ${skipped:-0} + ${errors:-0}))
  if [ "$total" -eq 0 ]; then cat "$log"; broken "$name" "holds no test"; return; fi
  # The runner says no, though each test says yes: believe the runner.
  if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
  if [ "$bad" -gt 0 ]; then
    printf -- '----- %s -----\n' "$name"
    cat "$log"
    failures "$log" >>"$work/tests/failures"
    printf 'FAILED  %-34s %s passed, %s failed, %s skipped, %s errors (exit code %s)\n' "$name" "$passed" "$failed" "${skipped:-0}" "${errors:-0}" "$code"
  else
    printf 'passed  %-34s %s tests, %s s\n' "$name" "$passed" "$((SECONDS - began))"
  fi
  count "$passed" "$bad"
}

# counted NAME COMMAND...: a command that closes with `N passed, M failed`.
counted() {
  local name=$1 code=0 output last
  shift
  output=$("$@" 2>&1 </dev/null) || code=$?
  last=$(tail -1 <<<"$output")
  if [[ ! "$last" =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then printf '%s\n' "$output"; broken "$name" "ended with exit code $code and no count"; return; fi
  local passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]}
  if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
  if [ "$failed" -gt 0 ] || [ "$passed" -eq 0 ]; then
    printf '%s\n' "$output"
    if [ "$failed" -eq 0 ]; then failed=1; fi
    printf 'FAILED  %-34s %s passed, %s failed\n' "$name" "$passed" "$failed"
  else
    printf 'passed  %-34s %s\n' "$name" "$passed"
  fi
  count "$passed" "$failed"
}

# worker NAME PROJECT...: takes the projects nobody has taken, one after the other, in a process of its own, and leaves what it counted in a file.
worker() (
  local counted="$work/tests/worker-$1.count" project
  shift
  total_passed=0 total_failed=0
  for project in "$@"; do if mkdir "$work/tests/taken/$project" 2>/dev/null; then run_project "$project"; fi; done
  printf '%d %d\n' "$total_passed" "$total_failed" >"$counted"
)

# Two at a time: what waits for a page or a process leaves its core to the other. The longest come first, so that both end together.
run_projects() {
  local ordered=() project long name passed failed
  for long in Browser Server Passport Storage; do for project in "$@"; do if [[ "$project" == *"$long"* ]]; then ordered+=("$project"); fi; done; done
  rm -rf "$work/tests/taken" "$work/tests/failures" "$work"/tests/worker-*.count
  mkdir -p "$work/tests/taken"
  worker one "${ordered[@]}" "$@" &
  worker two "${ordered[@]}" "$@"
  wait
  for project in "$@"; do [ -d "$work/tests/taken/$project" ] || broken "$project" "was not run"; done
  for name in one two; do
    if read -r passed failed 2>/dev/null <"$work/tests/worker-$name.count"; then count "$passed" "$failed"; else broken "$name" "ended without a count"; fi
  done
}

run_tests() {
  local projects=() project filter name
  for project in "$root"/tests/*/*.csproj; do
    name=$(basename "$project" .csproj)
    if [ $# -eq 0 ]; then projects+=("$name"); continue; fi
    for filter in "$@"; do if [[ "${name,,}" == *"${filter,,}"* ]]; then projects+=("$name"); break; fi; done
  done
  [ ${#projects[@]} -gt 0 ] || fail "no test project is named like: $*. There are: $(cd "$root/tests" && ls -d Verdigris.* | paste -sd' ' -)"

  mkdir -p "$work/tests" 2>/dev/null || fail "cannot write to $work."
  case " ${projects[*]} " in *Storage* | *Passport* | *Footprint* | *Cbam* | *Registry* | *Market* | *Server* | *Browser* | *Web*) require postgresql=postgresql ;; esac
  # Meters speak MQTT: their tests start a broker of their own.
  case " ${projects[*]} " in *Footprint*) require rabbitmq=rabbitmq-server ;; esac
  # The Commission's form is calculated by a second program and compared (86 MB, ten seconds).
  case " ${projects[*]} " in *Cbam*) require office=libreoffice-calc-nogui ;; esac
  case " ${projects[*]} " in *Server* | *Browser* | *Web*) require_node_packages ;; esac
  case " ${projects[*]} " in *Browser*)
    # The shell without windows takes two thirds of the processor time of a whole browser; either will do.
    has_headless_shell || attempt chromium-headless-shell || true
    require chromium=chromium cjk_font=fonts-noto-cjk
    ;;
  esac

  say "building / 正在编译"
  if [ $# -eq 0 ]; then build Verdigris.slnx; else build src/Verdigris.Cli/Verdigris.Cli.csproj "${projects[@]/#/tests/}"; fi

  run_projects "${projects[@]}"
  if [ $# -eq 0 ]; then
    counted "launcher" bash "$root/scripts/launcher-tests.sh"
    counted "golden vectors" "$dotnet" "$program" verify "$root"/tests/vectors/*.jsonl
  fi
  if [ -s "$work/tests/failures" ]; then printf -- '----- what failed -----\n'; cat "$work/tests/failures"; fi
  printf '%d passed, %d failed\n' "$total_passed" "$total_failed"
  if [ "$total_failed" -gt 0 ]; then exit 1; fi
  exit 0
}
