// The classes that a cluster's executors use.
#pragma once

#include <nanobind/nanobind.h>

namespace gristmill {

void bind_cluster_tasks(nanobind::module_& module);

}  // namespace gristmill
