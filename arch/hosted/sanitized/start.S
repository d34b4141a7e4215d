// The first instructions of the process, which leave all but main() to the C library.

        .section .text.boot, "ax"
        .global _start
_start:
        movq    %rdx, %r9                       // System V ABI, figure 3.9: what to call at exit,
        rdtsc
        movl    %eax, boot_entry_ticks          // from here to main() is counted
        movl    %edx, boot_entry_ticks + 4
        popq    %rsi                            // argument count,
        movq    %rsp, %rdx                      // arguments
        andq    $-16, %rsp
        xorl    %ebp, %ebp                      // the chain of frames ends here
        pushq   %rbp
        pushq   %rsp
        xorl    %r8d, %r8d
        xorl    %ecx, %ecx
        movq    $start_process, %rdi
        call    *__libc_start_main@GOTPCREL(%rip)
        ud2

        .section .bss.boot, "aw", @nobits
        .global boot_entry_ticks
        .balign 8
boot_entry_ticks:
        .skip   8
