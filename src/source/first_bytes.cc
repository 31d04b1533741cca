// A file of lines is known by its first line, so that mostly some kilobytes are enough. Tested in line_source_test.cc.
#include "source/first_bytes.h"

#include <algorithm>
#include <string>
#include <vector>

#include "json/json_text.h"
#include "source/inflate.h"
#include "source/line_source.h"
#include "storage/system_error.h"

namespace gristmill::source {
namespace {

Error foreign(const InputFile& file, const ForeignFormat& format, std::string_view where) {
  return Error::input("cannot read '" + file.path + "': " + std::string(where) + std::string(format.name),
                      std::string(format.advice))
      .in_file(file.path);
}

// What the first bytes tell, decompressed and padded as `look_at` has it.
Result<std::optional<Contents>> told_by(std::string_view text, bool ends, Contents contents, const InputFile& file,
                                        const LookOptions& options) {
  if (contents.compression != Compression::none) {
    if (const ForeignFormat* format = foreign_format_of(text))
      return foreign(file, *format, "its decompressed content is ");
    if (const Compression inner = compression_of(text); inner != Compression::none) {
      return Error::input("cannot read '" + file.path + "': it is compressed twice, with " +
                              std::string(name_of(contents.compression)) + " around " + std::string(name_of(inner)),
                          "decompress it once")
          .in_file(file.path);
    }
    if (!ends && text.size() < longest_magic) return std::optional<Contents>();
  }
  contents.framing = options.framing[static_cast<std::size_t>(file.dataset)];
  if (contents.framing == Framing::automatic) {
    const auto framing = framing_of(text, ends, options.depth_limit);
    if (!framing) return std::optional<Contents>();
    contents.framing = *framing;
  }
  return std::optional(contents);
}

// What an inflater gives its bytes to: up to `most` of them are kept, then it is told to stop.
auto keep_up_to(std::size_t most, std::string& text) {
  return [most, &text](std::string_view piece) -> Status {
    text.append(piece.substr(0, most - text.size()));
    return text.size() < most ? Status() : Status(Error::interrupted());
  };
}

// Of the decompressed bytes, no more tell anything.
constexpr std::size_t telling_bytes = framing_window + json::byte_order_mark.size() + 1;

}  // namespace

LookOptions look_options_of(const Recipe& recipe, std::uint64_t memory) {
  return {recipe.framing, recipe.depth_limit, memory};
}

Result<std::optional<Contents>> look_at(const InputFile& file, std::string_view stored, bool ends,
                                        const LookOptions& options) {
  if (!ends && stored.size() < longest_magic) return std::optional<Contents>();
  if (const ForeignFormat* format = foreign_format_of(stored)) return foreign(file, *format, "it is ");
  Contents contents;
  contents.compression = compression_of(stored);
  if (contents.compression == Compression::none) return told_by(stored, ends, contents, file, options);
  std::string text;
  const auto inflater = make_inflater(file, contents.compression, options.longest_window);
  const Status status = inflater->feed(stored, keep_up_to(telling_bytes, text));
  const bool enough = text.size() == telling_bytes;
  if (!status.ok() && !enough) return status.error();
  if (ends && !enough) GM_RETURN_IF_ERROR(inflater->finish(keep_up_to(telling_bytes, text)));
  const std::size_t size = text.size();
  text.append(json::text_padding, '\0');
  return told_by({text.data(), size}, ends && !enough, contents, file, options);
}

Result<std::string> beginning_of(Storage& storage, const InputFile& file, const Contents& contents, std::size_t bytes,
                                 const LookOptions& options) {
  GM_ASSIGN(const auto open_file, storage.open_listed(file.path, info_of(file)));
  const bool plain = contents.compression == Compression::none;
  const auto inflater = plain ? nullptr : make_inflater(file, contents.compression, options.longest_window);
  std::string text;
  std::vector<char> stored(bytes);
  for (std::uint64_t offset = 0; offset < file.size && text.size() < bytes;) {
    GM_ASSIGN(const std::size_t got, open_file->read_at(offset, stored.data(), stored.size()));
    if (got == 0) return storage::changed_while_read(file.path);
    offset += got;
    if (plain) {
      text.append(stored.data(), std::min(got, bytes - text.size()));
      continue;
    }
    const Status status = inflater->feed({stored.data(), got}, keep_up_to(bytes, text));
    if (!status.ok() && text.size() < bytes) return status.error();
  }
  return text;
}

Status look_into(Storage& storage, InputFile& file, const LookOptions& options) {
  if (file.size <= chunk_size) return {};
  constexpr std::size_t mostly_enough = 64U << 10;
  GM_ASSIGN(const auto open_file, storage.open_listed(file.path, info_of(file)));
  std::vector<char> stored(mostly_enough + json::text_padding);
  GM_ASSIGN(const std::size_t got, open_file->read_at(0, stored.data(), mostly_enough));
  if (got != mostly_enough) return storage::changed_while_read(file.path);
  GM_ASSIGN(file.contents, look_at(file, {stored.data(), mostly_enough}, false, options));
  if (file.contents) return {};
  Contents contents;
  contents.compression = compression_of({stored.data(), mostly_enough});
  GM_ASSIGN(std::string text, beginning_of(storage, file, contents, telling_bytes, options));
  const std::size_t size = text.size();
  text.append(json::text_padding, '\0');
  GM_ASSIGN(file.contents, told_by({text.data(), size}, size < telling_bytes, contents, file, options));
  return {};
}

}  // namespace gristmill::source
