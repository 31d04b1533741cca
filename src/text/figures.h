// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gristmill::text {

std::string grouped(std::uint64_t number);              // "1,234,567"
std::string bytes_text(std::uint64_t bytes);            // "12.3 MB": powers of 1000
std::string memory_text(std::uint64_t bytes);           // "41.5 MiB": powers of 1024
std::string megabytes_a_second(double bytes_a_second);  // "412 MB/s"
std::string seconds_text(double seconds);               // "0.012 s", "3.4 s", "2 min 5 s", "1 h 2 min"
// "1 line", "2,000 lines". `noun` in the singular; its plural ends in s.
std::string counted(std::uint64_t number, const char* noun);
// The one of both that goes with the number: "entry is", "entries are".
std::string_view noun_for(std::uint64_t number, std::string_view one, std::string_view more);

}  // namespace gristmill::text
