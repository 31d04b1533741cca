// The usual line begins {"metadata":{"profile_id":" : where that id has no escape and no space at its
// ends, it is the profile, because anything later in the line that says otherwise is a duplicate key,
// and grind rejects the line. Every other line is parsed whole. A line that will be rejected has no
// profile: such lines are spread over the buckets by their place. Tested in route_test.cc.
#include "tasks/route.h"

#include <cstring>

#include "json/json_text.h"
#include "storage/hash.h"

namespace gristmill::tasks {
namespace {

// The profile id that the line's prefix tells; false if it tells none.
bool profile_of_prefix(std::string_view line, std::string_view& profile) {
  constexpr std::string_view compact = R"({"metadata":{"profile_id":")";
  constexpr std::string_view spaced = R"({"metadata": {"profile_id": ")";
  const char* p = nullptr;
  if (line.starts_with(compact)) {
    p = line.data() + compact.size();
  } else if (line.starts_with(spaced)) {
    p = line.data() + spaced.size();
  } else {
    return false;
  }
  unsigned high = 0;
  const char* const end = json::scan_string(p, high);
  if (*end != '"' || *p == ' ' || end[-1] == ' ') return false;
  profile = {p, static_cast<std::size_t>(end - p)};
  return true;
}

}  // namespace

std::uint64_t Router::profile_hash(Dataset dataset, std::uint32_t file, const source::SourceLine& line) {
  std::string_view profile;
  if (line.too_long) {
    profile = {};
  } else if (!parser_.unwraps(dataset) && profile_of_prefix(line.text, profile)) {
    return storage::hash64(profile);
  } else {
    const source::LongLineGate::Hold alone(gate_, line.text.size());
    const bool accepted = parser_.parse(dataset, line.text, source::mark_before(line));
    const std::uint64_t hash = accepted ? storage::hash64(parser_.record().profile.text) : 0;
    if (alone.held()) parser_.free_memory();
    if (accepted) return hash;
  }
  const std::uint64_t place[] = {file, line.offset / (64U << 10)};
  return storage::hash64({reinterpret_cast<const char*>(place), sizeof place});
}

Status Router::route(std::uint32_t file, const source::SourceLine& line) {
  if (parser_.stop_check().after(line.text.size() + json::work_of_a_step)) return Error::interrupted();
  if (source::is_blank(line)) {
    if (blank_lines_.empty()) blank_lines_.resize(files_.size());
    ++blank_lines_[file];
    return {};
  }
  shuffle::LineHeader header;
  header.file = file;
  header.offset = line.offset;
  header.line_in_unit = line.line_in_chunk;
  header.mark = source::mark_before(line);
  header.profile_hash = profile_hash(files_[file].dataset, file, line) & hash_mask_;
  if (parser_.stopped()) return Error::interrupted();
  std::string_view payload = line.text;
  if (line.too_long) {
    header.kind = shuffle::LineKind::too_long;
    long_payload_.assign(reinterpret_cast<const char*>(&line.length), sizeof line.length);
    payload = long_payload_.append(line.text);
  }
  header.length = static_cast<std::uint32_t>(payload.size());
  bytes_routed_ += shuffle::routed_size(payload.size());
  if (header.kind == shuffle::LineKind::whole && line.is_stored && inputs_.holds(file, payload.size())) {
    header.kind = shuffle::LineKind::in_input;
    const std::uint64_t low = storage::hash128(payload).low;
    return sink_.add(header, {reinterpret_cast<const char*>(&low), sizeof low});
  }
  return sink_.add(header, payload);
}

}  // namespace gristmill::tasks
