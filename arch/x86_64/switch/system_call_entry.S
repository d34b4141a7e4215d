// The first and last instructions of a system call. The processor has saved nothing but the return
// address (rcx) and the flags (r11), and has not switched stacks, for there is one ring only.
// System V ABI for x86_64, section A.2.1.
//
// There is no way back by sysret: it would go to ring 3.

        .section .text.system_calls, "ax"
        .global system_call_entry
        .balign 16
system_call_entry:
        .cfi_startproc
        .cfi_signal_frame                       // the trap is not a call: look at its own address
        .cfi_def_cfa %rsp, 0                    // where the caller's stack pointer is
        .cfi_register %rip, %rcx
        subq    $red_zone_step, %rsp            // the caller may be using the bytes below it
        pushq   %rcx                            // return address
        pushq   %rbp                            // and frame pointer: a frame as functions make it
        movq    %rsp, %rbp
        .cfi_def_cfa %rbp, 144                  // these two and the 128 bytes that it may use
        .cfi_offset %rip, -136
        .cfi_offset %rbp, -144
        andq    $-16, %rsp
        pushq   %rcx                            // a SystemCall, from its end to its beginning
        pushq   %r11
        pushq   %r9
        pushq   %r8
        pushq   %r10
        pushq   %rdx
        pushq   %rsi
        pushq   %rdi
        movq    %rsp, %rdi                      // the SystemCall
        movq    %rax, %rsi                      // its number
        call    tb_on_system_call               // the result stays in rax
        popq    %rdi
        popq    %rsi
        popq    %rdx
        popq    %r10
        popq    %r8
        popq    %r9
        popfq                                   // flags
        movq    %rbp, %rsp
        popq    %rbp
        popq    %rcx
        leaq    red_zone_step(%rsp), %rsp
        jmpq    *%rcx
        .cfi_endproc

        // rdi: a SystemCall; rsi: the result; rdx: the stack to go on with
        .global resume_system_call_at
resume_system_call_at:
        movq    %rdx, %rsp
        movq    %rsi, %rax
        movq    56(%rdi), %rcx                  // return address
        pushq   48(%rdi)
        popfq                                   // flags
        movq    40(%rdi), %r9
        movq    32(%rdi), %r8
        movq    24(%rdi), %r10
        movq    16(%rdi), %rdx
        movq    8(%rdi), %rsi
        movq    0(%rdi), %rdi
        movl    $0, %ebx                        // mov leaves the flags alone
        movl    $0, %ebp
        movl    $0, %r12d
        movl    $0, %r13d
        movl    $0, %r14d
        movl    $0, %r15d
        jmpq    *%rcx
