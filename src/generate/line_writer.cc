// Lines are put together from literals and digits in a buffer that is large enough: nothing is allocated,
// nothing looked at twice. The two ways of spacing are two instances of the same template, so that no
// choice is made for each token. The sizes (eight digits of a key's hash, one decimal of a position, twice as many
// swipes as keystrokes) are those of the data that the benchmarks are about. Tested in
// line_writer_test.cc.
#include "generate/line_writer.h"

#include <charconv>
#include <cmath>

#include "generate/digits.h"

namespace gristmill::generate {
namespace {

constexpr std::uint64_t first_start = 1'746'000'000'000;   // 2025-04-30, in milliseconds
constexpr std::uint64_t longest_wait = 30ULL * 24 * 3600;  // seconds: sessions start within 30 days
constexpr std::uint64_t collection_distance = 60'000;      // milliseconds
constexpr std::uint64_t longest_pause = 256;               // milliseconds between two entries
constexpr std::size_t longest_identity = 320;              // bytes of a line but for entries
constexpr std::size_t longest_entry = 80;                  // bytes, with the separator

template <bool spaced, std::size_t n, std::size_t m>
inline char* put_either(const char (&compact)[n], const char (&with_spaces)[m], char* to) {
  if constexpr (spaced) return put_literal(with_spaces, to);
  return put_literal(compact, to);
}

template <bool spaced>
char* put_metadata(const LineIdentity& identity, char* to) {
  to = put_either<spaced>(R"({"metadata":{"profile_id":")", R"({"metadata": {"profile_id": ")", to);
  to = put(text_of(identity.profile), to);
  to = put_either<spaced>(R"(","session_id":")", R"(", "session_id": ")", to);
  to = put(text_of(identity.session), to);
  to = put_either<spaced>(R"(","collection_id":")", R"(", "collection_id": ")", to);
  to = put(text_of(identity.collection), to);
  to = put_either<spaced>(R"(","timestamp":)", R"(", "timestamp": )", to);
  return put_13_digits(identity.timestamp, to);
}

template <bool spaced>
char* put_keystrokes(std::uint64_t count, std::uint64_t time, Random& random, char* to) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t number = random.next();
    time += number % longest_pause;
    if (i > 0) to = put_either<spaced>(",", ", ", to);
    to = put_either<spaced>(R"({"timestamp":)", R"({"timestamp": )", to);
    to = put_13_digits(time, to);
    to = put_either<spaced>(R"(,"key_hash":")", R"(, "key_hash": ")", to);
    to = put_hexadecimal(number >> 16, 4, to);
    to = put_literal("\"}", to);
  }
  return to;
}

template <bool spaced>
char* put_swipes(std::uint64_t count, std::uint64_t time, Random& random, char* to) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t number = random.next();
    time += number % longest_pause;
    if (i > 0) to = put_either<spaced>(",", ", ", to);
    to = put_either<spaced>(R"({"timestamp":)", R"({"timestamp": )", to);
    to = put_13_digits(time, to);
    to = put_either<spaced>(R"(,"x":)", R"(, "x": )", to);
    to = put_tenths(static_cast<std::uint32_t>((number >> 16 & 0xFFFF) * 4000 >> 16), to);
    to = put_either<spaced>(R"(,"y":)", R"(, "y": )", to);
    to = put_tenths(static_cast<std::uint32_t>((number >> 32 & 0xFFFF) * 9000 >> 16), to);
    to = put_either<spaced>(R"(,"pressure":0.)", R"(, "pressure": 0.)", to);
    to = put_pair(static_cast<std::uint32_t>((number >> 48) * 100 >> 16), to);
    *to++ = '}';
  }
  return to;
}

// From 0.01 to 0.99.
double unit_number(std::uint64_t number) { return 0.01 + 0.98 * (static_cast<double>(number >> 11) * 0x1p-53); }

double rounded(double value, double places) { return std::round(value * places) / places; }

char* put_shortest(double value, char* to) {
  constexpr std::size_t room = 32;
  return std::to_chars(to, to + room, value).ptr;
}

}  // namespace

LineWriter::LineWriter(const Shape& shape, std::uint64_t seed, bool spaced)
    : shape_(shape), owners_(shape), seed_(seed), spaced_(spaced) {}

std::uint64_t LineWriter::lines(Dataset dataset) const {
  return dataset == Dataset::collections ? shape_.all_collections() : shape_.all_predictions();
}

std::size_t LineWriter::longest_line(Dataset dataset) const {
  if (dataset == Dataset::predictions) return longest_identity;
  return longest_identity + longest_entry * shape_.behaviours;
}

Uuid LineWriter::uuid(Purpose purpose, std::uint64_t number) const {
  Random random(seed_, purpose, number);
  const std::uint64_t first = random.next();
  Uuid id;
  put_uuid(first, random.next(), id.data());
  return id;
}

Uuid LineWriter::session_id(std::uint64_t session) const { return uuid(Purpose::session, session); }

Uuid LineWriter::profile_id_of(std::uint64_t session) const {
  return uuid(Purpose::profile, owners_.profile_of(session));
}

Random LineWriter::random_of(Dataset dataset, std::uint64_t number) const {
  return {seed_, dataset == Dataset::collections ? Purpose::collection_line : Purpose::prediction_line, number};
}

LineIdentity LineWriter::identity_of(Dataset dataset, std::uint64_t number) const {
  const std::uint64_t in_session =
      dataset == Dataset::collections ? shape_.collections : shape_.predictions_of_session();
  LineIdentity identity;
  identity.session_number = number / in_session;
  const std::uint64_t rank = number % in_session;
  // The predictions of a session are spread over its collections.
  const std::uint64_t collection = dataset == Dataset::collections ? rank : rank * shape_.collections / in_session;
  identity.profile = profile_id_of(identity.session_number);
  identity.session = session_id(identity.session_number);
  identity.collection = uuid(Purpose::collection, identity.session_number * shape_.collections + collection);
  Random start(seed_, Purpose::session_start, identity.session_number);
  identity.timestamp =
      first_start + start.below(longest_wait) * 1000 + start.below(1000) + collection * collection_distance;
  // Its own milliseconds keep any two predictions of a collection apart.
  if (dataset == Dataset::predictions) identity.timestamp += 5 + rank;
  return identity;
}

Behaviour LineWriter::behaviour(Random& random) const {
  static constexpr std::string_view platforms[] = {"ios", "ios", "ios", "web"};
  Behaviour behaviour;
  behaviour.platform = platforms[random.below(std::size(platforms))];
  const std::uint64_t least = shape_.behaviours / 6;
  behaviour.keystrokes = least + random.below(shape_.behaviours / 2 - least + 1);
  behaviour.swipes = shape_.behaviours - behaviour.keystrokes;
  return behaviour;
}

char* LineWriter::write_keystrokes(std::uint64_t count, std::uint64_t time, Random& random, char* to) const {
  return spaced_ ? put_keystrokes<true>(count, time, random, to) : put_keystrokes<false>(count, time, random, to);
}

char* LineWriter::write_swipes(std::uint64_t count, std::uint64_t time, Random& random, char* to) const {
  return spaced_ ? put_swipes<true>(count, time, random, to) : put_swipes<false>(count, time, random, to);
}

std::string_view LineWriter::model_name(Random& random) {
  static constexpr std::string_view models[] = {"swipe_model", "keystroke_model"};
  return models[random.below(2)];
}

char* LineWriter::write_score(Random& random, char* to) {
  constexpr std::uint64_t one_null_in = 20;
  if (random.below(one_null_in) == 0) return put_literal("null", to);
  // Most as they come, some rounded, as models are not of one mind.
  const std::uint64_t number = random.next();
  const double value = unit_number(number);
  if ((number & 7) == 0) return put_shortest(rounded(value, 1e2), to);
  if ((number & 7) == 1) return put_shortest(rounded(value, 1e4), to);
  return put_shortest(value, to);
}

char* LineWriter::write_confidence(Random& random, char* to) {
  return put_shortest(rounded(unit_number(random.next()), 1e4), to);
}

template <bool spaced>
char* LineWriter::write_collection(std::uint64_t number, char* to) const {
  const LineIdentity identity = identity_of(Dataset::collections, number);
  Random random = random_of(Dataset::collections, number);
  const Behaviour held = behaviour(random);
  to = put_metadata<spaced>(identity, to);
  to = put_either<spaced>(R"(},"behaviour":{")", R"(}, "behaviour": {")", to);
  to = put(held.platform, to);
  to = put_either<spaced>(R"(":{"keystrokes":[)", R"(": {"keystrokes": [)", to);
  to = put_keystrokes<spaced>(held.keystrokes, identity.timestamp, random, to);
  to = put_either<spaced>(R"(],"swipes":[)", R"(], "swipes": [)", to);
  to = put_swipes<spaced>(held.swipes, identity.timestamp, random, to);
  return put_literal("]}}}", to);
}

template <bool spaced>
char* LineWriter::write_prediction(std::uint64_t number, char* to) const {
  const LineIdentity identity = identity_of(Dataset::predictions, number);
  Random random = random_of(Dataset::predictions, number);
  to = put_metadata<spaced>(identity, to);
  to = put_either<spaced>(R"(},"prediction":{"model_name":")", R"(}, "prediction": {"model_name": ")", to);
  to = put(model_name(random), to);
  to = put_either<spaced>(R"(","score":)", R"(", "score": )", to);
  to = write_score(random, to);
  to = put_either<spaced>(R"(,"confidence":)", R"(, "confidence": )", to);
  to = write_confidence(random, to);
  return put_literal("}}", to);
}

char* LineWriter::write(Dataset dataset, std::uint64_t number, char* to) const {
  if (dataset == Dataset::collections) {
    return spaced_ ? write_collection<true>(number, to) : write_collection<false>(number, to);
  }
  return spaced_ ? write_prediction<true>(number, to) : write_prediction<false>(number, to);
}

}  // namespace gristmill::generate
