// The record is copied: the scanners that read it stop at a NUL behind it (json/json_text.h). Tested in
// unwrapper_test.cc.
#include "record/unwrapper.h"

#include <utility>

#include "json/json_text.h"
#include "record/proof.h"

namespace gristmill::record {

WrapperPath WrapperPath::of(std::string_view text) {
  WrapperPath path;
  path.is_string = text == "\"\"";
  if (path.is_string || text.empty()) return path;
  for (;;) {
    const std::size_t dot = text.find('.');
    path.names.emplace_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return path;
    text.remove_prefix(dot + 1);
  }
}

bool Unwrapper::unwrap(Dataset dataset, std::string_view line) {
  const WrapperPath& path = paths_[static_cast<std::size_t>(dataset)];
  decoded_.clear();
  steps_.clear();
  const char* object = prove(line, depth_limit_, stop_, rejection_).value;
  if (object == nullptr) return false;
  const json::JsonType type = json::type_of(object);
  const std::string what = "the line is " + std::string(name_of(type));
  if (path.is_string && type != json::JsonType::string) {
    rejection_ = {Reason::not_wrapped, what + ", and no string that encodes a record"};
    return false;
  }
  if (!path.is_string && type != json::JsonType::object) {
    rejection_ = no_record(Reason::not_an_object, what, line);
    return false;
  }
  if (path.is_string) object = object_in(object, "the line");
  for (const std::string& name : path.names) {
    const char* const wrapped = value_of(object, name);
    if (wrapped == nullptr) return false;
    steps_.push_back({object, name});
    object = object_in(wrapped, "'" + name + "'");
    if (object == nullptr) return false;
  }
  if (object == nullptr) return false;
  size_ = static_cast<std::size_t>(json::skip_value(object) - object);
  text_.assign(object, size_);
  text_.append(json::text_padding, '\0');
  return true;
}

const char* Unwrapper::value_of(const char* object, std::string_view name) {
  std::string scratch;
  const char* value = nullptr;
  for (json::ObjectWalk walk(object); walk.next();) {
    if (stop_.after(json::work_of_a_step)) return nullptr;
    if (json::unescaped(walk.key, scratch) != name) continue;
    if (value != nullptr) return reject(Reason::not_wrapped, "there are two fields '" + std::string(name) + "'");
    value = walk.value;
  }
  return value != nullptr ? value : reject(Reason::not_wrapped, "there is no field '" + std::string(name) + "'");
}

const char* Unwrapper::object_in(const char* value, const std::string& what) {
  const json::JsonType type = json::type_of(value);
  if (type == json::JsonType::object) return value;
  if (type != json::JsonType::string) {
    return reject(Reason::not_wrapped,
                  what + " is " + std::string(name_of(type)) + ", neither an object nor a string that encodes one");
  }
  std::string text;
  const bool whole = json::unescape({value, static_cast<std::size_t>(json::skip_value(value) - value)}, text);
  const std::size_t size = text.size();
  text.append(json::text_padding, '\0');
  const std::string_view decoded = decoded_.keep(std::move(text)).substr(0, size);
  const json::JsonCheck check = json::check_json(decoded, depth_limit_, &stop_);
  if (check.fault == json::JsonFault::stopped) return nullptr;
  if (whole && json::is_utf8(decoded)) {
    if (check.fault == json::JsonFault::too_deep) {
      return reject(Reason::too_deep, "nested deeper than " + std::to_string(depth_limit_) +
                                          " inside the string that is " +
                                          (what == "the line" ? what : "the field " + what));
    }
    const char* const object = json::skip_space(decoded.begin());
    if (check && json::type_of(object) == json::JsonType::object) return object;
  }
  return reject(Reason::not_wrapped, what + " is a string that encodes no object");
}

void Unwrapper::for_each_sibling(const std::function<void(std::string_view)>& callback) const {
  std::string scratch;
  for (const Step& step : steps_) {
    for (json::ObjectWalk walk(step.object); walk.next();) {
      if (stop_.after(json::work_of_a_step)) return;
      const std::string_view name = json::unescaped(walk.key, scratch);
      if (name != step.name) callback(name);
    }
  }
}

void Unwrapper::free_memory() {
  decoded_.free_memory();
  text_ = {};
}

std::nullptr_t Unwrapper::reject(Reason reason, std::string message) {
  rejection_ = {reason, std::move(message)};
  return nullptr;
}

}  // namespace gristmill::record
