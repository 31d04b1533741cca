// There are as many cursors as threads, so the smallest is found by looking at each.
// Tested in bucket_set_test.cc.
#include "shuffle/merged_lines.h"

namespace gristmill {

Result<LineRecord> MergedLines::next() {
  BucketCursor* smallest = nullptr;
  for (BucketCursor& cursor : cursors_) {
    if (!cursor.done() && (smallest == nullptr || cursor.place() < smallest->place())) smallest = &cursor;
  }
  if (last_ != nullptr && last_ != smallest) last_->drop_read_frame();
  last_ = smallest;
  if (smallest == nullptr) return LineRecord{};
  return smallest->next();
}

Status MergedLines::load_all(std::vector<const LineHeader*>& records) {
  for (BucketCursor& cursor : cursors_) GM_RETURN_IF_ERROR(cursor.load_all(records));
  return {};
}

}  // namespace gristmill
