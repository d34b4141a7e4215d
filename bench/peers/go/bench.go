// Goroutines and what they wait with: channels, mutexes, and the groups that join them.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Goroutines that yield go to the back of one queue; what all of them did is counted.
func measureYields(threads int) {
	r := row{"yield", threads, 1}
	if !r.wanted() {
		return
	}
	stop, yields := false, uint64(0)
	var over sync.WaitGroup
	for i := 1; i < threads; i++ {
		over.Add(1)
		go func() {
			for !stop {
				yields++
				runtime.Gosched()
			}
			over.Done()
		}()
	}
	const unit = 1000 // the samples keep three digits of a fraction
	r.measure(unit, func() uint64 {
		before, begin := yields, ticks()
		for yields-before < 100000 {
			yields++
			runtime.Gosched()
		}
		return (ticks() - begin) * unit / (yields - before)
	})
	stop = true
	over.Wait()
}

// Go runs partners on one CPU where it can; those that are to meet across CPUs are bound to threads.
// Threads begin where their maker may run, so the CPU is said from inside.
func goOn(cpu, cpus int, function func()) {
	go func() {
		if cpus > 1 {
			pinTo(cpu)
		}
		function()
	}()
}

// A channel without a buffer is how a goroutine blocks and wakes another.
func measureWakes(cpus int) {
	useCpus(cpus)
	defer unpin(cpus)
	there, back := make(chan struct{}), make(chan struct{})
	goOn(1, cpus, func() {
		for range there {
			back <- struct{}{}
		}
	})
	if cpus > 1 {
		pinTo(0)
	}
	for _, operation := range []string{"block_wake", "semaphore"} {
		row{operation, 2, cpus}.repeat(10000, func() {
			there <- struct{}{}
			<-back
		})
	}
	close(there)
}

// From the wake to the partner's first instruction, its CPU having slept for long.
func measureWakesOfSleepers() {
	rounds := sized(200, 20)
	r := row{"wake_asleep", 2, 2}
	if !r.wanted() {
		return
	}
	useCpus(2)
	defer unpin(2)
	there := make(chan struct{})
	var arrived uint64
	goOn(1, 2, func() {
		for range there {
			atomic.StoreUint64(&arrived, ticks())
		}
	})
	pinTo(0)
	r.measure(rounds, func() uint64 {
		sum := uint64(0)
		for i := 0; i < rounds; i++ {
			for end := ticks() + processor/2000; ticks() < end; {
			}
			atomic.StoreUint64(&arrived, 0)
			begin := ticks()
			there <- struct{}{}
			for atomic.LoadUint64(&arrived) == 0 {
			}
			sum += arrived - begin
		}
		return sum
	})
	close(there)
}

func measureConditionVariables(cpus int) {
	useCpus(cpus)
	defer unpin(cpus)
	var mutex sync.Mutex
	changed, turn := sync.NewCond(&mutex), 0
	waitUntilNot := func(value int) int {
		mutex.Lock()
		defer mutex.Unlock()
		for turn == value {
			changed.Wait()
		}
		return turn
	}
	set := func(value int) {
		mutex.Lock()
		turn = value
		changed.Signal()
		mutex.Unlock()
	}
	goOn(1, cpus, func() {
		for waitUntilNot(0) != 2 {
			set(0)
		}
	})
	if cpus > 1 {
		pinTo(0)
	}
	row{"condition_variable", 2, cpus}.repeat(5000, func() {
		set(1)
		waitUntilNot(1)
	})
	set(2)
}

func measureSpawns() {
	done := make(chan struct{})
	row{"spawn_join", 1, 1}.repeat(5000, func() {
		go func() { done <- struct{}{} }()
		<-done
	})
	for _, threads := range []int{10000, 100000} {
		threads = sized(threads, 100)
		row{"spawn_many", threads, 1}.measure(threads, func() uint64 {
			var all sync.WaitGroup
			all.Add(threads)
			begin := ticks()
			for i := 0; i < threads; i++ {
				go all.Done()
			}
			all.Wait()
			return ticks() - begin
		})
	}
}

func residentBytes() int {
	var pages, resident int
	text, _ := os.ReadFile("/proc/self/statm")
	fmt.Fscan(strings.NewReader(string(text)), &pages, &resident)
	return resident * os.Getpagesize()
}

func measureMemory(threads int) {
	r := row{"memory_parked", threads, 1}
	if !r.wanted() {
		return
	}
	runtime.GC()
	end, before := make(chan struct{}), residentBytes()
	var ready sync.WaitGroup
	ready.Add(threads)
	for i := 0; i < threads; i++ {
		go func() {
			ready.Done()
			<-end
		}()
	}
	ready.Wait()
	r.report("bytes", []float64{float64(residentBytes()-before) / float64(threads)})
	close(end)
}

func skynet(result chan<- int, first, leaves int) {
	if leaves == 1 {
		result <- first
		return
	}
	parts := make(chan int, 10)
	for i := 0; i < 10; i++ {
		go skynet(parts, first+i*(leaves/10), leaves/10)
	}
	sum := 0
	for i := 0; i < 10; i++ {
		sum += <-parts
	}
	result <- sum
}

func fibonacci(result chan<- int, n int) {
	if n < 2 {
		result <- n
		return
	}
	parts := make(chan int, 2)
	go fibonacci(parts, n-1)
	go fibonacci(parts, n-2)
	result <- <-parts + <-parts
}

func measureTrees(cpus int) {
	result := make(chan int, 1)
	leaves, n := sized(1000000, 1000), sized(27, 10)
	row{"skynet", leaves, cpus}.repeat(1, func() {
		skynet(result, 0, leaves)
		if <-result != leaves*(leaves-1)/2 {
			panic("wrong sum")
		}
	})
	row{"fibonacci", n, cpus}.repeat(1, func() {
		fibonacci(result, n)
		<-result
	})
}

func measureMutexes() {
	var mutex sync.Mutex
	row{"mutex_free", 1, 1}.repeat(100000, func() {
		mutex.Lock()
		mutex.Unlock()
	})
	for _, threads := range []int{2, 8} {
		measureContendedMutex(threads)
	}
}

func measureContendedMutex(threads int) {
	const rounds = 50000
	var mutex sync.Mutex
	row{"mutex_contended", threads, 2}.measure(threads*rounds, func() uint64 {
		var over sync.WaitGroup
		var ready int32
		work := func() {
			atomic.AddInt32(&ready, 1)
			for atomic.LoadInt32(&ready) < int32(threads) {
				runtime.Gosched()
			}
			for i := 0; i < rounds; i++ {
				mutex.Lock()
				mutex.Unlock()
			}
		}
		over.Add(threads - 1)
		for i := 1; i < threads; i++ {
			go func() {
				work()
				over.Done()
			}()
		}
		for atomic.LoadInt32(&ready) < int32(threads-1) {
			runtime.Gosched()
		}
		begin := ticks()
		work()
		over.Wait()
		return ticks() - begin
	})
}

// Items from one goroutine to another, by the item; each is bound to one of so many CPUs, or both
// run wherever they please.
func measureChannels(operation string, cpus, bound, capacity int) {
	const count = 20000
	r := row{operation, 2, cpus}
	if r.wanted() && bound > 1 {
		useCpus(bound)
		defer unpin(bound)
		pinTo(0)
	}
	items := make(chan int, capacity)
	r.measure(count, func() uint64 {
		begin := ticks()
		goOn(1, bound, func() {
			for i := 0; i < count; i++ {
				items <- i
			}
		})
		for i := 0; i < count; i++ {
			<-items
		}
		return ticks() - begin
	})
}

func measureSleeps() {
	r := row{"sleep_50us_late", 1, 1}
	if !r.wanted() {
		return
	}
	var samples []float64
	for i := 0; i < sized(1000, 10); i++ {
		begin := ticks()
		time.Sleep(50 * time.Microsecond)
		samples = append(samples, float64(ticks()-begin)-float64(processor/20000))
	}
	r.report("ticks", samples)
}

func main() {
	flag.Parse()
	all = allowedCpus()
	processor = measureTicksPerSecond()
	fmt.Printf("{\"program\":\"Go\",\"ticks_per_second\":%d}\n", processor)
	useCpus(1)
	// First, before the runtime has kept the memory of others.
	measureMemory(sized(100000, 100))
	measureYields(2)
	for _, threads := range []int{100, 1000, 100000} {
		measureYields(sized(threads, 10))
	}
	for cpus := 1; cpus <= 2 && cpus <= len(all); cpus++ {
		useCpus(cpus)
		measureWakes(cpus)
		measureConditionVariables(cpus)
		measureChannels("channel_64", cpus, cpus, 64)
		measureChannels("channel_handover", cpus, cpus, 0)
		measureTrees(cpus)
	}
	if len(all) > 1 {
		measureChannels("channel_64_free", 2, 1, 64)
		measureChannels("channel_handover_free", 2, 1, 0)
	}
	measureWakesOfSleepers()
	useCpus(1)
	measureSpawns()
	measureSleeps()
	useCpus(len(all))
	measureMutexes()
}
