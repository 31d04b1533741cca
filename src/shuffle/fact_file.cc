// Each frame has its checksum, so that damage is found before a fact is used. Tested in fact_file_test.cc.
#include "shuffle/fact_file.h"

#include <algorithm>
#include <cstring>

#include "shuffle/frame_header.h"
#include "storage/hash.h"

namespace gristmill::shuffle {
namespace {

Error damaged(const std::string& path) {
  return Error::internal("the file of facts '" + path + "' is not as it was written",
                         "another program wrote there, or the storage is at fault: run again")
      .in_file(path);
}

std::string_view take(std::string_view& bytes, std::uint32_t size) {
  const std::string_view front = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return front;
}

}  // namespace

FactFrames::FactFrames(Sink sink, std::size_t frame_size) : sink_(std::move(sink)), frame_size_(frame_size) {}

void FactFrames::append(std::string_view key, std::string_view value) {
  for (const std::string_view text : {key, value}) {
    const auto size = static_cast<std::uint32_t>(text.size());
    facts_.append(reinterpret_cast<const char*>(&size), sizeof size);
  }
  facts_.append(key).append(value);
}

Status FactFrames::add(std::string_view key, std::string_view value) {
  if (facts_.empty()) {
    // As much of the key as tells it from the last one.
    const auto differs = std::mismatch(key.begin(), key.end(), last_key_.begin(), last_key_.end()).first;
    const auto length = static_cast<std::size_t>(differs - key.begin()) + 1;
    beginnings_.push_back({std::string(key.substr(0, length)), written_});
  }
  append(key, value);
  if (facts_.size() < frame_size_) return {};
  last_key_.assign(key);
  return write_frame();
}

Status FactFrames::finish() { return facts_.empty() ? Status() : write_frame(); }

Status FactFrames::write_frame() {
  const auto size = static_cast<std::uint32_t>(facts_.size());
  frame_.assign(sizeof(FrameHeader), '\0');
  frame_.append(reinterpret_cast<const char*>(&size), sizeof size);
  GM_RETURN_IF_ERROR(compressor_.compress(facts_, frame_));
  facts_.clear();
  const std::string_view body = std::string_view(frame_).substr(sizeof(FrameHeader));
  const FrameHeader header{storage::hash64(body), body.size()};
  std::memcpy(frame_.data(), &header, sizeof header);
  written_ += frame_.size();
  return sink_(frame_);
}

Result<std::uint64_t> FactFrames::write_index() {
  const std::uint64_t begin = written_;
  for (const FrameBeginning& frame : beginnings_)
    append(frame.key, {reinterpret_cast<const char*>(&frame.place), sizeof frame.place});
  GM_RETURN_IF_ERROR(finish());
  return written_ - begin;
}

bool unpack_facts(std::string_view body, std::vector<char>& facts) {
  std::uint32_t size = 0;
  if (body.size() < sizeof size) return false;
  std::memcpy(&size, body.data(), sizeof size);
  body.remove_prefix(sizeof size);
  facts.resize(size);
  return decompress(body, facts.data(), facts.size());
}

Result<std::uint64_t> write_facts(Storage& storage, Sorter& sorter, const std::string& path) {
  SortedFacts facts({&sorter});
  std::unique_ptr<WritableFile> file;
  std::uint64_t written = 0;
  FactFrames frames([&](std::string_view frame) -> Status {
    if (!file) {
      GM_ASSIGN(file, storage.create(path));
    }
    written += frame.size();
    return file->append(frame);
  });
  for (;;) {
    GM_ASSIGN(const bool more, facts.next());
    if (!more) break;
    GM_RETURN_IF_ERROR(frames.add(facts.key(), facts.value()));
  }
  GM_RETURN_IF_ERROR(frames.finish());
  if (file) GM_RETURN_IF_ERROR(file->close(false));
  return written;
}

Status read_facts(Storage& storage, const std::string& path, std::uint64_t size, Sorter& sorter) {
  FileInfo info;
  info.name = path;
  info.size = size;
  GM_ASSIGN(const std::unique_ptr<ReadableFile> file, storage.open_listed(path, info));
  std::vector<char> frame;
  std::vector<char> facts;
  for (std::uint64_t position = 0; position < size;) {
    FrameHeader header{};
    GM_ASSIGN(std::size_t got, file->read_at(position, reinterpret_cast<char*>(&header), sizeof header));
    if (got != sizeof header || header.size > size - position - sizeof header) return damaged(path);
    frame.resize(header.size);
    GM_ASSIGN(got, file->read_at(position + sizeof header, frame.data(), frame.size()));
    const std::string_view body(frame.data(), frame.size());
    if (got != frame.size() || storage::hash64(body) != header.checksum || !unpack_facts(body, facts)) {
      return damaged(path);
    }
    std::string_view rest(facts.data(), facts.size());
    while (!rest.empty()) {
      std::uint32_t sizes[2];
      std::memcpy(sizes, take(rest, sizeof sizes).data(), sizeof sizes);
      const std::string_view key = take(rest, sizes[0]);
      GM_RETURN_IF_ERROR(sorter.add(key, take(rest, sizes[1])));
    }
    const std::uint64_t end = position + sizeof header + header.size;
    file->release(position, end);
    position = end;
  }
  return {};
}

}  // namespace gristmill::shuffle
