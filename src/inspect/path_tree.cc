// The objects of a list, and one line and the next, mostly have the same fields in the same order. So each field
// remembers which one followed it last, and a name is mostly compared with one other and never looked up.
// Tested in path_tree_test.cc.
#include "inspect/path_tree.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "json/json_text.h"
#include "json/number.h"
#include "json/splitmix64.h"
#include "shuffle/sorter.h"

namespace gristmill::inspect {
namespace {

enum ShapeType : unsigned { shape_object, shape_list, shape_bool, shape_null, shape_number, shape_string };
constexpr std::string_view shape_type_names[] = {"", "", "bool", "null", "number", "string"};

constexpr std::uint32_t deepest_named = 3;  // levels where fields without a canonical name are looked at
constexpr std::size_t few_children = 8;     // that are searched one by one

std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}
constexpr std::uint64_t seed_of_strings = 1;  // "5" is not 5
constexpr std::uint64_t seed_of_others = 2;

// Of the text of a string, something that cannot be part of a number or a time behind it.
ValueKind kind_of_text(std::string_view text) {
  if (text.empty() || !(json::is_digit(text[0]) || text[0] == '-')) return ValueKind::text;
  if (const char* const end = json::scan_number(text.data()); end == text.data() + text.size())
    return ValueKind::numeric_text;
  constexpr std::size_t shortest_time = 19;  // 2025-05-15T08:51:59
  constexpr std::size_t longest_time = 64;
  if (text.size() >= shortest_time && text.size() <= longest_time && text[4] == '-' &&
      json::milliseconds_from_iso8601(text)) {
    return ValueKind::time_text;
  }
  return ValueKind::text;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || json::is_digit(c) || c == '_' || c == '-' || c == '$' ||
           (static_cast<unsigned char>(c) & 0x80U) != 0;
  });
}

void append_name(std::string_view name, std::string& text) {
  if (is_plain_name(name)) {
    text.append(name);
  } else {
    json::append_json_string(name, text);
  }
}

constexpr std::string_view beyond_name = "…";

}  // namespace

struct PathTree::Node {
  StepKind kind = StepKind::root;
  std::uint32_t level = 0;
  Node* parent = nullptr;
  std::string name;   // unescaped
  std::string token;  // as it mostly stands in a line, with its quotes
  std::optional<Field> field;
  storage::Hash128 hash;  // of the path

  std::vector<Node*> members;
  std::unordered_map<std::string_view, Node*> members_by_name;  // only where there are many
  Node* element = nullptr;
  Node* beyond = nullptr;
  Node* first = nullptr;  // the member that came first last time
  Node* next = nullptr;   // the member that followed this one last time

  // Of the line in `line`.
  std::uint64_t line = 0;
  unsigned types = 0;
  unsigned fields = 0;  // canonical ones among its members

  FieldStatistics statistics;
};

PathTree::PathTree(const record::FieldNames& names) : names_(names) { clear(); }
PathTree::~PathTree() = default;

void PathTree::clear() {
  nodes_.clear();
  bytes_ = 0;
  root_ = make(nullptr, StepKind::root, {});
}

PathTree::Node* PathTree::make(Node* parent, StepKind kind, std::string_view name) {
  Node& node = *nodes_.emplace_back(std::make_unique<Node>());
  node.kind = kind;
  node.parent = parent;
  node.name = name;
  std::string step(1, static_cast<char>(kind));
  if (parent != nullptr) {
    node.level = parent->level + 1;
    step.append(reinterpret_cast<const char*>(&parent->hash), sizeof parent->hash);
  }
  step.append(name);
  node.hash = storage::hash128(step);
  if (kind == StepKind::member) {
    json::append_json_string(name, node.token);
    node.field = names_.find(name);
  }
  constexpr std::size_t about_values = 512;  // samples, least and greatest values, the first hashes
  bytes_ += sizeof(Node) + 2 * name.size() + about_values;
  return &node;
}

PathTree::Node* PathTree::beyond_of(Node* parent) {
  if (parent->kind == StepKind::beyond) return parent;
  if (parent->beyond == nullptr) parent->beyond = make(parent, StepKind::beyond, {});
  return parent->beyond;
}

PathTree::Node* PathTree::element_of(Node* list) {
  if (list->kind == StepKind::beyond || list->level >= most_levels) return beyond_of(list);
  if (list->element == nullptr) list->element = make(list, StepKind::element, {});
  return list->element;
}

PathTree::Node* PathTree::find_member(Node* parent, std::string_view token) {
  if (parent->kind == StepKind::beyond || parent->level >= most_levels) return beyond_of(parent);
  std::string_view name = json::unescaped(token, scratch_);
  std::string shortened;
  if (name.size() > longest_name) {
    shortened = json::beginning_of(name, longest_name) + "... " + storage::hash128(name).hex();
    name = shortened;
  }
  std::vector<Node*>& members = parent->members;
  if (members.size() <= few_children) {
    for (Node* member : members) {
      if (member->name == name) return member;
    }
  } else {
    const auto found = parent->members_by_name.find(name);
    if (found != parent->members_by_name.end()) return found->second;
  }
  if (paths_ >= most_paths) return beyond_of(parent);
  Node* const made = make(parent, StepKind::member, name);
  members.push_back(made);
  if (members.size() == few_children + 1) {
    for (Node* member : members) parent->members_by_name.emplace(member->name, member);
  } else if (members.size() > few_children) {
    parent->members_by_name.emplace(made->name, made);
  }
  return made;
}

// From a name's opening quote to behind its closing one.
inline PathTree::Node* PathTree::member_of(Frame& frame, const char*& p, const char* end) {
  Node*& guess = frame.previous == nullptr ? frame.node->first : frame.previous->next;
  if (guess != nullptr && guess->parent == frame.node) {
    const std::string& token = guess->token;
    if (static_cast<std::size_t>(end - p) >= token.size() && std::memcmp(p, token.data(), token.size()) == 0) {
      p += token.size();
      frame.previous = guess;
      return guess;
    }
  }
  const char* const begin = p;
  p = json::skip_value(p);
  Node* const member = find_member(frame.node, {begin, static_cast<std::size_t>(p - begin)});
  if (member->kind == StepKind::member) {
    guess = member;
    frame.previous = member;
  }
  return member;
}

// To be called for every value: the node that it counts for.
inline PathTree::Node* PathTree::touch(Node* node) {
  if (node->line == line_) return node;
  if (paths_ >= most_paths && node->kind != StepKind::beyond) {
    node = beyond_of(node->parent);
    if (node->line == line_) return node;
  }
  ++paths_;
  touched_.push_back(node);
  node->line = line_;
  node->types = 0;
  node->fields = 0;
  ++node->statistics.lines;
  if (node->kind == StepKind::member) {
    if (node->field) {
      node->parent->fields |= 1U << static_cast<unsigned>(*node->field);
    } else if (node->level <= deepest_named) {
      unknown_.push_back(node);
    }
  }
  return node;
}

inline void PathTree::note_type(Node* node, unsigned type) {
  if ((node->types >> type & 1U) != 0) return;
  node->types |= 1U << type;
  shape_.high += json::splitmix64(node->hash.high + type);
  shape_.low += json::splitmix64(node->hash.low ^ (std::uint64_t{type} << 56));
}

inline void PathTree::note_distinct(Node* node, std::uint64_t hash, std::string_view text, const char* at) {
  FieldStatistics& statistics = node->statistics;
  const bool exact = statistics.distinct.exact();
  if (statistics.distinct.add(hash)) {
    statistics.add_sample({place_.file, place_.offset + static_cast<std::uint64_t>(at - begin_)}, hash, text);
  } else if (exact && !statistics.distinct.exact()) {
    bytes_ += statistics.distinct.bytes();
  }
}

const char* PathTree::add_string(Node* node, const char* p) {
  const char* const begin = p;
  unsigned high = 0;
  const char* end = json::scan_string(p + 1, high);
  std::string_view text{begin + 1, static_cast<std::size_t>(end - begin - 1)};
  ValueKind kind = ValueKind::text;
  if (*end == '"') {
    kind = kind_of_text(text);
    ++end;
  } else {
    end = json::skip_value(begin);
    scratch_.clear();
    json::unescape({begin, static_cast<std::size_t>(end - begin)}, scratch_);
    const std::size_t size = scratch_.size();
    scratch_.append(json::text_padding, '\0');
    text = std::string_view(scratch_).substr(0, size);
    kind = kind_of_text(text);
  }
  ++node->statistics.values[static_cast<std::size_t>(kind)];
  note_type(node, shape_string);
  note_distinct(node, hash_of(text, seed_of_strings), text, begin);
  node->statistics.note_text(text);
  return end;
}

const char* PathTree::add_number(Node* node, const char* p) {
  double value = 0;
  bool whole = false;
  const char* const end = json::read_number(p, value, whole);
  const std::string_view spelling{p, static_cast<std::size_t>(end - p)};
  ++node->statistics.values[static_cast<std::size_t>(whole ? ValueKind::integer : ValueKind::decimal)];
  note_type(node, shape_number);
  note_distinct(node, hash_of(spelling, seed_of_others), spelling, p);
  node->statistics.note_number(value, spelling);
  return end;
}

void PathTree::add_scalar(Node* node, std::string_view spelling, ValueKind kind, unsigned type) {
  ++node->statistics.values[static_cast<std::size_t>(kind)];
  note_type(node, type);
  if (kind == ValueKind::boolean) note_distinct(node, hash_of(spelling, seed_of_others), spelling, spelling.data());
}

storage::Hash128 PathTree::add(std::string_view line, Place place) {
  ++line_;
  begin_ = line.data();
  place_ = place;
  paths_ = 0;
  shape_ = {};
  open_.clear();
  touched_.clear();
  unknown_.clear();
  const char* const end = line.data() + line.size();
  const char* p = json::skip_space(line.data());
  Node* node = root_;
value:
  node = touch(node);
  switch (*p) {
    case '{':
    case '[': {
      const bool object = *p == '{';
      ++node->statistics.values[static_cast<std::size_t>(object ? ValueKind::object : ValueKind::list)];
      note_type(node, object ? shape_object : shape_list);
      p = json::skip_space(p + 1);
      if (*p == (object ? '}' : ']')) {
        ++p;
        break;
      }
      open_.push_back({node, nullptr, object});
      if (object) goto member;
      node = element_of(node);
      goto value;
    }
    case '"': p = add_string(node, p); break;
    case 't': add_scalar(node, {p, 4}, ValueKind::boolean, shape_bool), p += 4; break;
    case 'f': add_scalar(node, {p, 5}, ValueKind::boolean, shape_bool), p += 5; break;
    case 'n': add_scalar(node, {p, 4}, ValueKind::null, shape_null), p += 4; break;
    case 'N': add_scalar(node, {p, 3}, ValueKind::nan, shape_null), p += 3; break;
    case 'I': add_scalar(node, {p, 8}, ValueKind::nan, shape_null), p += 8; break;
    case '-':
      if (p[1] == 'I') {
        add_scalar(node, {p, 9}, ValueKind::nan, shape_null), p += 9;
        break;
      }
      [[fallthrough]];
    default: p = add_number(node, p); break;
  }
after_value:
  if (open_.empty()) {
    note_missing_fields();
    return shape_;
  }
  p = json::skip_space(p);
  if (*p != ',') {
    ++p;
    open_.pop_back();
    goto after_value;
  }
  p = json::skip_space(p + 1);
  if (!open_.back().object) {
    node = element_of(open_.back().node);
    goto value;
  }
member:
  node = member_of(open_.back(), p, end);
  p = json::skip_space(json::skip_space(p) + 1);
  goto value;
}

// Which canonical fields a field without such a name could stand for: those that the object around it lacks.
void PathTree::note_missing_fields() {
  constexpr unsigned all = (1U << field_count) - 1;
  for (Node* node : unknown_) {
    for (unsigned missing = all & ~node->parent->fields; missing != 0; missing &= missing - 1) {
      ++node->statistics.lines_without[static_cast<std::size_t>(__builtin_ctz(missing))];
    }
  }
}

bool PathTree::has_at_top(Field field) const {
  return root_->line == line_ && (root_->fields >> static_cast<unsigned>(field) & 1U) != 0;
}

void PathTree::append_shape(const Node* node, const Children& children, std::size_t most_bytes,
                            std::string& text) const {
  if (text.size() > most_bytes) return;
  static const std::vector<const Node*> none;
  const auto found = children.find(node);
  const std::vector<const Node*>& below = found == children.end() ? none : found->second;
  bool first = true;
  const auto between = [&] {
    if (!first) text.push_back('|');
    first = false;
  };
  if ((node->types >> shape_object & 1U) != 0) {
    between();
    std::vector<const Node*> members;
    for (const Node* each : below) {
      if (each->kind != StepKind::element) members.push_back(each);
    }
    std::sort(members.begin(), members.end(), [](const Node* a, const Node* b) {
      return a->kind != b->kind ? a->kind < b->kind : a->name < b->name;  // the rest of them stands last
    });
    text.push_back('{');
    for (const Node* member : members) {
      if (text.size() > most_bytes) return;
      if (member != members.front()) text.push_back(',');
      append_name(member->kind == StepKind::beyond ? beyond_name : std::string_view(member->name), text);
      text.push_back(':');
      append_shape(member, children, most_bytes, text);
    }
    text.push_back('}');
  }
  if ((node->types >> shape_list & 1U) != 0) {
    between();
    text.push_back('[');
    for (const Node* each : below) {
      if (each->kind == StepKind::element) append_shape(each, children, most_bytes, text);
      if (each->kind == StepKind::beyond && node->element == nullptr) text.append(beyond_name);
    }
    text.push_back(']');
  }
  for (const unsigned type : {shape_bool, shape_null, shape_number, shape_string}) {
    if ((node->types >> type & 1U) == 0) continue;
    between();
    text.append(shape_type_names[type]);
  }
}

// Only the nodes of the line are looked at: an object may have had a million other fields before.
std::string PathTree::shape_text(std::size_t most_bytes) const {
  Children children;
  for (const Node* node : touched_) {
    if (node->parent != nullptr) children[node->parent].push_back(node);
  }
  std::string text;
  append_shape(root_, children, most_bytes, text);
  if (text.size() > most_bytes) text = json::beginning_of(text, most_bytes).append(beyond_name);
  return text;
}

void PathTree::for_each(const std::function<void(const std::string&, const FieldStatistics&)>& visit) const {
  std::vector<const Node*> path;
  std::string key;
  for (const std::unique_ptr<Node>& node : nodes_) {
    if (node->statistics.lines == 0) continue;
    path.clear();
    for (const Node* each = node.get(); each->parent != nullptr; each = each->parent) path.push_back(each);
    key.clear();
    for (auto each = path.rbegin(); each != path.rend(); ++each) {
      key.push_back(static_cast<char>((*each)->kind));
      if ((*each)->kind == StepKind::member) shuffle::append_key_text((*each)->name, key);
    }
    visit(key, node->statistics);
  }
}

std::vector<PathStep> steps_of(std::string_view key) {
  std::vector<PathStep> steps;
  std::string scratch;
  while (!key.empty()) {
    PathStep& step = steps.emplace_back();
    step.kind = static_cast<StepKind>(key.front());
    key.remove_prefix(1);
    if (step.kind == StepKind::member) step.name = shuffle::take_key_text(key, scratch);
  }
  return steps;
}

std::string path_text(const std::vector<PathStep>& steps) {
  if (steps.empty()) return "(line)";
  std::string text;
  for (const PathStep& step : steps) {
    if (step.kind == StepKind::element) {
      text.append("[]");
      continue;
    }
    if (!text.empty()) text.push_back('.');
    append_name(step.kind == StepKind::beyond ? beyond_name : std::string_view(step.name), text);
  }
  return text;
}

}  // namespace gristmill::inspect
