// From the boot loader to 64-bit C++ on the boot CPU. The loader hands over in 32-bit protected
// mode with paging off, eax = magic, ebx = address of its information.

        .set MULTIBOOT_MAGIC, 0x1badb002
        .set MULTIBOOT_FLAGS, 0x00010003        // page-aligned modules, memory map, address fields

        .section .multiboot, "a"
        .balign 4
multiboot_header:
        .long MULTIBOOT_MAGIC
        .long MULTIBOOT_FLAGS
        .long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
        .long multiboot_header                  // where this header is loaded
        .long __image_begin                     // where the file's bytes go,
        .long __load_end                        // and end,
        .long __bss_end                         // and what is zeroed behind them
        .long machine_start                     // entry point

        .section .text.boot, "ax"
        .code32
        .global machine_start
machine_start:
        cli
        cld
        movl    $boot_stack_top, %esp
        movl    %eax, %edi                      // first argument of boot_machine: magic
        movl    %ebx, %esi                      // second: the loader's information
        rdtsc
        movl    %eax, boot_entry_ticks          // from here to main() is counted
        movl    %edx, boot_entry_ticks + 4

        movl    $0x80000000, %eax               // does CPUID know the extended leaves?
        cpuid
        cmpl    $0x80000001, %eax
        jb      no_long_mode
        movl    $0x80000001, %eax
        cpuid
        andl    $0x20100000, %edx               // long mode and no-execute
        cmpl    $0x20100000, %edx
        jne     no_long_mode

        // One directory pointer table with four directories of 2 MiB pages: the first 4 GiB at
        // their own addresses, until the final tables are built.
        movl    $boot_directory_pointers + 3, %eax
        movl    %eax, boot_root
        movl    $boot_directories + 3, %eax     // present, writable
        xorl    %ecx, %ecx
1:      movl    %eax, boot_directory_pointers(,%ecx,8)
        addl    $0x1000, %eax
        incl    %ecx
        cmpl    $4, %ecx
        jne     1b
        movl    $0x83, %eax                     // present, writable, 2 MiB
        xorl    %ecx, %ecx
2:      movl    %eax, boot_directories(,%ecx,8)
        addl    $0x200000, %eax
        incl    %ecx
        cmpl    $2048, %ecx
        jne     2b

        movl    %cr4, %eax
        orl     $0x20, %eax                     // physical address extension
        movl    %eax, %cr4
        movl    $0xc0000080, %ecx               // EFER
        rdmsr
        orl     $0x900, %eax                    // long mode, and no-execute before CR3 is loaded
        wrmsr
        movl    $boot_root, %eax
        movl    %eax, %cr3
        movl    %cr0, %eax
        orl     $0x80010001, %eax               // paging, write protection, protected mode
        movl    %eax, %cr0
        lgdt    boot_descriptors_pointer
        ljmp    $0x08, $long_mode

no_long_mode:                                   // say so on the serial line, and stop
        movl    $no_long_mode_text, %esi
3:      movb    (%esi), %al
        testb   %al, %al
        jz      5f
        movb    %al, %bl
        movw    $0x3fd, %dx
4:      inb     %dx, %al
        testb   $0x20, %al                      // room to send?
        jz      4b
        movb    %bl, %al
        movw    $0x3f8, %dx
        outb    %al, %dx
        incl    %esi
        jmp     3b
5:      hlt
        jmp     5b

        .code64
long_mode:
        movl    $0x10, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        xorl    %eax, %eax
        movl    %eax, %fs
        movl    %eax, %gs
        movl    $boot_stack_top, %esp           // the upper half of rsp is now defined
        movl    %edi, %edi                      // likewise of the arguments
        movl    %esi, %esi
        xorl    %ebp, %ebp                      // the chain of frames ends here
        call    boot_machine
        ud2

        // Leaves the boot stack: continue_on_stack(top, function).
        .section .text.continue_on_stack, "ax"
        .global continue_on_stack
continue_on_stack:
        movq    %rdi, %rsp
        xorl    %ebp, %ebp
        call    *%rsi
        ud2

        .section .rodata.boot, "a"
no_long_mode_text:
        .asciz  "Threadbare needs a 64-bit x86 processor with no-execute pages.\r\n"
        .balign 8
boot_descriptors:
        .quad   0
        .quad   0x00af9b000000ffff              // 0x08: 64-bit code
        .quad   0x00cf93000000ffff              // 0x10: data
boot_descriptors_pointer:
        .word   . - boot_descriptors - 1
        .long   boot_descriptors

        .section .bss.boot, "aw", @nobits
        .global boot_entry_ticks
        .balign 8
boot_entry_ticks:
        .skip   8
        .balign 4096
boot_root:
        .skip   4096
boot_directory_pointers:
        .skip   4096
boot_directories:
        .skip   4 * 4096
boot_stack:
        .skip   16384
boot_stack_top:
