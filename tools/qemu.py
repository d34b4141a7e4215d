"""The QEMU command line for one boot, and the files it is given."""

import os
import socket

import command_line
import grub_iso


def stage(options, folder):
    """Gives the image and the modules names without blanks and commas, or puts them on a CD."""
    if options.iso:
        grub_iso.make_iso(
            options.image, options.modules, options.arguments, f"{folder}/boot.iso")
        return
    os.symlink(options.image, f"{folder}/image")
    for number, module in enumerate(options.modules):
        os.symlink(module, f"{folder}/module{number}")


def command(options, folder, gdb_port):
    words = ["qemu-system-x86_64", "-machine", "pc", "-nodefaults", "-no-user-config"]
    words += ["-display", "none", "-no-reboot", "-monitor", "none", "-serial", "stdio"]
    words += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
    words += ["-debugcon", f"file:{folder}/trace"]
    words += ["-smp", str(options.cpus), "-m", f"{options.memory_mib}M"]
    words += _processor(options)
    words += _boot_medium(options, folder)
    if options.gdb:
        words += ["-S", "-gdb", f"tcp:127.0.0.1:{gdb_port}"]
    return words + options.qemu_arguments


def _processor(options):
    if options.accel == "kvm":
        # A machine that need not migrate may have an invariant TSC.
        return ["-accel", "kvm", "-cpu", options.cpu or "host,migratable=no"]
    words = ["-cpu", options.cpu or "max"]
    if options.icount:
        return words + ["-accel", "tcg,thread=single", "-icount", "shift=0"]
    return words + ["-accel", "tcg,thread=multi"]


def _boot_medium(options, folder):
    if options.iso:
        return ["-boot", "d", "-cdrom", f"{folder}/boot.iso"]
    words = ["-kernel", f"{folder}/image"]
    if options.arguments:
        words += ["-append", command_line.quote_words(options.arguments)]
    if options.modules:
        words += ["-initrd", ",".join(
            f"{folder}/module{number} {command_line.module_name(module)}"
            for number, module in enumerate(options.modules))]
    return words


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
