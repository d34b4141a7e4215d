// How the sanitizers are to behave. Called by them before anything else runs.
#define TB_STATUS_AND_SYMBOLS                      \
  "exitcode=66:strip_path_prefix=/proc/self/cwd/:" \
  "external_symbolizer_path=/usr/lib/llvm-19/bin/llvm-symbolizer:"
// Signals are the machine's.
#define TB_NO_SIGNALS                                                             \
  "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0:" \
  "handle_sigtrap=0:use_sigaltstack=0:"

extern "C" {

// Leaks: memory that the application leaves behind is the machine's end.
[[gnu::used]] const char* __asan_default_options() {
  return TB_STATUS_AND_SYMBOLS TB_NO_SIGNALS "detect_leaks=0:detect_stack_use_after_return=0";
}

[[gnu::used]] const char* __tsan_default_options() {
  return TB_STATUS_AND_SYMBOLS TB_NO_SIGNALS "halt_on_error=1:report_signal_unsafe=0";
}
}
