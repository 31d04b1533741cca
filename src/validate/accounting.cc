// Every field is a sum, a bounded minimum or a bounded set of smallest names. Tested in accounting_test.cc.
#include "gristmill/accounting.h"

namespace gristmill {

void DatasetAccount::merge(const DatasetAccount& other) {
  rows += other.rows;
  partitions += other.partitions;
  for (std::size_t i = 0; i < 3; ++i) missing_ids[i] += other.missing_ids[i];
  lines_with_missing_id += other.lines_with_missing_id;
  missing_types += other.missing_types;
  for (std::size_t i = 0; i < reason_count; ++i) {
    rejections[i] += other.rejections[i];
    rejection_examples[i].merge(other.rejection_examples[i]);
  }
  for (std::size_t i = 0; i < repair_count; ++i) {
    repairs[i] += other.repairs[i];
    repair_examples[i].merge(other.repair_examples[i]);
  }
  repaired_lines += other.repaired_lines;
  repeated_lines += other.repeated_lines;
  time_out_of_range += other.time_out_of_range;
  lines_without_session += other.lines_without_session;
  rows_without_session += other.rows_without_session;
  fields_not_carried.merge(other.fields_not_carried);
  partition_sizes.merge(other.partition_sizes);
}

void Accounting::merge(const Accounting& other) {
  if (files.size() < other.files.size()) files.resize(other.files.size());
  for (std::size_t i = 0; i < other.files.size(); ++i) {
    files[i].accepted += other.files[i].accepted;
    files[i].rejected += other.files[i].rejected;
    files[i].blank += other.files[i].blank;
  }
  for (std::size_t i = 0; i < dataset_count; ++i) datasets[i].merge(other.datasets[i]);
  early_entries += other.early_entries;
  score_out_of_range += other.score_out_of_range;
  confidence_out_of_range += other.confidence_out_of_range;
  out_of_range += other.out_of_range;
  for (std::size_t i = 0; i < check_count; ++i) culprits[i].merge(other.culprits[i]);
  models.merge(other.models);
  bytes_routed += other.bytes_routed;
  bytes_ground += other.bytes_ground;
  rows_counted += other.rows_counted;
  newlines_written += other.newlines_written;
  bytes_written += other.bytes_written;
  spilled_bytes += other.spilled_bytes;
}

}  // namespace gristmill
