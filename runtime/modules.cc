// Modules as arch/ found them.
#include "runtime/modules.h"

#include "arch/machine.h"
#include "base/assert.h"

namespace tb {

std::size_t module_count() { return arch::modules().size(); }

Module module_at(std::size_t index) {
  expects(index < module_count(), "the module exists");
  const arch::Module& module = arch::modules()[index];
  return {module.name, module.bytes};
}

}  // namespace tb
