# Sourced by ./verdigris: the costly analyzers over the whole solution, then formatting. Exit code 1 when something is to be mended.

run_check() {
  require_sdk
  mkdir -p "$work" 2>/dev/null || fail "cannot write to $work."
  local bad=0
  say "building with all analyzers / 正在以全部分析器编译"
  # Outputs go elsewhere, so that the program that is built stays the one that is run.
  if ! compile "$work/check.log" "$root/Verdigris.slnx" -p:VerdigrisCheck=true --artifacts-path "$work/check"; then
    grep -E '(error|warning) [A-Z]+[0-9]+' "$work/check.log" | sed "s|$root/||; s| \[.*||" | sort -u || tail -40 "$work/check.log"
    bad=1
  fi
  say "checking the format / 正在检查格式"
  if ! "$dotnet" format whitespace "$root/Verdigris.slnx" --verify-no-changes --no-restore >"$work/format.log" 2>&1; then
    grep -E 'error|warning' "$work/format.log" | sed "s|$root/||; s| \[.*||" | sort -u | head -60
    say "mend it with: dotnet format whitespace Verdigris.slnx"
    bad=1
  fi
  if [ "$bad" -eq 0 ]; then echo "check passed"; fi
  exit "$bad"
}
