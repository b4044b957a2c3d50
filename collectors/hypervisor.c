/* What the kernel shows of a hypervisor it cooperates with. Knows /sys/hypervisor. */
#include "context.h"

void collect_hypervisor(struct collect *c) {
  collect_text_file(c, "hypervisor.type", "/sys/hypervisor/type");
  collect_text_file(c, "hypervisor.features", "/sys/hypervisor/properties/features");
}
