// The first instructions of every interrupt and exception.
//
// Interrupts begin on a stack of the CPU (IST), because the interrupted code may be using the 128
// bytes below its stack pointer. The frame moves from there to the interrupted stack, below those
// bytes: so the CPU's stack is free for the next interrupt, and the frame goes where its thread
// goes. A frame that does not fit raises a page fault here, which is reported as that thread's
// overflow.

        .macro  INTERRUPT vector
        .balign 16
        pushq   $\vector
        jmp     interrupt_common
        .endm

        .section .text.interrupts, "ax"
        .global interrupt_entries
        .balign 16
interrupt_entries:                              // 16 bytes each, from vector 32 on
        .set    number, 32
        .rept   4
        INTERRUPT number
        .set    number, number + 1
        .endr

        .global spurious_entry
spurious_entry:                                 // wants no end of interrupt, so nothing at all
        iretq

        .global interrupt_frame_copy, interrupt_frame_copied
interrupt_common:
        pushq   %rax
        pushq   %rcx
        // rsp: rcx, rax, vector, rip, cs, rflags, interrupted rsp, ss
        movq    48(%rsp), %rax
        subq    $red_zone_step, %rax            // 128, from link.ld
        andq    $-16, %rax
        subq    $64, %rax                       // the eight words
interrupt_frame_copy:
        movq    56(%rsp), %rcx
        movq    %rcx, 56(%rax)
        movq    48(%rsp), %rcx
        movq    %rcx, 48(%rax)
        movq    40(%rsp), %rcx
        movq    %rcx, 40(%rax)
        movq    32(%rsp), %rcx
        movq    %rcx, 32(%rax)
        movq    24(%rsp), %rcx
        movq    %rcx, 24(%rax)
        movq    16(%rsp), %rcx
        movq    %rcx, 16(%rax)
        movq    8(%rsp), %rcx
        movq    %rcx, 8(%rax)
        movq    0(%rsp), %rcx
        movq    %rcx, 0(%rax)
        movq    %rax, %rsp                      // from here on the interrupted stack
interrupt_frame_copied:
        pushq   %rdx
        pushq   %rsi
        pushq   %rdi
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %rbp                            // eight words: the stack stays aligned
        movq    %rsp, %rdi                      // an InterruptFrame
        cld
        call    handle_interrupt
        popq    %rbp
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rdi
        popq    %rsi
        popq    %rdx
        popq    %rcx
        popq    %rax
        addq    $8, %rsp                        // vector
        iretq

        // Exceptions stay on the CPU's stack for them (IST) from beginning to end.
        .macro  EXCEPTION vector, pushes_code
        .balign 16
        .if     \pushes_code == 0
        pushq   $0                              // in place of the error code
        .endif
        pushq   $\vector
        jmp     exception_common
        .endm

        .global exception_entries
        .balign 16
exception_entries:                              // 16 bytes each, from vector 0 on
        .irp    number, 0, 1, 2, 3, 4, 5, 6, 7
        EXCEPTION \number, 0
        .endr
        EXCEPTION 8, 1
        EXCEPTION 9, 0
        .irp    number, 10, 11, 12, 13, 14
        EXCEPTION \number, 1
        .endr
        EXCEPTION 15, 0
        EXCEPTION 16, 0
        EXCEPTION 17, 1
        .irp    number, 18, 19, 20
        EXCEPTION \number, 0
        .endr
        EXCEPTION 21, 1
        .irp    number, 22, 23, 24, 25, 26, 27, 28
        EXCEPTION \number, 0
        .endr
        EXCEPTION 29, 1
        EXCEPTION 30, 1
        EXCEPTION 31, 0

exception_common:
        pushq   %rax
        pushq   %rbx
        pushq   %rcx
        pushq   %rdx
        pushq   %rsi
        pushq   %rdi
        pushq   %rbp
        pushq   %r8
        pushq   %r9
        pushq   %r10
        pushq   %r11
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rsp, %rdi                      // an ExceptionFrame
        xorl    %ebp, %ebp                      // the report follows the frame's own rbp
        subq    $8, %rsp                        // 15 + 2 + 5 words: align for the call
        cld
        call    handle_exception
        addq    $8, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %r11
        popq    %r10
        popq    %r9
        popq    %r8
        popq    %rbp
        popq    %rdi
        popq    %rsi
        popq    %rdx
        popq    %rcx
        popq    %rbx
        popq    %rax
        addq    $16, %rsp                       // vector and error code
        iretq
