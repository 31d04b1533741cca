// A ledger is read strictly: it may have been mended by hand, and a wrong number would break the promise that lines add
// up. Tested in ledger_test.cc.
#include "growth/ledger.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "growth/replay.h"
#include "json/json_text.h"

namespace gristmill::growth {
namespace {

constexpr std::uint64_t longest_ledger = 4ULL << 30;  // bytes

std::int64_t whole(const json::JsonValue& value) {
  std::int64_t number = 0;
  std::from_chars(value.text().data(), value.text().data() + value.text().size(), number);
  return number;
}

bool is_whole(const json::JsonValue& value) {
  std::int64_t number = 0;
  const char* const end = value.text().data() + value.text().size();
  const auto parsed = std::from_chars(value.text().data(), end, number);
  return value.type() == json::JsonType::number && parsed.ec == std::errc() && parsed.ptr == end;
}

// What is wrong with a line; empty: nothing is.
std::string take(const json::JsonValue& line, LedgerEntry& entry) {
  if (line.type() != json::JsonType::object) return "it is no JSON object";
  for (const char* name : {"data_set", "path", "name", "tree_hash"}) {
    if (line[name].type() != json::JsonType::string) return "it has no text '" + std::string(name) + "'";
  }
  for (const char* name : {"batch", "size", "lines", "accepted", "rejected", "blank"}) {
    if (!is_whole(line[name])) return "it has no whole number '" + std::string(name) + "'";
  }
  const std::string& dataset = line["data_set"].text();
  const auto* const known = std::find(dataset_names.begin(), dataset_names.end(), dataset);
  if (known == dataset_names.end()) return "'" + dataset + "' is no data set";
  entry.file.dataset = static_cast<Dataset>(known - dataset_names.begin());
  entry.batch = static_cast<std::uint32_t>(line["batch"].count());
  if (entry.batch == 0) return "its batch is 0";
  entry.path = read_name(line, "path");
  entry.tree_hash = line["tree_hash"].text();
  entry.sha256 = line["sha256"].text();
  entry.etag = line["etag"].text();
  entry.modified = whole(line["modified"]);
  entry.changed = whole(line["changed"]);
  FileReport& file = entry.file;
  file.name = read_name(line, "name");
  file.stored_bytes = line["size"].count();
  file.lines = line["lines"].count();
  file.accepted = line["accepted"].count();
  file.rejected = line["rejected"].count();
  file.blank = line["blank"].count();
  file.forgotten = line["forgotten"].count();
  if (is_whole(line["repaired"])) file.repaired = line["repaired"].count();
  if (file.lines != file.accepted + file.rejected + file.blank + file.forgotten) return "its lines do not add up";
  if (file.repaired > file.accepted) return "it has more repaired lines than accepted ones";
  file.bytes = file.covered = line["bytes"].count();
  if (line["compression"].type() == json::JsonType::string) file.compression = line["compression"].text();
  file.framing = line["framing"].text() == name_of(Framing::values) ? Framing::values : Framing::lines;
  file.name_and_content_differ = line["name_and_content_differ"].is_true();
  file.set_aside = line["set_aside"].is_true();
  file.same_as = read_name(line, "same_as");
  entry.replay = static_cast<std::uint32_t>(line["replay"].count());
  if (is_left_out(file) && file.lines > 0) return "it has lines of a file that was left out";
  return {};
}

}  // namespace

void write_name(const std::string& member, const std::string& text, json::JsonWriter& json) {
  json.text(member, text);
  if (json::is_utf8(text)) return;
  std::string digits;
  for (const char c : text) {
    constexpr char hex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    digits.append({hex[byte >> 4], hex[byte & 15]});
  }
  json.text(member + "_hex", digits);
}

std::string read_name(const json::JsonValue& line, const std::string& member) {
  const std::string& digits = line[member + "_hex"].text();
  if (digits.empty() || digits.size() % 2 != 0) return line[member].text();
  std::string text;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    text.push_back(static_cast<char>(byte));
  }
  return text;
}

void append_ledger_line(const LedgerEntry& entry, std::string& out) {
  const FileReport& file = entry.file;
  json::JsonWriter json(out);
  json.open_object(json::JsonLayout::one_line);
  json.number("batch", entry.batch);
  json.text("data_set", name_of(file.dataset));
  write_name("path", entry.path, json);
  write_name("name", file.name, json);
  json.number("size", file.stored_bytes);
  json.text("tree_hash", entry.tree_hash);
  if (!entry.sha256.empty()) json.text("sha256", entry.sha256);
  if (!entry.etag.empty()) {
    json.text("etag", entry.etag);
  } else {
    json.number("modified", static_cast<std::uint64_t>(entry.modified));
    json.number("changed", static_cast<std::uint64_t>(entry.changed));
  }
  json.number("lines", file.lines);
  json.number("accepted", file.accepted);
  json.number("rejected", file.rejected);
  json.number("blank", file.blank);
  if (file.forgotten > 0) json.number("forgotten", file.forgotten);
  if (file.repaired) json.number("repaired", *file.repaired);
  json.number("bytes", file.bytes);
  json.text("compression", file.compression);
  json.text("framing", name_of(file.framing));
  if (file.name_and_content_differ) json.flag("name_and_content_differ", true);
  if (entry.replay > 0) json.number("replay", entry.replay);
  if (file.set_aside) json.flag("set_aside", true);
  if (!file.same_as.empty()) write_name("same_as", file.same_as, json);
  json.close();
  out.push_back('\n');
}

Result<std::vector<LedgerEntry>> read_ledger(Storage& storage, const std::string& path) {
  GM_ASSIGN(const std::unique_ptr<ReadableFile> file, storage.open(path));
  if (file->size() > longest_ledger) {
    return Error::input("'" + path + "' is too large to be a ledger of inputs").in_file(path);
  }
  std::string text(file->size(), '\0');
  for (std::size_t position = 0; position < text.size();) {
    GM_ASSIGN(const std::size_t got, file->read_at(position, text.data() + position, text.size() - position));
    if (got == 0) return Error::input("'" + path + "' changed while it was read", "run again").in_file(path);
    position += got;
  }
  std::vector<LedgerEntry> ledger;
  std::uint64_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    ++number;
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    LedgerEntry entry;
    const std::optional<json::JsonValue> parsed = json::JsonValue::parse(line);
    const std::string wrong = parsed ? take(*parsed, entry) : "it is no JSON";
    if (!wrong.empty()) {
      return Error::input("'" + path + "' line " + std::to_string(number) + " is no line of a ledger: " + wrong,
                          "name the '" + std::string(ledger_name) + "' of an output that grows")
          .in_file(path);
    }
    if (entry.replay > 0) {
      const std::string_view name = std::string_view(entry.path).substr(entry.path.rfind('/') + 1);
      entry.path = path.substr(0, path.rfind('/') + 1) + std::string(replays_folder) + std::string(name);
    }
    ledger.push_back(std::move(entry));
  }
  return ledger;
}

std::vector<std::size_t> input_order(const std::vector<LedgerEntry>& ledger) {
  std::vector<std::size_t> order;
  for (const Dataset dataset : all_datasets) {
    for (std::size_t i = 0; i < ledger.size(); ++i) {
      if (ledger[i].file.dataset == dataset) order.push_back(i);
    }
  }
  return order;
}

source::InputFile file_of(const LedgerEntry& entry) {
  source::InputFile file;
  file.dataset = entry.file.dataset;
  file.path = entry.path;
  file.name = entry.file.name;
  file.size = entry.file.stored_bytes;
  file.etag = entry.etag;
  file.modified = entry.modified;
  file.changed = entry.changed;
  file.sha256 = entry.sha256;
  file.replay = entry.replay;
  file.is_known = is_left_out(entry.file);
  if (file.is_known) file.left_out = {entry.tree_hash, entry.file.same_as};
  return file;
}

Result<std::vector<source::InputFile>> list_ledger(Storage& storage, const std::string& path) {
  GM_ASSIGN(const std::vector<LedgerEntry> ledger, read_ledger(storage, path));
  if (ledger.empty()) {
    return Error::no_input("the ledger '" + path + "' lists no input",
                           "name the '" + std::string(ledger_name) + "' of an output that grows")
        .in_file(path);
  }
  std::vector<source::InputFile> files;
  std::set<std::pair<Dataset, std::string>> seen;
  for (const std::size_t index : input_order(ledger)) {
    source::InputFile file = file_of(ledger[index]);
    if (!seen.insert({file.dataset, "path " + file.path}).second ||
        !seen.insert({file.dataset, "name " + file.name}).second) {
      return Error::input("the ledger '" + path + "' lists '" + file.path + "' or its name '" + file.name + "' twice",
                          "restore it as gristmill wrote it")
          .in_file(path);
    }
    if (file.left_out) {
      files.push_back(std::move(file));
      continue;
    }
    GM_ASSIGN(const std::optional<FileInfo> info, storage.stat_file(file.path));
    if (!info || info->type != FileType::file) {
      return Error::input("'" + file.path + "', which the ledger '" + path + "' lists, is gone",
                          "bring it back, or name the inputs that there are")
          .in_file(file.path);
    }
    if (info->size != file.size) {
      return Error::input("'" + file.path + "' has " + std::to_string(info->size) + " bytes, where the ledger '" +
                              path + "' has " + std::to_string(file.size),
                          "it changed since its lines were read: bring the old one back, or name the inputs that "
                          "there are")
          .in_file(file.path);
    }
    file.sha256.clear();  // of bytes that nobody has compared
    source::set_info(*info, file);
    file.named = source::named_compression(file.name);
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace gristmill::growth
