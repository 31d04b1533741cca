// Route: the first of the three pure steps. Finds each line's profile and appends the line, as it came,
// to its bucket. It decides nothing else: every verdict falls in grind.
#pragma once

#include <vector>

#include "gristmill/accounting.h"
#include "record/line_parser.h"
#include "shuffle/routed_line.h"
#include "source/input_reader.h"
#include "source/line_source.h"
#include "source/long_line_gate.h"

namespace gristmill::tasks {

class Router {
 public:
  // Lines that `inputs` holds are left there. `gate` is held while a long line is parsed. `hash_mask` is for
  // tests: fewer bits, more collisions.
  Router(const record::ParseRules& rules, const std::vector<source::InputFile>& files,
         const source::InputReader& inputs, shuffle::LineSink& sink, source::LongLineGate& gate,
         std::uint64_t hash_mask = ~std::uint64_t{0})
      : parser_(rules), files_(files), inputs_(inputs), sink_(sink), gate_(gate), hash_mask_(hash_mask) {}

  // Asked between lines and within long ones; true makes route() return early with an error. Optional.
  void stop_when(std::function<bool()> should_stop) { parser_.stop_when(std::move(should_stop)); }

  // REQUIRES: lines come in input order.
  [[nodiscard]] Status route(std::uint32_t file, const source::SourceLine& line);

  const std::vector<std::uint64_t>& blank_lines() const { return blank_lines_; }  // by file
  std::uint64_t bytes_routed() const { return bytes_routed_; }

 private:
  std::uint64_t profile_hash(Dataset dataset, std::uint32_t file, const source::SourceLine& line);

  record::LineParser parser_;
  const std::vector<source::InputFile>& files_;
  const source::InputReader& inputs_;
  shuffle::LineSink& sink_;
  source::LongLineGate& gate_;
  std::uint64_t hash_mask_;
  std::vector<std::uint64_t> blank_lines_;
  std::uint64_t bytes_routed_ = 0;
  std::string long_payload_;
};

}  // namespace gristmill::tasks
