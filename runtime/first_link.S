# What an image has where the second link puts what the first one tells: the same names and
# sections, so that nothing else moves. See tools/symbol_table.py.
        .section .symbol_table, "a"
        .balign 4
        .global tb_symbol_table
tb_symbol_table:
        .long   0                               # functions
        .global tb_floating_point_control_is_fixed
tb_floating_point_control_is_fixed:
        .long   0
