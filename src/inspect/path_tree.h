// The paths that lines are made of, and what is known of each: one walk over a line's JSON counts its values and
// gives the hash of its shape.
//
// A path is a chain of field names and list elements; the elements of a list share one path ("folded"). The shape of
// a line is the set of its (path, type) pairs, so that neither the order of fields nor the length of lists matters.
// It is hashed as a sum over that set: nothing is sorted and nothing is allocated for a line whose paths are known.
// Types in a shape: object, list, string, number, bool and null (NaN too).
//
// Bounds, each a function of the line alone: a path of more than `most_levels`, and what a line has beyond
// `most_paths` paths, goes to a path "…" of the object or list around it. A name of more than `longest_name` bytes
// goes by its beginning and its hash.
//
// A tree is one thread's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inspect/field_statistics.h"
#include "record/field_names.h"
#include "storage/hash.h"

namespace gristmill::inspect {

// One step of a path; beyond: the rest of what is around it.
enum class StepKind : std::uint8_t { root, element, member, beyond };

class PathTree {
 public:
  static constexpr std::size_t most_paths = 4'000;  // of one line
  static constexpr std::uint32_t most_levels = 64;
  static constexpr std::size_t longest_name = 256;  // bytes

  explicit PathTree(const record::FieldNames& names);
  ~PathTree();
  PathTree(const PathTree&) = delete;
  PathTree& operator=(const PathTree&) = delete;

  // Counts every value of a line that check_json has proved (text_padding bytes behind it); `place` is the line's.
  // Returns the hash of its shape. REQUIRES: places rise from call to call.
  storage::Hash128 add(std::string_view line, Place place);
  // Of the last line: does its outermost object have that field?
  bool has_at_top(Field field) const;
  // The shape of the last line as text, cut after about `most_bytes`:
  // {behaviour:{mobile:{swipes:[{x:number,y:number}]}},metadata:{...}}
  std::string shape_text(std::size_t most_bytes) const;

  std::size_t bytes() const { return bytes_; }  // that the tree takes, about
  // Every path with its statistics; `key` sorts bytewise as the paths do, an object before its fields.
  void for_each(const std::function<void(const std::string& key, const FieldStatistics&)>& visit) const;
  void clear();

 private:
  struct Node;
  struct Frame {
    Node* node;
    Node* previous;  // the member before
    bool object;
  };

  Node* make(Node* parent, StepKind kind, std::string_view name);
  Node* member_of(Frame& frame, const char*& p, const char* end);
  Node* find_member(Node* parent, std::string_view token);
  Node* element_of(Node* list);
  Node* beyond_of(Node* parent);
  Node* touch(Node* node);
  void note_type(Node* node, unsigned type);
  const char* add_string(Node* node, const char* p);
  const char* add_number(Node* node, const char* p);
  void add_scalar(Node* node, std::string_view spelling, ValueKind kind, unsigned type);
  void note_distinct(Node* node, std::uint64_t hash, std::string_view text, const char* at);
  void note_missing_fields();
  using Children = std::unordered_map<const Node*, std::vector<const Node*>>;
  void append_shape(const Node* node, const Children& children, std::size_t most_bytes, std::string& text) const;

  const record::FieldNames& names_;
  std::vector<std::unique_ptr<Node>> nodes_;
  Node* root_ = nullptr;
  std::size_t bytes_ = 0;

  // Of the line that is walked.
  std::uint64_t line_ = 0;
  const char* begin_ = nullptr;
  Place place_;
  std::size_t paths_ = 0;
  storage::Hash128 shape_;
  std::vector<Frame> open_;
  std::vector<Node*> touched_;  // every node that the line has
  std::vector<Node*> unknown_;  // fields near the top whose names are no canonical ones
  std::string scratch_;
};

// One step of a path, read off the front of a key of for_each.
struct PathStep {
  StepKind kind = StepKind::root;
  std::string name;
};
std::vector<PathStep> steps_of(std::string_view key);
// "behaviour.mobile.swipes[].x"; names that could be misread stand in quotes. Of no steps: "(line)".
std::string path_text(const std::vector<PathStep>& steps);

}  // namespace gristmill::inspect
