#include "json/json_text.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "json/padded_text_testing.h"

namespace gristmill::json {
namespace {

using testing::PaddedText;

JsonCheck checked(std::string_view text, std::uint32_t depth_limit = 128) {
  return check_json(PaddedText(text), depth_limit);
}

bool is_json(std::string_view text) { return static_cast<bool>(checked(text)); }

TEST(CheckJson, TakesEveryKindOfValue) {
  for (const char* text : {"{}",
                           "[]",
                           "[[]]",
                           "[{}]",
                           "\"\"",
                           "\"a\"",
                           "0",
                           "-0",
                           "1",
                           "-1",
                           "10",
                           "1.5",
                           "-0.25",
                           "1e5",
                           "1E+5",
                           "1e-05",
                           "0e0",
                           "0.0e00",
                           "true",
                           "false",
                           "null",
                           "NaN",
                           "Infinity",
                           "-Infinity",
                           "{\"a\":1}",
                           "{\"\":\"\"}",
                           "{\"a\":1,\"a\":2}",
                           "[1,\"b\",null,true,{\"c\":[]}]",
                           " \t\r\n{ \"a\" :\t[ 1 , 2 ] } \r",
                           "1234567890123456789012"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
}

TEST(CheckJson, RefusesWhatIsNone) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "]",
                           "[}",
                           "{]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{a:1}",
                           "{1:1}",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{\"a\" 1}",
                           "{\"a\":1 \"b\":2}",
                           "1 2",
                           "{}{}",
                           "{} x",
                           "00",
                           "01",
                           "-",
                           "+1",
                           "-01",
                           "1.",
                           ".5",
                           "1.e5",
                           "1e",
                           "1e+",
                           "1e5.5",
                           "0x1",
                           "tru",
                           "truex",
                           "True",
                           "nul",
                           "nulll",
                           "NULL",
                           "nan",
                           "NaNN",
                           "Inf",
                           "-Inf",
                           "+Infinity",
                           "-NaN",
                           "\"",
                           "\"a",
                           "'a'",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\",
                           "\"\\u",
                           "\"a\tb\"",
                           "\"a\nb\"",
                           "\"\x1f\"",
                           "//",
                           "/**/1",
                           "[1]]",
                           "{\"a\":1}}",
                           "\xEF\xBB\xBF{}",
                           "1\v",
                           "1\f",
                           "\xC2\xA0"
                           "1"}) {
    const JsonCheck check = checked(text);
    EXPECT_EQ(check.fault, JsonFault::invalid) << text;
    EXPECT_LE(check.at, std::string_view(text).size()) << text;
    EXPECT_STRNE(check.what, "") << text;
  }
}

TEST(CheckJson, RefusesANulAnywhere) {
  const std::string text = R"({"a":[1,"b"],"c":null})";
  for (std::size_t at = 0; at <= text.size(); ++at) {
    std::string broken = text;
    broken.insert(at, 1, '\0');
    EXPECT_EQ(checked(broken).fault, JsonFault::invalid) << at;
  }
}

TEST(CheckJson, RefusesEveryBeginningOfAValue) {
  const std::string text = R"({"a":[1.5e-3,"b\u00e9\"",true,false,null,NaN,-Infinity],"c":{"d":{}}})";
  ASSERT_TRUE(is_json(text));
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_EQ(checked(text.substr(0, length)).fault, JsonFault::invalid) << length;
  }
}

TEST(CheckJson, SaysWhatIsWrongAndWhere) {
  const auto fault = [](std::string_view text) {
    const JsonCheck check = checked(text);
    return std::string(check.what) + " @" + std::to_string(check.at);
  };
  EXPECT_EQ(fault(R"({"a":1 "b"})"), "',' or '}' should be here @7");
  EXPECT_EQ(fault(R"([1 2])"), "',' or ']' should be here @3");
  EXPECT_EQ(fault(R"({"a" 1})"), "':' should be here @5");
  EXPECT_EQ(fault(R"({"a":1,})"), "a field name in quotes should be here @7");
  EXPECT_EQ(fault(R"({"a":})"), "a value should be here @5");
  EXPECT_EQ(fault(R"({"a":"b\qc"})"), "no such escape @7");
  EXPECT_EQ(fault(R"(["\u00zz"])"), "four hex digits should follow \\u @2");
  EXPECT_EQ(fault("[\"a\x01\"]"), "a control character or the end of the line inside a string @3");
  EXPECT_EQ(fault(R"({} {})"), "something follows the value @3");
  EXPECT_EQ(fault(R"({"a":)"), "the text ends too early @5");
  EXPECT_EQ(fault(R"(["abc)"), "the text ends too early @5");
  EXPECT_EQ(fault(""), "the text ends too early @0");
}

TEST(CheckJson, CountsNestingFromTheOutermostBracket) {
  EXPECT_TRUE(checked("[[[]]]", 3));
  EXPECT_TRUE(checked(R"({"a":[{}],"b":[{"c":1}]})", 3));
  const JsonCheck deep = checked("[1,[[]]]", 2);
  EXPECT_EQ(deep.fault, JsonFault::too_deep);
  EXPECT_EQ(deep.at, 4U);
  EXPECT_TRUE(checked("1", 0));
  EXPECT_EQ(checked("[]", 0).fault, JsonFault::too_deep);
  // Depth is that of open brackets, not their number.
  EXPECT_TRUE(checked("[[],[],[],{},{}]", 2));
}

TEST(CheckJson, TheFirstFaultCounts) {
  EXPECT_EQ(checked("[[[x]]]", 2).fault, JsonFault::too_deep);
  EXPECT_EQ(checked("[x,[[]]]", 2).fault, JsonFault::invalid);
}

TEST(CheckJson, KeepsTrackOfBracketsBeyondOneWord) {
  for (const std::size_t depth : {63U, 64U, 65U, 128U, 129U, 1000U}) {
    std::string text;
    std::string closing;
    for (std::size_t i = 0; i < depth; ++i) {
      const bool object = (i * i + i / 3) % 2 == 0;
      text.append(object ? "{\"k\":" : "[");
      closing.insert(0, object ? "}" : "]");
    }
    const std::string whole = text + "7" + closing;
    const auto limit = static_cast<std::uint32_t>(depth);
    EXPECT_TRUE(checked(whole, limit)) << depth;
    EXPECT_EQ(checked(whole, limit - 1).fault, JsonFault::too_deep) << depth;
    // A wrong bracket is found at every level.
    for (std::size_t i = 0; i < depth; i += 7) {
      std::string broken = closing;
      broken[i] = broken[i] == '}' ? ']' : '}';
      EXPECT_EQ(checked(text + "7" + broken, limit).fault, JsonFault::invalid) << depth << " " << i;
    }
  }
}

TEST(CheckJson, ABracketIsOfItsOwnKindWhateverStoodAtItsDepthBefore) {
  for (const char* text : {"[{\"a\":1},[1,2]]", "[[1,2],{\"a\":1}]", "{\"a\":{\"b\":1},\"c\":[1,2],\"d\":{\"e\":1}}"}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
  for (const char* text : {"[{\"a\":1},[\"a\":1]]", "[[1,2],{1,2}]", "[{\"a\":1},[1,2}]", "[[1,2],{\"a\":1]]"}) {
    EXPECT_FALSE(is_json(text)) << text;
  }
}

TEST(CheckJson, NotesPythonsTokens) {
  EXPECT_TRUE(checked("[1,NaN]").nan);
  EXPECT_TRUE(checked(R"({"a":{"b":-Infinity}})").nan);
  EXPECT_TRUE(checked("Infinity").nan);
  EXPECT_FALSE(checked(R"(["NaN",1,null])").nan);
}

TEST(CheckJson, StringsOfEveryLengthEndWhereTheyEnd) {
  // The scanner goes by 16 bytes: a stop at any place of them, after any number of whole ones.
  for (std::size_t length = 0; length < 70; ++length) {
    const std::string inside(length, 'x');
    EXPECT_TRUE(is_json("\"" + inside + "\""));
    EXPECT_TRUE(is_json("\"" + inside + "\\n\""));
    EXPECT_FALSE(is_json("\"" + inside + "\x1f\""));
    EXPECT_FALSE(is_json("\"" + inside));
    EXPECT_FALSE(is_json("\"" + inside + "\\"));
  }
}

TEST(ScanString, TellsOfBytesBeyondAsciiBeforeTheStopOnly) {
  for (std::size_t length = 0; length < 40; ++length) {
    const PaddedText plain(std::string(length, 'x') + "\"\x80\xff after");
    unsigned high = 0;
    EXPECT_EQ(scan_string(plain.data(), high), plain.data() + length);
    EXPECT_EQ(high, 0U) << length;
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'x');
      text[at] = '\xC3';
      const PaddedText beyond(text + "\\ after");
      high = 0;
      EXPECT_EQ(scan_string(beyond.data(), high), beyond.data() + length);
      EXPECT_NE(high, 0U) << length << " " << at;
    }
  }
}

TEST(ScanString, StopsAtQuoteBackslashAndControlCharactersOnly) {
  for (int c = 0; c < 256; ++c) {
    const PaddedText text(std::string("abc") + static_cast<char>(c) + "\"");
    unsigned high = 0;
    const bool stops = c == '"' || c == '\\' || c < 0x20;
    EXPECT_EQ(scan_string(text.data(), high) - text.data(), stops ? 3 : 4) << c;
  }
}

TEST(ScanNumber, FindsTheEndOfTheNumber) {
  const auto length = [](std::string_view text) -> long {
    const PaddedText padded(text);
    const char* end = scan_number(padded.data());
    return end == nullptr ? -1 : static_cast<long>(end - padded.data());
  };
  EXPECT_EQ(length("0"), 1);
  EXPECT_EQ(length("01"), 1);
  EXPECT_EQ(length("-12.5e+7,"), 8);
  EXPECT_EQ(length("1}"), 1);
  EXPECT_EQ(length("123456789012345678901234567890]"), 30);
  EXPECT_EQ(length("1.12345678901234567x"), 19);
  for (const char* text : {"", "-", "-x", "x", "+1", ".5", "1.", "1.x", "1e", "1e+", "1e-x", "1.5E"}) {
    EXPECT_EQ(length(text), -1) << text;
  }
  // Digits are looked at 8 at a time: numbers of all lengths, with every byte behind them.
  for (std::size_t digits = 1; digits < 40; ++digits) {
    for (int c = 0; c < 256; ++c) {
      if (c >= '0' && c <= '9') continue;
      const std::string text = "1." + std::string(digits, '7') + static_cast<char>(c);
      const long expected = c == 'e' || c == 'E' ? -1 : static_cast<long>(digits) + 2;
      ASSERT_EQ(length(text), expected) << digits << " " << c;
    }
  }
}

TEST(JsonNumber, IsTheWholeText) {
  for (const char* text :
       {"0", "-0", "12", "-1.5", "1e5", "1E-5", "0.00001", "1747299119000", "123456789012345678901"}) {
    EXPECT_TRUE(is_json_number(text)) << text;
  }
  for (const char* text :
       {"", " 1", "1 ", "+1", "01", "1.", ".1", "1e", "0x1", "NaN", "Infinity", "-Infinity", "1,", "--1", "1_0"}) {
    EXPECT_FALSE(is_json_number(text)) << text;
  }
  EXPECT_FALSE(is_json_number(std::string_view("1\0", 2)));
  EXPECT_FALSE(is_json_number(std::string_view("1\0001", 3)));
}

TEST(JsonNumber, AnIntegerHasNoPointAndNoExponent) {
  for (const char* text : {"0", "-0", "12", "-7", "123456789012345678901234567890"})
    EXPECT_TRUE(is_json_integer(text)) << text;
  for (const char* text : {"1.0", "1e5", "1E5", "-0.0", "", "-", "a", "01"})
    EXPECT_FALSE(is_json_integer(text)) << text;
}

TEST(SkipValue, EndsBehindTheValue) {
  for (const char* value : {"{}", "[]", "{\"a\":[1,{\"b\":\"}\\\"]\"}]}", "\"a\\\\\"", "\"\\\"\"", "12.5e3",
                            "-Infinity", "true", "null", "NaN", "[\"]\"]"}) {
    for (const char* after : {"", ",1", "}", "]", " ,", "\n"}) {
      const PaddedText text(std::string(value) + after);
      EXPECT_EQ(skip_value(text.data()), text.data() + std::string_view(value).size()) << value << after;
    }
  }
}

TEST(TypeOf, GoesByTheFirstBytes) {
  const auto type = [](std::string_view text) { return type_of(PaddedText(text).data()); };
  EXPECT_EQ(type("{}"), JsonType::object);
  EXPECT_EQ(type("[]"), JsonType::array);
  EXPECT_EQ(type("\"\""), JsonType::string);
  EXPECT_EQ(type("0"), JsonType::number);
  EXPECT_EQ(type("-1"), JsonType::number);
  EXPECT_EQ(type("true"), JsonType::boolean);
  EXPECT_EQ(type("false"), JsonType::boolean);
  EXPECT_EQ(type("null"), JsonType::null);
  EXPECT_EQ(type("NaN"), JsonType::null);
  EXPECT_EQ(type("Infinity"), JsonType::null);
  EXPECT_EQ(type("-Infinity"), JsonType::null);
}

TEST(Walks, GiveMembersAndElementsInTheirOrder) {
  const PaddedText text("{ \"a\" : [ 1 , \"x\" ,[ ] ] ,\t\"b\\\"\":{\"c\":{}} , \"a\":null\n}after");
  std::string seen;
  ObjectWalk walk(text.data());
  while (walk.next()) seen.append(walk.key).append("=").append(walk.value_text()).append(";");
  EXPECT_EQ(seen, "\"a\"=[ 1 , \"x\" ,[ ] ];\"b\\\"\"={\"c\":{}};\"a\"=null;");
  EXPECT_STREQ(std::string(walk.after(), 5).c_str(), "after");

  seen.clear();
  const PaddedText list("[ 1 , \"x,]\" ,[ ] ,{}]after");
  ArrayWalk array(list.data());
  while (array.next()) seen.append(array.value_text()).append(";");
  EXPECT_EQ(seen, "1;\"x,]\";[ ];{};");
  EXPECT_STREQ(std::string(array.after(), 5).c_str(), "after");
}

TEST(Walks, OfNothingAreEmpty) {
  const PaddedText object("{ \n }x");
  ObjectWalk walk(object.data());
  EXPECT_FALSE(walk.next());
  EXPECT_EQ(*walk.after(), 'x');
  const PaddedText list("[ ]x");
  ArrayWalk array(list.data());
  EXPECT_FALSE(array.next());
  EXPECT_EQ(*array.after(), 'x');
}

TEST(Walks, GoOnWhereTheCallerLeftAValue) {
  const PaddedText text(R"({"a":{"b":1,"c":2},"d":3})");
  ObjectWalk walk(text.data());
  ASSERT_TRUE(walk.next());
  ObjectWalk inner(walk.value);
  while (inner.next()) {
  }
  walk.value_end = inner.after();
  ASSERT_TRUE(walk.next());
  EXPECT_EQ(walk.key, "\"d\"");
  EXPECT_FALSE(walk.next());
}

TEST(Unescape, DecodesEveryEscape) {
  const auto decoded = [](std::string_view token) {
    std::string out = "<";
    EXPECT_TRUE(unescape(token, out)) << token;
    return out.substr(1);
  };
  EXPECT_EQ(decoded(R"("")"), "");
  EXPECT_EQ(decoded(R"("plain")"), "plain");
  EXPECT_EQ(decoded(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(decoded(R"("\u0073\u0031")"), "s1");
  EXPECT_EQ(decoded(R"("a\u00e9\u20AC")"), "a\xC3\xA9\xE2\x82\xAC");
  EXPECT_EQ(decoded(R"("\ud83d\uDE00")"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(decoded(R"("\udbff\udfff")"), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(decoded(R"("x\u0000y")"), std::string("x\0y", 3));
  EXPECT_EQ(decoded(R"("\u007f\u0080\u07ff\u0800\uffff")"), "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF");
  EXPECT_EQ(decoded(R"("\\u0041")"), "\\u0041");
}

TEST(Unescape, TellsOfLoneSurrogatesAndKeepsThemApart) {
  const auto decoded = [](std::string_view token) {
    std::string out;
    EXPECT_FALSE(unescape(token, out)) << token;
    return out;
  };
  EXPECT_EQ(decoded(R"("\ud800")"), "\xED\xA0\x80");
  EXPECT_EQ(decoded(R"("\udfff")"), "\xED\xBF\xBF");
  EXPECT_EQ(decoded(R"("\ud800x")"), "\xED\xA0\x80x");
  EXPECT_EQ(decoded(R"("\ud800\u0041")"),
            "\xED\xA0\x80"
            "A");
  EXPECT_EQ(decoded(R"("\udc00\ud800")"), "\xED\xB0\x80\xED\xA0\x80");
  EXPECT_EQ(decoded(R"("\ud800\ud83d\ude00")"), "\xED\xA0\x80\xF0\x9F\x98\x80");
  // A half at the end of the token: what stands behind the quote is not looked at.
  EXPECT_EQ(decoded(std::string_view(R"("\ud83d"\ude00")").substr(0, 8)), "\xED\xA0\xBD");
}

TEST(Unescaped, IsAViewWhereNothingIsEscaped) {
  std::string scratch;
  const std::string token = "\"abc\"";
  const std::string_view view = unescaped(token, scratch);
  EXPECT_EQ(view, "abc");
  EXPECT_EQ(view.data(), token.data() + 1);
  EXPECT_EQ(unescaped(R"("a\nb")", scratch), "a\nb");
  EXPECT_EQ(unescaped(R"("c\td")", scratch), "c\td");
}

TEST(AppendCompact, DropsInsignificantWhiteSpaceOnly) {
  const auto compact = [](std::string_view value) {
    std::string out = "<";
    append_compact(PaddedText(value), out);
    return out.substr(1);
  };
  EXPECT_EQ(compact("{ \"a b\" :\t[ 1.0 , \"c \\\" d\" ,\r\n{ } ] }"), "{\"a b\":[1.0,\"c \\\" d\",{}]}");
  EXPECT_EQ(compact("1747299119000123456"), "1747299119000123456");
  EXPECT_EQ(compact("-1.50E+05"), "-1.50E+05");
  EXPECT_EQ(compact(R"("\u00e9 \ud800")"), R"("\u00e9 \ud800")");
  EXPECT_EQ(compact("[NaN, Infinity, -Infinity, -1, null, true, false]"), "[null,null,null,-1,null,true,false]");
  EXPECT_EQ(compact(R"(["NaN","-Infinity"])"), R"(["NaN","-Infinity"])");
}

TEST(CopyWithoutSpace, IsWhatAppendCompactMakes) {
  std::mt19937 random(7);
  const auto pick = [&](std::initializer_list<const char*> pieces) { return pieces.begin()[random() % pieces.size()]; };
  for (int i = 0; i < 20'000; ++i) {
    std::string value = "[";
    for (std::size_t n = random() % 7; n > 0; --n) {
      value.append(pick({"", " ", "  ", "\t", "\r\n "}));
      value.append(
          pick({"1747299119000123456", "-1.5", "null", "\"\"", "\" \"", "\"a b  c\"", "\"0123456789 abcdef\"",
                "\"\\\" \\\\\"", "{\"k\" : \" \"}", "\"\xC3\xA9 \"", "[ ]", "\"a longer text, with spaces\""}));
      value.append(pick({"", " ", "\n"})).append(n > 1 ? "," : "");
    }
    value.append(pick({"", " "})).append("]");
    std::string wanted;
    append_compact(PaddedText(value), wanted);
    std::string got(value.size() + text_padding, '~');
    const PaddedText padded(value);
    const char* const end = copy_without_space(padded, got.data());
    got.resize(static_cast<std::size_t>(end - got.data()));
    ASSERT_EQ(got, wanted) << value;
  }
}

TEST(SkipValue, EndsBehindTheValueWhateverLiesInStrings) {
  std::mt19937 random(8);
  const auto pick = [&](std::initializer_list<const char*> pieces) { return pieces.begin()[random() % pieces.size()]; };
  const std::function<std::string(int)> value = [&](int depth) -> std::string {
    if (depth == 0 || random() % 3 == 0) {
      return pick({"1", "null", "\"\"", "\"]\"", "\"}{[\"", "\"\\\"]\"", "\"\\\\\"",
                   "\"a text of more than sixteen bytes]]]]\"", "\"0123456\\\"89abcdef\\\\\""});
    }
    const bool object = random() % 2 == 0;
    std::string text = object ? "{" : "[";
    for (std::size_t i = 0, n = random() % 5; i < n; ++i) {
      text.append(i == 0 ? "" : ", ").append(object ? "\"k}\":" : "").append(value(depth - 1));
    }
    return text + (object ? "}" : "]");
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = value(4);
    const PaddedText padded(text + pick({",]", "}}", "]\"", " "}));
    const std::string_view view = padded;
    ASSERT_EQ(skip_value(view.data()) - view.data(), static_cast<std::ptrdiff_t>(text.size())) << text;
  }
}

// Unicode 15, table 3-7, spelled out.
bool is_well_formed(const std::string& bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const auto within = [&](std::size_t i, unsigned low, unsigned high) {
    return i < bytes.size() && byte(i) >= low && byte(i) <= high;
  };
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned c = byte(i);
    if (c <= 0x7F) {
      i += 1;
    } else if (c >= 0xC2 && c <= 0xDF && within(i + 1, 0x80, 0xBF)) {
      i += 2;
    } else if (((c == 0xE0 && within(i + 1, 0xA0, 0xBF)) || (c >= 0xE1 && c <= 0xEC && within(i + 1, 0x80, 0xBF)) ||
                (c == 0xED && within(i + 1, 0x80, 0x9F)) || ((c == 0xEE || c == 0xEF) && within(i + 1, 0x80, 0xBF))) &&
               within(i + 2, 0x80, 0xBF)) {
      i += 3;
    } else if (((c == 0xF0 && within(i + 1, 0x90, 0xBF)) || (c >= 0xF1 && c <= 0xF3 && within(i + 1, 0x80, 0xBF)) ||
                (c == 0xF4 && within(i + 1, 0x80, 0x8F))) &&
               within(i + 2, 0x80, 0xBF) && within(i + 3, 0x80, 0xBF)) {
      i += 4;
    } else {
      return false;
    }
  }
  return true;
}

TEST(Utf8, BothChecksAgreeWithTheStandard) {
  // Bytes at every boundary of the table, in all sequences of up to four.
  const unsigned char edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF,
                                 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
  std::size_t valid = 0;
  for (const unsigned char a : edges) {
    for (const unsigned char b : edges) {
      for (const unsigned char c : edges) {
        for (const unsigned char d : {edges[1], edges[2], edges[3], edges[8], edges[11]}) {
          const std::string text = {static_cast<char>(a), static_cast<char>(b), static_cast<char>(c),
                                    static_cast<char>(d)};
          const bool expected = is_well_formed(text);
          ASSERT_EQ(is_utf8(text), expected) << ::testing::PrintToString(text);
          ASSERT_EQ(utf8_fault(text) == text.size(), expected) << ::testing::PrintToString(text);
          valid += expected ? 1U : 0U;
        }
      }
    }
  }
  EXPECT_GT(valid, 100U);
}

TEST(Utf8, NamesTheFirstWrongByte) {
  EXPECT_EQ(utf8_fault(""), 0U);
  EXPECT_EQ(utf8_fault("abc"), 3U);
  EXPECT_EQ(utf8_fault("ab\xFFz"), 2U);
  EXPECT_EQ(utf8_fault("\xC3\xA9\xC3"), 2U);
  EXPECT_EQ(utf8_fault("\xE2\x82"), 0U);
  EXPECT_EQ(utf8_fault("x\xED\xA0\x80"), 1U);
}

}  // namespace
}  // namespace gristmill::json
