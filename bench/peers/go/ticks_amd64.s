// The processor's counter, which Go has no function for.

// func ticks() uint64
TEXT ·ticks(SB), 4, $0-8
	RDTSC
	SHLQ $32, DX
	ORQ DX, AX
	MOVQ AX, ret+0(FP)
	RET
