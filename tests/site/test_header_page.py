"""From a C++ header to the Markdown of its page."""

from __future__ import annotations

import pytest
from header_page import first_sentence, header_page, parts_of, reference_index

HEADER = """\
// Grain: how it is weighed. Nothing here_or *there* throws.
//
// Weights are in `grams`.
#pragma once

#include <string>

namespace gristmill {

struct Sack;  // gristmill/sack.h

enum class Kind : std::uint8_t { rye, oats };
inline std::string_view name_of(Kind kind) { return names[static_cast<std::size_t>(kind)]; }

// What is weighed at once.
class [[nodiscard]] Load {
 public:
  Load() = default;
  explicit Load(int grams)
      : grams_(grams) {}
  // REQUIRES: not empty
  int grams() const {
    if (grams_ == 0) {
      return 1;
    }
    return grams_;  // {
  }

 private:
  int grams_ = 0;
};

// Both of them.
// clang-format off: a table
#define GRISTMILL_KINDS(KIND) \\
  KIND(rye, "a bracket {") \\
  KIND(oats, "")
// clang-format on
#define GRISTMILL_NAME_OF_KIND(name, text) name,
inline constexpr std::array kinds = {GRISTMILL_KINDS(GRISTMILL_NAME_OF_KIND)};
#undef GRISTMILL_NAME_OF_KIND

template <typename T>
struct Weighed {
  T what;
};
// The load of all.
[[nodiscard]] Result<Load> weigh(const std::vector<Sack>& sacks,
                                 Kind kind);
using Weigher = std::function<void(const Load&)>;

}  // namespace gristmill
"""


def test_declarations_have_their_names_and_comments():
    _, declarations = parts_of(HEADER)
    assert [(each.name, len(each.comment)) for each in declarations] == [
        ("Kind", 0), ("Load", 1), ("GRISTMILL_KINDS", 1), ("kinds", 0), ("Weighed", 0), ("weigh()", 1)]


def test_bodies_and_private_members_are_left_out():
    page = header_page("gristmill/grain.h", HEADER)
    assert "inline std::string_view name_of(Kind kind);\n" in page
    assert """\
class [[nodiscard]] Load {
 public:
  Load() = default;
  explicit Load(int grams);
  // REQUIRES: not empty
  int grams() const;
};
""" in page
    assert "grams_" not in page and "NAME_OF_KIND(name" not in page and "#pragma" not in page and "namespace" not in page
    assert '  KIND(rye, "a bracket {") \\\n  KIND(oats, "")\n```' in page


def test_comments_are_text():
    page = header_page("gristmill/grain.h", HEADER)
    assert page.startswith("# gristmill/grain.h\n\nGrain: how it is weighed. Nothing here\\_or \\*there\\* throws.\n\nWeights are in `grams`.\n")
    assert "\nWhat is weighed at once.\n\n```cpp\nclass" in page
    assert first_sentence(HEADER) == "Grain: how it is weighed"


def test_the_index_leads_to_every_name():
    index = reference_index({"gristmill/grain.h": HEADER})
    assert "| [gristmill/grain.h](grain.md) | Grain: how it is weighed |" in index
    assert "| [`weigh()`](grain.md#weigh) | `gristmill/grain.h` |" in index


def test_what_has_no_name_is_an_error():
    with pytest.raises(ValueError, match="no name in"):
        header_page("gristmill/grain.h", "// Grain.\n#pragma once\n\n42;\n")
