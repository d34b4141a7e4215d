// Compiled once with each implementation: a port that misses a part of the contract, or gives it
// another type, fails here with a name.
#pragma once

#include <concepts>
#include <type_traits>

#include "arch/clock.h"
#include "arch/context.h"
#include "arch/cpu.h"
#include "arch/fault.h"
#include "arch/interrupts.h"
#include "arch/machine.h"
#include "arch/memory.h"
#include "arch/random.h"
#include "arch/smp.h"
#include "arch/system_call.h"
#include "arch/upcalls.h"

namespace tb::arch {

// A context lives in a thread's record, which is reused: it has no constructor work to repeat.
template <class C>
concept SuspendedThread =
    std::is_trivially_destructible_v<C> && std::is_default_constructible_v<C> && sizeof(C) <= 64;

static_assert(SuspendedThread<Context>);

template <auto Function, class Signature>
inline constexpr bool kHasSignature = std::same_as<decltype(Function), Signature*>;

static_assert(kHasSignature<&prepare_switch, void(Context&, const Context&)>);
static_assert(kHasSignature<&switch_stacks, void(Context&, Context&)>);
static_assert(kHasSignature<&minimum_stack_size, std::size_t()>);
static_assert(kHasSignature<&current_cpu, CpuId()>);
static_assert(kHasSignature<&cpu_local, void*()>);
static_assert(kHasSignature<&current, void*()>);
static_assert(kHasSignature<&disable_preemption, void()>);
static_assert(kHasSignature<&enable_preemption, bool()>);
static_assert(kHasSignature<&wait_for_interrupt, void()>);
static_assert(kHasSignature<&polling_pays, bool()>);
static_assert(kHasSignature<&watches_stores, bool()>);
static_assert(kHasSignature<&wait_for_interrupt_or_store, void(const void*)>);
static_assert(kHasSignature<&disable_interrupts, InterruptState()>);
static_assert(kHasSignature<&restore_interrupts, void(InterruptState)>);
static_assert(kHasSignature<&now, Time()>);
static_assert(kHasSignature<&wall_clock, Duration()>);
static_assert(kHasSignature<&ticks, std::uint64_t()>);
static_assert(kHasSignature<&set_timer, void(Time)>);
static_assert(kHasSignature<&cpu_count, std::uint32_t()>);
static_assert(kHasSignature<&send_reschedule, void(CpuId)>);
static_assert(kHasSignature<&memory_map, std::span<const MemoryRange>()>);
static_assert(kHasSignature<&unmap, std::uintptr_t(std::uintptr_t)>);
static_assert(kHasSignature<&reserve, std::expected<void, MapError>(std::uintptr_t, std::uintptr_t,
                                                                    Access, FrameStock)>);
static_assert(kHasSignature<&replace, RangeChange(std::uintptr_t, std::uintptr_t, Access, FrameSink,
                                                  FrameStock)>);
static_assert(kHasSignature<&fill, FillResult(std::uintptr_t, FaultAccess, FrameStock)>);
static_assert(
    kHasSignature<&protect, RangeChange(std::uintptr_t, std::uintptr_t, Access, FrameStock)>);
static_assert(kHasSignature<&discard, RangeChange(std::uintptr_t, std::uintptr_t, FrameSink)>);
static_assert(
    kHasSignature<&release, RangeChange(std::uintptr_t, std::uintptr_t, FrameSink, FrameStock)>);
static_assert(
    kHasSignature<&move, RangeChange(std::uintptr_t, std::uintptr_t, std::size_t, FrameStock)>);
static_assert(kHasSignature<&is_reserved, bool(std::uintptr_t, std::uintptr_t)>);
static_assert(kHasSignature<&reserved_access, std::optional<Access>(std::uintptr_t)>);
static_assert(kHasSignature<&flush, void(std::uintptr_t, std::uintptr_t)>);
static_assert(kHasSignature<&keep_vector_state, void(void (*)(void*), void*)>);
static_assert(kHasSignature<&fill_random, void(std::span<std::byte>)>);
static_assert(kHasSignature<&write_console, void(std::string_view)>);
static_assert(kHasSignature<&frame_at, Frame(std::uintptr_t)>);

}  // namespace tb::arch
