// generate() for gristmill.generate: the options of generate/generate.h by name, and what was written of each data set.
#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "bindings.h"
#include "generate/generate.h"
#include "gristmill/run.h"
#include "gristmill/storage.h"
#include "raised.h"

namespace nb = nanobind;

namespace gristmill::python {
namespace {

using generate::AnomalyShare;

struct AnomalyCount {
  std::string name;
  std::uint64_t lines = 0;
};

struct WrittenDataset {
  std::string dataset;
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  std::vector<AnomalyCount> anomalies;
};

WrittenDataset as_written(Dataset dataset, const generate::GeneratedDataset& generated) {
  WrittenDataset written{std::string(name_of(dataset)), generated.lines, generated.bytes, {}};
  for (std::size_t i = 0; i < generate::anomaly_count; ++i) {
    if (generated.anomalies[i] == 0) continue;
    written.anomalies.push_back({std::string(generate::Anomaly(i).name()), generated.anomalies[i]});
  }
  return written;
}

source::Compression compression_of(const std::string& ending) {
  return ending == "gz"    ? source::Compression::gzip
         : ending == "zst" ? source::Compression::zstandard
                           : source::Compression::none;
}

Result<generate::Form> form_of(const std::string& name) {
  const auto form = generate::form_named(name);
  if (form) return *form;
  return Error::usage("argument form: '" + name + "' is not known", "help(gristmill.generate) names them")
      .of_key("form");
}

std::vector<WrittenDataset> write_synthetic_data(const std::string& output, std::uint64_t profiles,
                                                 std::uint64_t sessions, std::uint64_t collections,
                                                 std::uint64_t behaviours, std::uint64_t predictions,
                                                 double zipf_exponent, const std::vector<AnomalyShare>& anomalies,
                                                 bool spaced, const std::string& form, std::uint64_t files,
                                                 const std::string& compression, bool plain_names, std::uint64_t seed,
                                                 std::optional<std::uint32_t> threads, bool force) {
  const nb::gil_scoped_release unlocked;
  generate::GenerateOptions options;
  options.output = output;
  options.shape = {.profiles = profiles,
                   .sessions = sessions,
                   .collections = collections,
                   .behaviours = behaviours,
                   .predictions = predictions,
                   .zipf_exponent = zipf_exponent};
  options.anomalies = anomalies;
  options.spaced = spaced;
  options.form = value_or_raise(form_of(form));
  options.plain_names = plain_names;
  options.files = files;
  options.compression = compression_of(compression);
  options.seed = seed;
  options.threads = threads.value_or(resources_of(Recipe{}).threads);
  options.force = force;
  const std::unique_ptr<Storage> storage = make_local_storage();
  const generate::GenerateReport report = value_or_raise(generate::generate(*storage, options, nullptr));
  std::vector<WrittenDataset> all;
  for (std::size_t i = 0; i < report.datasets.size(); ++i) {
    all.push_back(as_written(static_cast<Dataset>(i), report.datasets[i]));
  }
  return all;
}

}  // namespace

void bind_synthetic_data(nb::module_& module) {
  nb::class_<AnomalyShare>(module, "AnomalyShare")
      .def(nb::init<std::string, double>(), nb::arg("name"), nb::arg("share"))
      .def_ro("name", &AnomalyShare::name)
      .def_ro("share", &AnomalyShare::share);
  nb::class_<AnomalyCount>(module, "AnomalyCount")
      .def_ro("name", &AnomalyCount::name)
      .def_ro("lines", &AnomalyCount::lines);
  nb::class_<WrittenDataset>(module, "WrittenDataset")
      .def_ro("dataset", &WrittenDataset::dataset)
      .def_ro("lines", &WrittenDataset::lines)
      .def_ro("bytes", &WrittenDataset::bytes)
      .def_ro("anomalies", &WrittenDataset::anomalies);
  module.def("generate", &write_synthetic_data, nb::kw_only(), nb::arg("output"), nb::arg("profiles"),
             nb::arg("sessions"), nb::arg("collections"), nb::arg("behaviours"), nb::arg("predictions"),
             nb::arg("zipf_exponent"), nb::arg("anomalies"), nb::arg("spaced"), nb::arg("form"), nb::arg("files"),
             nb::arg("compression"), nb::arg("plain_names"), nb::arg("seed"), nb::arg("threads").none(),
             nb::arg("force"));
}

}  // namespace gristmill::python
