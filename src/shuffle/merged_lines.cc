// There are as many cursors as threads, so the smallest is found by looking at each.
// Tested in bucket_set_test.cc.
#include "shuffle/merged_lines.h"

namespace gristmill::shuffle {

BucketCursor* MergedLines::smallest() {
  BucketCursor* smallest = nullptr;
  for (BucketCursor& cursor : cursors_) {
    if (!cursor.done() && (smallest == nullptr || cursor.place() < smallest->place())) smallest = &cursor;
  }
  return smallest;
}

Result<RoutedLine> MergedLines::next() {
  BucketCursor* cursor = smallest();
  if (cursor == nullptr) return RoutedLine{};
  return cursor->next();
}

std::uint64_t MergedLines::bytes_to_load() {
  const BucketCursor* cursor = smallest();
  return cursor == nullptr ? 0 : cursor->bytes_to_load();
}

void MergedLines::drop_read_frames() {
  for (BucketCursor& cursor : cursors_) cursor.drop_read_frame();
}

Status MergedLines::load_all(std::vector<const LineHeader*>& headers) {
  for (BucketCursor& cursor : cursors_) GM_RETURN_IF_ERROR(cursor.load_all(headers));
  return {};
}

}  // namespace gristmill::shuffle
