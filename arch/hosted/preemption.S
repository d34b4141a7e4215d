// The first and last instructions of a preemption.

        // A signal handler that finds that the thread shall lose the CPU lets it go on here, with
        // all registers as they were but rsp, which is below the bytes that the thread may be
        // using, and with interrupts off. The signal is over by then: what suspends the thread is
        // on its own stack. A frame that does not fit raises a page fault here, which is reported
        // as that thread's overflow.
        .section .text.preemption, "ax"
        .global preemption_entry, preemption_again
        .global preemption_return_begin, preemption_return_end
        .type   preemption_entry, @function
preemption_entry:
        .cfi_startproc
        .cfi_signal_frame
        pushq   $0x2b                           // as iretq wants it: ss,
        pushq   %gs:64                          // rsp,
        pushq   %gs:56                          // flags,
        pushq   $0x33                           // cs,
        pushq   %gs:48                          // rip
preemption_again:
        pushq   %rax
        pushq   %rcx
        pushq   %rdx
        pushq   %rsi
        pushq   %rdi
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11                            // 14 words: the stack is aligned
        .cfi_escape 0x0f, 4, 0x77, 0xe0, 0x00, 0x06         // CFA: the word at rsp + 96
        .cfi_escape 0x10, 16, 3, 0x77, 0xc8, 0x00           // rip: at rsp + 72
        movq    %rsp, %rdi                      // a PreemptionFrame
        movq    %rbp, %rsi
        cld
        call    reschedule_preempted_thread
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rdi
        popq    %rsi
        popq    %rdx
        popq    %rcx
        popq    %rax
        .cfi_escape 0x0f, 3, 0x77, 24, 0x06
        .cfi_escape 0x10, 16, 2, 0x77, 0
        movl    $0, %gs:40                      // interrupts on
        // A handler that comes from here on, with rsp at the frame, continues at preemption_again:
        // so that frames do not pile up when interrupts follow each other closely.
preemption_return_begin:
        cmpl    $0, %gs:44                      // did any come while they were off?
        jne     1f
        iretq
1:      movl    $1, %gs:40
preemption_return_end:
        jmp     preemption_again
        .cfi_endproc
        .size   preemption_entry, . - preemption_entry
