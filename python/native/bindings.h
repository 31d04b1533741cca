// The parts of the extension module, each of which adds its classes and functions to it. The struct of a value that
// Python reads stands beside the function that returns it; python/gristmill/_native.pyi says what its fields mean.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

namespace gristmill::python {

inline nanobind::bytes as_bytes(const std::string& text) { return nanobind::bytes(text.data(), text.size()); }

void bind_engine(nanobind::module_& module);          // a run, on this machine or driving a cluster
void bind_cluster_tasks(nanobind::module_& module);   // what a cluster's executors do
void bind_synthetic_data(nanobind::module_& module);  // gristmill.generate

}  // namespace gristmill::python
