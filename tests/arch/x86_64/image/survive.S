// survive_avx(in, out, rounds) and survive_sse(in, out, rounds), see survive.h: loads everything
// from `in`, spends the rounds without a call or another instruction that changes anything, and
// stores what is there then in `out`. Below the stack pointer is the red zone, which only an
// interrupt can touch meanwhile.

        .set GENERAL, 0                         // offsets, pinned in survive.h
        .set FLAGS, 96
        .set RED_ZONE, 104
        .set VECTOR, 232

        .macro  VECTORS move, register, direction
        .set    place, VECTOR
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        .ifc    \direction, load
        \move   place(%rdi), %\register\n
        .else
        \move   %\register\n, place(%rsi)
        .endif
        .set    place, place + 32
        .endr
        .endm

        .macro  GENERALS direction
        .set    place, GENERAL
        .irp    name, rax, rbx, rdx, rbp, r8, r9, r10, r11, r12, r13, r14, r15
        .ifc    \direction, load
        movq    place(%rdi), %\name
        .else
        movq    %\name, place(%rsi)
        .endif
        .set    place, place + 8
        .endr
        .endm

        .macro  SURVIVE name, move, register
        .global \name
\name:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rdx, %rcx                      // rounds
        VECTORS \move, \register, load
        pushq   FLAGS(%rdi)
        popfq
        .set    number, 0                       // 16 words below the stack pointer
        .rept   16
        movq    RED_ZONE + 8 * number(%rdi), %rax
        movq    %rax, -8 - 8 * number(%rsp)
        .set    number, number + 1
        .endr
        GENERALS load
1:      leaq    -1(%rcx), %rcx                  // neither of the three changes a flag
        jrcxz   2f
        jmp     1b
2:      GENERALS store
        .set    number, 0
        .rept   16
        movq    -8 - 8 * number(%rsp), %rax
        movq    %rax, RED_ZONE + 8 * number(%rsi)
        .set    number, number + 1
        .endr
        pushfq
        popq    FLAGS(%rsi)
        cld                                     // as the ABI wants it
        VECTORS \move, \register, store
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret
        .endm

        .section .text.survive, "ax"
        SURVIVE survive_avx, vmovdqu, ymm
        SURVIVE survive_sse, movdqu, xmm
