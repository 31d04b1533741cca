// The extension module gristmill._native. Everything that a person meets (names, results, tables, exceptions) is
// Python, in python/gristmill; here is only what must be C++: the engine of a run (engine.cc), the tasks of a cluster
// (cluster_tasks.cc), synthetic data, and the table of settings.
//
// Values that cross have named fields, and arguments are given by name. Errors of the library become Python exceptions
// by gristmill.errors.error_for_exit_code. Work is done without the interpreter's lock.
#include <arrow/util/config.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include "bindings.h"
#include "gristmill/run.h"
#include "raised.h"
#include "recipe/table.h"
#include "record/hive_name.h"
#include "report/render.h"
#include "text/visible_message.h"

namespace nb = nanobind;

namespace gristmill::python {
namespace {

void translate(const std::exception_ptr& pointer, void*) {
  try {
    std::rethrow_exception(pointer);
  } catch (const Raised& raised) {
    const nb::object exception =
        nb::module_::import_("gristmill.errors")
            .attr("error_for_exit_code")(nb::arg("exit_code") = static_cast<int>(raised.error.kind),
                                         nb::arg("message") = text::visible_message(raised.error.message),
                                         nb::arg("advice") = text::visible_message(raised.error.advice),
                                         nb::arg("file") = text::visible_message(raised.error.file),
                                         nb::arg("line") = raised.error.line,
                                         nb::arg("key") = text::visible_message(raised.error.key));
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  }
}

std::vector<const recipe::Setting*> all_settings() {
  std::vector<const recipe::Setting*> all;
  for (const recipe::Setting& setting : recipe::settings_table()) all.push_back(&setting);
  return all;
}

void bind_settings(nb::module_& module) {
  nb::class_<recipe::Setting>(module, "Setting")
      .def_ro("key", &recipe::Setting::key)
      .def_ro("flag", &recipe::Setting::flag)
      .def_ro("short_flag", &recipe::Setting::short_flag)
      .def_prop_ro("value_shape", &recipe::Setting::value_shape)
      .def_prop_ro("repeatable", &recipe::Setting::repeatable)
      .def_ro("help", &recipe::Setting::help)
      .def_ro("group", &recipe::Setting::group);
  module.def("settings_table", &all_settings, nb::rv_policy::reference);
}

}  // namespace
}  // namespace gristmill::python

NB_MODULE(_native, module) {
  namespace python = gristmill::python;
  nb::register_exception_translator(python::translate);
  module.attr("__version__") = gristmill::version();
  module.attr("arrow_version") = ARROW_VERSION_STRING;
  python::bind_settings(module);
  python::bind_engine(module);
  python::bind_cluster_tasks(module);
  python::bind_synthetic_data(module);
  module.def("partition_name", &gristmill::record::partition_name, nb::arg("profile"));
  module.def(
      "report_glance",
      [](const std::string& report) { return python::value_or_raise(gristmill::report::report_glance(report)); },
      nb::arg("report"));
}
