// Worker, RouteTask, GrindTask and settle for python/gristmill/spark/tasks.py. Work is done without the interpreter's
// lock.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "bindings.h"
#include "cluster/tasks.h"
#include "raised.h"

namespace nb = nanobind;

namespace gristmill::python {
namespace {

using cluster::GrindTask;
using cluster::RoutedRow;
using cluster::RouteTask;
using cluster::Worker;

std::string_view view(const nb::bytes& bytes) { return {static_cast<const char*>(bytes.data()), bytes.size()}; }

// By columns, as Arrow takes them.
struct RoutedRows {
  nb::list partitions;
  nb::list files;
  nb::list offsets;
  nb::list pieces;
  nb::list data;
};

RoutedRows next_rows(RouteTask& task) {
  std::vector<RoutedRow> rows;
  {
    const nb::gil_scoped_release unlocked;
    rows = value_or_raise(task.next());
  }
  RoutedRows columns;
  for (const RoutedRow& row : rows) {
    columns.partitions.append(row.partition);
    columns.files.append(row.file);
    columns.offsets.append(row.offset);
    columns.pieces.append(row.piece);
    columns.data.append(as_bytes(row.data));
  }
  return columns;
}

void take_row(GrindTask& task, std::int64_t file, std::int64_t offset, std::int32_t piece, const nb::bytes& data) {
  const std::string_view bytes = view(data);
  const nb::gil_scoped_release unlocked;
  raise_if_error(task.take(file, offset, piece, bytes));
}

nb::bytes finish(GrindTask& task) {
  std::string result;
  {
    const nb::gil_scoped_release unlocked;
    result = cluster::to_wire(value_or_raise(task.finish()));
  }
  return as_bytes(result);
}

nb::bytes settle_part(Worker& worker, const nb::bytes& plan, std::uint32_t part, const std::string& attempt) {
  const std::string_view bytes = view(plan);
  std::string result;
  {
    const nb::gil_scoped_release unlocked;
    const auto settle_plan = value_or_raise(cluster::from_wire<cluster::SettlePlan>(bytes));
    result = cluster::to_wire(
        value_or_raise(cluster::settle(worker, settle_plan, static_cast<cluster::SettlePart>(part), attempt)));
  }
  return as_bytes(result);
}

nb::bytes move_files(Worker& worker, const nb::bytes& files, std::uint32_t part, std::uint32_t parts) {
  const std::string_view bytes = view(files);
  std::string result;
  {
    const nb::gil_scoped_release unlocked;
    const auto to_move = value_or_raise(cluster::from_wire<cluster::MovePlan>(bytes));
    result = cluster::to_wire(value_or_raise(cluster::move_files(worker, to_move.files, part, parts)));
  }
  return as_bytes(result);
}

}  // namespace

void bind_cluster_tasks(nb::module_& module) {
  nb::class_<Worker>(module, "Worker");
  module.def(
      "make_worker", [](const nb::bytes& plan) { return value_or_raise(Worker::create(view(plan))); }, nb::arg("plan"));
  nb::class_<RoutedRows>(module, "RoutedRows")
      .def_ro("partitions", &RoutedRows::partitions)
      .def_ro("files", &RoutedRows::files)
      .def_ro("offsets", &RoutedRows::offsets)
      .def_ro("pieces", &RoutedRows::pieces)
      .def_ro("data", &RoutedRows::data);
  nb::class_<RouteTask>(module, "RouteTask")
      .def(nb::init<Worker&, std::uint32_t>(), nb::arg("worker"), nb::arg("split"), nb::keep_alive<1, 2>())
      .def("next", &next_rows);
  nb::class_<GrindTask>(module, "GrindTask")
      .def(nb::init<Worker&, std::uint32_t, std::string>(), nb::arg("worker"), nb::arg("partition"), nb::arg("attempt"),
           nb::keep_alive<1, 2>())
      .def("take", &take_row, nb::kw_only(), nb::arg("file"), nb::arg("offset"), nb::arg("piece"), nb::arg("data"))
      .def("finish", &finish);
  module.def("settle_part", &settle_part, nb::kw_only(), nb::arg("worker"), nb::arg("plan"), nb::arg("part"),
             nb::arg("attempt"));
  module.def("move_files", &move_files, nb::kw_only(), nb::arg("worker"), nb::arg("files"), nb::arg("part"),
             nb::arg("parts"));
  module.attr("SETTLE_PARTS") = cluster::settle_parts;
}

}  // namespace gristmill::python
