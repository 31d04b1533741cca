// Which samples are kept does not depend on who saw what: each worker sees its lines in input order, so a value
// that is among the first five of all is among the first five of the worker that has its first place.
// Tested in field_statistics_test.cc.
#include "inspect/field_statistics.h"

#include <algorithm>
#include <cstring>

namespace gristmill::inspect {
namespace {

// Seven bits a byte: most numbers are small, and a million paths may go through a scratch file.
void append_number(std::uint64_t number, std::string& bytes) {
  for (; number >= 0x80; number >>= 7) bytes.push_back(static_cast<char>(number | 0x80));
  bytes.push_back(static_cast<char>(number));
}

std::uint64_t take_number(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    number |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return number;
  }
}

void append_text(std::string_view text, std::string& bytes) {
  append_number(text.size(), bytes);
  bytes.append(text);
}

std::string take_text(std::string_view& bytes) {
  const auto size = static_cast<std::size_t>(take_number(bytes));
  std::string text(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return text;
}

}  // namespace

// Of two spellings of one double that of the smaller bytes is the least: whole numbers beyond 2^53 of one length
// are then in their own order.
void FieldStatistics::widen_numbers(double value, std::string_view spelling) {
  const std::string_view cut = spelling.substr(0, shown_value);
  if (!has_number || value < least_number || (value == least_number && cut < std::string_view(least_number_text))) {
    least_number = value;
    least_number_text = cut;
  }
  if (!has_number || value > greatest_number ||
      (value == greatest_number && cut > std::string_view(greatest_number_text))) {
    greatest_number = value;
    greatest_number_text = cut;
  }
  has_number = true;
}

void FieldStatistics::widen_texts(std::string_view cut) {
  if (!has_text || cut < std::string_view(least_text)) least_text = cut;
  if (!has_text || cut > std::string_view(greatest_text)) greatest_text = cut;
  has_text = true;
}

void FieldStatistics::merge(const FieldStatistics& other) {
  lines += other.lines;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += other.values[i];
  for (std::size_t i = 0; i < lines_without.size(); ++i) lines_without[i] += other.lines_without[i];
  distinct.merge(other.distinct);
  if (other.has_number) {
    widen_numbers(other.least_number, other.least_number_text);
    widen_numbers(other.greatest_number, other.greatest_number_text);
  }
  if (other.has_text) {
    widen_texts(other.least_text);
    widen_texts(other.greatest_text);
  }
  for (const SampleValue& sample : other.samples) {
    const auto known =
        std::find_if(samples.begin(), samples.end(), [&](const SampleValue& each) { return each.hash == sample.hash; });
    if (known == samples.end()) {
      samples.push_back(sample);
    } else if (sample.place < known->place) {
      *known = sample;
    }
  }
  std::sort(samples.begin(), samples.end(),
            [](const SampleValue& a, const SampleValue& b) { return a.place < b.place; });
  if (samples.size() > most_samples) samples.resize(most_samples);
}

void FieldStatistics::append_to(std::string& bytes) const {
  append_number(lines, bytes);
  for (const std::uint64_t count : values) append_number(count, bytes);
  for (const std::uint64_t count : lines_without) append_number(count, bytes);
  distinct.append_to(bytes);
  bytes.push_back(static_cast<char>(has_number));
  if (has_number) {
    bytes.append(reinterpret_cast<const char*>(&least_number), sizeof least_number);
    bytes.append(reinterpret_cast<const char*>(&greatest_number), sizeof greatest_number);
    append_text(least_number_text, bytes);
    append_text(greatest_number_text, bytes);
  }
  bytes.push_back(static_cast<char>(has_text));
  if (has_text) {
    append_text(least_text, bytes);
    append_text(greatest_text, bytes);
  }
  append_number(samples.size(), bytes);
  for (const SampleValue& sample : samples) {
    append_number(sample.place.file, bytes);
    append_number(sample.place.offset, bytes);
    append_number(sample.hash, bytes);
    append_text(sample.text, bytes);
  }
}

FieldStatistics FieldStatistics::from(std::string_view bytes) {
  FieldStatistics read;
  read.lines = take_number(bytes);
  for (std::uint64_t& count : read.values) count = take_number(bytes);
  for (std::uint64_t& count : read.lines_without) count = take_number(bytes);
  read.distinct.read_from(bytes);
  const auto take_flag = [&] {
    const bool flag = bytes.front() != 0;
    bytes.remove_prefix(1);
    return flag;
  };
  const auto take_double = [&] {
    double value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    bytes.remove_prefix(sizeof value);
    return value;
  };
  read.has_number = take_flag();
  if (read.has_number) {
    read.least_number = take_double();
    read.greatest_number = take_double();
    read.least_number_text = take_text(bytes);
    read.greatest_number_text = take_text(bytes);
  }
  read.has_text = take_flag();
  if (read.has_text) {
    read.least_text = take_text(bytes);
    read.greatest_text = take_text(bytes);
  }
  const std::uint64_t count = take_number(bytes);
  for (std::uint64_t i = 0; i < count; ++i) {
    SampleValue sample;
    sample.place.file = static_cast<std::uint32_t>(take_number(bytes));
    sample.place.offset = take_number(bytes);
    sample.hash = take_number(bytes);
    sample.text = take_text(bytes);
    read.samples.push_back(std::move(sample));
  }
  return read;
}

}  // namespace gristmill::inspect
