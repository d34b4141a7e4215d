// The system calls of the hosted machine itself. While a standard library's calls are answered by
// the runtime, the host lets through those that are made between host_calls_begin and
// host_calls_end, and no other.

        .section .text.host_calls, "ax"
        .global host_calls_begin, host_calls_end
        .balign 16
host_calls_begin:

        // host_call(number, six arguments): what the host answers
        .global host_call
        .type   host_call, @function
host_call:
        .cfi_startproc
        movq    %rdi, %rax
        movq    %rsi, %rdi
        movq    %rdx, %rsi
        movq    %rcx, %rdx
        movq    %r8, %r10
        movq    %r9, %r8
        movq    8(%rsp), %r9
        syscall
        retq
        .cfi_endproc
        .size   host_call, . - host_call

        // start_host_thread(flags, stack_top, entry, argument): its id, or an error
        .global start_host_thread
        .type   start_host_thread, @function
start_host_thread:
        .cfi_startproc
        subq    $16, %rsi
        movq    %rdx, 0(%rsi)
        movq    %rcx, 8(%rsi)
        xorl    %edx, %edx
        xorl    %r10d, %r10d
        xorl    %r8d, %r8d
        movl    $56, %eax                       // clone
        syscall
        testq   %rax, %rax
        jz      1f
        retq
1:      .cfi_undefined %rip                     // the new thread begins here
        xorl    %ebp, %ebp
        popq    %rax
        popq    %rdi
        call    *%rax
        ud2
        .cfi_endproc
        .size   start_host_thread, . - start_host_thread

        // Where signal handlers return to. Debuggers know a signal frame by these very bytes.
        .global return_from_signal
        .type   return_from_signal, @function
        nop
return_from_signal:
        movq    $15, %rax                       // rt_sigreturn
        syscall
        ud2                                     // it does not return; what counts is the address
        .size   return_from_signal, . - return_from_signal      // behind the call

host_calls_end:
