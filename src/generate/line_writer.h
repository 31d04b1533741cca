// The lines of a clean data set: what a line says follows from the seed and its number alone.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "generate/random.h"
#include "generate/shape.h"
#include "gristmill/data.h"

namespace gristmill::generate {

using Uuid = std::array<char, 36>;
inline std::string_view text_of(const Uuid& id) { return {id.data(), id.size()}; }

// Whom a line is about.
struct LineIdentity {
  std::uint64_t session_number;
  Uuid profile;
  Uuid session;
  Uuid collection;
  std::uint64_t timestamp;  // milliseconds since 1970; 13 digits
};

// What a collection holds beside its identity: the entries follow from `random`, keystrokes first.
struct Behaviour {
  std::string_view platform;
  std::uint64_t keystrokes;
  std::uint64_t swipes;
};

class LineWriter {
 public:
  // `spaced`: white space as Python's json.dumps writes it by default, else none.
  LineWriter(const Shape& shape, std::uint64_t seed, bool spaced);

  std::uint64_t lines(Dataset dataset) const;
  // Bytes that surely hold any line, without its newline.
  std::size_t longest_line(Dataset dataset) const;

  // Writes line `number` without a newline and returns the byte behind it.
  // REQUIRES: number < lines(dataset); room for longest_line(dataset).
  char* write(Dataset dataset, std::uint64_t number, char* to) const;

  // The parts of a line, for those that are to be flawed. A line is made of them in this order, all from one
  // `random`, which random_of gives.
  Random random_of(Dataset dataset, std::uint64_t number) const;
  LineIdentity identity_of(Dataset dataset, std::uint64_t number) const;
  Behaviour behaviour(Random& random) const;
  // The entries of a list without its brackets; the first is at least at `time`.
  char* write_keystrokes(std::uint64_t count, std::uint64_t time, Random& random, char* to) const;
  char* write_swipes(std::uint64_t count, std::uint64_t time, Random& random, char* to) const;
  static std::string_view model_name(Random& random);
  static char* write_score(Random& random, char* to);       // a number, or now and then null
  static char* write_confidence(Random& random, char* to);  // a number

  Uuid session_id(std::uint64_t session) const;
  Uuid profile_id_of(std::uint64_t session) const;
  // Half of all sessions away: of another profile, unless one has half of them.
  std::uint64_t session_far_from(std::uint64_t session) const {
    return (session + (shape_.all_sessions() + 1) / 2) % shape_.all_sessions();
  }
  bool spaced() const { return spaced_; }
  std::uint64_t seed() const { return seed_; }

 private:
  template <bool spaced>
  char* write_collection(std::uint64_t number, char* to) const;
  template <bool spaced>
  char* write_prediction(std::uint64_t number, char* to) const;
  Uuid uuid(Purpose purpose, std::uint64_t number) const;

  Shape shape_;
  SessionOwners owners_;
  std::uint64_t seed_;
  bool spaced_;
};

}  // namespace gristmill::generate
