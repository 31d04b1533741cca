// Several workers' shares of one bucket, read as one stream in input order.
#pragma once

#include <deque>

#include "shuffle/bucket_set.h"

namespace gristmill::shuffle {

class MergedLines {
 public:
  // The sets must outlive this.
  void add(BucketSet& set, std::size_t bucket) {
    if (set.statistics(bucket).lines > 0) cursors_.emplace_back(set, bucket);
  }
  // The next line in input order, header nullptr at the end; good until the next call.
  [[nodiscard]] Result<RoutedLine> next();
  // Bytes that next() will load from disk; 0 if the line is in memory already, or at the end.
  std::uint64_t bytes_to_load();
  // Frees what next() loaded, where it is more than a frame of short lines. Ends the last line's life.
  void drop_read_frames();
  // All lines as memory, in no order; they stay good as long as this does.
  [[nodiscard]] Status load_all(std::vector<const LineHeader*>& headers);

 private:
  BucketCursor* smallest();
  std::deque<BucketCursor> cursors_;
};

}  // namespace gristmill::shuffle
