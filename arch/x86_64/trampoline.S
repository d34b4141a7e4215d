// Where an application processor begins: in real mode, at the start of a page below 1 MiB to which
// the bytes from trampoline_begin to trampoline_end are copied. From there to 64-bit C++ on a stack
// of its own.

        .section .rodata.trampoline, "a"
        .global trampoline_begin, trampoline_end
        .global trampoline_root, trampoline_far, trampoline_descriptors_base
        .code16
trampoline_begin:
        cli
        cld
        movw    %cs, %ax                        // the copy's page
        movw    %ax, %ds
        lgdtl   trampoline_descriptors_pointer - trampoline_begin
        movl    $0x20, %eax                     // physical address extension
        movl    %eax, %cr4
        movl    $0xc0000080, %ecx               // EFER
        rdmsr
        orl     $0x900, %eax                    // long mode, no-execute
        wrmsr
        movl    trampoline_root - trampoline_begin, %eax
        movl    %eax, %cr3
        movl    $0x80010001, %eax               // paging, write protection, protected mode at once
        movl    %eax, %cr0
        ljmpl   *(trampoline_far - trampoline_begin)

        .code64
        .global trampoline_long_mode
trampoline_long_mode:
        movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        xorl    %eax, %eax
        movl    %eax, %fs
        movl    %eax, %gs
        movl    $1, %edi
        lock xaddl %edi, ap_tickets             // the number of this arrival
        cmpl    ap_ticket_limit, %edi
        jae     1f                              // too late: given up
        movq    ap_stack_tops, %rax
        movl    %edi, %edi
        movq    (%rax,%rdi,8), %rsp             // the stack for it
        xorl    %ebp, %ebp
        movabsq $enter_application_processor, %rax
        call    *%rax
1:      cli
        hlt
        jmp     1b

        .balign 8
trampoline_descriptors:
        .quad   0
        .quad   0x00af9b000000ffff              // 0x08: 64-bit code
        .quad   0x00cf93000000ffff              // 0x10: data
trampoline_descriptors_pointer:
        .word   . - trampoline_descriptors - 1
trampoline_descriptors_base:
        .long   0                               // address of the copy's descriptors
trampoline_root:
        .long   0                               // CR3
trampoline_far:
        .long   0                               // address of the copy's trampoline_long_mode
        .word   0x08
trampoline_end:
        .global trampoline_descriptors
