// What Unicode says, by utf8proc; where terminals differ from it, they are followed. Tested in visible_text_test.cc.
#include "text/code_points.h"

#include <utf8proc.h>

namespace gristmill::text {
namespace {

// They make the character before them an emoji, a text, or one of its variants: seen, if not by themselves.
bool is_variation_selector(std::uint32_t code_point) {
  return (code_point >= 0xFE00 && code_point <= 0xFE0F) || (code_point >= 0xE0100 && code_point <= 0xE01EF);
}

// No character is there yet; Unicode promises that one will be invisible, or that none will ever be.
bool is_reserved_for_the_invisible(std::uint32_t code_point) {
  return code_point == 0x2065 || (code_point >= 0xFFF0 && code_point <= 0xFFF8) ||
         (code_point >= 0xE0000 && code_point <= 0xE0FFF) || (code_point >= 0xFDD0 && code_point <= 0xFDEF) ||
         (code_point & 0xFFFEU) == 0xFFFE;
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  utf8proc_int32_t value = 0;
  const utf8proc_ssize_t bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                  static_cast<utf8proc_ssize_t>(text.size()), &value);
  if (bytes <= 0) return {static_cast<unsigned char>(text.front()), 1, false};
  return {static_cast<std::uint32_t>(value), static_cast<std::size_t>(bytes), true};
}

unsigned width_of(std::uint32_t code_point) {
  if (code_point < 0x300) return 1;
  const utf8proc_property_t& property = *utf8proc_get_property(static_cast<utf8proc_int32_t>(code_point));
  switch (property.boundclass) {
    // Marks that stand beside a letter, and signs that numbers are written over: utf8proc gives them no column.
    case UTF8PROC_BOUNDCLASS_SPACINGMARK:
    case UTF8PROC_BOUNDCLASS_PREPEND: return 1;
    // Vowels and finals of a Korean syllable, which is as wide as its first consonant.
    case UTF8PROC_BOUNDCLASS_V:
    case UTF8PROC_BOUNDCLASS_T: return 0;
    default: return property.category == UTF8PROC_CATEGORY_MC ? 1 : property.charwidth;
  }
}

bool is_hidden(std::uint32_t code_point) {
  const utf8proc_property_t& property = *utf8proc_get_property(static_cast<utf8proc_int32_t>(code_point));
  switch (property.category) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return true;
    case UTF8PROC_CATEGORY_CF: return property.boundclass != UTF8PROC_BOUNDCLASS_PREPEND;
    case UTF8PROC_CATEGORY_CN: return is_reserved_for_the_invisible(code_point);
    default: return property.ignorable && !is_variation_selector(code_point);
  }
}

}  // namespace gristmill::text
