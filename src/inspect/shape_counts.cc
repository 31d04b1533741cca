// Key of a fact: group, hash of the shape. Value: lines, place, then text and example. Tested in
// shape_counts_test.cc.
#include "inspect/shape_counts.h"

#include <algorithm>
#include <cstring>

namespace gristmill::inspect {
namespace {

struct FixedPart {
  std::uint64_t lines;
  std::uint64_t offset;
  std::uint32_t file;
  std::uint32_t line_in_chunk;
  std::uint64_t text_size;
};

bool comes_first(const ShapeCount& a, const ShapeCount& b) {
  return a.lines != b.lines ? a.lines > b.lines : a.first < b.first;
}

}  // namespace

bool ShapeCounts::add(std::uint8_t group, storage::Hash128 shape, Place place, std::uint32_t line_in_chunk) {
  const Key key{shape, group};
  if (last_count_ != nullptr && key == last_) {
    ++last_count_->lines;
    return false;
  }
  const auto [found, added] = counts_.try_emplace(key);
  last_ = key;
  last_count_ = &found->second;
  if (added) {
    last_count_->group = group;
    last_count_->first = place;
    last_count_->line_in_chunk = line_in_chunk;
  }
  ++last_count_->lines;
  return added;
}

Status ShapeCounts::describe(std::string text, std::string example) {
  constexpr std::size_t of_the_table = 64;
  bytes_ += sizeof(Key) + sizeof(ShapeCount) + of_the_table + text.capacity() + example.capacity();
  last_count_->text = std::move(text);
  last_count_->example = std::move(example);
  return bytes_ > quota_ ? flush() : Status();
}

Status ShapeCounts::flush() {
  std::string key;
  std::string value;
  for (const auto& [shape, count] : counts_) {
    key.assign(1, static_cast<char>(shape.group));
    shuffle::append_key_number(shape.shape.high, key);
    shuffle::append_key_number(shape.shape.low, key);
    const FixedPart fixed{count.lines, count.first.offset, count.first.file, count.line_in_chunk, count.text.size()};
    value.assign(reinterpret_cast<const char*>(&fixed), sizeof fixed);
    value.append(count.text).append(count.example);
    GM_RETURN_IF_ERROR(facts_.add(key, value));
  }
  counts_ = {};
  bytes_ = 0;
  last_count_ = nullptr;
  return {};
}

Result<std::array<ShapesOfGroup, line_groups>> most_frequent_shapes(const std::vector<shuffle::Sorter*>& facts,
                                                                    std::size_t most,
                                                                    const std::function<bool()>& should_stop) {
  std::array<ShapesOfGroup, line_groups> groups;
  std::string key;
  ShapeCount shape;
  const auto end_shape = [&] {
    if (key.empty()) return;
    ShapesOfGroup& group = groups[shape.group];
    ++group.shapes;
    group.lines += shape.lines;
    if (most == 0) return;
    if (group.first.size() == most) {
      if (!comes_first(shape, group.first.front())) return;
      std::pop_heap(group.first.begin(), group.first.end(), comes_first);
      group.first.pop_back();
    }
    group.first.push_back(std::move(shape));
    std::push_heap(group.first.begin(), group.first.end(), comes_first);
  };
  shuffle::SortedFacts sorted(facts);
  for (std::uint64_t read = 0;; ++read) {
    if (read % 4096 == 0 && should_stop()) return Error::interrupted();
    GM_ASSIGN(const bool more, sorted.next());
    if (!more) break;
    FixedPart fixed{};
    std::memcpy(&fixed, sorted.value().data(), sizeof fixed);
    const std::string_view text = sorted.value().substr(sizeof fixed, fixed.text_size);
    const std::string_view example = sorted.value().substr(sizeof fixed + fixed.text_size);
    const Place place{fixed.file, fixed.offset};
    if (sorted.key() != key) {
      end_shape();
      key = sorted.key();
      shape = {static_cast<std::uint8_t>(key.front()),
               0,
               place,
               fixed.line_in_chunk,
               std::string(text),
               std::string(example)};
    } else if (place < shape.first) {
      shape.first = place;
      shape.line_in_chunk = fixed.line_in_chunk;
      shape.example = example;
    }
    shape.lines += fixed.lines;
  }
  end_shape();
  for (ShapesOfGroup& group : groups) std::sort(group.first.begin(), group.first.end(), comes_first);
  return groups;
}

}  // namespace gristmill::inspect
