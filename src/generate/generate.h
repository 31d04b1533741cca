// The door of this room: synthetic data of a chosen shape, with anomalies where they are asked for.
//
// The same options give the same bytes, for any number of threads. Memory does not grow with the data: it
// takes a few MiB for each thread, or a few copies of the longest line where that is more.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "generate/anomaly.h"
#include "generate/form.h"
#include "generate/shape.h"
#include "gristmill/data.h"
#include "gristmill/result.h"
#include "gristmill/storage.h"
#include "source/input_files.h"

namespace gristmill::generate {

struct GenerateOptions {
  std::string output;  // gets collections/ and predictions/
  generate::Shape shape;
  std::vector<generate::AnomalyShare> anomalies;
  bool spaced = false;  // white space as Python's json.dumps writes it by default
  Form form = Form::lines;
  std::uint64_t files = 1;  // of each data set
  source::Compression compression = source::Compression::none;
  bool plain_names = false;  // do not tell the compression
  std::uint64_t seed = 1;
  std::uint64_t line_limit = 64ULL << 20;  // a line that is too long is one byte longer
  std::uint32_t threads = 1;
  bool force = false;  // replaces data that was generated into the folder before
};

struct GeneratedDataset {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;                                         // of all files, before compression
  std::uint64_t stored_bytes = 0;                                  // of the files
  std::array<std::uint64_t, generate::anomaly_count> anomalies{};  // lines, by anomaly
};

struct GenerateReport {
  std::array<GeneratedDataset, dataset_count> datasets;
};

// A usage error where the options do not hold together; an output error where the folder holds other things
// or cannot be written. After an error the files that were begun are gone. `interrupted` may be nullptr.
[[nodiscard]] Result<GenerateReport> generate(Storage& storage, const GenerateOptions& options,
                                              const std::atomic<bool>* interrupted);

}  // namespace gristmill::generate
