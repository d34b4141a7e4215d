// Threads with jobs of known length on the real schedulers of a few CPUs, in simulated time: what
// the runtime and the timers do, with nothing in between that takes time. What comes out is who ran
// when, as the examples of textbooks have it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "tests/sched/runtime_steps.h"

namespace tb::sched {

struct Job {
  Time arrival;
  Duration work;
};

// A thread that sleeps until each job's arrival.
struct Script {
  SchedulingParameters parameters{};
  std::vector<Job> jobs;
  CpuSet allowed = CpuSet::everywhere();
};

// A turn of a thread on a CPU.
struct Ran {
  int thread;  // by its script; kNobody is idle
  Duration time;

  static constexpr int kNobody = -1;
  bool operator==(const Ran&) const = default;
};

class Timeline {
 public:
  explicit Timeline(std::uint32_t cpus = 1, Share share = kWholeCpu,
                    FairAlgorithm algorithm = FairAlgorithm::kRoundRobin)
      : machine_(cpus, kQuantum, algorithm, share), seats_(cpus) {
    for (std::uint32_t i = 0; i < cpus; ++i) {
      machine_.sleeps(i);
      machine_.take_told();
    }
  }

  // Admits a Deadline thread to CPU 0 without asking whether that can serve it.
  void add(const Script& script) {
    Part& part = parts_.emplace_back();
    part.script = script;
    Entity& thread = machine_.make_thread(script.allowed);
    part.thread = &thread;
    if (script.parameters.policy == PolicyKind::kDeadline) {
      machine_[0].admit_new(thread, script.parameters, script.allowed, kCpu0);
    } else {
      set_parameters(thread, script.parameters);
    }
  }

  // Called as a job begins to run for the first time, and as it ends.
  std::function<void(int thread)> on_begin = [](int) {};
  std::function<void(int thread)> on_end = [](int) {};

  // Until all jobs have ended, or that time.
  void run(Time end = kNever) {
    while (now_ < end) {
      const Time next = std::min(next_event(), end);
      if (next == kNever) {
        break;
      }
      advance(next);
      settle();
    }
  }

  // Makes it ready now, if it has not begun; for jobs that wait for others.
  void release(int thread, Duration work) {
    parts_[static_cast<std::size_t>(thread)].script.jobs = {{now_, work}};
  }

  // Has CPU 0's interrupt handler change a thread, before anything else happens.
  void change(int thread, const SchedulingParameters& parameters) {
    Entity& target = *parts_[static_cast<std::size_t>(thread)].thread;
    Request& request =
        machine_.request(0, target, RequestKind::kSetParameters, {}, machine_.idle[0]);
    request.parameters = parameters;
  }

  Time now() const { return now_; }
  Entity& thread(int index) { return *parts_[static_cast<std::size_t>(index)].thread; }

  // Turns of CPU `cpu`, one after the other.
  const std::vector<Ran>& trace(std::uint32_t cpu = 0) const { return seats_[cpu].trace; }

  // When that job of the thread ended; kNever if it has not.
  Time end_of(int thread, std::size_t job = 0) const {
    const auto& ends = parts_[static_cast<std::size_t>(thread)].ends;
    return job < ends.size() ? ends[job] : kNever;
  }
  Time last_end() const {
    Time last{};
    for (const Part& part : parts_) {
      last = std::max(last, part.ends.empty() ? Time{} : part.ends.back());
    }
    return last;
  }

 private:
  struct Part {
    Script script;
    Entity* thread = nullptr;
    bool started = false;
    bool has_begun_job = false;
    std::size_t job = 0;
    Duration left{};
    std::vector<Time> ends;
    Sleeper sleeper;
  };

  struct Seat {
    std::vector<Ran> trace;
    Time timer_at = kNever;
  };

  int part_of(const Entity& thread) const {
    const auto found = std::ranges::find(parts_, &thread, &Part::thread);
    return found != parts_.end() ? static_cast<int>(found - parts_.begin()) : Ran::kNobody;
  }
  Part* running_on(std::uint32_t cpu) {
    const int index = part_of(machine_[cpu].current());
    return index != Ran::kNobody ? &parts_[static_cast<std::size_t>(index)] : nullptr;
  }

  Time next_event() {
    Time next = kNever;
    bool has_jobs = false;
    for (const Part& part : parts_) {
      has_jobs |= part.job < part.script.jobs.size();
      if (!part.started && !part.script.jobs.empty()) {
        next = std::min(next, part.script.jobs[0].arrival);
      }
    }
    if (!has_jobs) {
      return kNever;
    }
    for (std::uint32_t cpu = 0; cpu < seats_.size(); ++cpu) {
      next = std::min(next, seats_[cpu].timer_at);
      if (const Part* const part = running_on(cpu)) {
        next = std::min(next, after(now_, part->left));
      }
    }
    return std::max(next, now_);
  }

  void advance(Time to) {
    const Duration passed = to - now_;
    for (std::uint32_t cpu = 0; cpu < seats_.size() && passed > Duration::zero(); ++cpu) {
      Part* const part = running_on(cpu);
      std::vector<Ran>& trace = seats_[cpu].trace;
      const int thread = part_of(machine_[cpu].current());
      if (!trace.empty() && trace.back().thread == thread) {
        trace.back().time += passed;
      } else {
        trace.push_back({thread, passed});
      }
      if (part != nullptr) {
        part->left -= passed;
      }
    }
    now_ = to;
  }

  // All that happens at this time: arrivals, then the ends of jobs, then timers; and what all that
  // leads to.
  void settle() {
    start_arrived();
    for (std::uint32_t cpu = 0; cpu < seats_.size(); ++cpu) {
      if (Part* const part = running_on(cpu); part != nullptr && part->left <= Duration::zero()) {
        end_job(cpu, *part);
      }
    }
    for (std::uint32_t cpu = 0; cpu < seats_.size(); ++cpu) {
      if (seats_[cpu].timer_at <= now_) {
        machine_[cpu].note_timer_interrupt();
        interrupt(cpu);
      }
    }
    answer_interrupts();
    start_arrived();  // what the ends have released comes behind those that waited already
    answer_interrupts();
  }

  void answer_interrupts() {
    for (int rounds = 0; const auto cpu = next_to_interrupt(); ++rounds) {
      ASSERT_LT(rounds, 1'000) << "the CPUs keep telling each other";
      interrupt(*cpu);
    }
  }

  // One that was told, or that finds work in its idle loop.
  std::optional<std::uint32_t> next_to_interrupt() const {
    for (std::uint32_t cpu = 0; cpu < seats_.size(); ++cpu) {
      const CpuScheduler& scheduler = *machine_.cpus[cpu];
      if (machine_.told.contains(CpuId{cpu}) || (scheduler.is_idle() && scheduler.has_work())) {
        return cpu;
      }
    }
    return std::nullopt;
  }

  void start_arrived() {
    for (Part& part : parts_) {
      if (!part.started && !part.script.jobs.empty() && part.script.jobs[0].arrival <= now_) {
        part.started = true;
        part.left = part.script.jobs[0].work;
        machine_.start(
            0, *part.thread,
            part.thread->policy == PolicyKind::kDeadline ? std::optional(kCpu0) : std::nullopt);
      }
    }
  }

  void interrupt(std::uint32_t cpu) {
    machine_.wake_sleepers(cpu, now_);
    leave(cpu, machine_[cpu].is_idle() ? Leave::kYielded : Leave::kPreempted);
  }

  void leave(std::uint32_t cpu, Leave reason) {
    machine_.leave(cpu, reason, now_);
    if (machine_[cpu].is_idle() && !machine_[cpu].has_work()) {
      const CpuSet asked = machine_.sleeps(cpu);
      for (std::uint32_t other = 0; other < seats_.size(); ++other) {
        if (asked.contains(CpuId{other})) {
          machine_.told.insert(CpuId{other});
        }
      }
    }
    seats_[cpu].timer_at = machine_[cpu].timer_at(now_);
    Part* const part = running_on(cpu);
    if (part != nullptr) {
      machine_[cpu].take_wakes();
      if (!std::exchange(part->has_begun_job, true)) {
        on_begin(part_of(*part->thread));
      }
    }
  }

  void end_job(std::uint32_t cpu, Part& part) {
    part.ends.push_back(now_);
    ++part.job;
    part.has_begun_job = false;
    on_end(part_of(*part.thread));
    if (part.job == part.script.jobs.size()) {
      leave(cpu, Leave::kExited);
      return;
    }
    const Job& next = part.script.jobs[part.job];
    part.left = next.work;
    if (next.arrival <= now_) {
      return;  // it is late, and goes on
    }
    machine_[cpu].wake_current_at(part.sleeper, next.arrival);
    leave(cpu, Leave::kParked);
  }

  Machinery machine_;
  std::vector<Seat> seats_;
  std::deque<Part> parts_;
  Time now_{};
};

}  // namespace tb::sched
