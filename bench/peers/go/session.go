// Arguments, repeated measurements and the lines that are printed: those of bench/peers/measure.h.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

func ticks() uint64

var (
	short     = flag.Bool("short", false, "few rounds")
	only      = flag.String("only", "", "operations, with commas between them")
	processor uint64 // ticks per second
	all       []int  // the CPUs that taskset allowed
)

func measureTicksPerSecond() uint64 {
	begin, first := time.Now(), ticks()
	for time.Since(begin) < 100*time.Millisecond {
	}
	last, passed := ticks(), time.Since(begin)
	return uint64(float64(last-first) / passed.Seconds())
}

type cpuSet [16]uint64

func affinity(call uintptr, process int, set *cpuSet) {
	syscall.RawSyscall(call, uintptr(process), unsafe.Sizeof(*set), uintptr(unsafe.Pointer(set)))
}

func allowedCpus() []int {
	var set cpuSet
	affinity(syscall.SYS_SCHED_GETAFFINITY, 0, &set)
	var cpus []int
	for cpu := 0; cpu < len(set)*64; cpu++ {
		if set[cpu/64]>>(cpu%64)&1 != 0 {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}

// All threads of the process, those of the collector included, on the first so many CPUs.
func useCpus(count int) {
	var set cpuSet
	for _, cpu := range all[:count] {
		set[cpu/64] |= 1 << (cpu % 64)
	}
	entries, _ := os.ReadDir("/proc/self/task")
	for _, entry := range entries {
		thread, _ := strconv.Atoi(entry.Name())
		affinity(syscall.SYS_SCHED_SETAFFINITY, thread, &set)
	}
	runtime.GOMAXPROCS(count)
}

// The calling goroutine gets a thread of its own, on the n-th of the CPUs alone.
func pinTo(number int) {
	runtime.LockOSThread()
	var set cpuSet
	cpu := all[number]
	set[cpu/64] |= 1 << (cpu % 64)
	affinity(syscall.SYS_SCHED_SETAFFINITY, 0, &set)
}

func unpin(cpus int) {
	if cpus > 1 {
		useCpus(cpus)
		runtime.UnlockOSThread()
	}
}

type row struct {
	operation string
	threads   int
	cpus      int
}

func sized(wanted, few int) int {
	if *short {
		return few
	}
	return wanted
}

func (r row) wanted() bool {
	if r.cpus > len(all) {
		return false
	}
	for _, name := range strings.Split(*only, ",") {
		if name == r.operation {
			return true
		}
	}
	return *only == ""
}

func (r row) report(unit string, samples []float64) {
	var text bytes.Buffer
	for i, sample := range samples {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, "%.2f", sample)
	}
	fmt.Printf("{\"program\":\"Go\",\"stacks\":\"own\",\"operation\":%q,\"threads\":%d,"+
		"\"cpus\":%d,\"unit\":%q,\"samples\":[%s]}\n", r.operation, r.threads, r.cpus, unit, &text)
	sort.Float64s(samples)
	fmt.Printf("%-22s %7d threads %2d CPUs: %12.1f %s\n", r.operation, r.threads, r.cpus,
		samples[len(samples)/2], unit)
}

// As Session::measure of measure.h: round returns the ticks of so many operations.
func (r row) measure(operations int, round func() uint64) {
	if !r.wanted() {
		return
	}
	runtime.GOMAXPROCS(r.cpus)
	round()
	var samples []float64
	begin := ticks()
	for len(samples) < sized(21, 3) && (len(samples) < 5 || ticks()-begin < 3*processor) {
		samples = append(samples, float64(round())/float64(operations))
	}
	r.report("ticks", samples)
}

// As measure(), of something done so many times in a row.
func (r row) repeat(rounds int, operation func()) {
	r.measure(rounds, func() uint64 {
		begin := ticks()
		for i := 0; i < rounds; i++ {
			operation()
		}
		return ticks() - begin
	})
}
