#!/usr/bin/python3
"""Makes a CD image that boots one application by GRUB: on a PC's BIOS or EFI, from CD or USB."""

import os
import shutil
import subprocess
import sys
import tempfile

import boot_options
import command_line

# What it takes to read the medium and start a Multiboot image. Hundreds more would be copied. The
# EFI start-up script asks for every partition format and complains about missing ones.
_GRUB_MODULES = (
    "normal multiboot iso9660 search test echo boot part_acorn part_amiga part_apple part_bsd"
    " part_dfly part_dvh part_gpt part_msdos part_plan part_sun part_sunpc")


class IsoError(Exception):
    """grub-mkrescue failed; says why."""


def grub_configuration(title, module_names, arguments):
    if "" in arguments:
        raise boot_options.OptionError(
            "GRUB drops empty arguments; only a direct boot can pass one")
    kernel = ["multiboot /boot/image", command_line.quote_words_for_grub(arguments)]
    lines = [" ".join(kernel).rstrip()]
    for number, name in enumerate(module_names):
        lines.append(f"module /boot/module{number} {command_line.quote_word_for_grub(name)}")
    body = "".join(f"  {line}\n" for line in lines)
    title = command_line.quote_word_for_grub(title)
    return f"set timeout=0\nmenuentry {title} {{\n{body}}}\n"


def make_iso(image, modules, arguments, output):
    """Writes the CD image `output`; raises IsoError, or OptionError for an empty argument."""
    with tempfile.TemporaryDirectory(prefix="threadbare_iso_") as tree:
        os.makedirs(f"{tree}/boot/grub")
        shutil.copyfile(image, f"{tree}/boot/image")
        for number, module in enumerate(modules):
            shutil.copyfile(module, f"{tree}/boot/module{number}")
        names = [command_line.module_name(module) for module in modules]
        title = os.path.splitext(os.path.basename(image))[0]
        text = grub_configuration(title, names, arguments)
        with open(f"{tree}/boot/grub/grub.cfg", "w", errors="surrogateescape") as file:
            file.write(text)
        _run_grub_mkrescue(tree, output)


def _run_grub_mkrescue(tree, output):
    command = [
        "grub-mkrescue", "-o", output, f"--install-modules={_GRUB_MODULES}",
        "--fonts=", "--locales=", "--themes=", tree,
    ]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            errors="replace", check=False)
    except OSError as error:
        raise IsoError(f"grub-mkrescue cannot be started: {error.strerror}") from error
    if done.returncode != 0:
        raise IsoError(f"grub-mkrescue failed:\n{done.stdout.rstrip()}")


def _parse(words):
    """Splits off -o; the other options are those of a boot."""
    own, output = list(words), ""
    end = own.index("--") if "--" in own else len(own)
    if "-o" in own[:end]:
        at = own.index("-o")
        if at + 1 >= end:
            raise boot_options.OptionError("-o needs a file name after it")
        output = own[at + 1]
        del own[at:at + 2]
    options = boot_options.parse(own)
    if options and not output:
        raise boot_options.OptionError("-o FILE is missing; it names the CD image to write")
    folder = os.path.dirname(os.path.abspath(output))
    if not os.path.isdir(folder):
        raise boot_options.OptionError(f'-o takes a file in a folder that exists, not "{output}"')
    if os.path.isdir(output):
        raise boot_options.OptionError(f'-o takes a file, but "{output}" is a directory')
    return options, output


def main(words):
    try:
        options, output = _parse(words)
        if options is None:
            print("grub_iso.py --image FILE -o FILE [--module FILE]... [-- arguments]")
            return 0
        make_iso(options.image, options.modules, options.arguments, output)
        print(output)
    except boot_options.OptionError as error:
        print(f"iso: {error}", file=sys.stderr)
        return 2
    except (IsoError, OSError) as error:
        print(f"iso: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
