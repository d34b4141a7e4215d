// ThreadSanitizer takes so long for an atomic load that a loop of nothing else is hardly ever found
// where it can be interrupted. So whoever waits in such a loop looks for interrupts himself, before
// each load: this is what the linker calls instead of the sanitizer's functions. All that is in use
// here are their arguments and the return address, by which a report names the caller.

        .macro  safe_point function
        .section .text.safe_points, "ax"
        .global __wrap_\function
        .type   __wrap_\function, @function
__wrap_\function:
        .cfi_startproc
        cmpl    $0, %gs:44                      // HostBlock::pending
        jne     1f
        jmp     __real_\function
1:      pushq   %rdi
        .cfi_adjust_cfa_offset 8
        pushq   %rsi
        .cfi_adjust_cfa_offset 8
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        call    serve_interrupts_at_safe_point
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        popq    %rsi
        .cfi_adjust_cfa_offset -8
        popq    %rdi
        .cfi_adjust_cfa_offset -8
        jmp     __real_\function
        .cfi_endproc
        .size   __wrap_\function, . - __wrap_\function
        .endm

        safe_point __tsan_atomic8_load
        safe_point __tsan_atomic16_load
        safe_point __tsan_atomic32_load
        safe_point __tsan_atomic64_load
