// The shape of a generated data set: how many profiles, sessions and collections there are, and which
// collection belongs to whom.
//
// Sessions are numbered through all profiles, those of a profile one after the other; a session has the
// same number of collections everywhere. What is skewed is how many sessions a profile has.
#pragma once

#include <cstdint>
#include <vector>

namespace gristmill::generate {

struct Shape {
  std::uint64_t profiles = 1000;
  std::uint64_t sessions = 10;    // of a profile; on average, where they are skewed
  std::uint64_t collections = 5;  // of a session
  std::uint64_t behaviours = 60;  // of a collection
  std::uint64_t predictions = 0;  // of a session; 0: one for each collection
  double zipf_exponent = 0;       // 0: even; else the profile of rank r has a share proportional to r^-exponent

  std::uint64_t all_sessions() const { return profiles * sessions; }
  std::uint64_t all_collections() const { return all_sessions() * collections; }
  std::uint64_t predictions_of_session() const { return predictions == 0 ? collections : predictions; }
  std::uint64_t all_predictions() const { return all_sessions() * predictions_of_session(); }
};

// Whose session it is. Takes less than 1 MB for any number of profiles.
class SessionOwners {
 public:
  explicit SessionOwners(const Shape& shape);

  // REQUIRES: session < shape.all_sessions(). Never falls from one session to the next.
  std::uint64_t profile_of(std::uint64_t session) const;

 private:
  // Neighbouring ranks that have equally many sessions (but for one).
  struct Segment {
    std::uint64_t first_profile;
    std::uint64_t first_session;
  };
  std::uint64_t sessions_;         // of a profile; 0 where they are skewed
  std::vector<Segment> segments_;  // and the end of both
};

}  // namespace gristmill::generate
