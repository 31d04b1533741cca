// Merging is associative and commutative, and forgets no field.
#include "gristmill/accounting.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "validate/accounting_testing.h"
#include "validate/all_checks.h"

namespace gristmill::validation {
namespace {

using testing::told;

class RandomAccounting {
 public:
  explicit RandomAccounting(unsigned seed) : random_(seed) {}

  Accounting make() {
    Accounting accounting;
    accounting.files.resize(number() % 4);
    for (FileAccount& file : accounting.files) file = {number(), number(), number(), number()};
    for (DatasetAccount& account : accounting.datasets) fill(account);
    for (CheckFindings& findings : accounting.checks) fill(findings);
    for (std::uint64_t* field : {&accounting.bytes_routed, &accounting.bytes_ground, &accounting.rows_counted,
                                 &accounting.newlines_written, &accounting.bytes_written, &accounting.spilled_bytes}) {
      *field = number();
    }
    return accounting;
  }

 private:
  std::uint64_t number() { return random_() % 1000 + 1; }

  void fill(Culprits& culprits, unsigned most) {
    for (auto count = random_() % most; count > 0; --count) {
      const Place place{static_cast<std::uint32_t>(random_() % 3), random_() % 100};
      culprits.add(place, place.offset + 1, "what " + std::to_string(random_() % 3));
    }
  }

  void fill(CheckFindings& findings) {
    for (auto& counts : findings.counts) {
      for (std::uint64_t& count : counts) count = number();
    }
    fill(findings.culprits, 150);
    for (auto count = random_() % 150; count > 0; --count) {
      findings.sessions.push_back(
          {"session " + std::to_string(random_()), Dataset::predictions, number(), number(), {}, 1});
    }
    std::sort(findings.sessions.begin(), findings.sessions.end(),
              [](const SessionCulprit& a, const SessionCulprit& b) { return a.session < b.session; });
    if (findings.sessions.size() > most_culprits) findings.sessions.resize(most_culprits);
  }

  void fill(DatasetAccount& account) {
    for (std::uint64_t* field : {&account.rows, &account.partitions, &account.repaired_lines,
                                 &account.lines_without_session, &account.rows_without_session}) {
      *field = number();
    }
    for (std::uint64_t& count : account.rejections) count = number();
    for (std::uint64_t& count : account.repairs) count = number();
    for (Culprits& examples : account.rejection_examples) fill(examples, 8);
    for (Culprits& examples : account.repair_examples) fill(examples, 8);
    for (auto count = random_() % 900; count > 0; --count) {
      account.fields_not_carried.add("field " + std::to_string(random_() % 2000), number());
    }
  }

  std::mt19937 random_;
};

Accounting merged(Accounting left, const Accounting& right) {
  left.merge(right);
  return left;
}

std::string all_of(const Accounting& accounting) { return told(accounting) + std::to_string(accounting.spilled_bytes); }

TEST(Accounting, MergingIsCommutative) {
  RandomAccounting random(1);
  for (int round = 0; round < 20; ++round) {
    const Accounting a = random.make();
    const Accounting b = random.make();
    ASSERT_EQ(all_of(merged(a, b)), all_of(merged(b, a)));
  }
}

TEST(Accounting, MergingIsAssociative) {
  RandomAccounting random(2);
  for (int round = 0; round < 20; ++round) {
    const Accounting a = random.make();
    const Accounting b = random.make();
    const Accounting c = random.make();
    ASSERT_EQ(all_of(merged(merged(a, b), c)), all_of(merged(a, merged(b, c))));
  }
}

TEST(Accounting, AnEmptyOneIsNeutral) {
  RandomAccounting random(3);
  const Accounting a = random.make();
  EXPECT_EQ(all_of(merged(a, Accounting())), all_of(a));
  EXPECT_EQ(all_of(merged(Accounting(), a)), all_of(a));
}

TEST(Accounting, EveryFieldIsMerged) {
  RandomAccounting random(4);
  const Accounting a = random.make();
  const Accounting b = random.make();
  const Accounting sum = merged(a, b);
  EXPECT_EQ(sum.spilled_bytes, a.spilled_bytes + b.spilled_bytes);
  EXPECT_EQ(sum.bytes_routed, a.bytes_routed + b.bytes_routed);
  EXPECT_EQ(sum.bytes_ground, a.bytes_ground + b.bytes_ground);
  EXPECT_EQ(sum.bytes_written, a.bytes_written + b.bytes_written);
  EXPECT_EQ(sum.rows_counted, a.rows_counted + b.rows_counted);
  EXPECT_EQ(sum.newlines_written, a.newlines_written + b.newlines_written);
  for (std::size_t check = 0; check < sum.checks.size(); ++check) {
    for (std::size_t i = 0; i < dataset_count; ++i) {
      for (std::size_t k = 0; k < CheckFindings::most_counts; ++k) {
        EXPECT_EQ(sum.checks[check].counts[i][k], a.checks[check].counts[i][k] + b.checks[check].counts[i][k]);
      }
    }
  }
  for (const Dataset dataset : all_datasets) {
    const DatasetAccount& of_sum = sum.of(dataset);
    const DatasetAccount& of_a = a.of(dataset);
    const DatasetAccount& of_b = b.of(dataset);
    EXPECT_EQ(of_sum.rows, of_a.rows + of_b.rows);
    EXPECT_EQ(of_sum.partitions, of_a.partitions + of_b.partitions);
    EXPECT_EQ(of_sum.repaired_lines, of_a.repaired_lines + of_b.repaired_lines);
    EXPECT_EQ(of_sum.lines_without_session, of_a.lines_without_session + of_b.lines_without_session);
    EXPECT_EQ(of_sum.rows_without_session, of_a.rows_without_session + of_b.rows_without_session);
    for (std::size_t i = 0; i < reason_count; ++i) {
      EXPECT_EQ(of_sum.rejections[i], of_a.rejections[i] + of_b.rejections[i]);
    }
    for (std::size_t i = 0; i < repair_count; ++i) EXPECT_EQ(of_sum.repairs[i], of_a.repairs[i] + of_b.repairs[i]);
  }
}

TEST(Accounting, AMissingFileCountsAsNothing) {
  Accounting left;
  left.files = {{1, 2, 3}};
  Accounting right;
  right.files = {{10, 20, 30}, {4, 5, 6}};
  for (const Accounting& sum : {merged(left, right), merged(right, left)}) {
    ASSERT_EQ(sum.files.size(), 2U);
    EXPECT_EQ(sum.files[0].accepted, 11U);
    EXPECT_EQ(sum.files[0].rejected, 22U);
    EXPECT_EQ(sum.files[0].blank, 33U);
    EXPECT_EQ(sum.files[1].blank, 6U);
  }
}

TEST(Accounting, ExamplesAndCulpritsStayBounded) {
  Accounting sum;
  for (std::uint64_t i = 100; i-- > 0;) {
    Accounting one;
    one.of(Dataset::collections).rejection_examples[0].add({0, i}, i, "x");
    one.of(Dataset::collections).repair_examples[0].add({0, i}, i, "x");
    for (std::uint64_t k = 0; k < 3; ++k) one.of(checks::Time::id).culprits.add({0, i * 3 + k}, 1, "x");
    sum.merge(one);
  }
  EXPECT_EQ(sum.of(Dataset::collections).rejection_examples[0].sorted().size(), example_limit);
  EXPECT_EQ(sum.of(Dataset::collections).repair_examples[0].sorted().back().place.offset, example_limit - 1);
  EXPECT_EQ(sum.of(checks::Time::id).culprits.sorted().size(), 100U);
  EXPECT_EQ(sum.of(checks::Time::id).culprits.sorted().back().place.offset, 99U);
}

}  // namespace
}  // namespace gristmill::validation
