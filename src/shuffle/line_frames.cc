// A frame is ended when it is full, or when it is the largest and there is no more memory: so that a task that reads
// for thousands of partitions sends few frames, and large ones. Tested in line_frames_test.cc.
#include "shuffle/line_frames.h"

#include <algorithm>
#include <cstring>

#include "json/json_text.h"
#include "shuffle/frame_compression.h"
#include "storage/hash.h"

namespace gristmill::shuffle {
namespace {

constexpr std::uint64_t full_frame = 512U << 10;  // bytes, before they are compressed

Error damaged_frame(std::string_view why) {
  return Error::internal("a frame of lines that came from another task is damaged: " + std::string(why),
                         "if it happens again, look at the memory and the network of the cluster's machines");
}

struct FrameStart {
  std::uint32_t size = 0;
  std::uint64_t checksum = 0;
};
constexpr std::size_t frame_start_size = sizeof(std::uint32_t) + sizeof(std::uint64_t);

template <auto member>
void append_column(const std::vector<LineHeader>& headers, std::string& out) {
  for (const LineHeader& header : headers) {
    out.append(reinterpret_cast<const char*>(&(header.*member)), sizeof(header.*member));
  }
}

template <auto member>
void take_column(std::string_view& bytes, std::vector<LineHeader>& headers) {
  for (LineHeader& header : headers) {
    std::memcpy(&(header.*member), bytes.data(), sizeof(header.*member));
    bytes.remove_prefix(sizeof(header.*member));
  }
}

}  // namespace

LineFrames::LineFrames(std::uint32_t partitions, std::uint64_t memory)
    : partitions_(partitions), memory_(memory), compressor_(std::make_unique<FrameCompressor>()) {}

LineFrames::~LineFrames() = default;

Status LineFrames::add(const LineHeader& header, std::string_view payload) {
  const std::uint32_t number = partition_of(header.profile_hash, static_cast<std::uint32_t>(partitions_.size()));
  Partition& partition = partitions_[number];
  partition.headers.push_back(header);
  partition.payloads.append(payload);
  held_ += sizeof header + payload.size();
  if (partition.size() >= full_frame) return end_frame(number);
  while (held_ > memory_) {
    const auto largest = std::max_element(partitions_.begin(), partitions_.end(),
                                          [](const Partition& a, const Partition& b) { return a.size() < b.size(); });
    GM_RETURN_IF_ERROR(end_frame(static_cast<std::uint32_t>(largest - partitions_.begin())));
  }
  return {};
}

Status LineFrames::flush() {
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) GM_RETURN_IF_ERROR(end_frame(i));
  return {};
}

Status LineFrames::end_frame(std::uint32_t number) {
  Partition& partition = partitions_[number];
  if (partition.headers.empty()) return {};
  const auto count = static_cast<std::uint32_t>(partition.headers.size());
  packed_.assign(reinterpret_cast<const char*>(&count), sizeof count);
  append_column<&LineHeader::profile_hash>(partition.headers, packed_);
  append_column<&LineHeader::offset>(partition.headers, packed_);
  append_column<&LineHeader::file>(partition.headers, packed_);
  append_column<&LineHeader::length>(partition.headers, packed_);
  append_column<&LineHeader::line_in_unit>(partition.headers, packed_);
  append_column<&LineHeader::kind>(partition.headers, packed_);
  append_column<&LineHeader::mark>(partition.headers, packed_);
  packed_.append(partition.payloads);

  LineFrame& frame = ended_.emplace_back();
  frame.partition = number;
  frame.first = partition.headers.front().place();
  const auto size = static_cast<std::uint32_t>(packed_.size());
  const std::uint64_t checksum = storage::hash64(packed_);
  frame.bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
  frame.bytes.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  GM_RETURN_IF_ERROR(compressor_->compress(packed_, frame.bytes));
  frame.bytes.shrink_to_fit();
  held_ -= partition.size();
  if (partition.payloads.capacity() > 2 * full_frame) partition = {};
  if (packed_.capacity() > 4 * full_frame) packed_ = {};
  partition.headers.clear();
  partition.payloads.clear();
  return {};
}

std::vector<LineFrame> LineFrames::take() { return std::exchange(ended_, {}); }

Status unpack_frame(std::string_view bytes, LineSink& sink) {
  FrameStart start;
  if (bytes.size() < frame_start_size) return damaged_frame("it is too short");
  std::memcpy(&start.size, bytes.data(), sizeof start.size);
  std::memcpy(&start.checksum, bytes.data() + sizeof start.size, sizeof start.checksum);
  bytes.remove_prefix(frame_start_size);
  const auto lines = std::make_unique_for_overwrite<char[]>(start.size);
  std::string_view rest(lines.get(), start.size);
  if (!decompress(bytes, lines.get(), start.size) || storage::hash64(rest) != start.checksum)
    return damaged_frame("its checksum is another one");
  std::uint32_t count = 0;
  std::memcpy(&count, rest.data(), sizeof count);
  rest.remove_prefix(sizeof count);
  std::vector<LineHeader> headers(count);
  take_column<&LineHeader::profile_hash>(rest, headers);
  take_column<&LineHeader::offset>(rest, headers);
  take_column<&LineHeader::file>(rest, headers);
  take_column<&LineHeader::length>(rest, headers);
  take_column<&LineHeader::line_in_unit>(rest, headers);
  take_column<&LineHeader::kind>(rest, headers);
  take_column<&LineHeader::mark>(rest, headers);
  for (const LineHeader& header : headers) {
    const std::string_view payload = rest.substr(0, header.payload_length());
    rest.remove_prefix(payload.size());
    GM_RETURN_IF_ERROR(sink.add(header, payload));
  }
  return {};
}

}  // namespace gristmill::shuffle
