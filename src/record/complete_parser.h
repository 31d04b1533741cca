// The complete parser: the one place that knows repairs and the reasons for rejecting a line.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gristmill/data.h"
#include "json/json_text.h"
#include "json/stop_check.h"
#include "record/kept_texts.h"
#include "record/line_columns.h"
#include "record/parse_rules.h"
#include "record/record.h"
#include "record/row_sizes.h"

namespace gristmill::record {

// One thread's. What is asked of it about a line that it accepted is found in the line, which must stay until then.
class CompleteParser {
 public:
  // All must outlive this. Where `stop` says so, everything is given up partway.
  CompleteParser(const ParseRules& rules, json::StopCheck& stop, Record& record)
      : rules_(rules), stop_(stop), record_(record), columns_(rules, stop), sizes_(rules.rows_limit, stop) {}
  CompleteParser(const CompleteParser&) = delete;
  CompleteParser& operator=(const CompleteParser&) = delete;

  // True: accepted, the record is filled in. False: see rejection(). `marked`: a byte-order mark stood before it.
  bool parse(Dataset dataset, std::string_view line, bool marked);
  void free_memory();

  const Rejection& rejection() const { return rejection_; }
  // Whether the line that was parsed last, accepted or not, tells its profile, or that it has none.
  bool profile_is_read() const { return profile_is_read_; }

  // REQUIRES: parse() was true last. As LineParser has them.
  void for_each_entry(const std::function<void(const Entry&, bool early)>& callback);
  void for_each_prediction(const std::function<void(const Prediction&)>& callback);
  void for_each_field_not_carried(const std::function<void(std::string_view)>& callback);

  // The behaviour's object, in the line or decoded; nullptr: there is none.
  const char* payload_object() const { return payload_object_; }

 private:
  struct Slot {  // where a field that is read was found
    const char* value = nullptr;
    bool alias = false;
  };

  bool reject(Reason reason, std::string message);
  bool prove();
  bool read_top_level();
  bool read_metadata(const char* value);
  bool read_metadata_object(const char* object);
  bool read_identifier(Field field, const Slot& slot, Identifier& id);
  bool check_length(Field field, std::string_view id);
  bool read_timestamp(const Slot& slot);
  bool read_payload();
  bool read_behaviour(const char* value);
  bool check_behaviour(const char* object);
  bool read_predictions(const char* value);
  bool check_prediction(const char* value);
  bool read_prediction(const char* object, Prediction& prediction);
  template <RepairedValue kind>
  bool read_number(const char* at, std::string_view& token, std::optional<double>& number);
  bool check_limits();
  bool rows_fit();
  // The field's object: `value` itself, or what it encodes if it is a string, which is the repair. nullptr: rejected,
  // for that reason or as too deep.
  const char* object_in(const char* value, Field field, Reason reason, Repair repair);
  // The object that a string encodes, or nullptr (fault set to the check's, or `invalid`).
  const char* decode_object(std::string_view token, json::JsonFault& fault);
  Field payload_field() const { return dataset_ == Dataset::collections ? Field::behaviour : Field::prediction; }
  bool is_path(std::string_view name) const;
  bool is_read_at_top_level(Field field) const;

  const ParseRules& rules_;
  json::StopCheck& stop_;
  Record& record_;
  Rejection rejection_;
  KeptTexts texts_;
  LineColumns columns_;
  RowSizes sizes_;

  // The line, and what was found in it.
  Dataset dataset_ = Dataset::collections;
  std::string_view line_;
  const char* top_level_ = nullptr;
  Slot metadata_;
  Slot payload_;      // behaviour or prediction
  Slot identity_[4];  // profile_id, session_id, collection_id, timestamp
  bool ids_at_top_level_ = false;
  bool profile_is_read_ = false;
  const char* payload_object_ = nullptr;  // a behaviour's or a single prediction's object
  const char* payload_list_ = nullptr;    // a prediction list
};

}  // namespace gristmill::record
