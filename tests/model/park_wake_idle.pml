// The protocol by which CPUs hand threads to each other, for the model checker Spin, which goes
// through every order of the steps of all CPUs and their interrupts.
//
// A step is one access to shared memory, or a few that need no order among themselves; all are
// sequentially consistent. What the memory orders of posts, inbox and the like allow beyond that,
// tests/explorer explores. Requests, wakes from interrupts, lost interrupts and the clock are left
// out; so the quick ways are decisions that find an empty inbox and nobody to share with.
// The names are those of sched/ and docs/scheduler.md. tests/model/model_test.py chooses the size
// of the machine and, by the macros in capitals below, breaks one step at a time: each such model
// has to be found wrong.
//
// Every thread does this for ever: it wakes another thread, or not; it looks at its wakes; it parks
// if there are none. It may be preempted between any two of these. So all threads may come to rest
// parked, which is the one right end. An assertion fails if
//  - a thread is in two places, or two CPUs stand on its stack;
//  - a thread's link is in two inboxes;
//  - the machine comes to rest while a thread that was woken has not run;
//  - something stands in the inbox of a CPU that neither looks there by itself nor will be told;
//  - a CPU sleeps in the idle set beside one with movable threads ready or in its inbox, and
//    neither is there an interrupt under way nor does any CPU still work on it.

#ifndef CPUS
#define CPUS 2
#endif
#ifndef THREADS
#define THREADS 3
#endif

#define BIT(n) (1 << (n))
#define LINK(n) BIT((n) + THREADS)      // of a thread, in an inbox
#define NOTE(n) BIT((n) + 2 * THREADS)  // of a wake, likewise
#define EVERY_THREAD (BIT(THREADS) - 1)
#define NOBODY THREADS  // instead of a thread: the idle thread of the CPU
#define NOWHERE CPUS    // instead of a CPU
#define IS_OWN(thread) (cur == thread || (ready[c] & BIT(thread)) != 0 || \
                        ((parked & BIT(thread)) != 0 && home[thread] == c))

// Threads that may run on any CPU; the others stay at home.
#ifndef MOVABLE
#define MOVABLE EVERY_THREAD
#endif

// --- Shared by all CPUs

short inbox[CPUS];    // a set of arrivals, links and notes; in the code a list, of which one word is shared
bool watching[CPUS];  // written by the owner, and by its timer interrupt
bool busy[CPUS];      // has a thread to run; written by the owner
bool loaded[CPUS];    // written by the owner
bool ipi[CPUS];       // an interrupt sent by some CPU is pending
byte idle_set;        // a set of CPUs

byte home[THREADS];

// The words of posts: whose wakes were posted, and whose link is under way.
byte posted;  // a set of threads
byte linked;  // a set of threads

// --- Of the home of a thread

byte parked;  // a set of threads
byte woken;   // a set of threads; those that have to take note of a wake

byte owed;  // who was woken and has not seen it yet; only to be checked

// --- Of one CPU, and its interrupts

byte ready[CPUS];     // the run queue: a set of threads
bool armed[CPUS];     // the timer will fire
bool interruptible[CPUS];  // interrupts are enabled
bool resched[CPUS];   // an interrupt asked for a decision
bool asleep[CPUS];
byte stack[CPUS];     // whose stack the CPU stands on
bool settled[CPUS];   // it runs a thread, and is not amid a decision, a wake or a park

// There is less to search if only some threads are ready at first, and if the machine is allowed a
// number of wakes and of timer interrupts in all.
#ifndef READY_AT_FIRST
#define READY_AT_FIRST EVERY_THREAD
#endif
// Threads that are woken by others.
#ifndef WOKEN
#define WOKEN EVERY_THREAD
#endif
#ifndef HOME_OF_LAST
#define HOME_OF_LAST 0
#endif
#ifdef WAKES
byte wakes_so_far;
#define MAY_WAKE (wakes_so_far < WAKES)
#else
#define MAY_WAKE true
#endif
#ifdef TICKS
byte ticks;
#define MAY_TICK (ticks < TICKS)
#else
#define MAY_TICK true
#endif

// --- What must hold

hidden byte k;  // these within one step only
hidden byte quiet;
hidden byte forgotten;
hidden byte work;
hidden byte sleeper;

// Whoever puts a thread somewhere has taken it from where it was, and nobody stands on its stack.
inline assert_in_hand(thread) {
  k = 0;
  do
  :: k < CPUS ->
    assert(((ready[k] | inbox[k]) & BIT(thread)) == 0);
    assert(stack[k] != thread);
    k++
  :: else -> break
  od;
  assert((parked & BIT(thread)) == 0);
  k = 0
}

inline assert_link_in_hand(thread) {
  k = 0;
  do
  :: k < CPUS ->
    assert((inbox[k] & LINK(thread)) == 0);
    k++
  :: else -> break
  od;
  k = 0
}

inline assert_alone_on_stack(thread) {
  k = 0;
  do
  :: k < CPUS ->
    assert(k == c || thread == NOBODY || stack[k] != thread);
    k++
  :: else -> break
  od;
  k = 0
}

// A CPU whose inbox is full finds that out without an interrupt from others.
#ifdef MWAIT
#define STORE_ENDS_SLEEP(cpu) (inbox[cpu] != 0)
#else
#define STORE_ENDS_SLEEP(cpu) false
#endif
#define WORK_OF(cpu) (ready[cpu] | inbox[cpu] | ((inbox[cpu] >> THREADS) & posted) | \
                      (inbox[cpu] >> (2 * THREADS)))
#define LOOKS_BY_ITSELF(cpu) (asleep[cpu] -> STORE_ENDS_SLEEP(cpu) : armed[cpu])

// To be evaluated whenever a CPU settles or falls asleep: that ends all that was under way.
inline assert_nothing_is_forgotten() {
  quiet = true;
  forgotten = false;
  work = false;
  sleeper = false;
  k = 0;
  do
  :: k < CPUS ->
    quiet = quiet && (settled[k] || asleep[k]) && !ipi[k] && !resched[k];
    forgotten = forgotten || (inbox[k] != 0 && !LOOKS_BY_ITSELF(k));
    work = work || (settled[k] && (WORK_OF(k) & MOVABLE) != 0);
    sleeper = sleeper || (asleep[k] && (idle_set & BIT(k)) != 0);
    k++
  :: else -> break
  od;
  assert(!(quiet && forgotten));
  assert(!(quiet && work && sleeper));
  quiet = false;
  forgotten = false;
  work = false;
  sleeper = false;
  k = 0
}

// --- Pieces of steps, to be used within atomic or d_step

// Any thread of a set that is not empty: the model knows no order of a queue.
inline choose_thread(set, thread) {
  thread = 0;
  do
  :: (set & BIT(thread)) != 0 -> break
  :: (set >> (thread + 1)) != 0 -> thread++
  od
}

inline choose_cpu(set, cpu) {
  cpu = 0;
  do
  :: (set & BIT(cpu)) != 0 -> break
  :: (set >> (cpu + 1)) != 0 -> cpu++
  od
}

// --- Steps

// Puts thread t, which is in hand, on the inbox of `where`.
inline push_arrival() {
  d_step {
    assert_in_hand(t);
    home[t] = where
  };
  push(BIT(t))
}

// Notes a wake of thread t, which is not this CPU's, if `wakes`. Then its link has to be pushed,
// unless it is under way.
inline note_post() {
  posted = posted | (wakes << t);
  links = (linked & BIT(t)) == 0;
  linked = linked | BIT(t);
  if
  :: !links -> wakes = false; t = NOBODY
  :: else
  fi
}

inline push_link() {
  d_step {
    assert_link_in_hand(t);
    where = home[t]
  };
  push(LINK(t))
}

// What goes wrong with a link alone needs more wakes beside notes than can be searched.
#ifdef TAKEN_BY_A_STORE
#define MAY_NOTE false
#else
#define MAY_NOTE true
#endif

// Leaves a note of a wake of thread t with the CPU `where`, or posts it if that has something in its
// inbox.
inline post_wake() {
  if
  :: d_step { MAY_NOTE && inbox[where] == 0 -> inbox[where] = NOTE(t); t = NOBODY };
    d_step {
      told = !watching[where] || (idle_set != 0 && (idle_set & BIT(where)) == 0);
      tell = tell | (told << where);
      where = NOWHERE;
      told = false;
      wakes = false
    }
  :: d_step { !MAY_NOTE || inbox[where] != 0 -> where = NOWHERE; note_post() };
    if
    :: t != NOBODY -> push_link()
    :: else
    fi
  fi
}

// Only who finds the inbox empty tells, and a CPU that watches need not be told. But somebody idle
// shall have a woken thread, and only its home can give it.
inline push(what) {
#ifdef READ_WATCHING_BEFORE_PUSH
  told = watching[where];
#endif
  d_step {
    told = !told && inbox[where] == 0;
    inbox[where] = inbox[where] | what;
    t = NOBODY
  };
  d_step {
#ifndef READ_WATCHING_BEFORE_PUSH
    told = told && !watching[where];
#endif
    told = told || (links && wakes && idle_set != 0 && (idle_set & BIT(where)) == 0);
    tell = tell | (told << where);
    where = NOWHERE;
    told = false;
    links = false;
    wakes = false
  }
}

// Interrupts those that are to be told.
inline send_interrupts() {
  k = 0;
  do
  :: k < CPUS ->
    ipi[k] = ipi[k] || (tell & BIT(k)) != 0;
    k++
  :: else -> break
  od;
  k = 0;
  tell = 0
}

// Thread t, which is in hand, waits here. Then the timer asks before long, if somebody runs.
inline enqueue() {
  assert_in_hand(t);
  ready[c] = ready[c] | BIT(t);
  t = NOBODY;
  arm_timer()
}

inline arm_timer() {
  if
  :: ready[c] != 0 && cur != NOBODY ->
    watching[c] = true;
    armed[c] = true
  :: else
  fi
}

// Takes a CPU off the idle set: the home of thread t, or another one if the thread may go there.
inline claim_idle_cpu() {
  if
  :: (idle_set & BIT(home[t])) != 0 -> where = home[t]
  :: (idle_set & BIT(home[t])) == 0 && idle_set != 0 && (MOVABLE & BIT(t)) != 0 ->
    choose_cpu(idle_set, where)
  :: else -> where = NOWHERE
  fi;
  if
  :: where != NOWHERE -> idle_set = idle_set & ~BIT(where)
  :: else
  fi
}

// Thread t, which was parked here, goes to an idle CPU, or waits here. Before that the CPU says that
// it is loaded, then looks at the idle ones once more.
inline bring_woken() {
  atomic {
    parked = parked & ~BIT(t);
    if
    :: cur == NOBODY -> enqueue()
    :: else ->
      claim_idle_cpu();
      if
      :: where == NOWHERE && (loaded[c] || (MOVABLE & BIT(t)) == 0) -> enqueue()
      :: where == NOWHERE && !loaded[c] && (MOVABLE & BIT(t)) != 0 ->
        newly_loaded = true;
#ifndef LOOK_AT_IDLE_BEFORE_LOADED
        loaded[c] = true
#endif
      :: else
      fi
    fi
  };
  if
  :: newly_loaded ->
    atomic {
      newly_loaded = false;
#ifdef LOOK_AT_IDLE_BEFORE_LOADED
      loaded[c] = true;
#else
      claim_idle_cpu();
#endif
      if
      :: where == NOWHERE -> enqueue()
      :: else
      fi
    }
  :: else
  fi;
  if
  :: where != NOWHERE -> push_arrival()
  :: else
  fi
}

// Takes in what the inbox holds: the threads, and what is posted for threads.
inline drain_inbox() {
  d_step { batch = inbox[c]; inbox[c] = 0 };
  do
  :: atomic {
      batch != 0 ->
      choose_thread(batch, t);
      batch = batch & ~BIT(t);
      if
      :: t < THREADS ->
        assert((ready[c] & BIT(t)) == 0);
        ready[c] = ready[c] | BIT(t);
        woken = woken | (posted & BIT(t));
        posted = posted & ~BIT(t);
        t = NOBODY
      :: t >= 2 * THREADS ->
        t = t - 2 * THREADS;
        wakes = true
      :: else ->
        t = t - THREADS;
        wakes = (posted & BIT(t)) != 0;
#ifndef TAKEN_BY_A_STORE
        posted = posted & ~BIT(t);
        linked = linked & ~BIT(t)
#endif
      fi
    };
    if
    :: t != NOBODY -> look_at_posts()
    :: else
    fi
  :: atomic { batch == 0 -> look_at_wakes_again(); break }
  od
}

// Of thread t, whose link was taken off here: `wakes` if there were any.
inline look_at_posts() {
#ifdef TAKEN_BY_A_STORE
  d_step { posted = posted & ~BIT(t); linked = linked & ~BIT(t) };
#endif
  atomic {
    if
    :: IS_OWN(t) ->
      woken = woken | (wakes << t);
      if
      :: !wakes || (parked & BIT(t)) == 0 -> t = NOBODY
      :: else
      fi;
      wakes = false
#ifndef NOT_FORWARDED
    :: !IS_OWN(t) && home[t] != c -> note_post()
    :: !IS_OWN(t) && home[t] == c ->
#else
    :: !IS_OWN(t) ->
#endif
#ifndef NOT_LEFT_FOR_ARRIVAL
      if
      :: home[t] == c -> posted = posted | (wakes << t)
      :: else
      fi;
#endif
      wakes = false;
      t = NOBODY
    fi
  };
  if
  :: t == NOBODY
  :: t != NOBODY && IS_OWN(t) -> bring_woken()
  :: t != NOBODY && !IS_OWN(t) -> push_link()
  fi
}

// A wake that was taken off the inbox just now ends the park.
inline look_at_wakes_again() {
#ifndef PARK_DOES_NOT_LOOK_AGAIN
  parks = parks && (woken & BIT(cur)) == 0
#else
  skip
#endif
}

// Gives ready threads to idle CPUs, but keeps one if nobody else is here to run.
#define IS_ONE(set) ((set & (set - 1)) == 0)
#define CAN_SHARE (idle_set != 0 && (ready[c] & MOVABLE) != 0 && \
                   ((cur != NOBODY && !parks) || !IS_ONE(ready[c])))

inline share_ready_threads() {
  do
  :: atomic {
      CAN_SHARE ->
      choose_cpu(idle_set, where);
      idle_set = idle_set & ~BIT(where);
      choose_thread((ready[c] & MOVABLE), t);
      ready[c] = ready[c] & ~BIT(t)
    };
    push_arrival()
  :: atomic { !CAN_SHARE -> break }
  od
}

// Who runs next. The one that leaves still stands on its stack.
inline decide() {
  loaded[c] = loaded[c] && (ready[c] & MOVABLE) != 0;
  if
  :: cur == NOBODY && ready[c] == 0 -> watching[c] = true
  :: cur != NOBODY && !parks  // alone, or its slice is not over
  :: cur != NOBODY && !parks && ready[c] != 0 ->
    t = cur;
    choose_thread(ready[c], cur);
    ready[c] = (ready[c] & ~BIT(cur)) | BIT(t);
    t = NOBODY
  :: (cur == NOBODY || parks) && ready[c] != 0 ->
    parked = parked | (parks << cur);
    choose_thread(ready[c], cur);
    ready[c] = ready[c] & ~BIT(cur)
  :: parks && ready[c] == 0 ->
    parked = parked | BIT(cur);
    cur = NOBODY;
    watching[c] = true
  fi;
  busy[c] = cur != NOBODY;
  parks = false;
  newly_loaded = (ready[c] & MOVABLE) != 0 && !loaded[c];
#ifdef LOOK_AT_IDLE_BEFORE_LOADED
  tell = tell | ((newly_loaded && idle_set != 0) << c)
#else
  loaded[c] = loaded[c] || newly_loaded
#endif
}

// Asks itself for one more decision.
inline look_for_idle_ones_if_newly_loaded() {
  if
  :: newly_loaded ->
    d_step {
#ifdef LOOK_AT_IDLE_BEFORE_LOADED
      loaded[c] = true;
#else
      tell = tell | ((idle_set != 0) << c);
#endif
      newly_loaded = false
    }
  :: else
  fi
}

inline arm_timer_and_leave_stack() {
  d_step {
    arm_timer();
    stack[c] = cur;
    assert_alone_on_stack(cur);
    send_interrupts()
  }
}

// The idle thread has found nothing: others may give it something, and loaded ones are asked to.
inline begin_idle() {
  d_step {
    loaded[c] = false;
    watching[c] = true
  };
#ifndef LOOK_AT_LOADED_BEFORE_ANNOUNCE
  idle_set = idle_set | BIT(c);
#endif
  where = (c == 0);
  do
  :: d_step {
      where < CPUS ->
      if
      :: loaded[where] || (inbox[where] != 0 && busy[where]) -> ipi[where] = true
      :: else
      fi;
      where = where + 1 + (where + 1 == c)
    }
  :: atomic { where >= CPUS -> where = NOWHERE; break }
  od;
#ifdef LOOK_AT_LOADED_BEFORE_ANNOUNCE
  idle_set = idle_set | BIT(c)
#endif
}

// When a CPU stops to be idle, it does not look at its inbox by itself any more: before it looks.
#ifdef STILL_WATCHING_AFTER_IDLE
#define STILL_WATCHING watching[c]
#else
#define STILL_WATCHING false
#endif

inline enable_and_sleep() {
#ifdef ENABLE_THEN_SLEEP
  interruptible[c] = true;
#endif
  d_step {
    interruptible[c] = true;
    asleep[c] = true;
    assert_nothing_is_forgotten()
  };
end_asleep:
  atomic {
    !asleep[c] || STORE_ENDS_SLEEP(c) ->
    asleep[c] = false;
    watching[c] = STILL_WATCHING
  }
}

#ifdef NO_RECHECK_BEFORE_SLEEP
#define FOUND_AT_LAST_LOOK false
#else
#define FOUND_AT_LAST_LOOK (inbox[c] != 0 || resched[c])
#endif

// It polls for a while, for any time here; then it sleeps, if there is still nothing.
inline poll_then_sleep() {
  if
  :: d_step { inbox[c] != 0 || resched[c] -> watching[c] = STILL_WATCHING }
  :: true ->
#if !defined(MWAIT) && !defined(CLEAR_WATCHING_AFTER_LOOK)
    watching[c] = false;
#endif
    if
    :: d_step { FOUND_AT_LAST_LOOK -> watching[c] = STILL_WATCHING }
    :: d_step { !FOUND_AT_LAST_LOOK -> interruptible[c] = false };
#ifdef CLEAR_WATCHING_AFTER_LOOK
      watching[c] = false;
#endif
      enable_and_sleep()
    fi
  fi
}

// --- The machine

proctype cpu(byte c) {
  byte cur = NOBODY;     // whom this CPU runs
  byte t = NOBODY;       // the thread in hand
  byte where = NOWHERE;  // the CPU that shall get it
  short batch;           // what was taken off the inbox
  byte tell;             // the CPUs to be interrupted
  bool parks, newly_loaded, told, links, wakes;

decision:
  drain_inbox();
#ifdef SHARED_BEFORE_STACK_LEFT
  atomic { decide() };
  share_ready_threads();
#else
  share_ready_threads();
  atomic { decide() };
#endif
  look_for_idle_ones_if_newly_loaded();
  arm_timer_and_leave_stack();
  if
  :: atomic { cur == NOBODY && ready[c] != 0 -> goto decision }
  :: atomic { cur == NOBODY && ready[c] == 0 -> goto idle }
  :: atomic { cur != NOBODY -> goto thread }
  fi;

thread:
  atomic {
    send_interrupts();
    settled[c] = true;
    assert_nothing_is_forgotten()
  };
  do
  :: d_step { resched[c] -> resched[c] = false; settled[c] = false }; goto decision
  :: atomic {
      MAY_WAKE && (WOKEN & ~BIT(cur)) != 0 ->
      choose_thread((WOKEN & ~BIT(cur)), t);
      owed = owed | BIT(t);
#ifdef WAKES
      wakes_so_far++;
#endif
      settled[c] = false;
      if
      :: IS_OWN(t) ->
        woken = woken | BIT(t);
        if
        :: (parked & BIT(t)) == 0 -> t = NOBODY
        :: else
        fi
      :: else -> wakes = true; where = home[t]
      fi
    };
    if
    :: t == NOBODY
    :: t != NOBODY && !wakes -> bring_woken()
    :: t != NOBODY && wakes -> post_wake()
    fi;
    goto thread
  :: d_step {
      ((woken | posted) & BIT(cur)) != 0 ->
      woken = woken & ~BIT(cur);
      posted = posted & ~BIT(cur);
#ifdef TAKEN_WITH_THE_LINK
      linked = linked & ~BIT(cur);
#endif
      owed = owed & ~BIT(cur)
    }
  :: d_step {
      inbox[c] == NOTE(cur) ->
      inbox[c] = 0;
      owed = owed & ~BIT(cur)
    }
  :: d_step {
      ((woken | posted) & BIT(cur)) == 0 && inbox[c] != NOTE(cur) ->
      resched[c] = false;
      settled[c] = false;
      parks = true
    };
    goto decision
  od;

idle:
  begin_idle();
  poll_then_sleep();
  d_step {
    idle_set = idle_set & ~BIT(c);
    resched[c] = false
  };
  goto decision
}

// They come at any time, but for the moments when the CPU has them disabled.
proctype interrupts(byte c) {
end:
  do
  :: d_step {
      ipi[c] && interruptible[c] ->
      ipi[c] = false;
      resched[c] = true;
      asleep[c] = false
    }
  :: d_step {
      armed[c] && interruptible[c] && MAY_TICK ->
#ifdef TICKS
      ticks++;
#endif
      armed[c] = false;
#ifndef TIMER_LEAVES_WATCHING
      watching[c] = false;
#endif
      resched[c] = true;
      asleep[c] = false
    }
  od
}

init {
  byte c;
  atomic {
    parked = EVERY_THREAD & ~READY_AT_FIRST;
    home[THREADS - 1] = HOME_OF_LAST;
    ready[0] = READY_AT_FIRST & ~BIT(THREADS - 1);
    ready[HOME_OF_LAST] = ready[HOME_OF_LAST] | (READY_AT_FIRST & BIT(THREADS - 1));
    do
    :: c < CPUS ->
      stack[c] = NOBODY;
      interruptible[c] = true;
      run cpu(c);
      run interrupts(c);
      c++
    :: else -> break
    od;
    c = 0
  };
  // Nobody can take a step any more.
  timeout ->
  assert(parked == EVERY_THREAD && woken == 0 && owed == 0)
}
