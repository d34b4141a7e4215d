// The first instructions of the process.

        .section .text.boot, "ax"
        .global machine_start
machine_start:
        rdtsc
        movl    %eax, boot_entry_ticks          // from here to main() is counted
        movl    %edx, boot_entry_ticks + 4
        movq    %rsp, %rdi                      // argument count, arguments, environment, facts
        andq    $-16, %rsp
        xorl    %ebp, %ebp                      // the chain of frames ends here
        call    start_process
        ud2

        // Leaves the host's stack: continue_on_stack(top, function).
        .section .text.continue_on_stack, "ax"
        .global continue_on_stack
continue_on_stack:
        movq    %rdi, %rsp
        xorl    %ebp, %ebp
        call    *%rsi
        ud2

        .section .bss.boot, "aw", @nobits
        .global boot_entry_ticks
        .balign 8
boot_entry_ticks:
        .skip   8
