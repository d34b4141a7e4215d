// All kinds of things and gates.
#include "tests/scenarios/kinds.h"

#include <array>

#include "tests/scenarios/channel_things.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/gates.h"
#include "tests/scenarios/things.h"

namespace tb::test {
namespace {

template <class Thing>
class Kind final : public Awaited {
 public:
  std::string_view name() const override { return Thing::kName; }
  bool is_shared() const override { return Thing::kIsShared; }
  void give() override { thing_.give(); }
  bool try_take() override { return thing_.try_take(); }
  bool take_for(Duration duration) override { return thing_.take_for(duration); }
  bool take_until(Time deadline) override { return thing_.take_until(deadline); }
  bool take(const StopToken& token) override { return thing_.take(token); }
  void take() override { thing_.take(); }
  void put_back() override { thing_.put_back(); }

  bool has_both() const override { return kHasBoth; }
  bool take_until(Time deadline, const StopToken& token) override {
    if constexpr (kHasBoth) {
      return thing_.take_until(deadline, token);
    }
    return false;
  }

 private:
  static constexpr bool kHasBoth =
      requires(Thing& thing, const StopToken& token) { thing.take_until(Time(), token); };

  Thing thing_;
};

template <class Thing>
std::unique_ptr<Awaited> make() {
  return std::make_unique<Kind<Thing>>();
}

constexpr std::array<MakeAwaited, 16> kKinds = {
    make<MutexThing>,    make<RecursiveThing>, make<WriterThing>,   make<ReaderThing>,
    make<PermitThing>,   make<NotifiedThing>,  make<ReceivedThing>, make<RoomThing>,
    make<SelectedValue>, make<SelectedRoom>,   make<EventGate>,     make<LatchGate>,
    make<OnceGate>,      make<BarrierGate>,    make<AtomicGate>,    make<NotifiedGate>};

}  // namespace

std::span<const MakeAwaited> all_kinds() { return kKinds; }

void expect_back(Suite& suite, Awaited& thing) {
  suite.check(thing.try_take(), thing.name());
  Crowd other(suite);
  other.spawn([&] {
    const bool has_it = thing.try_take();
    suite.check(has_it == thing.is_shared(), thing.name());
    if (has_it) {
      thing.put_back();
    }
  });
  other.join();
  thing.put_back();
}

}  // namespace tb::test
