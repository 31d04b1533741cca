// How many lines have which shape: exact for any number of shapes in bounded memory. Each worker counts in a table;
// a full one goes to an external sort, which adds up what belongs together at the end.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gristmill/result.h"
#include "shuffle/routed_line.h"
#include "shuffle/sorter.h"
#include "storage/hash.h"

namespace gristmill::inspect {

// Lines are counted in groups; which these are is the caller's business.
inline constexpr std::size_t line_groups = 3;

struct ShapeCount {
  std::uint8_t group = 0;
  std::uint64_t lines = 0;
  Place first;  // of its first line
  std::uint32_t line_in_chunk = 0;
  std::string text;     // of the shape
  std::string example;  // the beginning of its first line
};

// One worker's.
class ShapeCounts {
 public:
  // `quota`: bytes of the table.
  ShapeCounts(shuffle::Sorter& facts, std::size_t quota) : facts_(facts), quota_(quota) {}

  // One line more of a shape; true if the shape is not in the table: then describe() must follow.
  // REQUIRES: places rise from call to call.
  bool add(std::uint8_t group, storage::Hash128 shape, Place place, std::uint32_t line_in_chunk);
  [[nodiscard]] Status describe(std::string text, std::string example);
  // To be called at the end.
  [[nodiscard]] Status flush();

 private:
  struct Key {
    storage::Hash128 shape;
    std::uint8_t group;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return key.shape.low ^ key.group; }
  };
  shuffle::Sorter& facts_;
  std::size_t quota_;
  std::size_t bytes_ = 0;
  std::unordered_map<Key, ShapeCount, KeyHash> counts_;
  Key last_{};
  ShapeCount* last_count_ = nullptr;
};

struct ShapesOfGroup {
  std::uint64_t shapes = 0;       // how many there are
  std::uint64_t lines = 0;        // of all of them
  std::vector<ShapeCount> first;  // those of most lines, among equals in the order of their first places
};

// Adds up what the workers counted. `most`: of the shapes that are kept, by group. `should_stop` is asked now and
// then; true gives an error.
Result<std::array<ShapesOfGroup, line_groups>> most_frequent_shapes(const std::vector<shuffle::Sorter*>& facts,
                                                                    std::size_t most,
                                                                    const std::function<bool()>& should_stop);

}  // namespace gristmill::inspect
